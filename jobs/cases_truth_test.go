package jobs_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// reply sends a body as the API does.
func reply(w http.ResponseWriter, status int, body string) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // whoever asked may have left
	return true
}

// bothReaders asks the database, if the job has one, and the files of all runs for the same.
func (s *scene) bothReaders(query string) map[string][]string {
	s.Helper()
	dir := store.Dir(s.spec.Store)
	runs, err := dir.Runs()
	if err != nil {
		s.Fatal(err)
	}
	parts, err := health.ReadNotes(dir).Parts(dir, runs)
	if err != nil {
		s.Fatal(err)
	}
	readers := map[string]duckdb.ReaderConfig{"files": {Dir: dir.Parquet(), Parts: parts}}
	if slices.Contains(s.spec.To, store.DuckDBFile) {
		readers["database"] = duckdb.ReaderConfig{Path: dir.DuckDB()}
	}
	got := map[string][]string{}
	for name, cfg := range readers {
		r, err := duckdb.OpenReader(s.Context(), cfg)
		if err != nil {
			s.Fatal(err)
		}
		rows, err := r.QueryContext(s.Context(), query)
		if err != nil {
			s.Fatalf("%s: %v", name, err)
		}
		got[name] = []string{}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				s.Fatal(err)
			}
			got[name] = append(got[name], text)
		}
		if err := rows.Err(); err != nil {
			s.Fatal(err)
		}
		_, _ = rows.Close(), r.Close()
	}
	return got
}

// holds holds both readers against what is wanted.
func (s *scene) holds(when, query string, want ...string) {
	s.Helper()
	for reader, got := range s.bothReaders(query) {
		if !slices.Equal(got, want) {
			s.Errorf("%s, in the %s: %s\n got %q\nwant %q", when, reader, query, got, want)
		}
	}
}

// A list that was sent empty, or of which nothing is left that the API would send, has
// no rows any more; what an answer says nothing of stays.
func TestListsEmpty(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	s := newScene(t, jobs.Spec{Search: []jobs.Search{{Query: "x"}}, Follow: jobfile.FollowNone, To: []string{store.ParquetFiles, store.DuckDBFile}}, simulator.Config{})
	spaces := []string{
		`"host_ids":["11","12"],"speaker_ids":["11","12","13"],"invited_user_ids":["13"],"topic_ids":["4","5"]`,
		`"host_ids":["11"],"speaker_ids":["11"],"invited_user_ids":[],"topic_ids":["4"]`,
		`"host_ids":["11"],"topic_ids":[]`,
		`"participant_count":3`,
	}
	people := []string{
		`"affiliation":{"user_id":["7"],"description":"Org"},"withheld":{"country_codes":["FR"],"scope":"user"},"url":"https://t.co/a","entities":{"url":{"urls":[{"start":0,"end":5,"url":"https://t.co/a","images":[{"url":"https://i.example/1"}]}]}}`,
		`"affiliation":{},"withheld":{"country_codes":[]}`,
		`"affiliation":{"user_id":["8"]},"entities":{"description":{"hashtags":[{"start":0,"end":2,"tag":"a"}]}}`,
		`"description":"nothing else"`,
	}
	look := 0
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if path.Base(r.URL.Path) != "search" {
			return false
		}
		return reply(w, 200, fmt.Sprintf(`{"data":[{"id":"1lists0000001","state":"live","title":"t","creator_id":"11",%s}],"includes":{"users":[{"id":"11","name":"A","username":"a",%s}]},"meta":{"result_count":1}}`,
			spaces[look], people[look]))
	}
	const lists = `SELECT l FROM (
		SELECT role || ' ' || user_id AS l FROM space_users UNION ALL SELECT 'topic ' || topic_id FROM space_topics
		UNION ALL SELECT 'affiliated ' || affiliated_user_id FROM user_affiliations UNION ALL SELECT 'withheld ' || country_code FROM user_withheld_countries
		UNION ALL SELECT kind || ' in ' || section FROM user_entities UNION ALL SELECT 'image ' || url FROM entity_url_images
		UNION ALL SELECT 'scope ' || withheld_scope FROM users WHERE withheld_scope IS NOT NULL UNION ALL SELECT 'org ' || affiliation_description FROM users WHERE affiliation_description IS NOT NULL
	) ORDER BY ALL`
	for i, want := range []string{
		"affiliated 7, creator 11, host 11, host 12, image https://i.example/1, invited 13, org Org, scope user, speaker 11, speaker 12, speaker 13, topic 4, topic 5, url in url, withheld FR",
		"creator 11, host 11, speaker 11, topic 4",
		"affiliated 8, creator 11, hashtag in description, host 11",
		"creator 11, host 11",
	} {
		look = i
		if b := s.start(); b.err != nil {
			t.Fatal(b.err)
		}
		s.clock.pass(time.Hour)
		s.holds(fmt.Sprint("look ", i+1), lists, strings.Split(want, ", ")...)
	}
}

// A page that was an answer counts though it is asked for again, and refused then.
func TestRefusalHidesNoEarlierPage(t *testing.T) {
	t.Parallel()
	s := newScene(t, jobs.Spec{With: []string{"tweets"}}, simulator.Config{})
	space := s.world.TweetedSpaceIDs(1)[0]
	s.spec.IDs = []string{space}
	first := 0
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if path.Base(r.URL.Path) != "tweets" {
			return false
		}
		switch token := r.URL.Query().Get("pagination_token"); token {
		case "":
			if first++; first > 1 {
				return reply(w, 404, fmt.Sprintf(`{"errors":[{"type":"https://api.twitter.com/2/problems/resource-not-found","title":"Not Found Error","resource_type":"space","resource_id":%q,"parameter":"id","value":%[1]q,"detail":"gone"}]}`, space))
			}
			return reply(w, 200, `{"data":[{"id":"101","text":"one","author_id":"11"}],"meta":{"result_count":1,"next_token":"T1"}}`)
		case "T1":
			return reply(w, 200, `{"data":[{"id":"102","text":"two","author_id":"11"}],"meta":{"result_count":1,"next_token":"T2"}}`)
		default:
			return reply(w, 400, fmt.Sprintf(`{"errors":[{"parameters":{"pagination_token":[%q]},"message":"not valid"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.twitter.com/2/problems/invalid-request"}`, token))
		}
	}
	s.start()
	if first != 2 {
		t.Fatalf("the first page was asked for %d times: nothing is tested", first)
	}
	s.holds("after the run", "SELECT tweet_id || ' ' || text FROM tweets ORDER BY ALL", "101 one", "102 two")
	s.holds("after the run", "SELECT tweet_id FROM space_tweets ORDER BY ALL", "101", "102")
	if wrong := wrongIn(t, s.spec.Store); wrong != "" {
		t.Errorf("verify: %s", wrong)
	}
}

// What a second spelling of a key or a second copy of an object says is kept, and the
// newest specification's shapes are columns.
func TestSpellingsAndCopiesAreKept(t *testing.T) {
	t.Parallel()
	s := newScene(t, jobs.Spec{With: []string{"tweets"}}, simulator.Config{})
	s.spec.IDs = s.world.TweetedSpaceIDs(1)
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		return path.Base(r.URL.Path) == "tweets" && reply(w, 200, `{"data":[
			{"id":"10","text":"a","author_id":"11","article":{"title":"A"},"article_title":"B"},
			{"id":"11","text":"b","author_id":"11","article":{"title":"A"},"article_title":{"title":"o","subtitle":"only here"}},
			{"id":"12","text":"c","author_id":"11","article_title":{"title":"o","subtitle":"s"}},
			{"id":"13","text":"d","author_id":"11","edit_history_tweet_ids":["13"],"edit_history_post_ids":["13","9"]},
			{"id":"14","text":"e","author_id":"11","suggested_source_links_with_counts":[{"count":3,"url":{"url":"https://t.co/a","expanded_url":"https://e.example","start":0,"end":5}}]},
			{"id":"15","text":"f","author_id":"11"}],
			"includes":{"tweets":[{"id":"15","text":"F","lang":"en","public_metrics":{"like_count":4}},{"id":"16","text":"g","author_id":"11","withheld":{"scope":"post"}}],
				"posts":[{"id":"16","text":"g","reply_settings":"verified"}]},
			"meta":{"result_count":6}}`)
	}
	if b := s.start(); b.err != nil {
		t.Fatal(b.err)
	}
	s.holds("titles", "SELECT concat_ws(' ', tweet_id, article_title, article_title_json) FROM tweets WHERE article_title IS NOT NULL ORDER BY ALL",
		`10 A "B"`, `11 A {"title":"o","subtitle":"only here"}`, `12 o {"title":"o","subtitle":"s"}`)
	s.holds("links", `SELECT concat_ws(' ', url, count, expanded_url, start, "end") FROM tweet_suggested_links`, "https://t.co/a 3 https://e.example 0 5")
	s.holds("losers", "SELECT tweet_id || ' ' || extras FROM tweets WHERE extras IS NOT NULL ORDER BY ALL", `13 {"edit_history_post_ids":[null,"9"]}`, `15 {"text":"F"}`)
	s.holds("copies", "SELECT concat_ws(' ', tweet_id, text, author_id, lang, like_count, reply_settings, withheld_scope) FROM tweets WHERE tweet_id IN ('15', '16') ORDER BY ALL",
		"15 f 11 en 4", "16 g 11 verified post")
	s.holds("pages", "SELECT tweet_count::VARCHAR FROM api_requests WHERE endpoint = 'tweets'", "3")
	if wrong := wrongIn(t, s.spec.Store); wrong != "" {
		t.Errorf("verify: %s", wrong)
	}
}
