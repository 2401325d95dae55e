package extract

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// A good answer that is no page is asked for once more, and then it is what there
// is.
func TestAnAnswerThatIsNoPageIsOneInTheEnd(t *testing.T) {
	for body, odd := range map[string]bool{
		`{"data":"oops"}`: true, `{"data":7,"meta":{}}`: true, `{"data":true}`: true, `{}`: true, `{"data":null}`: true, `{"errors":{}}`: true,
		`{"meta":[]}`: true, `{"ok":true}`: true, `{"includes":{"users":[]}}`: true, `{"errors":null,"meta":"x"}`: true,
		`{"data":[]}`: false, `{"data":{}}`: false, `{"errors":[]}`: false, none: false, `{"data":null,"meta":{"result_count":0}}`: false,
		`{"data":[],"errors":"x"}`: false, ` {"data" : [ ] }`: false,
	} {
		var requests atomic.Int64
		var told []string
		client := newClient(t, tokens(serve(t, counted(&requests, always(200, body)))))
		page, err := NewRetry(client).Fetch(t.Context(), spaceNumber(1), telling(&told))
		want, tells := int64(1), "send, 200 true"
		if odd {
			want, tells = 2, "send, 0 false, send, 0 false"
		}
		if err != nil || page.Status != 200 || string(page.Body) != body || page.Attempts != int(want) || requests.Load() != want {
			t.Errorf("%s: got %d %s after %d requests, %v; want it as received after %d", body, page.Status, page.Body, requests.Load(), err, want)
		}
		if got := strings.Join(told, ", "); got != tells {
			t.Errorf("%s: told %q, want %q", body, got, tells)
		}
		_, err = client.Fetch(t.Context(), spaceNumber(1), nil)
		var temporary *TemporaryError
		if errors.As(err, &temporary) != odd || odd && temporary.Status != 200 {
			t.Errorf("%s: one attempt gives %v", body, err)
		}
		checkMessage(t, body, err)
	}
}

func TestAnAnswerThatIsNoPageMayPass(t *testing.T) {
	var requests atomic.Int64
	retry := NewRetry(newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := none
		if requests.Add(1) == 1 {
			body = `{"data":"oops"}`
		}
		always(200, body)(w, r)
	}))))
	if page, err := retry.Fetch(t.Context(), spaceNumber(1), nil); err != nil || string(page.Body) != none {
		t.Errorf("got %s, %v, want the page of the second try", page.Body, err)
	}
}

func TestAByteOrderMarkIsSkipped(t *testing.T) {
	const mark = "\uFEFF"
	page, err := newClient(t, tokens(serve(t, always(200, mark+none)))).Fetch(context.Background(), oneOf(schemas.Search), nil)
	if err != nil || string(page.Body) != none {
		t.Errorf("got %q, %v, want the page without the mark", page.Body, err)
	}
	page, err = newClient(t, tokens(serve(t, always(404, mark+notFoundBody)))).Fetch(context.Background(), oneOf(schemas.SpaceByID), nil)
	if err != nil || string(page.Body) != notFoundBody {
		t.Errorf("got %q, %v, want the refusal without the mark", page.Body, err)
	}
}
