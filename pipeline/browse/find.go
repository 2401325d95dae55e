package browse

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// findPage is what a search at the top found.
type findPage struct {
	Search string
	Spaces []record
	Users  []record
	Tweets []record
	Topics []record
	Tables []*relation
}

var spaceAddress = regexp.MustCompile(`/spaces/([A-Za-z0-9]{1,20})`)

// matchesShown bounds each list of a search.
const matchesShown = "25"

func viewFind(ctx context.Context, t *held, r *http.Request) (view, error) {
	word := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(word) > longestWord {
		return view{}, &problem{http.StatusBadRequest, "a search can have 1000 bytes"}
	}
	if m := spaceAddress.FindStringSubmatch(word); m != nil {
		word = m[1]
	}
	p := findPage{Search: word}
	if word != "" {
		if err := p.read(ctx, t); err != nil {
			return view{}, err
		}
	}
	return view{Title: "Find", Nav: "find", Template: "find.html", Search: word, Data: p}, nil
}

func (p *findPage) read(ctx context.Context, t *held) (err error) {
	for _, q := range []struct {
		into  *[]record
		table string
		sql   string
	}{
		{&p.Spaces, "spaces", "FROM (" + spacesSQL() + ") WHERE space_id = $1 OR contains(lower(title), lower($1)) ORDER BY space_id = $1 DESC, participant_count DESC NULLS LAST, space_id LIMIT " + matchesShown},
		{&p.Users, "users", "SELECT user_id, username, name, followers_count, verified_type FROM users WHERE user_id = $1 OR contains(lower(username), lower(ltrim($1, '@'))) OR contains(lower(name), lower($1)) ORDER BY lower(username) = lower(ltrim($1, '@')) DESC, followers_count DESC NULLS LAST, user_id LIMIT " + matchesShown},
		{&p.Tweets, "tweets", "SELECT tweet_id, left(text, 300) AS text, created_at, author_id FROM tweets WHERE tweet_id = $1 OR contains(lower(text), lower($1)) ORDER BY created_at DESC NULLS LAST, tweet_id LIMIT " + matchesShown},
		{&p.Topics, "topics", "SELECT topic_id, name FROM topics WHERE topic_id = $1 OR contains(lower(name), lower($1)) ORDER BY name, topic_id LIMIT " + matchesShown},
	} {
		if !t.catalog.has(q.table, "users") {
			continue
		}
		if *q.into, err = records(ctx, t.pages, q.sql, p.Search); err != nil {
			return err
		}
	}
	for _, r := range t.catalog.relations {
		if strings.Contains(r.Name, strings.ToLower(p.Search)) {
			p.Tables = append(p.Tables, r)
		}
	}
	return nil
}

// spacesSQL lists Spaces for links.
func spacesSQL() string {
	return `
SELECT space_id, title, status AS state, participant_count, is_ticketed, scheduled_start, started_at, creator_id, users.username, users.name
FROM ` + schemas.SpacesWithStatus() + ` LEFT JOIN users ON user_id = creator_id `
}
