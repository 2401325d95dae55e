package schemas

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPrivateMembersAreTakenOut(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"id":"7","confirmed_email":"a@b.c","name":"x"}}`:                                 `{"data":{"id":"7","name":"x"}}`,
		`{"confirmed_email":"a@b.c"}`:                                                              `{}`,
		`{"id":"7","confirmed_email":"a@b.c"}`:                                                     `{"id":"7"}`,
		`{"confirmed_email":"a@b.c","id":"7"}`:                                                     `{"id":"7"}`,
		`{ "id" : 1 , "confirmed_email" : "a,\"}@b.c" , "n" : 2 }`:                                 `{ "id" : 1 ,  "n" : 2 }`,
		`{ "id" : 1 , "confirmed_email" : "a@b.c" }`:                                               `{ "id" : 1  }`,
		`{"confirmed_email":1,"confirmed_email":null,"confirmed_email":[]}`:                        `{}`,
		`{"id":1,"confirmed_email":{"a":["x",{"b":"]}"}]},"n":[1]}`:                                `{"id":1,"n":[1]}`,
		`{"id":1,"confirmed_email":{"confirmed_email":"a@b.c"}}`:                                   `{"id":1}`,
		`{"id":1,"confirmed\u005femail":"a@b.c"}`:                                                  `{"id":1}`,
		`{"id":1,"\u0063\u006F\u006efirmed_email":"a@b.c","n":"\u00e9"}`:                           `{"id":1,"n":"\u00e9"}`,
		`{"includes":{"users":[{"confirmed_email":"x"},{"a":{"b":[[{"confirmed_email":"y"}]]}}]}}`: `{"includes":{"users":[{},{"a":{"b":[[{}]]}}]}}`,
		"{\"id\":1,\r\n\t\"confirmed_email\"\n:\n\"a@b.c\"\n}":                                     "{\"id\":1\n}",
		// What is no JSON, too: bodies are cut, and servers are not X's.
		`{"confirmed_email":"a@b`:                     `{`,
		`{"confirmed_email":`:                         `{`,
		`{"confirmed_email":}x`:                       `{}x`,
		`oops {"confirmed_email":"a@b.c","x":1} oops`: `oops {"x":1} oops`,
	} {
		got, n := WithoutPrivate([]byte(body))
		if string(got) != want || n == 0 {
			t.Errorf("%s: got %s and %d, want %s", body, got, n, want)
		}
		if json.Valid([]byte(body)) != json.Valid(got) {
			t.Errorf("%s: %s is not as valid", body, got)
		}
	}
	for _, body := range []string{
		``, `{}`, `null`, `{"errors":[{"field":"confirmed_email","detail":"\u0063 confirmed_email: no"}]}`,
		`{"confirmed_emails":1,"xconfirmed_email":2,"confirmed\\u005femail":3}`, `["confirmed_email","x"]`, `"confirmed_email`, `{"confirmed_email"`,
	} {
		if got, n := WithoutPrivate([]byte(body)); string(got) != body || n != 0 {
			t.Errorf("%s: became %s, %d", body, got, n)
		}
	}
}

func TestThePrivateKeyIsFoundWhereverItStands(t *testing.T) {
	for before := range 40 {
		for after := range 40 {
			body := strings.Repeat(" ", before) + `{"confirmed_email":"a"` + strings.Repeat(" ", after)
			if _, n := WithoutPrivate([]byte(body)); n != 1 {
				t.Errorf("not in %q", body)
			}
		}
	}
}

// Whatever the body, nothing of the key is left, what was valid stays valid, and
// nothing is new.
func FuzzWithoutPrivate(f *testing.F) {
	for _, body := range []string{`{"a":[{"confirmed_email":"x"},1]}`, `{"confirmed\u005femail":{},"b":"\\"}`, `{"confirmed_email":"x","confirmed_email":[}`, `\"confirmed_email":]`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		kept, _ := WithoutPrivate([]byte(body))
		if again, n := WithoutPrivate(kept); json.Valid([]byte(body)) && (n != 0 || !json.Valid(kept)) {
			t.Errorf("%q: %q, then %q", body, kept, again)
		}
		if rest := body; !func() bool {
			for _, c := range kept {
				at := strings.IndexByte(rest, c)
				if at < 0 {
					return false
				}
				rest = rest[at+1:]
			}
			return true
		}() {
			t.Errorf("%q: %q is no part of it", body, kept)
		}
	})
}
