package health

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// ran is a run of so many pages, each with the note of its request, and the
// manifest of an outcome; without one it was killed.
func ran(t *testing.T, locked *store.Locked, at time.Time, pages int, outcome schemas.Outcome) string {
	t.Helper()
	id := fillWith(t, locked, at, pages, 100)
	r, err := landing.OpenReader(locked.Dir, id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sent := landing.NewSentLog(locked, id)
	for _, e := range r.Received() {
		if err := sent.Write(landing.Sent{At: e.FetchedAt, PageID: e.PageID, Endpoint: e.Endpoint, IDs: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	if outcome == "" {
		return id
	}
	planned, err := locked.Planned(id)
	if err != nil {
		t.Fatal(err)
	}
	planned.Run.Outcome, planned.Run.Pages = outcome, pages
	m := &store.Manifest{Run: planned.Run, Plan: planned.Plan, Landed: r.Segments()}
	if err := m.Seal(locked.Dir); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteJSON(locked.RunFile(id, "manifest.json"), m, nil); err != nil {
		t.Fatal(err)
	}
	return id
}

// segmentOf is the file of a run's pages.
func segmentOf(locked *store.Locked, id string) string {
	return filepath.Join(locked.Raw(), id, "space-00001.ndjson.zst")
}

// flipAt changes two bytes of a file.
func flipAt(t *testing.T, name string, at int) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[at] ^= 0xff
	text[at+1] ^= 0xff
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// spoil makes the pages of runs unreadable, which nobody sees who does not read
// them: the files are as long.
func spoil(t *testing.T, locked *store.Locked, ids ...string) {
	t.Helper()
	for _, id := range ids {
		name := segmentOf(locked, id)
		info, err := os.Stat(name)
		if err == nil {
			err = os.WriteFile(name, bytes.Repeat([]byte("x"), int(info.Size())), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is damaged of an old run costs itself only: state, ledger, status and
// verify go on with the rest, say what is missing, and book nothing of it as lost
// by a crash. It is not read again each time, and when it is restored all is well.
func TestDamageStopsNobody(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	price := schemas.DefaultPrices()[schemas.Space]
	for name, c := range map[string]struct {
		damage func(t *testing.T, locked *store.Locked, id string)
		lost   int  // pages of the three
		quiet  bool // files are damaged that verify looks at, but no pages
	}{
		"a body":   {func(t *testing.T, l *store.Locked, id string) { flipAt(t, segmentOf(l, id), 200) }, 1, false},
		"a header": {func(t *testing.T, l *store.Locked, id string) { flipAt(t, segmentOf(l, id), 20) }, 1, false},
		"a segment": {func(t *testing.T, l *store.Locked, id string) {
			if err := os.Remove(segmentOf(l, id)); err != nil {
				t.Fatal(err)
			}
		}, 3, false},
		"the folder": {func(t *testing.T, l *store.Locked, id string) {
			if err := os.RemoveAll(filepath.Dir(segmentOf(l, id))); err != nil {
				t.Fatal(err)
			}
		}, 3, false},
		"the plan": {func(t *testing.T, l *store.Locked, id string) { flipAt(t, l.RunFile(id, "plan.json"), 0) }, 0, true},
		"plan and manifest": {func(t *testing.T, l *store.Locked, id string) {
			flipAt(t, l.RunFile(id, "plan.json"), 0)
			flipAt(t, l.RunFile(id, "manifest.json"), 0)
		}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			locked := newStore(t)
			oldest := ran(t, locked, start, 3, schemas.Done)
			newest := ran(t, locked, start.Add(time.Hour), 3, schemas.DoneWithGaps)
			backup := t.TempDir()
			if err := os.CopyFS(backup, os.DirFS(string(locked.Dir))); err != nil {
				t.Fatal(err)
			}
			c.damage(t, locked, oldest)
			if err := Settle(t.Context(), locked, nil); err != nil {
				t.Fatal(err)
			}
			spoil(t, locked, newest) // it has been read
			for range 2 {
				k, err := lookAt(t, locked.Dir)
				if err != nil || len(k.uncounted) > 0 || len(k.state.Runs) != 2 || len(k.ledger.Runs) != 2 {
					t.Fatalf("%v: uncounted %v, runs %v and %v", err, k.uncounted, k.state.Runs, k.ledger.Runs)
				}
				if got := len(k.state.Spaces); got != 3 {
					t.Errorf("%d Spaces in the state, want those of the newest run", got)
				}
				pages := 0
				for _, damage := range k.state.Damaged {
					pages += damage.Pages
				}
				s := money.NewStatement(k.ledger, schemas.DefaultPrices())
				if pages != c.lost || s.Damaged != c.lost || s.Lost != 0 || s.High != schemas.Money(6-c.lost)*price {
					t.Errorf("%d damaged pages in the state, %d in the bill of %s to %s, %s of it lost; want %d and the others' %s",
						pages, s.Damaged, s.Low, s.High, s.Lost, c.lost, schemas.Money(6-c.lost)*price)
				}
			}
			damageIsSaid(t, locked, oldest, c.lost, c.quiet)
			restore(t, locked, backup)
			k, err := lookAt(t, locked.Dir)
			if err != nil || len(k.state.Damaged) > 0 || len(k.state.Spaces) != 3 || k.ledger.Cost(money.Pessimistic, schemas.DefaultPrices(), nil) != 6*price || k.ledger.Runs[0].Job != "test" {
				t.Errorf("restored: %v, damaged %v, %d Spaces, ledger of %+v", err, k.state.Damaged, len(k.state.Spaces), k.ledger.Runs)
			}
		})
	}
}

// restore writes the backup's files over those that are not as it has them.
func restore(t *testing.T, locked *store.Locked, backup string) {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // a file's time is its own
	for _, part := range []string{"raw", "runs"} {
		err := filepath.Walk(filepath.Join(backup, part), func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			name, _ := filepath.Rel(backup, path) // it stands below
			name = locked.File(name)
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if now, err := os.ReadFile(name); err == nil && bytes.Equal(now, text) {
				return nil
			}
			return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, text, 0o600))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// damageIsSaid looks for the damage in status and verify.
func damageIsSaid(t *testing.T, locked *store.Locked, id string, pages int, quiet bool) {
	t.Helper()
	o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), Prices: schemas.DefaultPrices()})
	if err != nil {
		t.Fatal(err)
	}
	said := slices.ContainsFunc(o.Findings, func(f Finding) bool {
		return f.Level == Problem && f.Kind == "damaged" && f.Run == id && (pages == 0 || strings.Contains(f.Do, "replay --store "+string(locked.Dir)+" --run "+id+" --skip-damaged"))
	})
	if o.Runs[0].Damaged != pages || pages > 0 && (o.Healthy || !said) {
		t.Errorf("status: %d damaged pages in %+v", pages, o)
	}
	v := &Verification{}
	if err := VerifyPages(t.Context(), v, locked.Dir, id, 1); err != nil {
		t.Fatal(err)
	}
	if v.Damaged != pages || v.Pages != 3-pages || (pages > 0) != (len(v.Problems) > 0) {
		t.Errorf("verify: %+v, want %d damaged pages and %d others", v, pages, 3-pages)
	}
	if _, err := VerifyFiles(t.Context(), v, locked.Dir, nil, landing.Pruned{}, id); err != nil || quiet && len(v.Problems) == 0 {
		t.Errorf("verify: %v, %+v", err, v)
	}
}

// A run in the middle that was abandoned, with or without a manifest, is read once:
// what is newer costs no more than without it. If it goes on, that is seen.
func TestAbandonedRunsCostNothing(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(t)
	var ids []string
	for i, outcome := range []schemas.Outcome{schemas.Done, "", schemas.Waiting, schemas.Done, "", schemas.Done} {
		ids = append(ids, ran(t, locked, start.Add(time.Duration(i)*time.Hour), 2+i, outcome))
		if err := Settle(t.Context(), locked, nil); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			spoil(t, locked, ids[i-1]) // nobody reads it any more
		}
	}
	spoil(t, locked, ids[len(ids)-1])
	k, err := lookAt(t, locked.Dir)
	if err != nil || len(k.state.Damaged) > 0 || len(k.state.Runs) != len(ids) || len(k.ledger.Runs) != len(ids) || len(k.state.Spaces) != 7 {
		t.Errorf("%v: runs %v, %d Spaces, damaged %v; want all, read once", err, k.state.Runs, len(k.state.Spaces), k.state.Damaged)
	}
	if high := k.ledger.Cost(money.Pessimistic, schemas.DefaultPrices(), nil); high != (2+3+4+5+6+7)*schemas.DefaultPrices()[schemas.Space] {
		t.Errorf("the ledger says %s", high)
	}
	st, err := ReadState(t.Context(), locked.Dir)
	if err != nil || !reflect.DeepEqual(st.Spaces, k.state.Spaces) {
		t.Errorf("read again: %v, %d Spaces", err, len(st.Spaces))
	}
	file, err := os.OpenFile(segmentOf(locked, ids[2]), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString("more")
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if st, err = ReadState(t.Context(), locked.Dir); err != nil || len(st.Damaged) == 0 {
		t.Errorf("%v: an abandoned run went on, and was not read again", err)
	}
}

// State files of before, whose runs are ids, are read as they are.
func TestOldStateFilesAreRead(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(t)
	id := ran(t, locked, start, 2, schemas.Done)
	for _, sum := range []bool{false, true} {
		old := struct {
			Runs     []string               `json:"runs"`
			Spaces   map[string]*SpaceState `json:"spaces"`
			Checksum string                 `json:"checksum,omitempty"`
		}{Runs: []string{id}, Spaces: map[string]*SpaceState{"1SLjjRYNejbKM": {State: "live", SeenAt: start}}}
		if sum {
			old.Checksum = store.Checksum(old)
		}
		if err := store.WriteJSON(locked.File("state.json"), old, nil); err != nil {
			t.Fatal(err)
		}
		st, err := ReadState(t.Context(), locked.Dir)
		if err != nil || len(st.Runs) != 1 || st.Spaces["1SLjjRYNejbKM"] == nil {
			t.Errorf("checksum %v: %v, %+v", sum, err, st)
		}
	}
}

// Runs whose pages lay in one file, which is gone, are one finding.
func TestLostPagesOfManyRunsAreOneFinding(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(t)
	var ids []string
	for i := range 4 {
		ids = append(ids, ran(t, locked, start.Add(time.Duration(i)*time.Hour), 2, schemas.Done))
	}
	for _, id := range ids[:3] {
		if err := os.RemoveAll(filepath.Join(locked.Raw(), id)); err != nil {
			t.Fatal(err)
		}
	}
	gone := "20260731T100000Z-1ca439" // in the database alone
	o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: start.Add(5 * time.Hour), Prices: schemas.DefaultPrices(), Database: DatabaseView{Runs: map[string]string{gone: "", ids[3]: ""}}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range o.Findings {
		if f.Kind == "damaged" {
			found = append(found, f.Text)
		}
	}
	if len(found) != 2 || !strings.Contains(found[1], "neither pages nor a manifest: 1, from "+gone) {
		t.Errorf("%q, want that run %s is nowhere else", found, gone)
	}
	if len(found) == 0 || !strings.Contains(found[0], ids[0]) || !strings.Contains(found[0], "2 more runs, to "+ids[2]+", with 4 pages") {
		t.Errorf("%q, want one for runs %s", found, ids[:3])
	}
}
