package imports

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/schemas"
)

var (
	now     = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	written = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) // the files
	asked   = time.Date(2022, 3, 4, 5, 6, 7, 0, time.UTC)
)

const (
	spaces  = `{"data":[{"id":"1SLjjRYNejbKM","state":"live"}]}`
	tweets  = `{"data":[{"id":"20","text":"just setting up"}],"meta":{"result_count":1,"next_token":"t2"}}`
	address = `https://api.twitter.com/2/spaces?ids=1SLjjRYNejbKM,nosuch&space.fields=state,title&expansions=host_ids&access_token=SECRET`
)

func quote(text string) string { q, _ := json.Marshal(text); return string(q) }

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pagesOf(t testing.TB, cfg Config) ([]schemas.Page, *Found) {
	t.Helper()
	cfg.Now = now
	var pages []schemas.Page
	found, err := read(t.Context(), cfg, func(p schemas.Page) error {
		pages = append(pages, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages, found
}

func compressed(text string) map[string]string {
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, _ = g.Write([]byte(text))
	_ = g.Close()
	z, _ := zstd.NewWriter(&zs)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return map[string]string{"": text, ".gz": gz.String(), ".zst": zs.String()}
}

func TestForms(t *testing.T) {
	recorded := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1SLjjRYNejbKM", "nosuch"}}
	params := schemas.Params{"space.fields": {"state", "title"}, "expansions": {"host_ids"}}
	shown := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1SLjjRYNejbKM"}}
	twarc := strings.TrimSuffix(spaces, "}") + `,"__twarc":{"url":` + quote(address) + `,"version":"2.14","retrieved_at":"2022-03-04T05:06:07+00:00"}}`
	har := func(text, encoding string) string {
		return `{"log":{"version":"1.2","pages":[{"id":"p"}],"entries":[
{"startedDateTime":"2022-03-04T05:06:07.000Z","request":{"method":"GET","url":"https://x.com/app.js"},"response":{"status":200,"content":{"text":"x"}}},
{"startedDateTime":"2022-03-04T05:06:07.000Z","request":{"method":"GET","url":` + quote(address) + `,"headers":[{"name":"Authorization","value":"Bearer SECRET"}]},"response":{"status":200,"content":{"text":` + quote(text) + encoding + `}}}]}}`
	}
	for name, form := range map[string]struct {
		text    string
		request schemas.Request
		params  schemas.Params
		at      time.Time
	}{
		"json":   {spaces, shown, nil, written},
		"pretty": {"\ufeff" + strings.ReplaceAll(strings.ReplaceAll(spaces, "{", "{\n"), ":", ": "), shown, nil, written},
		"list":   {"[\n" + spaces + "\n]", shown, nil, written},
		"twarc":  {twarc + "\n", recorded, params, asked},
		"har":    {har(spaces, ""), recorded, params, asked},
		"base64": {har(base64.StdEncoding.EncodeToString([]byte(spaces)), `,"encoding":"base64"`), recorded, params, asked},
		"vcr": {`---
http_interactions:
- request:
    method: get
    uri: ` + address + `
    headers:
      Authorization:
      - Bearer SECRET
  response:
    status:
      code: 200
      message: OK
    headers:
      set-cookie:
      - guest_id=SECRET
    body:
      encoding: UTF-8
      string: '` + spaces + `'
    http_version:
  recorded_at: Fri, 04 Mar 2022 05:06:07 GMT
recorded_with: VCR 6.0.0
`, recorded, params, asked},
		"vcrpy": {`interactions:
- request:
    body: null
    headers: {}
    method: GET
    uri: ` + address + `
  response:
    body:
      string: !!binary |
        ` + base64.StdEncoding.EncodeToString([]byte(compressed(spaces)[".gz"])) + `
    headers:
      Date:
      - Fri, 04 Mar 2022 05:06:07 GMT
    status:
      code: 200
      message: OK
version: 1
`, recorded, params, asked},
		"betamax": {`{"http_interactions":[{"request":{"method":"GET","uri":` + quote(address) + `},"response":{"status":{"code":200},"body":{"base64_string":"` +
			base64.StdEncoding.EncodeToString([]byte(spaces)) + `"}},"recorded_at":"2022-03-04T05:06:07"}],"recorded_with":"betamax"}`, recorded, params, asked},
		"landed": {`{"run_id":"r","page_id":"p","request":{"endpoint":"spaces","ids":["1SLjjRYNejbKM","nosuch"]},"params":{"space.fields":["state","title"],"expansions":["host_ids"]},` +
			`"fetched_at":"2022-03-04T05:06:07Z","status":200,"headers":{},"attempts":1,"account":"SECRET","waited_ms":0,"body":` + spaces + "}\n", recorded, params, asked},
	} {
		for ending, text := range compressed(form.text) {
			t.Run(name+ending, func(t *testing.T) {
				pages, found := pagesOf(t, Config{Paths: []string{folder(t, map[string]string{"file" + ending: text})}})
				if len(pages) != 1 || len(found.Unread) > 0 {
					t.Fatalf("%d pages, not read: %v", len(pages), found.Unread)
				}
				p := pages[0]
				if p.Request.Look == 0 || p.ID != p.Request.ID() {
					t.Errorf("look %d, id %s", p.Request.Look, p.ID)
				}
				p.Request.Look = 0
				if diff := cmp.Diff(form.request, p.Request); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(form.params, p.Params); diff != "" {
					t.Errorf("params (-want +got):\n%s", diff)
				}
				if !p.FetchedAt.Equal(form.at) {
					t.Errorf("it is of %s, not %s", p.FetchedAt, form.at)
				}
				var body bytes.Buffer
				if err := json.Compact(&body, p.Body); err != nil || body.String() != spaces {
					t.Errorf("body is %s: %v", p.Body, err)
				}
				if text, _ := json.Marshal(p); bytes.Contains(text, []byte("SECRET")) || strings.Contains(fmt.Sprint(found), "SECRET") {
					t.Errorf("a secret is in %s or %v", text, found)
				}
			})
		}
	}
}

func TestWhatIsNotReadIsListed(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.jsonl":   spaces + "\n{\"data\":\n\n" + `{"id":"20","text":"flat","__twarc":{}}` + "\n" + `{"meta":{"result_count":0}}` + "\n[1]\n" + tweets + "\n",
		"b.png":     strings.Repeat("\x89PNG\n", 500),
		"c.json":    "",
		"d.json.gz": "\x1f\x8b\x08 not at all",
		"e.har":     `{"log":{"entries":[{"request":{"method":"GET","url":"https://api.x.com/2/usage/tweets"},"response":{"status":200,"content":{"text":"{\"data\":{\"project_cap\":\"1\"}}"}}},{"request":{"method":"GET","url":"https://api.x.com/2/tweets/search/recent?query=a"},"response":{"status":200,"content":{"text":` + quote(tweets) + `}}},{"request":`,
		"f.yaml":    "interactions:\n- request: &a {uri: x}\n  response: *a\n- request:\n    method: GET\n    uri: http://h/2/spaces/1SLjjRYNejbKM\n  response:\n    status: {code: 429}\n    body: {string: '{}'}\n",
		"g.jsonl":   strings.TrimSuffix(spaces, "}") + `,"__twarc":{"url":` + quote(address) + `,"retrieved_at":"2031-01-01T00:00:00Z"}}`,
		"i.json":    "\xff\xfe{\x00}\x00",
		"j.jsonl":   `{"data":[{"id":"22","text":"caf` + "\xe9" + `"}]}`,
	})
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "h.json")); err != nil {
		t.Skip(err)
	}
	pages, found := pagesOf(t, Config{Paths: []string{dir}})
	var endpoints []string
	for _, p := range pages {
		endpoints = append(endpoints, string(p.Request.Endpoint))
	}
	if want := []string{"spaces", "posts", "posts"}; !slices.Equal(endpoints, want) {
		t.Errorf("read %v, not %v", endpoints, want)
	}
	var got []string
	for _, one := range found.Unread {
		got = append(got, strings.TrimPrefix(one.Member, dir+"/")+": "+one.Reason)
	}
	want := []string{
		"a.jsonl, line 2: it is no JSON",
		"a.jsonl, line 4: " + flat,
		"a.jsonl, line 5: neither an address nor what it holds says what was asked: name that with --endpoint",
		"a.jsonl, line 6: it is no JSON object",
		"b.png: it has another form than JSON, JSON lines, twarc's, HAR and cassettes",
		"d.json.gz: it is no whole gzip file: gzip: invalid header",
		"e.har: it ends being JSON after 2 entries: unexpected EOF",
		"f.yaml, entry 1: it is no request as cassettes have them",
		"g.jsonl, line 1: it cannot be of 2031-01-01T00:00:00Z",
		"i.json: it is in UTF-16" + asUTF8,
		"j.jsonl, line 1: the answer is in no UTF-8" + asUTF8,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not read (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"answers of other addresses": 1, "answers with status 429": 1, "empty files": 1, "links and others that are no files": 1}, found.Passed); diff != "" {
		t.Errorf("passed by (-want +got):\n%s", diff)
	}
}

func TestWhatFlagsSay(t *testing.T) {
	dir := folder(t, map[string]string{"a.json": tweets, "b.json": `{"data":[{"id":"21","text":"x"}]}`})
	pages, found := pagesOf(t, Config{Paths: []string{dir}, Endpoint: schemas.Tweets, IDs: []string{"1SLjjRYNejbKM"}, FetchedAt: asked})
	if len(pages) != 2 || len(found.Unread) > 0 || pages[0].Request.IDs[0] != "1SLjjRYNejbKM" || !pages[0].FetchedAt.Equal(asked) || !pages[1].FetchedAt.Equal(asked) {
		t.Errorf("read %+v, not %v", pages, found.Unread)
	}
	if _, found := pagesOf(t, Config{Paths: []string{dir}, Endpoint: schemas.Tweets}); len(found.Unread) != 2 {
		t.Errorf("without the Space: %v", found.Unread)
	}
	if _, found := pagesOf(t, Config{Paths: []string{dir}, FetchedAt: now.AddDate(1, 0, 0)}); len(found.Unread) != 2 || strings.Contains(found.Unread[0].Reason, "time of the file") {
		t.Errorf("given a time to come: %v", found.Unread)
	}
	if pages[0].NextToken != "t2" {
		t.Errorf("the next page's token is %q", pages[0].NextToken)
	}
}

// What is there twice is there once, in whatever order; pages of a collection keep their
// place.
func TestTheSameAnswers(t *testing.T) {
	page := func(token, body string) string {
		return strings.TrimSuffix(body, "}") + `,"__twarc":{"url":"https://h/2/spaces/1SLjjRYNejbKM/tweets?max_results=100&pagination_token=` + token + `","retrieved_at":"2022-03-04T05:06:07Z"}}` + "\n"
	}
	first, second := page("", tweets), page("t2", `{"data":[{"id":"21","text":"x"}],"meta":{"result_count":1}}`)
	dir := folder(t, map[string]string{"a": first + second, "b": second + first})
	pages, one := pagesOf(t, Config{Paths: []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}})
	if len(pages) != 2 || one.Repeated != 2 || pages[1].Request.Offset != 1 || pages[1].Request.Token != "t2" {
		t.Errorf("%d pages, %d repeated, the second %+v", len(pages), one.Repeated, pages[1].Request)
	}
	if _, other := pagesOf(t, Config{Paths: []string{filepath.Join(dir, "a")}}); other.Content != one.Content {
		t.Errorf("content %s, and %s of the same answers", other.Content, one.Content)
	}
}

func TestBombs(t *testing.T) {
	var zs bytes.Buffer
	z, _ := zstd.NewWriter(&zs)
	line := bytes.Repeat([]byte(" "), 1<<20)
	for range 80 {
		_, _ = z.Write(line)
	}
	_ = z.Close()
	deep := strings.Repeat("[", 1<<18)
	dir := folder(t, map[string]string{
		"a.zst":  zs.String(),
		"b.json": `{"data":` + deep,
		"c.yaml": "interactions:\n- request: " + deep + "\n- " + strings.Repeat("- ", 1<<17) + "\n- " + strings.Repeat("? ", 1<<17),
		"d.json": `{"log":{"log":{"log":{"entries":[]}}}}`,
	})
	pages, found := pagesOf(t, Config{Paths: []string{dir}})
	if len(pages) != 0 || len(found.Unread) < 6 {
		t.Errorf("%d pages, not read: %v", len(pages), found.Unread)
	}
}

// FuzzForms reads any bytes as a file: whatever they are, reading ends, and what lands is
// JSON that says what was asked for.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{
		spaces, "[" + tweets + "]", "{\n" + spaces[1:], `{"log":{"entries":[{"request":{"method":"GET","url":` + quote(address) + `},"response":{"status":200,"content":{"text":` + quote(spaces) + `}}}]}}`,
		"interactions:\n- request:\n    method: GET\n    uri: http://h/2/spaces/1SLjjRYNejbKM\n  response:\n    status: {code: 200}\n    body: {string: '" + spaces + "'}\n",
		strings.TrimSuffix(spaces, "}") + `,"__twarc":{"url":` + quote(address) + `,"retrieved_at":"2022-03-04T05:06:07Z"}}`,
		`{"page_id":"p","request":{"endpoint":"tweets","ids":["a"]},"fetched_at":"2022-03-04T05:06:07Z","status":200,"body":` + tweets + "}",
		`{"__twarc":{},"data":[{"id":"1","username":"a"}]}`, compressed(spaces)[".gz"], compressed(spaces)[".zst"], "\x50\x2a\x4d\x18\x00\x00\x00\x00{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		pages, found := pagesOf(t, Config{Paths: []string{folder(t, map[string]string{"file": string(text)})}})
		if len(pages) != found.Len() {
			t.Errorf("%d pages, and %d are found", len(pages), found.Len())
		}
		for _, p := range pages {
			if !json.Valid(p.Body) || !whole(p.Request) || p.FetchedAt.After(now.Add(ahead)) {
				t.Errorf("%q: %+v", text, p)
			}
		}
	})
}

func TestWithoutAMember(t *testing.T) {
	for text, want := range map[string]string{
		`{"x":1}`: `{}`, `{ "x" : {"x":[1,"}"]} , "a":1}`: `{  "a":1}`, `{"a":1,"x":"\""}`: `{"a":1}`, `{"a":[{"x":1}], "x":null, "b" :"x"}`: `{"a":[{"x":1}],  "b" :"x"}`,
		`{"a":1,"x":1,"x":2}`: `{"a":1}`, `{"\u0078":1,"a":"\\"}`: `{"a":"\\"}`, `{"x":1,"x":2}`: `{}`, `{"x":1,"a":2,"x":3}`: `{"a":2}`, "{\"a\":1 ,\n \"x\":2\n}": "{\"a\":1 \n}", `{}`: `{}`,
	} {
		got := string(without([]byte(text), "x"))
		if !json.Valid([]byte(got)) || got != want {
			t.Errorf("%s became %s, not %s", text, got, want)
		}
	}
}

// Of a store that lies among the files the pages are read, and of the one that they are
// imported into nothing.
func TestStoresAmongFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"own/raw/r/a.ndjson", "other/raw/r/a.ndjson", "other/runs/r/plan.json", "other/state.json", "other/parquet/x.parquet", "parquet/b.json"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(spaces), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	own := filepath.Join(dir, "own")
	files, passed, err := filesOf([]string{dir}, own)
	want := []string{filepath.Join(dir, "other", "raw", "r", "a.ndjson"), filepath.Join(dir, "parquet", "b.json")}
	if err != nil || !slices.Equal(files, want) || passed["what a store has beside its pages"] != 3 || len(passed) != 2 {
		t.Errorf("%v, %v, %v", files, passed, err)
	}
	var in *OwnError
	if _, _, err := filesOf([]string{filepath.Join(own, "raw")}, own); !errors.As(err, &in) {
		t.Errorf("of the store itself: %v", err)
	}
}
