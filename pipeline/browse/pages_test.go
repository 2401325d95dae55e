package browse

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Everything in the database has a page: tables, views, macros, histories.
func TestEveryRelationHasAPage(t *testing.T) {
	s := newSite(t, Config{})
	overview, tables := s.get("/"), s.get("/tables")
	names := []string{}
	for _, table := range schemas.Tables() {
		names = append(names, table.Name)
	}
	for _, v := range schemas.Views() {
		names = append(names, v.Name)
	}
	for _, m := range schemas.Macros(time.Time{}) {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if !strings.Contains(tables, `href="/table/`+name+`"`) {
			t.Errorf("nothing leads to %s", name)
		}
		page := s.get("/table/" + name)
		if !strings.Contains(page, "<code>"+name+"</code>") {
			t.Errorf("%s: no heading", name)
		}
	}
	if spaces := one(t, storeDir(t), "SELECT count(*)::VARCHAR FROM spaces"); !strings.Contains(overview, ">"+spaces+"</a>") {
		t.Errorf("the overview does not say that there are %s Spaces", spaces)
	}
}

var rowCell = regexp.MustCompile(`<td dir="auto"[^>]*>(?:<a [^>]*>)?([^<]*)`)

// cellsOf are the texts in a page's table, of its first column.
func cellsOf(page string) []string {
	_, body, _ := strings.Cut(page, `<tbody role="rowgroup">`)
	body, _, _ = strings.Cut(body, "</tbody>")
	var cells []string
	for row := range strings.SplitSeq(body, "<tr role=") {
		if m := rowCell.FindStringSubmatch(row); m != nil {
			cells = append(cells, html.UnescapeString(m[1]))
		}
	}
	return cells
}

var nextLink = regexp.MustCompile(`rel="next" href="([^"]*)"`)

// walk follows Next from a page to the last.
func (s *site) walk(path string) (cells []string) {
	for range 100 {
		page := s.get(path)
		cells = append(cells, cellsOf(page)...)
		m := nextLink.FindStringSubmatch(page)
		if m == nil {
			return cells
		}
		path = html.UnescapeString(m[1])
	}
	s.Fatalf("%s: no end after 100 pages", path)
	return nil
}

func TestPagesShowEveryRowOnce(t *testing.T) {
	slow(t)
	s, dir := newSite(t, Config{}), storeDir(t)
	for path, query := range map[string]string{
		"/table/users?n=100&sort=user_id&col=user_id":                                      "SELECT user_id FROM users ORDER BY user_id",
		"/table/users?sort=-verified_type&col=user_id&n=70":                                "SELECT user_id FROM users ORDER BY verified_type DESC NULLS LAST, user_id",
		"/table/users?sort=followers_count&col=user_id&n=70":                               "SELECT user_id FROM users ORDER BY followers_count NULLS LAST, user_id",
		"/table/spaces?sort=space_id&c=state&o=eq&v=live":                                  "SELECT space_id FROM spaces WHERE state = 'live' ORDER BY space_id",
		"/table/spaces?sort=space_id&c=state&o=ne&v=live":                                  "SELECT space_id FROM spaces WHERE state <> 'live' ORDER BY space_id",
		"/table/spaces?sort=space_id&c=title&o=null&v=":                                    "SELECT space_id FROM spaces WHERE title IS NULL ORDER BY space_id",
		"/table/spaces?sort=space_id&c=title&o=notnull&v=&c=participant_count&o=gt&v=1000": "SELECT space_id FROM spaces WHERE title IS NOT NULL AND participant_count > 1000 ORDER BY space_id",
		"/table/spaces?sort=space_id&c=participant_count&o=lt&v=10&c=&o=eq&v=":             "SELECT space_id FROM spaces WHERE participant_count < 10 ORDER BY space_id",
		"/table/spaces?sort=space_id&c=created_at&o=gt&v=2026-08-20":                       "SELECT space_id FROM spaces WHERE created_at > '2026-08-20' ORDER BY space_id",
		"/table/spaces?sort=space_id&c=participant_count&o=contains&v=7":                   "SELECT space_id FROM spaces WHERE participant_count::VARCHAR LIKE '%7%' ORDER BY space_id",
		"/table/spaces?sort=space_id&q=ME":                                                 "SELECT space_id FROM spaces WHERE title ILIKE '%me%' OR state ILIKE '%me%' OR lang ILIKE '%me%' OR extras ILIKE '%me%' OR space_id LIKE '%ME%' ORDER BY space_id",
		"/table/v_spaces?sort=space_id&col=space_id&c=creator_username&o=contains&v=AN":    "SELECT space_id FROM v_spaces WHERE creator_username ILIKE '%an%' ORDER BY space_id",
		"/table/spaces_as_of?ts=2100-01-01":                                                "SELECT space_id FROM spaces ORDER BY space_id",
		"/table/spaces_as_of?ts=2000-01-01":                                                "SELECT space_id FROM spaces WHERE false",
	} {
		var want []string
		for _, row := range rows(t, dir, query) {
			want = append(want, row[0])
		}
		if got := s.walk(path); !slices.Equal(got, want) {
			t.Errorf("%s: got %d rows %.60q…, want %d %.60q…", path, len(got), got, len(want), want)
		}
	}
}

func TestAddressesThatMakeNoSenseAreRefused(t *testing.T) {
	s := newSite(t, Config{})
	for path, want := range map[string]int{
		"/table/nope": 404, "/table/spaces%22%3B": 404, "/table/duckdb_settings": 404, "/row/nope?k=1": 404, "/nope": 404,
		"/table/..%2f..%2fetc%2fpasswd": 404, "/static/..%2fbrowse.go": 404, "/static/nope.css": 404, "/table/spaces/spaces.json": 404,
		"/table/nope/nope.csv": 404, "/row/spaces?k=nope": 404, "/space/nope": 404, "/user/nope": 404,
		"/table/spaces?sort=nope": 400, "/table/spaces?sort=title%3BDROP": 400, "/table/spaces?col=nope": 400,
		"/table/spaces?c=nope&o=eq&v=1": 400, "/table/spaces?c=title&o=nope&v=1": 400, "/table/spaces?c=title&o=eq": 400,
		"/table/spaces?page=0": 400, "/table/spaces?page=99999": 400, "/table/spaces?n=501": 400, "/table/spaces?page=x": 400,
		"/table/spaces?c=participant_count&o=eq&v=many": 400, "/table/spaces_as_of?ts=never": 400, "/row/spaces": 400,
		"/table/spaces?q=" + strings.Repeat("x", longestWord+1): 400,
	} {
		status, body, _ := s.do(s.request("GET", path, nil))
		if status != want {
			t.Errorf("GET %.80s: status %d, want %d\n%s", path, status, want, message(body))
		}
		if strings.Contains(body, "LINE 1") {
			t.Errorf("GET %.80s: shows our own SQL", path)
		}
	}
}

// Values never become SQL.
func TestValuesStayValues(t *testing.T) {
	s := newSite(t, Config{})
	for _, value := range []string{"' OR 1=1 --", `"; DROP TABLE spaces; --`, "%", "_", `\`, "$1", "?"} {
		page := s.get("/table/spaces?" + url.Values{"c": {"space_id"}, "o": {"eq"}, "v": {value}}.Encode())
		if rows := cellsOf(page); len(rows) > 0 {
			t.Errorf("space_id = %q: got %d rows, want none", value, len(rows))
		}
		s.get("/find?" + url.Values{"q": {value}}.Encode())
	}
}

func TestValuesLeadToTheirPages(t *testing.T) {
	s, dir := newSite(t, Config{}), storeDir(t)
	space := one(t, dir, "SELECT space_id FROM space_users WHERE role = 'speaker' ORDER BY ALL LIMIT 1")
	user := one(t, dir, "SELECT user_id FROM space_users JOIN users USING (user_id) WHERE role = 'speaker' AND space_id = ? ORDER BY ALL LIMIT 1", space)
	tweet := one(t, dir, "SELECT tweet_id FROM tweets ORDER BY ALL LIMIT 1")
	for path, want := range map[string]string{
		"/table/space_users?c=space_id&o=eq&v=" + space: "/user/" + user,
		"/table/users?c=user_id&o=eq&v=" + user:         "/row/users?k=" + user,
		"/space/" + space:                               "/user/" + user,
		"/user/" + user:                                 "/space/" + space,
		"/table/space_tweets?n=500":                     "/row/tweets?k=",
		"/row/tweets?k=" + tweet:                        "/user/",
		"/find?q=https://x.com/i/spaces/" + space:       "/space/" + space,
		"/find?q=" + user:                               "/user/" + user,
	} {
		if page := s.get(path); !strings.Contains(page, `href="`+want) {
			t.Errorf("GET %s: nothing leads to %s", path, want)
		}
	}
}

// A Space's page has everybody whom the database has.
func TestSpacePageShowsThePeopleByRole(t *testing.T) {
	s, dir := newSite(t, Config{}), storeDir(t)
	space := one(t, dir, "SELECT space_id FROM space_users WHERE role = 'buyer' GROUP BY ALL ORDER BY count(*) DESC LIMIT 1")
	page := s.get("/space/" + space)
	for _, row := range rows(t, dir, "SELECT role, count(*)::VARCHAR FROM space_users WHERE space_id = ? GROUP BY role", space) {
		want := fmt.Sprintf(`<h3 id="role-%s">%s <span class="badge">%s</span></h3>`, row[0], roleTitle(row[0]), row[1])
		if !strings.Contains(page, want) {
			t.Errorf("%s: no %q", row[0], want)
		}
	}
	for _, part := range []string{"People in the room", "Timeline", "/table/space_users?", "created"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q on the page", part)
		}
	}
	missing := one(t, dir, "SELECT space_id FROM space_absences ORDER BY ALL LIMIT 1")
	if page := s.get("/space/" + missing); !strings.Contains(page, "What the API did not give") {
		t.Error("the page of a Space that is missing does not say why")
	}
}

func TestRowPageShowsEveryColumn(t *testing.T) {
	s, dir := newSite(t, Config{}), storeDir(t)
	tweet := one(t, dir, "SELECT tweet_id FROM tweets ORDER BY ALL LIMIT 1")
	page := s.get("/row/tweets?k=" + tweet)
	for _, c := range schemas.Lookup("tweets").Columns {
		if !strings.Contains(page, `<th scope="row">`+c.Name+`<small>`) {
			t.Errorf("no column %s", c.Name)
		}
	}
}

func TestHeadersHaveTheMeaningOfColumns(t *testing.T) {
	page := newSite(t, Config{}).get("/table/space_snapshots")
	if doc := "People in the room at that time."; !strings.Contains(page, doc) {
		t.Errorf("no header says %q", doc)
	}
	if !strings.Contains(page, `<th scope="col" role="columnheader" class="n">`) {
		t.Error("no column of numbers is aligned to the right")
	}
}

func TestStaticFilesAreOurs(t *testing.T) {
	s := newSite(t, Config{})
	for _, name := range []string{"style.css", "browse.js", "sql.js", "icon.svg"} {
		status, body, header := s.do(s.request("GET", "/static/"+name, nil))
		if status != http.StatusOK || body == "" || header.Get("Content-Type") == "" {
			t.Errorf("%s: status %d, type %q", name, status, header.Get("Content-Type"))
		}
	}
}
