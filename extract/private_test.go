package extract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// A user's own e-mail address, which nobody asked for, is in no page, error or
// event, in whatever kind of answer it comes.
func TestAnEMailAddressIsTakenOutOfEveryAnswer(t *testing.T) {
	const mail = "me@example.com"
	for _, c := range []struct {
		status     int
		body, want string // the page's body; empty where there is none
	}{
		{200, `{"data":{"id":"1","confirmed_email":"` + mail + `","name":"é"}}`, `{"data":{"id":"1","name":"é"}}`},
		{200, `{"data":[],"includes":{"users":[{"id":"1","x":[{"confirmed\u005femail":"` + mail + `"}]}]}}`, `{"data":[],"includes":{"users":[{"id":"1","x":[{}]}]}}`},
		{400, `{"title":"Invalid Request","errors":[{"confirmed_email":"` + mail + `","message":"no"}]}`, `{"title":"Invalid Request","errors":[{"message":"no"}]}`},
		{200, `"confirmed_email":"` + mail + `"`, ""},
		{200, `{"confirmed_email":"` + mail, ""},
		{403, `{"title":"Forbidden","detail":"no","confirmed_email":"` + mail + `"}`, ""},
		{500, `{"title":"x","confirmed_email":"` + mail + `"}`, ""},
	} {
		for _, dialect := range []schemas.Dialect{schemas.TweetDialect, schemas.PostDialect} {
			cfg := tokens(serve(t, always(c.status, c.body)))
			cfg.Dialect = dialect
			var seen []Event
			cfg.Notify = func(e Event) { seen = append(seen, e) }
			page, err := newClient(t, cfg).Fetch(t.Context(), oneOf(schemas.Search), nil)
			if c.want != "" && (err != nil || string(page.Body) != c.want || page.Removed != 1) {
				t.Errorf("%d %s: got %s, %d removed, %v; want %s", c.status, c.body, page.Body, page.Removed, err, c.want)
			}
			if c.want == "" && err == nil {
				t.Errorf("%d %s: a page came of it: %s", c.status, c.body, page.Body)
			}
			if all := describe(page, err, seen); strings.Contains(all, mail) {
				t.Errorf("%d %s: %s", c.status, c.body, all)
			}
		}
	}
}

// describe is all that a caller gets, as text.
func describe(page schemas.Page, err error, seen []Event) string {
	text, _ := json.Marshal([]any{page, err, seen}) // fields of errors, too
	if err != nil {
		text = append(text, err.Error()...)
	}
	return string(text)
}
