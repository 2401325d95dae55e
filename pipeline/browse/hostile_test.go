package browse

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// hostile are texts that people could put into titles and profiles.
var hostile = map[string]string{
	"script":   `<script>alert(1)</script>`,
	"image":    `"><img src=x onerror=alert(1)>`,
	"quote":    `' onmouseover='alert(1)`,
	"template": `{{.Data}}</textarea></title><svg onload=alert(1)>`,
	"turned":   "safe\u202Egpj.exe",
	"long":     strings.Repeat("<b>long ", 1300),
	"nul":      "a\x00b",
	"comment":  "<!-- --!> ]]>",
	"empty":    "",
	"jslink":   "javascript:alert(1)",
	"data":     "data:text/html,<script>alert(1)</script>",
	"login":    "https://x.com@evil.example/",
	"spaced":   "https://x.com/ <script>",
	"web":      `https://example.com/?a=1&b="><script>`,
	"fine":     "https://example.com/fine?a=1&b=2",
}

// hostileStore has such texts wherever a text can be.
func hostileStore(t *testing.T) (dir string, ids map[string]string) {
	t.Helper()
	dir, ids = copyStore(t), map[string]string{}
	var statements []string
	for name, text := range hostile {
		id := "hostile" + name
		ids[name] = id
		value := strings.ReplaceAll(schemas.QuoteText(text), "\x00", "' || chr(0) || '")
		statements = append(statements,
			"INSERT INTO spaces (space_id, title, state, lang, creator_id, _run_id, _page_id) VALUES ('"+id+"', "+value+", "+value+", "+value+", '"+id+"', 'r', 'p')",
			"INSERT INTO users (user_id, username, name, description, location, url, verified_type, _run_id, _page_id) VALUES ('"+id+"', "+value+", "+value+", "+value+", "+value+", "+value+", "+value+", 'r', 'p')",
			"INSERT INTO space_users (space_id, user_id, role) VALUES ('"+id+"', '"+id+"', 'speaker')",
			"INSERT INTO tweets (tweet_id, text, author_id) VALUES ('"+id+"', "+value+", '"+id+"')",
			"INSERT INTO space_tweets (space_id, tweet_id) VALUES ('"+id+"', '"+id+"')",
			"INSERT INTO api_errors (_run_id, _page_id, seq, kind, resource_id, problem, detail, endpoint) VALUES ('r', 'p"+id+"', 0, 'partial', '"+id+"', "+value+", "+value+", "+value+")",
		)
	}
	// An id can hold anything, too.
	statements = append(statements, `INSERT INTO spaces (space_id, title) VALUES ('"><script>/../x', 'odd id')`)
	change(t, dir, statements...)
	return dir, ids
}

// what a page must not have, whatever the data holds: elements, handlers and
// addresses that came out of a value.
var (
	foreignElement = regexp.MustCompile(`(?i)<(script>|script [^s]|script src="[^/]|img|b>long|svg onload|iframe)`)
	handler        = regexp.MustCompile(`(?i)<[^>"]*\son[a-z]+=`)
	badAddress     = regexp.MustCompile(`(?i)(href|src)="(javascript|data):`)
)

func TestHostileTextsAreShownAsTexts(t *testing.T) {
	slow(t)
	dir, ids := hostileStore(t)
	s := newSite(t, Config{Store: store.Dir(dir)})
	paths := []string{"/", "/table/spaces?n=500", "/table/v_spaces?n=500", "/table/users?n=500&sort=-user_id", "/table/tweets?n=500", "/table/api_errors?n=500",
		"/table/v_space_people?n=500", "/table/spaces?q=" + url.QueryEscape(hostile["image"]), "/find?q=hostile", "/find?q=" + url.QueryEscape(hostile["template"]),
		"/table/spaces?c=title&o=eq&v=" + url.QueryEscape(hostile["image"])}
	for _, id := range ids {
		paths = append(paths, "/space/"+id, "/user/"+id, "/row/spaces?k="+id, "/row/users?k="+id, "/row/tweets?k="+id)
	}
	paths = append(paths, "/space/"+url.PathEscape(`"><script>/../x`), "/row/spaces?k="+url.QueryEscape(`"><script>/../x`))
	pages := map[string]string{}
	for _, path := range paths {
		pages[path] = s.get(path)
	}
	for _, text := range hostile {
		if strings.TrimSpace(text) != "" && !strings.Contains(text, "\x00") {
			_, pages["SQL "+text] = s.sql("SELECT " + schemas.QuoteText(text) + " AS " + schemas.Quote(text))
		}
	}
	for path, page := range pages {
		for _, wrong := range []*regexp.Regexp{foreignElement, handler, badAddress} {
			if at := wrong.FindStringIndex(page); at != nil {
				t.Errorf("%.60s: %s", path, page[max(0, at[0]-80):min(len(page), at[1]+80)])
			}
		}
		if strings.ContainsAny(page, "\u202E\x00") {
			t.Errorf("%.60s: a character that turns or ends the text", path)
		}
	}
	if list := pages["/table/spaces?n=500"]; len(list) > 2<<20 || !strings.Contains(list, `class="cut"`) {
		t.Errorf("long titles are not cut: %d bytes", len(list))
	}
	if row := pages["/row/spaces?k=hostilelong"]; strings.Count(row, "&lt;b&gt;long") < 1300 {
		t.Error("the page of a row does not have all of a long title")
	}
}

// NULL, the empty text and the word NULL are told apart.
func TestNullIsNotEmpty(t *testing.T) {
	_, page, _ := newSite(t, Config{}).post("/sql", "sql", "SELECT NULL AS a, '' AS b, 'NULL' AS c, 'empty' AS d")
	for _, want := range []string{`<span class="null">NULL</span>`, `<span class="null">empty</span>`, ` dir="auto">NULL</td>`, ` dir="auto">empty</td>`} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%d times %s, want once", strings.Count(page, want), want)
		}
	}
}

// Only addresses of the web are links, whole, and tell nobody where they stood.
func TestAddressesInTheDataAreLinkedWithCare(t *testing.T) {
	for name, want := range map[string]bool{"jslink": false, "data": false, "login": false, "spaced": false, "turned": false, "script": false, "fine": true, "web": true} {
		shown := string(showValue(linkedCell{cell: cell{Text: hostile[name]}}))
		if got := strings.Contains(shown, "<a "); got != want {
			t.Errorf("%q: link %v, want %v: %s", hostile[name], got, want, shown)
		}
		if want && (!strings.Contains(shown, `rel="noopener noreferrer"`) || strings.Contains(shown, "<script")) {
			t.Errorf("%q: %s", hostile[name], shown)
		}
	}
	if cut := string(showValue(linkedCell{cell: cell{Text: "https://example.com/abc", Cut: true}})); strings.Contains(cut, "<a ") {
		t.Errorf("a cut address is a link: %s", cut)
	}
}

func TestHiddenCharactersAreShownByNumber(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "a\u202Eb": "U+202E", "a\x00b": "U+0000", "a\u200Fb": "U+200F", "\u2066x\u2069": "U+2066", "\uFEFFx": "U+FEFF", "x\x1b[31m": "U+001B",
		"👩\u200D💻": "👩\u200D💻", "می\u200Cخواهم": "می\u200Cخواهم", "two\nlines": "two\nlines", "<&>": "&lt;&amp;&gt;", "bad\xffbyte": "U+FFFD",
	} {
		if got := string(showText(text)); !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q in it", text, got, want)
		}
	}
}

func TestOverlongAddressesAreNoTrouble(t *testing.T) {
	s := newSite(t, Config{})
	for _, path := range []string{"/space/" + strings.Repeat("x", 5000), "/table/" + strings.Repeat("x", 5000), "/find?q=" + strings.Repeat("x", 900), "/space/%00", "/find?q=%00%ff", "/table/spaces?q=%ff%fe"} {
		status, _, _ := s.do(s.request("GET", path, nil))
		if status != http.StatusOK && status != http.StatusNotFound && status != http.StatusBadRequest {
			t.Errorf("GET %.30s: status %d", path, status)
		}
	}
}
