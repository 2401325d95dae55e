package load

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
		r["_run_id"], r["_page_id"], r["_fetched_at"] = "r1", "p", at(100)
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
			row{"space_id": "A", "observed_at": at(20), "state": "live", "participant_count": 75},
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
		batch("tweets", row{"tweet_id": "70", "text": "join us", "author_id": "1", "created_at": at(15)}),
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
			[]string{"A|Evening|host|The Host|8, Music|1|1|1|1|3|1|78|2|75|40|2", "B|<nil>|<nil>|<nil>|<nil>|0|0|0|0|0|0|<nil>|<nil>|<nil>|<nil>|0"}},
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
