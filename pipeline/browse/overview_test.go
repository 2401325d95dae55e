package browse

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// What is planned is what is still to come, and live is what was live when it was looked
// for last; nothing of it is said of a Space that is gone, or that nobody looks for.
func TestTheOverviewTellsWhatIsLiveAndWhatIsToCome(t *testing.T) {
	dir := copyStore(t)
	now := time.Now().UTC()
	at := func(d time.Duration) string { return "'" + now.Add(d).Format(time.RFC3339) + "'" }
	space := func(id, state, start, planned, seen, gone string) string {
		return "INSERT INTO spaces (space_id, title, state, participant_count, started_at, scheduled_start, last_seen_at, unavailable_at) VALUES ('" +
			id + "', '" + id + "', '" + state + "', 100000, " + start + ", " + planned + ", " + seen + ", " + gone + ")"
	}
	seen := func(id, when, people string) string {
		return "INSERT INTO space_snapshots (space_id, observed_at, state, participant_count, _run_id, _page_id) VALUES ('" + id + "', " + when + ", 'live', " + people + ", 'r', 'p" + people + "')"
	}
	change(t, dir, "UPDATE space_snapshots SET observed_at = observed_at - INTERVAL '100 days'", "UPDATE spaces SET last_seen_at = last_seen_at - INTERVAL '100 days'",
		space("isLive", "live", at(-2*time.Hour), "NULL", at(0), "NULL"), seen("isLive", at(-time.Hour), "70000"), seen("isLive", at(0), "100000"),
		space("wasLive", "live", at(-9*time.Hour), "NULL", at(-5*time.Hour), "NULL"), seen("wasLive", at(-5*time.Hour), "7"),
		space("toCome", "scheduled", "NULL", at(time.Hour), at(0), "NULL"),
		space("passed", "scheduled", "NULL", at(-30*time.Minute), at(-time.Hour), "NULL"),
		space("takenBack", "scheduled", "NULL", at(time.Hour), at(0), at(0)))
	s := newSite(t, Config{Store: store.Dir(dir)})
	page := s.get("/")
	_, coming, _ := strings.Cut(page, "<h2>Coming up</h2>")
	coming, _, _ = strings.Cut(coming, "</section>")
	for name, want := range map[string]bool{"toCome": true, "passed": false, "takenBack": false, "isLive": false} {
		if strings.Contains(coming, `href="/space/`+name+`"`) != want {
			t.Errorf("coming up has %s: want %v\n%s", name, want, coming)
		}
	}
	live := s.get("/live")
	for _, page := range []string{page, live} {
		if !strings.Contains(page, "<b>1 Space is live now</b>, with <b>100,000</b> people") || !strings.Contains(page, `class="spark"`) {
			t.Errorf("not said what is live now, or not drawn:\n%.1500s", message(page))
		}
	}
	if strings.Contains(live, "wasLive") || !strings.Contains(live, `<noscript><meta http-equiv="refresh"`) {
		t.Error("live has a Space that nobody saw for hours, or does not move along without script")
	}
}

// A store whose tables are empty has all pages, and says that nothing was live.
func TestAnEmptyStoreHasItsPages(t *testing.T) {
	dir := copyStore(t)
	var empty []string
	for _, table := range schemas.Tables() {
		empty = append(empty, "DELETE FROM "+table.Name)
	}
	change(t, dir, empty...)
	s := newSite(t, Config{Store: store.Dir(dir)})
	if page := s.get("/"); !strings.Contains(page, "<b>No Space</b> was live") || strings.Contains(page, "<svg viewBox=\"0 0 640") {
		t.Errorf("not said that there is nothing, or drawn:\n%s", message(page))
	}
	for _, path := range []string{"/live", "/tables", "/table/v_spaces", "/find?q=a", "/sql/05-hosts-by-audience"} {
		s.get(path)
	}
}

// A topic and a host have a page with their Spaces, which lists lead to.
func TestTopicsAndHostsHavePages(t *testing.T) {
	s, dir := newSite(t, Config{}), storeDir(t)
	topic := rows(t, dir, "SELECT topic_id, topics.name, count(*)::VARCHAR, min(space_id) FROM space_topics JOIN spaces USING (space_id) JOIN topics USING (topic_id) GROUP BY ALL ORDER BY count(*) DESC, topic_id LIMIT 1")[0]
	page := s.get("/topic/" + topic[0])
	for _, want := range []string{">" + topic[1] + "</h1>", "<b>" + topic[2] + " Space", `href="/space/` + topic[3] + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("/topic/%s: no %q", topic[0], want)
		}
	}
	if !strings.Contains(s.get("/table/topics?n=500"), `href="/topic/`+topic[0]+`"`) || !strings.Contains(s.get("/space/"+topic[3]), `href="/topic/`+topic[0]+`"`) {
		t.Error("nothing leads to the topic")
	}
	if !strings.Contains(s.get("/find?q="+url.QueryEscape(topic[1])), `href="/topic/`+topic[0]+`"`) {
		t.Error("the topic is not found by its name")
	}
	host := rows(t, dir, "SELECT user_id, hosted_count::VARCHAR FROM v_people WHERE hosted_count > 0 ORDER BY hosted_audience DESC NULLS LAST, user_id LIMIT 1")[0]
	if page := s.get("/user/" + host[0]); !strings.Contains(page, "<b>"+host[1]+" Space") {
		t.Errorf("/user/%s does not say that it hosted %s", host[0], host[1])
	}
	if status, _, _ := s.do(s.request("GET", "/topic/nope", nil)); status != 404 {
		t.Errorf("GET /topic/nope: status %d, want 404", status)
	}
}
