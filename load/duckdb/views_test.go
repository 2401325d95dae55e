package duckdb

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// evening is a Space with a creator, a speaker who is in no answer, a topic that
// is not named, and a tweet.
func evening(tb testing.TB) []schemas.Batch {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	seen := func(r row) row {
		if r["_run_id"] == nil {
			r["_run_id"] = "r1"
		}
		r["_page_id"], r["_fetched_at"] = "p", at(100)
		return r
	}
	batch := func(name string, rows ...row) schemas.Batch {
		for i := range rows {
			rows[i] = seen(rows[i])
		}
		return batchOf(tb, schemas.Lookup(name), rows)
	}
	return []schemas.Batch{
		batch("spaces",
			row{"space_id": "A", "state": "ended", "title": "Evening", "creator_id": "1", "created_at": at(0), "scheduled_start": at(10), "started_at": at(12), "ended_at": at(90), "participant_count": 40},
			row{"space_id": "B", "state": "live", "created_at": at(50), "started_at": at(50)}),
		batch("space_snapshots",
			row{"space_id": "A", "observed_at": at(20), "state": "live", "participant_count": 75, "_run_id": "r0"},
			row{"space_id": "A", "observed_at": at(99), "state": "ended"}, // by a search, then by its id
			row{"space_id": "A", "observed_at": at(100), "state": "ended", "participant_count": 40}),
		batch("space_users",
			person("A", "1", "creator", "r1", noon), person("A", "1", "host", "r1", noon), person("A", "2", "speaker", "r1", noon),
			person("A", "2", "invited", "r1", noon), person("A", "3", "buyer", "r1", noon)),
		batch("space_topics", row{"space_id": "A", "topic_id": "9", "ordinal": 1}, row{"space_id": "A", "topic_id": "8", "ordinal": 0}),
		batch("topics", row{"topic_id": "9", "name": "Music"}),
		batch("space_tweets", row{"space_id": "A", "tweet_id": "70", "ordinal": 0}),
		batch("users",
			row{"user_id": "1", "username": "host", "name": "The Host", "followers_count": 5, "verified_type": "blue"},
			row{"user_id": "3", "username": "fan", "name": "A Fan"}),
		batch("tweets",
			row{"tweet_id": "70", "text": "join us", "author_id": "1", "created_at": at(15)},
			row{"tweet_id": "71", "text": "a &lt; b", "note_text": "a &lt; b &amp; more than fits", "author_id": "3"},
			row{"tweet_id": "72", "text": "RT @fan: a &l…"}),
		batch("tweet_references",
			row{"tweet_id": "71", "type": "quoted", "referenced_tweet_id": "70"},
			row{"tweet_id": "72", "type": "retweeted", "referenced_tweet_id": "71"}),
	}
}

func TestViewsAnswer(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publish("r1", evening(t)...)
	cases := []struct {
		query string
		want  []string
	}{
		{`SELECT space_id, title, creator_username, creator_name, topics, host_count, speaker_count, invited_count, buyer_count, people_count,
			tweet_count, duration_minutes, late_minutes, max_participant_count, participant_count, snapshot_count FROM %s.v_spaces ORDER BY ALL`,
			[]string{"A|Evening|host|The Host|8, Music|1|1|1|1|3|1|78|2|75|40|3", "B|<nil>|<nil>|<nil>|<nil>|0|0|0|0|0|0|<nil>|<nil>|<nil>|<nil>|0"}},
		{`SELECT space_id, user_id, username, name, roles, is_creator, is_host, is_speaker, is_invited, is_buyer, followers_count, verified_type FROM %s.v_space_people ORDER BY ALL`,
			[]string{
				"A|1|host|The Host|creator, host|true|true|false|false|false|5|blue",
				"A|2|<nil>|<nil>|speaker, invited|false|false|true|true|false|<nil>|<nil>",
				"A|3|fan|A Fan|buyer|false|false|false|false|true|<nil>|<nil>",
			}},
		{`SELECT space_id, epoch(event_at)::INT - ` + fmt.Sprint(noon.Unix()) + `, event, detail, participant_count, user_id FROM %s.v_space_timeline`,
			[]string{
				"A|0|created|Evening|<nil>|1", "A|600|scheduled|Evening|<nil>|1", "A|720|started|Evening|<nil>|1", "A|900|tweet|join us|<nil>|1",
				"A|1200|seen|live|75|<nil>", "A|5400|ended|Evening|<nil>|1", "A|6000|seen|ended|40|<nil>",
				"B|3000|created|<nil>|<nil>|<nil>", "B|3000|started|<nil>|<nil>|<nil>",
			}},
		{`SELECT space_id, run_id, epoch(observed_at)::INT - ` + fmt.Sprint(noon.Unix()) + `, state, participant_count, sighting_count FROM %s.v_space_runs ORDER BY ALL`,
			[]string{"A|r0|1200|live|75|1", "A|r1|6000|ended|40|2"}},
		{`SELECT user_id, username, created_count, hosted_count, spoken_count, space_count, hosted_audience, largest_audience,
			epoch(first_space_at)::INT - ` + fmt.Sprint(noon.Unix()) + ` FROM %s.v_people ORDER BY ALL`,
			[]string{"1|host|1|1|0|1|75|75|720", "2|<nil>|0|0|1|1|<nil>|<nil>|720", "3|fan|0|0|0|0|<nil>|<nil>|<nil>"}},
		{`SELECT tweet_id, space_id, author_username, text, quoted_text, retweeted_tweet_id FROM %s.v_tweets ORDER BY ALL`,
			[]string{
				"70|A|host|join us|<nil>|<nil>",
				"71|<nil>|fan|a < b & more than fits|join us|<nil>",
				"72|<nil>|<nil>|RT @fan: a < b & more than fits|<nil>|71",
			}},
		{`SELECT space_id, status, utc_date::VARCHAR, utc_week::VARCHAR, utc_hour, utc_weekday FROM %s.v_spaces ORDER BY ALL`,
			[]string{"A|ended|2026-08-01|2026-07-27|12|6", "B|live|2026-08-01|2026-07-27|12|6"}},
	}
	for _, c := range cases {
		own := s.query(c.query, "main")
		if d := cmp.Diff(c.want, own); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, d)
		}
		attached := query(t, "", fmt.Sprintf("ATTACH '%s' AS s (READ_ONLY); %s", s.path, fmt.Sprintf(c.query, "s")))
		if d := cmp.Diff(c.want, attached); d != "" {
			t.Errorf("attached: %s (-want +got):\n%s", c.query, d)
		}
	}
}

// What became of a Space is said by more than the state that it was last seen in.
func TestViewsSayWhatBecameOfASpace(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	s := newStore(t)
	var spaces, absences []row
	want := []string{}
	for _, c := range []struct {
		id, state           string
		start, began, ended int // minutes; 0 is none
		seen, gone          int
		status, at          string
	}{
		{"A", "live", 0, 5, 0, 30, 0, "live", "5"},
		{"B", "live", 0, 5, 0, 30, 60, "gone", "60"},
		{"C", "scheduled", 200, 0, 0, 30, 0, "scheduled", "200"},
		{"D", "scheduled", 200, 0, 0, 30, 60, "cancelled", "60"},
		{"E", "scheduled", 60, 0, 0, 30, 140, "no_show", "60"},
		{"F", "scheduled", 60, 0, 0, 130, 0, "no_show", "60"},
		{"G", "scheduled", 60, 0, 0, 90, 0, "scheduled", "60"}, // it may be late
		{"H", "ended", 10, 20, 50, 60, 0, "ended", "50"},
		{"I", "ended", 10, 20, 0, 60, 90, "ended", "<nil>"}, // and not known any more
		{"J", "canceled", 100, 0, 0, 60, 0, "cancelled", "60"},
		{"K", "paused", 0, 20, 0, 60, 0, "paused", "20"},
	} {
		r := row{"space_id": c.id, "state": c.state, "first_seen_at": at(1), "last_seen_at": at(c.seen), "_run_id": "r1", "_page_id": "p", "_fetched_at": at(c.seen)}
		for name, minutes := range map[string]int{"scheduled_start": c.start, "started_at": c.began, "ended_at": c.ended} {
			if minutes > 0 {
				r[name] = at(minutes)
			}
		}
		spaces = append(spaces, r)
		if c.gone > 0 {
			absences = append(absences, row{"space_id": c.id, "observed_at": at(c.gone), "_run_id": "r1", "_page_id": "q", "_fetched_at": at(c.gone)})
		}
		want = append(want, c.id+"|"+c.status+"|"+c.at)
	}
	s.publish("r1", batchOf(t, schemas.Lookup("spaces"), spaces), batchOf(t, schemas.Lookup("space_absences"), absences))
	got := s.query(fmt.Sprintf("SELECT space_id, status, (epoch(status_at)::INT - %d) // 60 FROM %%s.v_spaces ORDER BY ALL", noon.Unix()), "main")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	local := query(t, s.path, "SET TimeZone = 'Asia/Tokyo'; SELECT local_date::VARCHAR, local_hour, utc_hour, local_weekday FROM v_spaces WHERE space_id = 'C'")
	if d := cmp.Diff([]string{"2026-08-02|0|15|7"}, local); d != "" {
		t.Errorf("in Tokyo (-want +got):\n%s", d)
	}
}

// A curve has one sighting a second, the last of it, of a live Space only.
func TestViewsDrawAnAudience(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	s := newStore(t)
	of := row{"_run_id": "r1", "_page_id": "p", "_fetched_at": at(999)}
	with := func(r row) row {
		for name, value := range of {
			r[name] = value
		}
		return r
	}
	var seen []row
	for _, one := range []struct {
		id, state        string
		at, people, said int
		millis           int
	}{
		{"A", "scheduled", -60, 0, 0, 0},
		{"A", "live", 0, 8, 1, 0},
		{"A", "live", 60, 9, 2, 0},
		{"A", "live", 60, 10, 2, 400}, // by a search, and by its id
		{"A", "live", 120, 20, -1, 0},
		{"A", "live", 300, 11, 3, 0},
		{"A", "live", 360, 10, 3, 0},
		{"A", "ended", 400, 20, 3, 0},
		{"B", "live", 30, 4, 1, 0},
	} {
		r := with(row{"space_id": one.id, "observed_at": at(one.at).Add(time.Duration(one.millis) * time.Millisecond), "state": one.state, "participant_count": one.people})
		if one.said >= 0 {
			r["speaker_count"] = one.said
		}
		seen = append(seen, r)
	}
	s.publish("r1", batchOf(t, schemas.Lookup("space_snapshots"), seen), batchOf(t, schemas.Lookup("spaces"), []row{
		with(row{"space_id": "A", "state": "ended", "title": "Evening", "started_at": at(-60), "ended_at": at(390)}),
		with(row{"space_id": "B", "state": "ended", "ended_at": at(90)}),
	}))
	for query, want := range map[string][]string{
		"SELECT space_id, people, speakers, round(minutes, 3) FROM %s.v_audience ORDER BY space_id, observed_at": {
			"A|8|1|1", "A|10|2|2", "A|20|<nil>|3", "A|11|3|6", "A|10|3|7", "B|4|1|<nil>"},
		"SELECT space_id, title, sighting_count, longest_gap_minutes, peak_people, peak_minutes, half_life_minutes, round(person_minutes, 3) FROM %s.v_audience_curves ORDER BY space_id": {
			"A|Evening|5|3|20|3|4|81", "B|<nil>|1|<nil>|4|<nil>|1|0"},
	} {
		if d := cmp.Diff(want, s.query(query, "main")); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
}
