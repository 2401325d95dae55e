package extract

import (
	"context"
	"errors"
	"net/http"
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
