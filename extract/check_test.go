package extract

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

func TestInvalidRequestsAreNotSent(t *testing.T) {
	client := newClient(t, tokens(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })))
	for name, c := range map[string]struct {
		request schemas.Request
		value   string
	}{
		"endpoint":        {schemas.Request{Endpoint: "nope"}, "nope"},
		"no id":           {schemas.Request{Endpoint: schemas.Spaces}, "0"},
		"101 ids":         {schemas.Request{Endpoint: schemas.Spaces, IDs: ids(101)}, "101"},
		"two ids":         {schemas.Request{Endpoint: schemas.Tweets, IDs: ids(2)}, "2"},
		"space id":        {schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{"1a/../../x"}}, "1a/../../x"},
		"long space id":   {schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1aaaaaaaaaaaaaaa"}}, "1aaaaaaaaaaaaaaa"},
		"line break":      {schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1a\n"}}, "1a"},
		"user id":         {schemas.Request{Endpoint: schemas.Creators, IDs: []string{"11", "alice"}}, "alice"},
		"username":        {schemas.Request{Endpoint: schemas.Usernames, IDs: []string{"@alice"}}, "@alice"},
		"no query":        {schemas.Request{Endpoint: schemas.Search}, ""},
		"long query":      {schemas.Request{Endpoint: schemas.Search, Query: strings.Repeat("é", 2049)}, "é"},
		"state":           {schemas.Request{Endpoint: schemas.Search, Query: "x", State: "ended"}, "ended"},
		"me with ids":     {schemas.Request{Endpoint: schemas.Me, IDs: []string{"1"}}, "1"},
		"search with ids": {schemas.Request{Endpoint: schemas.Search, Query: "x", IDs: []string{"1"}}, "1"},
		"no results":      {schemas.Request{Endpoint: schemas.Search, Query: "x", Max: -1}, "-1"},
		"101 results":     {schemas.Request{Endpoint: schemas.Tweets, IDs: ids(1), Max: 101}, "101"},
		"unsized results": {schemas.Request{Endpoint: schemas.Spaces, IDs: ids(2), Max: 10}, "10"},
		"long token":      {schemas.Request{Endpoint: schemas.Tweets, IDs: ids(1), Token: strings.Repeat("t", 9000)}, "ttt"},
		"unpaged token":   {schemas.Request{Endpoint: schemas.Search, Query: "x", Token: "t"}, "t"},
	} {
		_, err := client.Fetch(context.Background(), c.request, nil)
		var bad *RequestError
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Value, c.value) || bad.Endpoint != c.request.Endpoint && name != "endpoint" {
			t.Errorf("%s: got %#v, want a RequestError with value %q", name, err, c.value)
		}
	}
}

func TestValuesAreChecked(t *testing.T) {
	for _, err := range []error{CheckSpaceID("1YpKkzBgBlVxj"), CheckUserID("2244994945"), CheckUsername("A_long_legacy_handle_of_1"),
		checkValues(schemas.Request{Endpoint: schemas.Search, Query: strings.Repeat("é", 2048), State: "all"})} {
		if err != nil {
			t.Errorf("got %v, want nil", err)
		}
	}
	err := CheckUsername("@x")
	if want := `username "@x" is not valid: it must be letters, digits and underscores, without @`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEveryBadIDIsTold(t *testing.T) {
	client := newClient(t, tokens(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })))
	for e, all := range map[schemas.Endpoint][]string{
		schemas.Spaces:    {"1234567890123456", spaceA, "space", "1.5", "a b"},
		schemas.Users:     {"alice", "11", "1e19", "-1", "99999999999999999999"},
		schemas.Creators:  {"", "12"},
		schemas.Usernames: {"@x", "alice"},
		schemas.Tweets:    {"1234567890123456"},
	} {
		var want []string
		for _, id := range all {
			if !e.Takes(id) {
				want = append(want, id)
			}
		}
		_, err := NewRetry(client).Fetch(t.Context(), schemas.Request{Endpoint: e, IDs: all}, nil)
		var bad *RequestError
		if !errors.As(err, &bad) || !slices.Equal(bad.Bad, want) || !strings.Contains(err.Error(), strconv.Quote(want[0])) || bad.Endpoint != e {
			t.Errorf("%s: got %v with %q, want %q", e, err, bad.Bad, want)
		}
		if _, scope := stops(t, err); scope != schemas.RequestScope {
			t.Errorf("%s: ends %d, want the request", e, scope)
		}
		checkMessage(t, string(e), err)
	}
	if _, err := client.Fetch(t.Context(), schemas.Request{Endpoint: schemas.Spaces, IDs: ids(101)}, nil); len(err.(*RequestError).Bad) != 0 {
		t.Errorf("got %v, want no id blamed for there being too many", err)
	}
}
