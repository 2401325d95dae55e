package transform

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// answered is the page of a request that was answered so.
func answered(status int, body string, e schemas.Endpoint, ids ...string) schemas.Page {
	r := schemas.Request{Endpoint: e, IDs: ids}
	return schemas.Page{
		RunID: "run", ID: r.ID(), Request: r, Status: status, Body: json.RawMessage(body),
		FetchedAt: time.Date(2026, 8, 1, 10, 6, 0, 0, time.UTC),
	}
}

// cellsOf returns the cells of a column of a page's rows, NULL as "-".
func cellsOf(t *testing.T, page schemas.Page, table string, columns ...string) []string {
	t.Helper()
	batches, err := NewDecoder().Pages([]schemas.Page{page}, firstClaims{})
	if err != nil {
		t.Fatalf("%s: %v", page.Body, err)
	}
	defer release(batches)
	var rows []string
	for _, b := range batches {
		for i := range int(b.Record.NumRows()) {
			if b.Table.Name != table {
				break
			}
			var cells []string
			for _, name := range columns {
				column, cell := b.Record.Column(b.Table.Column(name)), "-"
				if column.IsValid(i) {
					cell = column.ValueStr(i)
				}
				cells = append(cells, cell)
			}
			rows = append(rows, strings.Join(cells, " | "))
		}
	}
	return rows
}

// whole fails when a value of the page is in no row.
func whole(t *testing.T, page schemas.Page) {
	t.Helper()
	leaves, err := NewDecoder().Lossless(page)
	if err != nil || leaves.Found != leaves.Seen {
		t.Errorf("%s: found %d of %d values, first lost %s (%v)", page.Body, leaves.Found, leaves.Seen, leaves.Lost, err)
	}
}

func TestSuccessThatIsNoPageIsARow(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":"oops"}`: "data is a string, where an object or a list of objects is expected",
		`{"data":5}`:      "data is a number, where an object or a list of objects is expected",
		`{"data":true,"meta":{"result_count":1}}`: "data is a boolean, where an object or a list of objects is expected",
		`{"data":[{"id":"1a"}],"data":"last"}`:    "data is a string, where an object or a list of objects is expected",
		`{"data":null}`:                           "the answer has neither data nor errors nor meta",
		`{}`:                                      "the answer has neither data nor errors nor meta",
		` {"message":"ok"} `:                      "the answer has neither data nor errors nor meta",
		`{"meta":"x"}`:                            "the answer has neither data nor errors nor meta",
		`{"errors":[]}`:                           "the answer has neither data nor errors nor meta",
		`["1a"]`:                                  "the answer is a list, where an object is expected",
		`"ok"`:                                    "the answer is a string, where an object is expected",
		`null`:                                    "the answer is null, where an object is expected",
	} {
		page := answered(200, body, schemas.SpaceByID, "1SLjjRYNejbKM")
		got := cellsOf(t, page, "api_errors", "kind", "problem", "resource_type", "resource_id", "detail", "value")
		row := "unreadable | unreadable-answer | space | 1SLjjRYNejbKM | " + want + " | " + strings.TrimLeft(body, " ")
		if len(got) == 0 || got[len(got)-1] != row {
			t.Errorf("%s: got %q, want %q", body, got, row)
		}
		if requests := cellsOf(t, page, "api_requests", "data_count"); len(requests) != 1 || requests[0] != "0" {
			t.Errorf("%s: requests %q, want one without data", body, requests)
		}
		whole(t, page)
	}
	long := answered(200, `{"data":"`+strings.Repeat("x", 10_000)+`"}`, schemas.Tweets, "1SLjjRYNejbKM")
	if got := cellsOf(t, long, "api_errors", "value"); len(got) != 1 || len(got[0]) != maxValue {
		t.Errorf("got %.100q, want one of %d bytes", got, maxValue)
	}
	whole(t, long)
	whole(t, answered(200, `["`+strings.Repeat("x", 10_000)+`"]`, schemas.Tweets, "1SLjjRYNejbKM"))
	whole(t, answered(200, `{"data":[{"id":"1","text":["`+strings.Repeat("x", 10_000)+`"]}]}`, schemas.Tweets, "1SLjjRYNejbKM"))
}

// Of a flood the first have rows, and the others one: each is counted, and found.
func TestFloodOfProblemsHasFewRows(t *testing.T) {
	list := func(from, n int, one string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(one, from+i))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	const more = 3
	flood := list(0, maxProblems+more, `{"title":"e%d"}`)
	for _, c := range []struct{ name, body, first, last string }{
		{"errors", `{"data":[{"id":"1a"}],"errors":` + flood + `}`, "partial | - | e0 | - | -",
			"unreadable | further-problems | Further Problems | 3 further errors of the answer: the first 10000 have rows | " + list(maxProblems, more, `{"title":"e%d"}`)},
		{"values", `{"data":[` + list(100, maxProblems+more, `%d`)[1:] + `}`, "unreadable | unreadable-value | Unreadable Value | not an object | 100",
			"unreadable | further-problems | Further Problems | 3 further values could not be read: the first 10000 have rows | " +
				list(100+maxProblems, more, `{"type":"unreadable-value","title":"Unreadable Value","detail":"not an object","resource_type":"space","value":%d}`)},
	} {
		page := answered(200, c.body, schemas.Spaces, "1a", "1b")
		got := cellsOf(t, page, "api_errors", "kind", "problem", "title", "detail", "value")
		if c.name == "values" { // that data is a list without an object has a row, too
			got = slices.DeleteFunc(got, func(row string) bool { return strings.Contains(row, UnreadableAnswer) })
		}
		if len(got) != maxProblems+1 || got[0] != c.first || got[maxProblems] != c.last {
			t.Errorf("%s: got %d rows, the first %.200q, the last %.400q; want %d, %q and %q", c.name, len(got), got[0], got[len(got)-1], maxProblems+1, c.first, c.last)
		}
		whole(t, page)
	}
	page := answered(200, `{"data":[{"id":"1a"}],"errors":`+flood+`}`, schemas.Spaces, "1a", "1b")
	if got := cellsOf(t, page, "api_requests", "error_count"); len(got) != 1 || got[0] != fmt.Sprint(maxProblems+more) {
		t.Errorf("error_count: got %v, want %d", got, maxProblems+more)
	}
}

func TestPagesWithoutObjectsArePages(t *testing.T) {
	for _, body := range []string{
		`{"data":[]}`, `{"meta":{"result_count":0}}`, `{"data":null,"meta":{}}`, `{"meta":{}}`,
		`{"errors":[{"title":"Not Found Error"}]}`, `{"errors":{"title":"Not Found Error"}}`,
	} {
		for _, got := range cellsOf(t, answered(200, body, schemas.Spaces, "1a", "1b"), "api_errors", "problem") {
			if got == UnreadableAnswer {
				t.Errorf("%s: taken for no page", body)
			}
		}
	}
}

func TestBadMemberCostsItselfOnly(t *testing.T) {
	deep := `[["` + strings.Repeat("x", 10_000) + `"]]`
	page := answered(200, `{"data":[1,"x",{"id":"1a"},`+deep+`,null,{"title":"t"}],
		"includes":{"users":["y",{"id":"7"},{"id":""}],"topics":"z","tweets":4},"errors":"w"}`, schemas.Spaces, "1a", "1b")
	want := []string{
		`space | - | not an object | 1`, `space | - | not an object | "x"`, `space | - | not an object | ` + deep, `space | id | object without id | {"title":"t"}`,
		`user | - | not an object | "y"`, `user | id | object without id | {"id":""}`,
		`topic | includes.topics | not a list of objects | "z"`, `tweet | includes.tweets | not a list of objects | 4`,
		`problem | errors | not a list of objects | "w"`,
	}
	if diff := cmp.Diff(want, cellsOf(t, page, "api_errors", "resource_type", "field", "detail", "value")); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	spaces, users := cellsOf(t, page, "spaces", "space_id"), cellsOf(t, page, "users", "user_id")
	if fmt.Sprint(spaces, users) != "[1a] [7]" {
		t.Errorf("Spaces %q, users %q; want 1a and 7", spaces, users)
	}
	whole(t, page)
	for _, body := range []string{`{"data":[],"includes":"x"}`, `{"data":[],"includes":[{"id":"7"}]}`, `{"data":[],"includes":5}`} {
		page := answered(200, body, schemas.Spaces, "1a")
		if got := cellsOf(t, page, "api_errors", "resource_type", "field", "detail"); len(got) != 1 || got[0] != "page | includes | not an object" {
			t.Errorf("%s: got %q", body, got)
		}
		whole(t, page)
	}
}

func TestIDsThatCannotBeAskedForAreKeptAndSaid(t *testing.T) {
	page := answered(200, `{"data":[{"id":"1234567890123456","creator_id":"nobody","host_ids":["nobody","nobody"]},{"id":1.5e12},{"id":1e5},{"id":true},
		{"id":123},{"id":"1a"},{"id":"1234567890123456"}],"includes":{"users":[{"id":"nobody"},{"id":12345678901234567},{"id":-5}],"topics":[{"id":"a topic"}]}}`,
		schemas.Search)
	space, user := "the id of a Space is 1 to 13 letters and digits", "the id of a user is 1 to 19 digits"
	want := []string{
		"unreadable | unaskable-id | space | 1234567890123456 | id | " + space,
		"unreadable | unaskable-id | space | 1.5e12 | id | " + space + ", this is a number",
		"unreadable | unaskable-id | space | 1e5 | id | " + space + ", this is a number",
		"unreadable | unaskable-id | space | true | id | " + space + ", this is a boolean",
		"unreadable | unaskable-id | user | nobody | id | " + user,
		"unreadable | unaskable-id | user | -5 | id | " + user + ", this is a number",
	}
	if diff := cmp.Diff(want, cellsOf(t, page, "api_errors", "kind", "problem", "resource_type", "resource_id", "field", "detail")); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	spaces, users := cellsOf(t, page, "spaces", "space_id"), cellsOf(t, page, "users", "user_id")
	if got, want := fmt.Sprint(spaces, users), "[1234567890123456 123 1a] [nobody 12345678901234567]"; got != want {
		t.Errorf("got the Spaces and users %s, want %s", got, want)
	}
	whole(t, page)
}

// What stands for the id of a user somewhere, and is none, is said once for each page.
func TestReferencesThatCannotBeAskedForAreSaid(t *testing.T) {
	page := answered(200, `{"data":[{"id":"1a","creator_id":"not-a-user","host_ids":["11","not-a-user","98765432109876543210"],"speaker_ids":[1.5e12]}]}`, schemas.Search)
	whole(t, page)
	got := cellsOf(t, page, "api_errors", "problem", "resource_type", "resource_id")
	slices.Sort(got)
	want := []string{"unaskable-id | user | 1.5e12", "unaskable-id | user | 98765432109876543210", "unaskable-id | user | not-a-user", "unreadable-value | space | 1a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rows := cellsOf(t, page, "space_users", "user_id"); !slices.Contains(rows, "not-a-user") || slices.Contains(rows, "1.5e12") {
		t.Errorf("people %v, want all that are texts kept, and no number with a fraction", rows)
	}
}

func TestRefusalOfOneMemberNamesIt(t *testing.T) {
	text := func(p schemas.Page, text string) schemas.Page {
		p.Text, p.Body = text, json.RawMessage("null")
		return p
	}
	search := answered(403, `{"title":"Forbidden"}`, schemas.Search)
	search.Request.Query = "jazz"
	html := "<html>" + strings.Repeat("é", 1000)
	for _, c := range []struct {
		page schemas.Page
		want []string
	}{
		{answered(403, `{"type":"about:blank","detail":"no"}`, schemas.Tweets, "1a"), []string{"refused | about:blank | space | 1a | 1a | no"}},
		{answered(400, `{"detail":"no","errors":[{"message":"bad"}]}`, schemas.Creators, "7"), []string{"refused | - | user | 7 | 7 | no", "refused | - | user | 7 | 7 | bad"}},
		{answered(404, `{"resource_id":"","value":"x"}`, schemas.SpaceByID, "1a"), []string{"refused | - | space | 1a | x | -"}},
		{answered(403, `{"resource_id":"13"}`, schemas.SpaceByID, "1a"), []string{"refused | - | - | 13 | 1a | -"}},
		{answered(400, `{"detail":"no"}`, schemas.Usernames, "jack"), []string{"refused | - | user | jack | jack | no"}},
		{answered(400, `{"detail":"no"}`, schemas.Spaces, "1a", "1b"), []string{"refused | - | - | - | - | no"}},
		{answered(404, `{"value":["x"],"resource_id":{"a":1}}`, schemas.SpaceByID, "1a"), []string{"refused | - | space | 1a | 1a | -"}},
		{search, []string{"refused | - | space | - | jazz | -"}},
		{text(answered(403, ``, schemas.SpaceByID, "1a"), html), []string{"refused | - | space | 1a | 1a | " + html[:maxDetail]}},
		{text(answered(404, ``, schemas.SpaceByID, "1a"), ""), []string{"refused | - | space | 1a | 1a | -"}},
		{answered(403, `"not you"`, schemas.Tweets, "1a"), []string{"refused | - | space | 1a | 1a | not you"}},
		{answered(400, `["no", 1]`, schemas.Tweets, "1a"), []string{`refused | - | space | 1a | 1a | ["no", 1]`}},
		{
			answered(schemas.NotTaken, string(schemas.NewProblem(schemas.TooLarge, "over 16 MiB")), schemas.Tweets, "1a"),
			[]string{"refused | too-large | space | 1a | 1a | over 16 MiB"},
		},
	} {
		got := cellsOf(t, c.page, "api_errors", "kind", "problem", "resource_type", "resource_id", "value", "detail")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s of %v (-want +got):\n%s", c.page.Body, c.page.Request, diff)
		}
		if string(c.page.Body) != "null" {
			whole(t, c.page)
		}
	}
}

// What a refusal gets from its request must not show in another.
func TestRefusalLeavesNoTrace(t *testing.T) {
	d := NewDecoder()
	first := answered(403, `{}`, schemas.Tweets, "1a")
	second := answered(403, `{"detail":"no"}`, schemas.Spaces, "1b", "1c")
	batches, err := d.Pages([]schemas.Page{first, second, first}, firstClaims{})
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	for _, b := range batches {
		if b.Table.Name == "api_errors" {
			ids := b.Record.Column(b.Table.Column("resource_id"))
			if ids.Len() != 3 || ids.ValueStr(0) != "1a" || ids.IsValid(1) || ids.ValueStr(2) != "1a" {
				t.Errorf("got %v, want 1a, NULL, 1a", ids)
			}
		}
	}
}

// A Space is missing only where the answer says so of it.
func TestGoneNeedsAWitness(t *testing.T) {
	problem := func(kind, more string) string {
		return `{"title":"x","type":"https://api.x.com/2/problems/` + kind + `"` + more + `}`
	}
	partial := func(kind, more string) string { return `{"errors":[` + problem(kind, more) + `]}` }
	for _, c := range []struct {
		status int
		body   string
		ids    string
		want   string
	}{
		{200, partial("resource-not-found", `,"resource_type":"space","parameter":"ids","resource_id":"1b"`), "1a,1b", "1b"},
		{200, partial("resource-not-found", `,"value":"1b"`), "1a,1b", "1b"},
		{200, partial("resource-unavailable", `,"detail":"Could not find space with ids: [1b]."`), "1a,1b", "1b"},
		{200, partial("resource-not-found", `,"detail":"Could not find space with ids: [1b, 1a]."`), "1a,1b", "1a,1b"},
		{200, partial("resource-not-found", `,"detail":"Could not find space with ids: [1bb]."`), "1a,1b", ""},
		{200, partial("resource-not-found", `,"resource_type":"user","resource_id":"13"`), "13,1b", ""},
		{200, partial("resource-not-found", `,"parameter":"speaker_ids","resource_id":"13"`), "13,1b", ""},
		{200, partial("not-authorized-for-resource", `,"resource_id":"1b"`), "1a,1b", ""},
		{200, partial("resource-not-found", ""), "1b", ""},
		{200, `{"data":[{"id":"1b"}],"errors":[` + problem("resource-not-found", `,"resource_id":"1b"`) + `]}`, "1a,1b", ""},
		{200, `{"data":[{"id":"1a"}]}`, "1a,1b", ""},
		{200, `{"meta":{"result_count":0}}`, "1a", ""},
		{200, `{"data":"oops"}`, "1a", ""},
		{404, problem("resource-not-found", ""), "1a", "1a"},
		{404, problem("resource-not-found", `,"resource_id":"1a"`), "1a", "1a"},
		{404, `{"errors":[` + problem("resource-not-found", `,"value":"1a"`) + `]}`, "1a", "1a"},
		{404, `{"type":"about:blank","status":404,"detail":"Could not find space with id: [1a]."}`, "1a", "1a"},
		{404, `{"type":"about:blank","status":404,"title":"Not Found","detail":"Not Found"}`, "1a", ""},
		{404, `{"type":"about:blank","status":404,"title":"Not Found","detail":"No static resource 2/spaces/1a."}`, "1a", ""},
		{404, problem("resource-not-found", `,"resource_type":"user","resource_id":"1a"`), "1a", ""},
		{404, problem("resource-not-found", `,"resource_id":"1c"`), "1a", ""},
		{404, problem("resource-not-found", `,"resource_id":"1a"`), "1a,1b", ""},
		{404, `{"message":"no Route matched with those values"}`, "1a", ""},
		{404, `{"message":"1a is not here"}`, "1a", ""},
		{404, `{}`, "1a", ""},
		{404, `null`, "1a", ""},
		{403, problem("resource-not-found", `,"resource_id":"1a"`), "1a", ""},
	} {
		ids := strings.Split(c.ids, ",")
		endpoint := schemas.Spaces
		if len(ids) == 1 {
			endpoint = schemas.SpaceByID
		}
		got := cellsOf(t, answered(c.status, c.body, endpoint, ids...), "space_absences", "space_id")
		if strings.Join(got, ",") != c.want {
			t.Errorf("%d %s for %s: got %q, want %q", c.status, c.body, c.ids, got, c.want)
		}
	}
	if got := cellsOf(t, answered(404, problem("resource-not-found", ""), schemas.Tweets, "1a"), "space_absences", "space_id"); got != nil {
		t.Errorf("a 404 for its tweets makes %q gone", got)
	}
}
