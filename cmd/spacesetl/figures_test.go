package main

import (
	"context"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/browse"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

var (
	tags   = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// shownText is a page as it is read.
func shownText(page string) string {
	return spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(page, " ")), " ")
}

// overviewPage is what browse shows first of a store.
func overviewPage(t *testing.T, dir string) string {
	t.Helper()
	s, err := browse.New(t.Context(), browse.Config{Store: store.Dir(dir)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8420}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = local.String()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local)))
	return shownText(w.Body.String())
}

// What the report, browse, status and the views say of the same thing is the same, in
// five worlds.
func TestOneSetOfFigures(t *testing.T) {
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("runs five demos, which takes seconds each")
	}
	for seed := 1; seed <= 5; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "demo")
			if code, _, stderr := spoken(t, "demo", "--dir", dir, "--seed", fmt.Sprint(seed), "--spaces", fmt.Sprint(200*seed)); code != 0 {
				t.Fatalf("demo: code %d\n%s", code, stderr)
			}
			if code, _, stderr := spoken(t, "report", "--store", dir, "--out", filepath.Join(dir, "report.html")); code != 0 {
				t.Fatalf("report: code %d\n%s", code, stderr)
			}
			page, err := os.ReadFile(filepath.Join(dir, "report.html"))
			if err != nil {
				t.Fatal(err)
			}
			_, status, _ := spoken(t, "status", "--store", dir)
			said := map[string]string{"report": shownText(string(page)), "browse": overviewPage(t, dir), "status": spaces.ReplaceAllString(status, " ")}
			for _, c := range []struct {
				what, sql string
				says      map[string]string // with %s for the number
			}{
				{"Spaces", "SELECT count(*) FROM v_spaces", map[string]string{"report": `%s Spaces, seen in`, "browse": `Spaces %s \d+ scheduled`, "status": `rows in DuckDB spaces %s `}},
				{"people in the biggest", "SELECT max(max_participant_count) FROM v_spaces WHERE status IS DISTINCT FROM 'scheduled'",
					map[string]string{"report": `Biggest .{1,200}?, %s people`, "browse": `The fullest of all was .{1,200}?, with %s people`}},
				{"the largest audience", "SELECT max(hosted_audience) FROM v_people", map[string]string{"report": `Largest audience @?.{1,200}?: %s people in`, "browse": `drew the most people: %s,`}},
				{"live", "SELECT count(*) FROM v_spaces WHERE status = 'live'", map[string]string{"report": `Live %s Spaces were live`, "browse": `%s Spaces (?:are|were) live`}},
				{"people in live ones", "SELECT sum(participant_count) FROM v_spaces WHERE status = 'live'", map[string]string{"report": `were live with %s people`, "browse": `with %s people \(`}},
				{"begun in the best hour", "SELECT max(n) FROM (SELECT count(*) AS n FROM v_spaces WHERE started_at IS NOT NULL GROUP BY hour(started_at AT TIME ZONE 'UTC'))",
					map[string]string{"report": `Most Spaces begin at [^(]{1,80}\(%s of`, "browse": `Most begin between [^:]*:00 and [^:]*:00 UTC: %s of`}},
			} {
				_, number, stderr := spoken(t, "query", "--store", dir, "--format", "csv", c.sql)
				_, number, _ = strings.Cut(strings.TrimSpace(number), "\n")
				var n int64
				if _, err := fmt.Sscan(strings.TrimSpace(number), &n); err != nil {
					t.Fatalf("%s: %q: %v %s", c.what, number, err, stderr)
				}
				for where, pattern := range c.says {
					found := regexp.MustCompile(strings.ReplaceAll(pattern, "%s", `([\d,]+)`)).FindStringSubmatch(said[where])
					if found == nil || found[1] != thousands(n) {
						t.Errorf("%s: the views have %s, %s says %q in %.1500q", c.what, thousands(n), where, found, said[where])
					}
				}
			}
		})
	}
}
