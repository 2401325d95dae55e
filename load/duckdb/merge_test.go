package duckdb

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// page is a row of api_requests; the rows seen on it name it.
func page(id, endpoint, params string, hours int) row {
	return row{"_page_id": id, "endpoint": endpoint, "params": params, "_fetched_at": hour(hours)}
}

// on puts a row on a page.
func on(id string, hours int, r row) row {
	r["_page_id"], r["_fetched_at"] = id, hour(hours)
	return r
}

// seenOn does so for an entity, which says when it was seen.
func seenOn(id string, hours int, r row) row {
	r["first_seen_at"], r["last_seen_at"] = hour(hours), hour(hours)
	return on(id, hours, r)
}

// telling is the digits of a row whose page asked for columns.
func telling(table string, r row, asked ...string) string {
	digits := ""
	for _, c := range schemas.Lookup(table).Columns {
		told := r[c.Name] != nil || slices.Contains(asked, c.Name) || c.From != schemas.Value && c.From != schemas.Extras
		digits += map[bool]string{true: "1", false: "0"}[told]
	}
	return digits
}

func TestOnlyColumnsAskedForAreCleared(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	asked := map[string][]string{
		"a":         {"name", "description", "pinned_tweet_id", "followers_count", "extras"},
		"all":       {"name", "description", "pinned_tweet_id", "followers_count", "extras"},
		"post":      {"description", "followers_count"},
		"expanded":  {"pinned_tweet_id", "followers_count"},
		"elsewhere": {"description"},
	}
	user := func(id, page string, hours int, r row) row {
		r["user_id"], r["username"] = id, "u"+page
		r["_columns"], r["_lists"] = telling("users", r, asked[page]...), ""
		return seenOn(page, hours, r)
	}
	s.publishRows("r1", map[string][]row{
		"users": {
			user("1", "a", 0, row{"name": "One", "description": "text", "pinned_tweet_id": "70", "followers_count": 5, "extras": `{"x":1}`}),
			user("2", "a", 0, row{"name": "Two", "description": "text", "pinned_tweet_id": "70", "followers_count": 5}),
			user("3", "a", 0, row{"name": "Three", "description": "text", "pinned_tweet_id": "70", "followers_count": 5}),
			user("4", "a", 0, row{"name": "Four", "description": "text", "pinned_tweet_id": "70", "followers_count": 5}),
			user("5", "a", 0, row{"name": "Five", "description": "text", "pinned_tweet_id": "70", "followers_count": 5}),
		},
	})
	s.publishRows("r2", map[string][]row{
		"users": {
			user("1", "all", 1, row{"name": "Uno"}),
			user("2", "post", 1, row{"name": "Due", "followers_count": 6}),
			user("3", "expanded", 1, row{}),
			user("4", "elsewhere", 1, row{"pinned_tweet_id": "71"}),
			user("5", "unknown", 1, row{"description": "new"}),
			user("6", "post", 1, row{"name": "Six"}),
		},
	})
	want := []string{
		"1|uall|Uno|<nil>|<nil>|<nil>|<nil>", // what it no longer has beside its columns, too
		"2|upost|Due|<nil>|70|6|<nil>",
		"3|uexpanded|Three|text|<nil>|<nil>|<nil>",
		"4|uelsewhere|Four|<nil>|71|5|<nil>", // what came though nobody asked is taken
		"5|uunknown|Five|new|70|5|<nil>",
		"6|upost|Six|<nil>|<nil>|<nil>|<nil>",
	}
	got := s.query("SELECT user_id, username, name, description, pinned_tweet_id, followers_count, extras FROM users ORDER BY user_id")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestFirstAndLastSightingSpanAllRuns(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	for _, hours := range []int{5, 9, 2, 7} {
		s.publishRows("r"+hour(hours).Format("15"), map[string][]row{
			"users":  {seenOn("p", hours, row{"user_id": "1", "name": hour(hours).Format("15:04")})},
			"topics": {seenOn("p", hours, row{"topic_id": "1", "description": map[int]any{2: "only once"}[hours]})},
		})
	}
	hours := "(epoch(first_seen_at) - %[1]d) // 3600, (epoch(last_seen_at) - %[1]d) // 3600"
	if got, want := s.query("SELECT name, _run_id, "+hours+" FROM users", noon.Unix())[0], "21:00|r21|2|9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := s.query("SELECT description, _run_id, "+hours+" FROM topics", noon.Unix())[0], "only once|r21|2|9"; got != want {
		t.Errorf("topics: got %s, want %s", got, want)
	}
}

func TestUnavailableIsTheFirstAbsenceAfterTheLastSighting(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	steps := []struct {
		name   string
		seen   []int // hours
		absent []int
		want   string // hours after noon, <nil> when available
	}{
		{"absent before it was ever seen", []int{2}, []int{1}, "<nil>"},
		{"gone", nil, []int{4}, "4"},
		{"still gone", nil, []int{5}, "4"},
		{"an older run finds an earlier absence", nil, []int{3}, "3"},
		{"seen again", []int{6}, nil, "<nil>"},
		{"gone again", nil, []int{8}, "8"},
		{"an older run saw it before", []int{5}, nil, "8"},
		{"seen and gone in one run", []int{9}, []int{10}, "10"},
	}
	for i, step := range steps {
		tables := map[string][]row{"runs": {on("p", 0, row{})}, "space_absences": {}}
		for _, at := range step.seen {
			tables["spaces"] = append(tables["spaces"], seenOn("p", at, row{"space_id": "A"}))
		}
		for _, at := range step.absent {
			tables["space_absences"] = append(tables["space_absences"], on("p", at, row{"space_id": "A", "observed_at": hour(at)}))
		}
		s.publishRows(string(rune('a'+i)), tables)
		if got := s.query("SELECT (epoch(unavailable_at)::BIGINT - %d) // 3600 FROM spaces", noon.Unix())[0]; got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
	}
	// Read by another version of the program, the last run has no absence.
	s.publishRows("h", map[string][]row{"runs": {on("p", 0, row{})}, "space_absences": {}})
	if got := s.query("SELECT unavailable_at FROM spaces")[0]; got != "<nil>" {
		t.Errorf("after the absence was taken back: got %s", got)
	}
}

func TestListKnownToBeEmptyIsCleared(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	publish := func(run string, hours int, speakers any, roles ...string) {
		lists := []byte("00000") // creator, host, speaker, invited, topics
		if speakers != nil {
			lists[2] = '1'
		}
		tables := map[string][]row{"spaces": {seenOn("p", hours, row{"space_id": "A", "_columns": telling("spaces", row{}), "_lists": string(lists)})}}
		for _, role := range roles {
			tables["space_users"] = append(tables["space_users"], person("A", run, role, run, hour(hours)))
		}
		s.publishRows(run, tables)
	}
	steps := []struct {
		name     string
		hours    int
		speakers any
		roles    []string
		want     []string
	}{
		{"there are speakers", 1, 1, []string{"speaker", "host", "buyer"}, []string{"A|buyer|0", "A|host|0", "A|speaker|0"}},
		{"not asked for", 2, nil, []string{"host"}, []string{"A|buyer|0", "A|host|1", "A|speaker|0"}},
		{"none any more, and no other list", 4, 0, nil, []string{"A|buyer|0", "A|host|1"}},
		{"an older run saw speakers", 3, 1, []string{"speaker"}, []string{"A|buyer|0", "A|host|1"}},
		{"speakers again", 6, 1, []string{"speaker"}, []string{"A|buyer|0", "A|host|1", "A|speaker|4"}},
		{"an older run saw none", 5, 0, nil, []string{"A|buyer|0", "A|host|1", "A|speaker|4"}},
	}
	for i, step := range steps {
		publish(string(rune('0'+i)), step.hours, step.speakers, step.roles...)
		if d := cmp.Diff(step.want, people(s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, d)
		}
	}
}

func TestRunAgainLosesWhatItNoLongerSays(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	problem := func(seq int) row { return on("p", 0, row{"seq": seq, "kind": "partial"}) }
	pages := func() []row { return []row{page("p", "spaces", "{}", 0)} }
	s.publishRows("other", map[string][]row{"api_requests": pages(), "api_errors": {problem(0), problem(1)}})
	s.publishRows("r1", map[string][]row{"api_requests": pages(), "api_errors": {problem(0), problem(1), problem(2)}})
	for _, want := range [][]row{{problem(0), problem(1)}, {}} {
		s.publishRows("r1", map[string][]row{"api_requests": pages(), "api_errors": want})
		if got := len(s.query("FROM api_errors WHERE _run_id = 'r1'")); got != len(want) {
			t.Errorf("got %d errors, want %d", got, len(want))
		}
	}
	if got := s.query("SELECT count(*) FROM api_errors"); got[0] != "2" {
		t.Errorf("of another run %s errors are left, want 2", got[0])
	}
	s.publishRows("other", map[string][]row{"api_requests": pages()})
	if got := s.query("SELECT count(*) FROM api_errors"); got[0] != "0" {
		t.Errorf("a run without a file of the table: %s errors are left, want none", got[0])
	}
}
