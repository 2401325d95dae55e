package jobs_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tap listens between the simulator and the program. It says which answer
// showed what: on that depends which fields a row can have, and which page it
// must name. Values are never taken from it where the simulator's truth has
// them.
type tap struct {
	next      http.Handler
	userToken string

	mu      sync.Mutex
	began   int
	answers []*answer // complete ones
}

// answer is one complete 200 answer.
type answer struct {
	began         int // how many requests had begun with it
	endpoint, uri string
	query         url.Values
	ids           []string
	byUser        bool // asked with the user token
	header        http.Header
	body          []byte // uncompressed

	data     []wire
	includes map[string][]wire
	errors   []wire
	meta     wire
	offset   int // of the first object of data in its collection

	pageID, fetchedAt string // as api_requests has them
}

// wire is a JSON object as sent.
type wire map[string]json.RawMessage

func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.began++
	began := p.began
	p.mu.Unlock()
	copied := &copying{ResponseWriter: w, status: http.StatusOK}
	p.next.ServeHTTP(copied, r) // a fault may panic, and is no answer then
	if copied.status != http.StatusOK {
		return
	}
	body := copied.body.Bytes()
	if w.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(&copied.body)
		if err != nil {
			return
		}
		if body, err = io.ReadAll(z); err != nil {
			return
		}
	}
	if !json.Valid(body) {
		return // cut short, or no JSON
	}
	a := &answer{
		began: began, uri: r.URL.RequestURI(), query: r.URL.Query(), header: w.Header().Clone(), body: body,
		byUser: r.Header.Get("Authorization") == "Bearer "+p.userToken,
	}
	a.locate(r.URL.Path)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, a)
}

// locate finds the endpoint and what it was asked for.
func (a *answer) locate(path string) {
	list := func(endpoint, param string) {
		a.endpoint = endpoint
		if text := a.query.Get(param); text != "" {
			a.ids = strings.Split(text, ",")
		}
	}
	switch rest, inSpaces := strings.CutPrefix(path, "/2/spaces/"); {
	case path == "/2/spaces":
		list("spaces", "ids")
	case path == "/2/users":
		list("users", "ids")
	case path == "/2/tweets":
		list("posts", "ids")
	case path == "/2/users/by":
		list("usernames", "usernames")
	case path == "/2/users/me":
		list("me", "")
	case rest == "by/creator_ids":
		list("creators", "user_ids")
	case rest == "search":
		list("search", "")
	case inSpaces:
		id, endpoint, ok := strings.Cut(rest, "/")
		if !ok {
			endpoint = "space"
		}
		a.endpoint, a.ids = endpoint, []string{id}
	}
}

// request is what api_requests should say was asked for.
func (a *answer) request() map[string]any {
	r := map[string]any{"endpoint": a.endpoint}
	if len(a.ids) > 0 {
		r["ids"] = a.ids
	}
	for key, param := range map[string]string{"query": "query", "state": "state", "token": "pagination_token"} {
		if value := a.query.Get(param); value != "" {
			r[key] = value
		}
	}
	return r
}

// parse reads the bodies, and counts through the pages of each collection.
func (p *tap) parse(t *testing.T) {
	slices.SortFunc(p.answers, func(a, b *answer) int { return a.began - b.began })
	offsets := map[string]int{} // by collection and token
	for _, a := range p.answers {
		a.parse(t)
		collection := a.endpoint + " " + strings.Join(a.ids, ",") + " "
		a.offset = offsets[collection+a.query.Get("pagination_token")]
		if token := a.meta.text("next_token"); token != "" {
			offsets[collection+token] = a.offset + len(a.data)
		}
	}
}

func (a *answer) parse(t *testing.T) {
	t.Helper()
	var body struct {
		Data     json.RawMessage            `json:"data"`
		Includes map[string]json.RawMessage `json:"includes"`
		Errors   []wire                     `json:"errors"`
		Meta     wire                       `json:"meta"`
	}
	err := json.Unmarshal(a.body, &body)
	read := func(text json.RawMessage) (list []wire) {
		if len(text) > 0 && text[0] == '{' {
			text = slices.Concat([]byte("["), text, []byte("]"))
		}
		if len(text) > 0 {
			err = errors.Join(err, json.Unmarshal(text, &list))
		}
		return list
	}
	a.data, a.errors, a.meta, a.includes = read(body.Data), body.Errors, body.Meta, map[string][]wire{}
	for key, kind := range map[string]string{
		"users": "user", "topics": "topic", "tweets": "tweet", "posts": "tweet", "media": "media", "polls": "poll", "places": "place",
	} {
		a.includes[kind] = append(a.includes[kind], read(body.Includes[key])...)
	}
	if err != nil {
		t.Fatalf("answer to %s: %v", a.uri, err)
	}
}

// dataKind is the kind of the objects in data.
func (a *answer) dataKind() string {
	switch a.endpoint {
	case "tweets", "posts":
		return "tweet"
	case "buyers", "users", "usernames", "me":
		return "user"
	}
	return "space"
}

// objects lists what the answer showed by kind and id: includes before data.
func (a *answer) objects() map[string]map[string][]wire {
	all := map[string]map[string][]wire{}
	add := func(kind string, list []wire) {
		if all[kind] == nil {
			all[kind] = map[string][]wire{}
		}
		for _, o := range list {
			id := o.text("id")
			if kind == "media" {
				id = o.text("media_key")
			}
			all[kind][id] = append(all[kind][id], o)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(a.includes)) {
		add(kind, a.includes[kind])
	}
	add(a.dataKind(), a.data)
	for _, o := range a.data {
		var inline []wire
		if a.dataKind() == "space" && json.Unmarshal(o["topics"], &inline) == nil {
			add("topic", inline)
		}
	}
	return all
}

// text is a scalar of the object; null and absent are empty.
func (o wire) text(key string) string {
	raw := o[key]
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		_ = json.Unmarshal(raw, &s) // the body is valid JSON
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// has tells whether the object has the key, and not as null.
func (o wire) has(key string) bool { return len(o[key]) > 0 && string(o[key]) != "null" }

// copying keeps what is written. It can do what the faults need.
type copying struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (c *copying) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *copying) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

func (c *copying) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

func (c *copying) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c.status = 0
	return http.NewResponseController(c.ResponseWriter).Hijack()
}
