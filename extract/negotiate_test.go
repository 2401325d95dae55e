package extract

import (
	"context"
	"errors"
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
		always(200, none)(res, r)
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

// counted counts requests.
func counted(n *atomic.Int64, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		h(w, r)
	}
}

// What a server refuses is learned by one request while the others wait, so that it
// costs as much whatever the number of workers, and nothing in the next run.
func TestWhatIsRefusedIsLearnedOnce(t *testing.T) {
	nowhere := []string{"host.somewhere", "x", "y"}
	for _, c := range []struct {
		name, param string
		wording     string
		known       []string
		complaints  int
		left        int // values
	}{
		{"no expansion of ours, commas", "expansions", "commas", nowhere, 1, 0},
		{"no expansion of ours, blanks", "expansions", "blanks", nowhere, 1, 0},
		{"no expansion at all", "expansions", "commas", nil, 1, 0},
		{"no hint", "expansions", "nothing", nowhere, 1, 0},
		{"one by one", "expansions", "value only", nowhere, 5, 0},
		{"no field of ours", "topic.fields", "commas", nowhere, 1, 0},
		{"some fields", "space.fields", "blanks", known12, 1, 12},
	} {
		for _, workers := range []int{1, 4, 16} {
			var requests, refusals, events atomic.Int64
			cfg := tokens(serve(t, counted(&requests, strict(c.param, c.known, wordings[c.wording], &refusals))))
			cfg.Notify = func(e Event) {
				if e.Kind == EventDropped {
					events.Add(1)
				}
			}
			client := newClient(t, cfg)
			fetchAll(t, NewRetry(client), workers, 16, spaceNumber)
			if got := requests.Load(); got != int64(16+c.complaints) || refusals.Load() != int64(c.complaints) {
				t.Errorf("%s, %d workers: got %d requests for 16 pages, want %d", c.name, workers, got, 16+c.complaints)
			}
			dropped := client.Dropped()
			if events.Load() != int64(len(dropped)) {
				t.Errorf("%s: got %d events, want %d", c.name, events.Load(), len(dropped))
			}

			cfg.Refused = dropped
			requests.Store(0)
			again := newClient(t, cfg)
			pages := fetchAll(t, NewRetry(again), workers, 16, spaceNumber)
			if got := requests.Load(); got != 16 || events.Load() != int64(len(dropped)) || !slices.Equal(again.Dropped(), dropped) {
				t.Errorf("%s, %d workers: the next run sent %d requests and dropped %v, want 16 and %v", c.name, workers, got, again.Dropped(), dropped)
			}
			if got := pages[0].Params[c.param]; c.left == 0 && len(got) != 0 || len(intersect(got, c.known)) != len(got) {
				t.Errorf("%s: asked for %q in the end", c.name, got)
			}
		}
	}
}

// Lists that two endpoints share are proven for each.
func TestEachEndpointLearnsForItself(t *testing.T) {
	var requests, refusals atomic.Int64
	cfg := tokens(serve(t, counted(&requests, strict("user.fields", []string{"id"}, wordings["commas"], &refusals))))
	client := newClient(t, cfg)
	fetchAll(t, NewRetry(client), 16, 48, func(i int) schemas.Request {
		return oneOf([]schemas.Endpoint{schemas.Spaces, schemas.Search, schemas.Tweets}[i%3])
	})
	if got := refusals.Load(); got > 3 || requests.Load() != 48+got {
		t.Errorf("got %d requests and %d refusals, want one for each endpoint at most", requests.Load(), got)
	}
}

// Who waits for the one that goes ahead gives up with its context, and goes on when
// that one fails.
func TestWaitingForTheListsEnds(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	var requests atomic.Int64
	client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			close(arrived)
			<-release
			always(503, "")(w, r)
			return
		}
		always(200, none)(w, r)
	})))
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = client.Fetch(t.Context(), spaceNumber(0), nil) })
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	wait.Go(func() {
		if _, err := client.Fetch(ctx, spaceNumber(1), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
	wait.Go(func() {
		if _, err := client.Fetch(t.Context(), spaceNumber(2), nil); err != nil {
			t.Errorf("got %v, want the page once the first has failed", err)
		}
	})
	cancel()
	close(release)
	wait.Wait()
}
