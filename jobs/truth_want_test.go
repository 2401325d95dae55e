package jobs_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// wanted holds the rows that every table should have.
type wanted struct {
	*truthRun
	t      *testing.T
	served simulator.Served
	runID  string
	// shown lists the answers that showed an object, newest first.
	shown  map[string]map[string][]sighting
	tables map[string]truthRows

	requests, problems truthRows // api_requests and api_errors as read
}

// sighting is an object in an answer. It can stand there several times.
type sighting struct {
	*answer
	objects []wire
}

// newWanted fills the tables. What only the program knows of its pages, their
// ids and times, is read from the destination.
func newWanted(t *testing.T, r *truthRun, in truthStore) *wanted {
	w := &wanted{truthRun: r, t: t, served: r.world.Served(), runID: r.result.Manifest.Run.RunID, tables: map[string]truthRows{}}
	for _, table := range schemas.Tables() {
		w.tables[table.Name] = truthRows{}
	}
	_, w.requests = in.read(t, schemas.Lookup("api_requests"))
	_, w.problems = in.read(t, schemas.Lookup("api_errors"))
	w.link()
	w.index()
	wantSpaces(w)
	wantUsers(w)
	wantTweets(w)
	wantMediaRows(w)
	wantPlaces(w)
	wantRunRows(w)
	return w
}

// link finds the page that each answer became: one with the same request.
func (w *wanted) link() {
	pages := map[string]truthRow{}
	for _, page := range w.requests {
		pages[w.requestText(page)] = page
	}
	for _, a := range w.tap.answers {
		text, _ := json.Marshal(a.request()) // strings always marshal
		page := pages[canonicalJSON(string(text))]
		if page == nil {
			w.t.Fatalf("no page landed, or several answers were sent, for %s", a.uri)
		}
		delete(pages, canonicalJSON(string(text)))
		a.pageID, a.fetchedAt = page["_page_id"], page["_fetched_at"]
	}
	for text := range pages {
		w.t.Errorf("a page landed that the server never sent: %s", text)
	}
}

// requestText is what a page was asked for without its offset, which the
// server does not see.
func (w *wanted) requestText(page truthRow) string {
	var request map[string]any
	if err := json.Unmarshal([]byte(page["request"]), &request); err != nil {
		w.t.Fatalf("api_requests.request %s: %v", page["request"], err)
	}
	delete(request, "offset")
	text, _ := json.Marshal(request)
	return canonicalJSON(string(text))
}

// index notes which answers showed what, newest first; of the same
// microsecond, by page id, the last first.
func (w *wanted) index() {
	w.shown = map[string]map[string][]sighting{}
	for _, a := range w.tap.answers {
		for kind, objects := range a.objects() {
			if w.shown[kind] == nil {
				w.shown[kind] = map[string][]sighting{}
			}
			for id, list := range objects {
				w.shown[kind][id] = append(w.shown[kind][id], sighting{a, list})
			}
		}
	}
	for kind, objects := range w.shown {
		for id, list := range objects {
			slices.SortFunc(list, func(a, b sighting) int {
				return cmp.Or(cmp.Compare(b.fetchedAt, a.fetchedAt), cmp.Compare(b.pageID, a.pageID))
			})
			if !slices.Contains(w.servedOf(kind), id) {
				w.t.Errorf("the server sent %s %s and does not say so", kind, id)
			}
		}
	}
}

func (w *wanted) servedOf(kind string) []string {
	s := &w.served
	return map[string][]string{
		"space": s.Spaces, "user": s.Users, "topic": s.Topics, "tweet": s.Tweets, "media": s.Media, "poll": s.Polls, "place": s.Places,
	}[kind]
}

// each calls do for every object that was served, with its latest sighting.
func (w *wanted) each(kind string, do func(id string, last sighting)) {
	if len(w.servedOf(kind)) == 0 {
		w.t.Errorf("no %s was served: nothing is tested", kind)
	}
	for _, id := range w.servedOf(kind) {
		if len(w.shown[kind][id]) == 0 {
			w.t.Errorf("the server says it sent %s %s and did not", kind, id)
			continue
		}
		do(id, w.shown[kind][id][0])
	}
}

// lastThat is the newest answer with an object that shows something of it, or nil.
func (w *wanted) lastThat(kind, id string, shows func(*answer) bool) *answer {
	for _, s := range w.shown[kind][id] {
		if shows(s.answer) {
			return s.answer
		}
	}
	return nil
}

// add wants a row, made from a page.
func (w *wanted) add(table string, from *answer, r truthRow) {
	r.with(cells("_run_id", w.runID, "_page_id", from.pageID, "_fetched_at", from.fetchedAt))
	rows, key := w.tables[table], r.key(schemas.Lookup(table))
	if rows[key] != nil {
		w.t.Errorf("%s: two rows are wanted with the key %s", table, key)
	}
	rows[key] = r
}

// addObject wants the row of an object. In the first run of a store it was first
// seen when it was last seen, or when a sighting was that told more.
func (w *wanted) addObject(table string, from *answer, r truthRow) {
	var seen []any
	for _, s := range w.shown[objectsOf[table]][r[schemas.Lookup(table).Key[0]]] {
		seen = append(seen, s.fetchedAt)
	}
	w.add(table, from, r.with(cells("first_seen_at", oneOf(seen...), "last_seen_at", from.fetchedAt)))
}

// objectsOf names the objects of a table.
var objectsOf = map[string]string{
	"spaces": "space", "users": "user", "topics": "topic", "tweets": "tweet", "media": "media", "polls": "poll", "places": "place",
}

// addEach wants a row for each of a list of plain values; of those repeated,
// for the first.
func (w *wanted) addEach(table string, from *answer, column string, values []string, r truthRow) {
	for i, v := range values {
		if slices.Index(values, v) == i {
			w.add(table, from, cells("ordinal", i, column, v).with(r))
		}
	}
}

// must gets the truth of an object that was served.
func must[T any](w *wanted, kind, id string, get func(string) (T, bool)) T {
	v, ok := get(id)
	if !ok {
		w.t.Errorf("%s %s was served and does not exist", kind, id)
	}
	return v
}

// post tells the dialect.
func (w *wanted) post() bool { return w.dialect == "post" }

// viewer is the user whose token an answer was asked with.
func (w *wanted) viewer(a *answer) string {
	if a.byUser {
		return w.creator
	}
	return ""
}
