package extract

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// wording writes a 400 for a list with a value that is not known.
type wording func(param string, sent []string, wrong string, known []string) string

func entry(param, value, message string) string {
	return fmt.Sprintf(`{"errors":[{"parameters":{%q:[%q]},"message":%q}],"title":"Invalid Request",%sinvalid-request"}`, param, value, message, problems)
}

var wordings = map[string]wording{
	"commas": func(param string, _ []string, wrong string, known []string) string {
		return entry(param, wrong, fmt.Sprintf("The `%s` query parameter value [%s] is not one of [%s]", param, wrong, strings.Join(known, ",")))
	},
	"blanks": func(param string, sent []string, wrong string, known []string) string {
		return entry(param, strings.Join(sent, ","), fmt.Sprintf("invalid value '%s' at index 1: value must be one of: [%s]", wrong, strings.Join(known, " ")))
	},
	"commas, cut": func(param string, _ []string, wrong string, known []string) string {
		return entry(param, wrong, fmt.Sprintf("The `%s` query parameter value [%s] is not one of [%s,…]", param, wrong, strings.Join(known[:2], ",")))
	},
	"blanks, cut": func(param string, sent []string, wrong string, known []string) string {
		return entry(param, strings.Join(sent, ","), fmt.Sprintf("invalid value '%s' at index 1: value must be one of: [%s crea...", wrong, strings.Join(known[:2], " ")))
	},
	"value only": func(param string, _ []string, wrong string, _ []string) string {
		return entry(param, wrong, "not allowed")
	},
	"parameter and value": func(param string, _ []string, wrong string, _ []string) string {
		return fmt.Sprintf(`{"parameter":%q,"value":%q,"detail":"no",%sinvalid-request"}`, param, wrong, problems)
	},
	"nothing": func(param string, sent []string, _ string, _ []string) string {
		return entry(param, strings.Join(sent, ","), "One or more values are wrong")
	},
}

// strict refuses unknown values of one parameter.
func strict(param string, known []string, w wording, refusals *atomic.Int64) http.HandlerFunc {
	return func(res http.ResponseWriter, r *http.Request) {
		sent := strings.Split(r.URL.Query().Get(param), ",")
		for _, v := range sent {
			if v != "" && !slices.Contains(known, v) {
				refusals.Add(1)
				always(400, w(param, sent, v, known))(res, r)
				return
			}
		}
		always(200, `{}`)(res, r)
	}
}

// known12 are the space.fields of the post dialect.
var known12 = strings.Split("created_at,ended_at,id,is_ticketed,lang,participant_count,scheduled_start,started_at,state,subscriber_count,title,updated_at", ",")

func TestRefusedFieldsAreLeftOut(t *testing.T) {
	for name, w := range wordings {
		var refusals atomic.Int64
		client := newClient(t, tokens(serve(t, strict("space.fields", known12, w, &refusals))))
		page, err := client.Fetch(context.Background(), oneOf(schemas.Spaces), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := intersect(schemas.Fields(schemas.Space, schemas.TweetDialect, false, false), known12)
		most := int64(5)
		switch name {
		case "nothing":
			want, most = []string{"id", "state"}, 1
		case "commas", "blanks":
			most = 1
		}
		if got := page.Params["space.fields"]; !slices.Equal(got, want) || refusals.Load() > most {
			t.Errorf("%s: got %q after %d refusals, want %q after at most %d", name, got, refusals.Load(), want, most)
		}
		if len(page.Params["expansions"]) != 5 {
			t.Errorf("%s: got expansions %q, want all five", name, page.Params["expansions"])
		}
	}
}

func TestAFieldIsRefusedOnceForAllWorkers(t *testing.T) {
	var refusals, events atomic.Int64
	cfg := tokens(serve(t, strict("user.fields", []string{"id", "name", "username"}, wordings["value only"], &refusals)))
	cfg.Notify = func(e Event) {
		if e.Kind == EventDropped && e.Dropped.Value != "" {
			events.Add(1)
		}
	}
	client := newClient(t, cfg)
	var wait sync.WaitGroup
	for range 4 {
		for _, e := range []schemas.Endpoint{schemas.Spaces, schemas.Tweets, schemas.Users} {
			wait.Go(func() {
				page, err := client.Fetch(context.Background(), oneOf(e), nil)
				if err != nil || len(page.Params["user.fields"]) != 3 {
					t.Errorf("%s: got %q, %v", e, page.Params["user.fields"], err)
				}
			})
		}
	}
	wait.Wait()
	seen := map[Dropped]bool{}
	for _, d := range client.Dropped() {
		seen[d] = true
	}
	want := len(schemas.Fields(schemas.User, schemas.TweetDialect, false, false)) - 3
	if len(seen) != want || len(client.Dropped()) != want || events.Load() != int64(want) {
		t.Errorf("got %d dropped, %d different, %d events, want %d", len(client.Dropped()), len(seen), events.Load(), want)
	}
}

func TestExpansionsAreDroppedByKindOfData(t *testing.T) {
	var refusals atomic.Int64
	client := newClient(t, tokens(serve(t, strict("expansions", []string{"creator_id", "author_id"}, wordings["commas"], &refusals))))
	for e, want := range map[schemas.Endpoint]string{schemas.Spaces: "creator_id", schemas.Search: "creator_id", schemas.Tweets: "author_id"} {
		page, err := client.Fetch(context.Background(), oneOf(e), nil)
		if err != nil || strings.Join(page.Params["expansions"], ",") != want {
			t.Errorf("%s: got %q, %v, want %s", e, page.Params["expansions"], err, want)
		}
	}
	if refusals.Load() != 2 {
		t.Errorf("got %d refusals, want one for Spaces and one for tweets", refusals.Load())
	}
}

func TestAServerThatRefusesEverythingEndsTheRun(t *testing.T) {
	for name, message := range map[string]string{"default fields": "no", "our value is allowed": "value [id] is not one of [id,state]"} {
		var requests atomic.Int64
		client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			always(400, entry("space.fields", r.URL.Query().Get("space.fields"), message))(w, r)
		})))
		page, err := client.Fetch(context.Background(), oneOf(schemas.Spaces), nil)
		if requests.Load() > 5 || kindOf(page, err) != "page 400" && kindOf(page, err) != "status" {
			t.Errorf("%s: got %v after %d requests, want an end", name, err, requests.Load())
		}
	}
}

func TestAnInvalidIDIsNotAFieldsProblem(t *testing.T) {
	var requests atomic.Int64
	client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		always(400, invalidBody)(w, r)
	})))
	page, err := client.Fetch(context.Background(), oneOf(schemas.Spaces), nil)
	if err != nil || page.Status != 400 || requests.Load() != 1 || len(client.Dropped()) != 0 {
		t.Errorf("got %d, %v after %d requests and %v, want a page after one", page.Status, err, requests.Load(), client.Dropped())
	}
}
