package jobs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/proof"
)

// Versions that ended long ago go from the database, all but the last of a row; since when
// rows are as they are stays known, what was before is not answered for, and the proof of
// all runs holds, also after a run that ends more and after the month goes on.
func TestVersionsThatEndedLongAgoAreForgotten(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, "", "duckdb")
	for range 5 {
		d.run()
		d.hours.Add(40)
	}
	current := "SELECT string_agg(concat_ws('|', space_id, state, valid_from), ',' ORDER BY space_id) FROM spaces_history WHERE valid_to IS NULL"
	ended := "SELECT count(*) FROM (SELECT valid_to FROM _spaces_ended UNION ALL SELECT valid_to FROM _users_ended UNION ALL SELECT valid_to FROM _space_users_ended) WHERE valid_to < TIMESTAMPTZ '2026-12-01 00:00:00Z'"
	before, versions := d.value(current), d.value(ended)
	d.spec.Keep = policy.Policy{History: 40 * 24 * time.Hour}
	d.hours.Store(24 * (3 + 30 + 31 + 20)) // January 21
	job := jobs.Open(d.spec, d.options())
	dry, err := job.Prune(t.Context(), true)
	if err != nil || dry.Versions.Rows == 0 || dry.Versions.Before != "2026-12-01" || d.value(ended) != versions {
		t.Fatalf("dry: %+v, %v; %s versions of %s are there", dry, err, d.value(ended), versions)
	}
	if sum, err := job.Prune(t.Context(), false); err != nil || sum.Versions != dry.Versions {
		t.Fatalf("got %+v, %v, want %+v", sum, err, dry)
	}
	if again, err := job.Prune(t.Context(), false); err != nil || again.Versions.Rows != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if got := d.value(ended); got == versions || got == "0" {
		t.Errorf("%s versions of %s are left, want the last of each row that changed", got, versions)
	}
	if after := d.value(current); after != before {
		t.Errorf("current versions are\n%s, before\n%s", after, before)
	}
	if got := d.value("SELECT count(*) FROM spaces_as_of(TIMESTAMPTZ '2026-12-02 00:00:00Z')"); got != d.value("SELECT count(*) FROM spaces") {
		t.Errorf("as of a time since then: %s Spaces", got)
	}
	for _, asked := range []func(string) (string, error){d.ask, d.askReader} {
		if _, err := asked("SELECT count(*) FROM spaces_as_of('2026-11-01')"); err == nil || !strings.Contains(err.Error(), "before 2026-12-01 were removed") {
			t.Errorf("as of a time before: %v", err)
		}
	}
	whole := func(when string) {
		t.Helper()
		v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{All: true})
		if err != nil || len(v.Problems) > 0 || v.Database != "compared" {
			t.Errorf("%s: %v, %+v", when, err, v)
		}
	}
	whole("pruned")
	d.run() // ends versions, of which those that were last go a month later
	whole("after a run")
	d.hours.Add(24 * 60)
	d.run()
	if got := d.value("SELECT since FROM _histories"); !strings.HasPrefix(got, "2027-02-01") {
		t.Errorf("a run removes what ended before %s", got)
	}
	whole("months later")
}

func (d *daily) value(query string) string {
	d.Helper()
	text, err := d.ask(query)
	if err != nil {
		d.Fatal(err)
	}
	return text
}

func (d *daily) ask(query string) (text string, err error) {
	db, err := duckdb.OpenSQL(d.store.DuckDB() + "?access_mode=read_only")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRow(fmt.Sprintf("SELECT (%s)::VARCHAR", query)).Scan(&text)
	return text, err
}

func (d *daily) askReader(query string) (text string, err error) {
	db, err := duckdb.OpenReader(d.Context(), duckdb.ReaderConfig{Path: d.store.DuckDB()})
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRow(fmt.Sprintf("SELECT (%s)::VARCHAR", query)).Scan(&text)
	return text, err
}

// A store of which versions were removed by the first version that did so is whole, goes
// on, and has its macros refuse what they cannot know.
func TestStoreOfFormat6GoesOnWorking(t *testing.T) {
	slow(t)
	d := newDaily(t, 0, "", "duckdb")
	d.store = unpacked(t, "store-format6.tar.zst") // five runs from October 29 to November 6; pruned on January 21
	d.spec.Store, d.spec.Keep = string(d.store), policy.Policy{History: 40 * 24 * time.Hour}
	d.hours.Store(24 * (3 + 30 + 31 + 20))
	for _, when := range []string{"as it was", "after a run"} {
		v, err := jobs.Open(d.spec, d.options()).Verify(t.Context(), proof.Options{All: true})
		if err != nil || len(v.Problems) > 0 || v.Database != "compared" {
			t.Errorf("%s: %v, %+v", when, err, v)
		}
		if _, err := d.ask("SELECT count(*) FROM users_as_of('2026-11-01')"); err == nil || !strings.Contains(err.Error(), "before 2026-12-01 were removed") {
			t.Errorf("%s: as of a time before: %v", when, err)
		}
		d.run()
	}
}
