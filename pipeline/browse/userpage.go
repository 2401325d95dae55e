package browse

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spacesetl/spacesetl/pipeline/browse/chart"
	"github.com/spacesetl/spacesetl/schemas"
)

// userPage is an account with everything known of it.
type userPage struct {
	User      record
	ID        string
	Spaces    []record
	Count     int64 // of Spaces
	Company   []record
	Tweets    []record
	History   []record
	Followers *chart.Chart
	Rooms     *rooms // that the account hosted
	Errors    []record
	Raw       []rawRows
}

func viewUser(ctx context.Context, t *held, r *http.Request) (view, error) {
	p := userPage{ID: r.PathValue("id")}
	if !t.catalog.has("spaces", "users", "space_users", "tweets", "api_errors") {
		return view{}, &problem{http.StatusNotFound, "the database lacks tables that the page of a user needs"}
	}
	if err := p.read(ctx, t); err != nil {
		return view{}, err
	}
	title := "User " + p.ID
	if p.User.Has("username") {
		title = "@" + bounded(p.User["username"].Text, 80)
	}
	return view{Title: title, Nav: "user", Template: "user.html", Data: p}, nil
}

func (p *userPage) read(ctx context.Context, t *held) error {
	users, err := records(ctx, t.pages, "SELECT * EXCLUDE (extras) FROM users WHERE user_id = ?", p.ID)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		p.User = users[0]
	}
	for _, q := range []struct {
		into *[]record
		sql  string
	}{
		{&p.Spaces, `
SELECT held.space_id, held.roles, title, status AS state, participant_count, coalesce(started_at, scheduled_start, created_at) AS planned_at, count(*) OVER () AS total
FROM (SELECT space_id, string_agg(role, ', ' ORDER BY list_position(['creator', 'host', 'speaker', 'invited', 'buyer'], role)) AS roles
      FROM space_users WHERE user_id = ? GROUP BY space_id) AS held
LEFT JOIN ` + schemas.SpacesWithStatus() + ` USING (space_id) ORDER BY planned_at DESC NULLS LAST, held.space_id LIMIT 100`},
		{&p.Company, `
SELECT met.user_id, met.spaces, username, name, followers_count, verified_type FROM (
    SELECT user_id, count(DISTINCT space_id) AS spaces FROM space_users
    WHERE role IN ('creator', 'host', 'speaker') AND user_id <> $1
      AND space_id IN (SELECT space_id FROM space_users WHERE user_id = $1 AND role IN ('creator', 'host', 'speaker'))
    GROUP BY user_id ORDER BY spaces DESC, user_id LIMIT 24
) AS met LEFT JOIN users USING (user_id) ORDER BY met.spaces DESC, met.user_id`},
		{&p.Tweets, "SELECT tweet_id, left(coalesce(note_text, text), 600) AS text, created_at, like_count, retweet_count FROM tweets WHERE author_id = ? ORDER BY created_at DESC NULLS LAST LIMIT 10"},
		{&p.Errors, "SELECT _run_id, _page_id, seq, endpoint, problem, title, detail, _fetched_at FROM api_errors WHERE resource_id = ? ORDER BY _fetched_at DESC LIMIT 20"},
	} {
		if *q.into, err = records(ctx, t.pages, q.sql, p.ID); err != nil {
			return err
		}
	}
	if len(p.Spaces) > 0 {
		p.Count = p.Spaces[0].Int("total")
	}
	if err := p.history(ctx, t); err != nil {
		return err
	}
	if draws(t.catalog) {
		if p.Rooms, err = readRooms(ctx, t, "SELECT space_id FROM v_space_people WHERE user_id = ? AND (is_host OR is_creator)", p.ID); err != nil {
			return err
		}
	}
	if p.Raw, err = rawOf(ctx, t, "user_id", p.ID); err != nil {
		return err
	}
	if p.User == nil && len(p.Raw) == 0 && len(p.Errors) == 0 {
		return &problem{http.StatusNotFound, fmt.Sprintf("no run has seen a user %q", bounded(p.ID, 80))}
	}
	return nil
}

// history reads the versions of the profile, where the database keeps some.
func (p *userPage) history(ctx context.Context, t *held) error {
	if !t.catalog.has("users_history") {
		return nil
	}
	rows, err := records(ctx, t.pages, `
SELECT epoch_us(valid_from) AS at, valid_from, username, name, followers_count, following_count, tweet_count
FROM users_history WHERE user_id = ? ORDER BY valid_from LIMIT `+pointsShown, p.ID)
	if err != nil {
		return err
	}
	p.History = rows
	p.Followers = chart.Line("Followers", points(rows, "followers_count"), 0)
	return nil
}
