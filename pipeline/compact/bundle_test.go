package compact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// now is when the stores of these tests are joined.
var now = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// landed is a store with runs every eight hours from October 29 until now, of which each
// has a page of two endpoints.
func landed(t *testing.T) *store.Locked {
	t.Helper()
	l, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Unlock)
	for at := time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC); at.Before(now); at = at.Add(8 * time.Hour) {
		land(t, l, at, schemas.Done)
	}
	return l
}

// land makes a run, and returns its id.
func land(t *testing.T, l *store.Locked, at time.Time, outcome schemas.Outcome) string {
	t.Helper()
	planned, err := l.Begin(store.Planned{Plan: store.Plan{Job: "x"}}, "test", at)
	if err != nil {
		t.Fatal(err)
	}
	w, err := landing.Open(l, planned.Run.RunID, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := landing.NewSentLog(l, planned.Run.RunID) // of a request that nobody answered
	if err := errors.Join(sent.Write(landing.Sent{At: at, PageID: "none", Endpoint: schemas.Spaces}), sent.Close()); err != nil {
		t.Fatal(err)
	}
	content, buffers := landing.Content{}, &landing.Buffers{}
	for _, e := range []schemas.Endpoint{schemas.Spaces, schemas.Tweets} {
		r := schemas.Request{Endpoint: e, IDs: []string{at.Format(time.DateTime)}}
		p := schemas.Page{RunID: planned.Run.RunID, ID: r.ID(), Request: r, Status: 200, FetchedAt: at, Body: json.RawMessage(`{"data":[]}`)}
		if err = errors.Join(err, w.Put(p)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range w.Entries() {
		if _, err := w.ReadInto(e, buffers); err != nil {
			t.Fatal(err)
		}
		content.Add(e.PageID, buffers)
	}
	planned.Run.Outcome, planned.Run.Pages = outcome, w.Len()
	m := &store.Manifest{Run: planned.Run, Plan: planned.Plan, Content: content.Sum(), Landed: w.Segments()}
	if err = m.Seal(l.Dir); err == nil {
		_, err = l.WriteManifest(m, nil)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return planned.Run.RunID
}

// pagesOf reads all pages of a store, and what else there is of its runs: a line each.
func pagesOf(d store.Dir) (lines []string, err error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	for _, id := range runs {
		r, err := landing.OpenReader(d, id)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		planned, planErr := d.Planned(id)
		m, err := d.Manifest(id)
		lost, sentErr := landing.Unanswered(d, id, nil)
		if err := errors.Join(planErr, err, sentErr, d.CheckPlan(m)); err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprint(planned.Run, m.Checksum, lost))
		for _, e := range r.Received() {
			p, err := r.Read(e)
			if err != nil {
				return nil, err
			}
			lines = append(lines, fmt.Sprint(id, p.ID, p.FetchedAt, string(p.Body)))
		}
	}
	return lines, nil
}

func mustRead(t *testing.T, d store.Dir) []string {
	t.Helper()
	lines, err := pagesOf(d)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// same fails where the pages are not those.
func same(t *testing.T, what string, d store.Dir, want []string) {
	t.Helper()
	if got, err := pagesOf(d); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: %d pages, %v; want %d", what, len(got), err, len(want))
	}
}

// below lists what lies in raw, but for the folders of runs. There is as much in runs.
func below(t *testing.T, d store.Dir) (bundles []string, folders int) {
	t.Helper()
	entries, err := os.ReadDir(d.Raw())
	if others, _ := os.ReadDir(d.File("runs")); len(others) != len(entries) {
		t.Errorf("in runs lie %v, in raw %v", others, entries)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if store.CheckRunID(e.Name()) == nil && e.IsDir() {
			folders++
		} else {
			bundles = append(bundles, e.Name())
		}
	}
	return bundles, folders
}

// Whatever step fails, or a process is killed at, all pages are there, and the next time
// all is done.
func TestPagesOutliveEachStep(t *testing.T) {
	l := landed(t)
	want := mustRead(t, l.Dir)
	open := land(t, l, now.AddDate(0, 0, -1), schemas.Interrupted) // it can go on
	land(t, l, now, schemas.Done)
	want, all := mustRead(t, l.Dir), len(want)
	failed := errors.New("as a disk that is full")
	steps, days := 0, true
	for n := 1; ; n++ {
		left := n
		step := durable.Step(func(name, file string) error {
			if left--; left == 0 {
				return failed
			}
			return nil
		})
		_, err := Join(t.Context(), l, Config{Now: now, Days: days, Step: step})
		same(t, fmt.Sprint("failed at step ", n), l.Dir, want)
		if err != nil && !errors.Is(err, failed) {
			t.Fatal(err)
		}
		steps++
		if err == nil && !days {
			break
		}
		if err == nil {
			if bundles, folders := below(t, l.Dir); len(bundles) != 5 || folders != 4 {
				t.Errorf("by days: %q and %d folders, of %d pages", bundles, folders, all)
			}
			days, n = false, 0
		}
		if err := l.Sweep(); err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprint("swept after step ", n), l.Dir, want)
	}
	bundles, folders := below(t, l.Dir)
	if len(bundles) != 3 || !strings.HasPrefix(bundles[0], "202610-") || folders != 4 {
		t.Errorf("by months: %q and %d folders", bundles, folders)
	}
	if _, err := store.OwnFolder(store.PageBundles, l.Dir, open); err != nil || steps < 10 {
		t.Errorf("the run that can go on: %v, after %d steps", err, steps)
	}
	if sum, err := Join(t.Context(), l, Config{Now: now, All: true}); err != nil || sum.Before > 0 || len(sum.Left) > 0 {
		t.Errorf("again: %+v, %v", sum, err)
	}
	decompressed(t, filepath.Join(l.Raw(), bundles[0]), 9*2)
	rewritten(t, l)
}

// rewritten: a manifest that another version makes of a run that is joined counts, and is
// joined with the others the next time.
func rewritten(t *testing.T, l *store.Locked) {
	t.Helper()
	runs, err := l.Runs()
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Manifest(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	m.Unreadable++
	for range 2 {
		if err = errors.Join(m.Seal(l.Dir), l.Committing(runs[0], nil, nil)); err == nil {
			_, err = l.WriteManifest(&m, nil)
		}
		if err := errors.Join(err, l.Committed(runs[0])); err != nil {
			t.Fatal(err)
		}
		want := mustRead(t, l.Dir)
		if sum, err := Join(t.Context(), l, Config{Now: now, All: true}); err != nil || sum.Before == 0 || len(sum.Left) > 0 {
			t.Errorf("a manifest anew: %+v, %v", sum, err)
		}
		same(t, "a manifest anew", l.Dir, want)
		if _, err := store.OwnFolder(store.RunBundles, l.Dir, runs[0]); err == nil {
			t.Error("a manifest anew stays by itself")
		}
	}
	if got, err := l.Manifest(runs[0]); err != nil || got.Unreadable != m.Unreadable {
		t.Errorf("a manifest anew: %+v, %v", got, err)
	}
}

// decompressed reads a bundle as others do.
func decompressed(t *testing.T, name string, pages int) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	text, err := io.ReadAll(packed)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("it has %s", line)
		}
	}
	if err != nil || len(lines) != pages {
		t.Errorf("%s: %d lines, %v; want %d", name, len(lines), err, pages)
	}
}

// Who reads while pages are joined finds all of them, with a reader from before, too.
func TestReadersFindAllPagesWhileTheyAreJoined(t *testing.T) {
	l := landed(t)
	want := mustRead(t, l.Dir)
	runs, err := l.Runs()
	if err != nil {
		t.Fatal(err)
	}
	var early []*landing.Reader
	for _, id := range runs {
		r, err := landing.OpenReader(l.Dir, id)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		early = append(early, r)
	}
	ended := make(chan error, 1)
	go func() {
		slowly := durable.Step(func(string, string) error { time.Sleep(100 * time.Microsecond); return nil })
		_, err := Join(t.Context(), l, Config{Now: now, Days: true, Step: slowly})
		if err == nil {
			_, err = Join(t.Context(), l, Config{Now: now, Step: slowly})
		}
		ended <- err
	}()
	looks := 0
	for under := true; under; looks++ {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			under = false
		default:
		}
		same(t, "meanwhile", l.Dir, want)
		for _, r := range early {
			for _, e := range r.Received() {
				if _, err := r.Read(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	if _, folders := below(t, l.Dir); folders != 2 || looks < 2 {
		t.Errorf("%d folders are left, after %d looks", folders, looks)
	}
}

// Damage to a bundle costs the runs that it hits, and is named; nothing is joined with it.
func TestDamagedBundleCostsItsRuns(t *testing.T) {
	l := landed(t)
	runs, err := l.Runs()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Join(t.Context(), l, Config{Now: now, Days: true}); err != nil {
		t.Fatal(err)
	}
	bundles, _ := below(t, l.Dir)
	day := filepath.Join(l.Raw(), bundles[1])
	whole, err := os.ReadFile(day)
	if err != nil {
		t.Fatal(err)
	}
	frame := int(whole[4]) | int(whole[5])<<8 + 8
	change := func(at int) []byte {
		text := slices.Clone(whole)
		text[at] ^= 1
		return text
	}
	for what, c := range map[string]struct {
		text []byte // nil for none
		bad  int    // runs, of three
		left int
	}{
		"a page":                 {change(frame + 100), 1, 0},
		"its end":                {whole[:len(whole)-frame-100], 1, 0},
		"the first index":        {change(20), 0, 0},
		"the last index":         {change(len(whole) - 20), 0, 0},
		"both indexes":           {append(change(20)[:len(whole)-20], 0), 3, 1},
		"nothing of it is there": {nil, 3, 0},
	} {
		if err := os.Remove(day); err != nil {
			t.Fatal(err)
		}
		if c.text != nil {
			if err := os.WriteFile(day, c.text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		bad := 0
		for _, id := range runs {
			r, err := landing.OpenSalvage(l.Dir, id)
			if err != nil {
				t.Fatal(err)
			}
			n := len(r.Damaged())
			for _, e := range r.Received() {
				if _, err := r.Read(e); err != nil {
					n++
				}
			}
			_ = r.Close()
			if _, err := landing.OpenReader(l.Dir, id); n > 0 {
				bad++
				if err != nil && !strings.Contains(err.Error(), filepath.Base(day)) && !strings.Contains(err.Error(), bundles[1][:8]) {
					t.Errorf("%s: %v does not name %s", what, err, day)
				}
			}
		}
		sum, err := Join(t.Context(), l, Config{Now: now, Days: true, All: true})
		if bad != c.bad || err != nil || len(sum.Left) != c.left {
			t.Errorf("%s: %d runs are damaged, want %d; %+v, %v", what, bad, c.bad, sum, err)
		}
		if err := os.WriteFile(day, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(day, change(frame+100), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := Join(t.Context(), l, Config{Now: now})
	if err != nil || len(sum.Left) != 1 || !strings.Contains(sum.Left[0], day) {
		t.Errorf("joined with a damaged one: %+v, %v", sum, err)
	}
	if err := os.WriteFile(day, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if sum, err = Join(t.Context(), l, Config{Now: now}); err != nil || len(sum.Left) > 0 {
		t.Errorf("restored: %+v, %v", sum, err)
	}
	if bundles, _ := below(t, l.Dir); len(bundles) != 3 { // October, and two days
		t.Errorf("restored and joined: %q", bundles)
	}
}

// A bundle of what else there is of runs costs them when it is gone, or damaged: that they
// were there is known by their pages.
func TestDamagedBundleOfRunsIsSaid(t *testing.T) {
	l := landed(t)
	want := mustRead(t, l.Dir)
	runs, err := l.Runs()
	if err == nil {
		_, err = Join(t.Context(), l, Config{Now: now})
	}
	if err != nil {
		t.Fatal(err)
	}
	bundles, _ := filepath.Glob(l.File("runs/202610-*.json.zst"))
	if len(bundles) != 1 {
		t.Fatalf("October is in %q", bundles)
	}
	whole, err := os.ReadFile(bundles[0])
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		text []byte
		bad  int // runs, of nine
	}{
		"as it was":  {whole, 0},
		"gone":       {nil, 9},
		"cut":        {whole[:40], 9},
		"half of it": {whole[:len(whole)/2], -1},
	} {
		if err := os.Remove(bundles[0]); err != nil {
			t.Fatal(err)
		}
		if c.text != nil {
			if err := os.WriteFile(bundles[0], c.text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := l.Runs(); err != nil || !slices.Equal(got, runs) {
			t.Errorf("%s: %d runs, %v; want %d", what, len(got), err, len(runs))
		}
		bad := 0
		for _, id := range runs {
			if _, err := l.Planned(id); err != nil {
				bad++
				var corrupt *store.CorruptError
				if !errors.As(err, &corrupt) {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		o, err := health.Examine(t.Context(), l.Dir, health.OverviewConfig{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for _, f := range o.Findings {
			if f.Kind == "damaged" && f.Run != "" {
				said[f.Run] = true
			}
		}
		if len(said) != bad {
			t.Errorf("%s: status names %d runs, %d are damaged: %+v", what, len(said), bad, o.Findings)
		}
		if bad != c.bad && (c.bad >= 0 || bad == 0 || bad == 9) {
			t.Errorf("%s: %d runs are damaged, want %d", what, bad, c.bad)
		}
		if err := os.WriteFile(bundles[0], whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "restored", l.Dir, want)
}
