package jobs_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

func wantRunRows(w *wanted) {
	log := map[string][]simulator.RequestRecord{}
	for _, r := range w.world.Requests() {
		log[r.URL] = append(log[r.URL], r)
	}
	for _, a := range w.tap.answers {
		wantRequest(w, a, log[a.uri])
		for i := range a.errors {
			wantProblem(w, a, i)
		}
	}
	checkErrors(w)
	checkCounted(w)
	wantRun(w)
}

// wantRequest is the row of an answer's page. How long it waited only the program
// knows.
func wantRequest(w *wanted, a *answer, log []simulator.RequestRecord) {
	asked := a.request()
	if a.offset > 0 {
		asked["offset"] = a.offset
	}
	params := map[string][]string{}
	for name, values := range a.query {
		if name == "expansions" || strings.HasSuffix(name, ".fields") {
			params[name] = strings.Split(values[0], ",")
		}
	}
	rate := func(name string) string { return a.header.Get("X-Rate-Limit-" + name) }
	r := cells("endpoint", a.endpoint, "request", jsonCell(asked), "params", jsonCell(params), "http_status", 200,
		"attempts", attempts(log), "account", askedBy(log), "waited_ms", anyNumber, "bytes", len(a.body),
		"rate_limit", rate("Limit"), "rate_remaining", rate("Remaining"), "rate_reset", rate("Reset"), "server_date", a.header.Get("Date"),
		"data_count", len(a.data), "error_count", len(a.errors))
	for _, kind := range []string{"user", "tweet", "topic", "media", "poll", "place"} {
		r[kind+"_count"] = cellText(len(a.includes[kind]))
	}
	for _, key := range []string{"result_count", "next_token", "previous_token"} {
		r[key] = textOrNull(a.meta, key)
	}
	w.add("api_requests", a, r)
}

// attempts counts the requests the server saw. A connection that was reset
// may have been used again by the HTTP transport, which is not an attempt of
// the program's own.
func attempts(log []simulator.RequestRecord) string {
	resets := 0
	for _, r := range log {
		if r.Status == 0 {
			resets++
		}
	}
	var right []any
	for n := len(log) - resets; n <= len(log); n++ {
		right = append(right, n)
	}
	return oneOf(right...)
}

// askedBy is the name of the token that asked last.
func askedBy(log []simulator.RequestRecord) string {
	names := map[string]string{"app": "X_BEARER_TOKEN", "user": "X_USER_TOKEN"}
	return names[log[len(log)-1].TokenKind]
}

func jsonCell(v any) string {
	text, _ := json.Marshal(v) // strings and numbers always marshal
	return canonicalJSON(string(text))
}

func textOrNull(o wire, key string) string {
	if !o.has(key) {
		return null
	}
	return o.text(key)
}

// wantProblem is the row of a partial error.
func wantProblem(w *wanted, a *answer, i int) {
	o := a.errors[i]
	r := cells("seq", i, "kind", "partial", "endpoint", a.endpoint, "http_status", 200)
	for _, key := range []string{"title", "detail", "resource_type", "resource_id", "parameter", "value", "field", "section", "reason", "code", "status"} {
		r[key] = textOrNull(o, key)
	}
	kind := o.text("type")
	r["problem"] = kind[strings.LastIndex(kind, "/")+1:]
	w.add("api_errors", a, r)
}

// checkCounted compares the number of pages with the server's log.
func checkCounted(w *wanted) {
	log, pages := map[string]int{}, map[string]int{}
	for _, r := range w.world.Requests() {
		if r.Status == 200 && r.Fault == "" {
			log[cmp.Or(map[string]string{"lookup_tweets": "posts"}[r.Endpoint], r.Endpoint)]++
		}
	}
	for _, r := range w.requests {
		pages[r["endpoint"]]++
	}
	if !maps.Equal(log, pages) {
		w.t.Errorf("api_requests: %v pages, the server answered %v", pages, log)
	}
	for _, s := range schemas.Specs() {
		if pages[string(s.Endpoint)] == 0 {
			w.t.Errorf("api_requests: no page of %s: nothing is tested", s.Endpoint)
		}
	}
}

// wantRun is the row of the run: the sums of its pages.
func wantRun(w *wanted) {
	sum := func(column string) (n int) {
		for _, r := range w.requests {
			value, _ := strconv.Atoi(r[column]) // what is no number, compare reports
			n += value
		}
		return n
	}
	var times []string
	for _, a := range w.tap.answers {
		times = append(times, a.fetchedAt)
	}
	run := w.result.Manifest.Run
	if started := cellText(run.StartedAt); started > slices.Min(times) {
		w.t.Errorf("the run started at %s, after its first page of %s", started, slices.Min(times))
	}
	last := slices.MaxFunc(w.tap.answers, func(a, b *answer) int { return strings.Compare(a.fetchedAt, b.fetchedAt) })
	r := cells("job", "truth", "plan_hash", w.spec.Plan(true).Hash(), "dialect", w.dialect, "started_at", run.StartedAt,
		"ended_at", last.fetchedAt, "outcome", "done_with_gaps", "pages", len(w.tap.answers), "requests", sum("attempts"),
		"waited_ms", sum("waited_ms"), "bytes", sum("bytes"), "version", "dev")
	w.add("runs", last, r)
	// A run comes from no page. The time is needed to publish it.
	w.tables["runs"][w.runID]["_page_id"] = null
	if n := w.result.Fetched; n != len(w.tap.answers) {
		w.t.Errorf("%d pages fetched, the server answered %d", n, len(w.tap.answers))
	}
}

// checkErrors compares the partial errors with who is suspended and what
// was deleted.
func checkErrors(w *wanted) {
	want := map[string]bool{}
	for _, a := range w.tap.answers {
		for _, e := range missingIn(w, a) {
			want[a.pageID+" "+e] = true
		}
	}
	got := map[string]bool{}
	for _, r := range w.problems {
		if r["field"] == null { // else a field refused, see FieldErrors
			got[fmt.Sprintf("%s %s %s", r["_page_id"], r["parameter"], r["resource_id"])] = true
		}
	}
	for e := range want {
		if !got[e] {
			w.t.Errorf("api_errors: nothing about %s", e)
		}
	}
	for e := range got {
		if !want[e] {
			w.t.Errorf("api_errors: %s can be shown", e)
		}
	}
}
