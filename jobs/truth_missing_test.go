package jobs_test

import (
	"strings"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// missingIn lists what an answer refers to and cannot show, as "parameter id":
// what was asked for and does not exist, users who are suspended, tweets that
// are deleted or hidden.
func missingIn(w *wanted, a *answer) []string {
	m := &absent{world: w.world, post: w.post()}
	switch a.endpoint {
	case "space", "spaces":
		param := strings.TrimSuffix("ids", strings.Repeat("s", len("spaces")-len(a.endpoint)))
		for _, id := range a.ids {
			if _, ok := w.world.Space(id); !ok {
				m.list = append(m.list, param+" "+id)
			}
		}
	case "users":
		m.users("ids", a.ids...)
	case "posts":
		m.tweets("ids", a.ids...)
	}
	for _, o := range a.data {
		switch id := o.text("id"); {
		case a.dataKind() == "space":
			m.space(must(w, "space", id, w.world.Space))
		case a.dataKind() == "tweet":
			m.tweet(must(w, "tweet", id, w.world.Tweet))
		case a.endpoint == "buyers":
			m.buyer(must(w, "user", id, w.world.User))
		}
	}
	return m.list
}

type absent struct {
	world *simulator.Simulator
	post  bool
	list  []string
}

func (m *absent) users(param string, ids ...string) {
	for _, id := range ids {
		if _, ok := m.world.User(id); !ok {
			m.list = append(m.list, param+" "+id)
		}
	}
}

func (m *absent) tweets(param string, ids ...string) {
	for _, id := range ids {
		if _, ok := m.world.Tweet(id); !ok {
			m.list = append(m.list, param+" "+id)
		}
	}
}

// either picks the name of an expansion.
func (m *absent) either(tweet, post string) string {
	if m.post {
		return post
	}
	return tweet
}

func (m *absent) space(sp simulator.Space) {
	m.users("creator_id", sp.CreatorID)
	m.users("host_ids", sp.HostIDs...)
	m.users("speaker_ids", sp.SpeakerIDs...)
	m.users("invited_user_ids", sp.InvitedUserIDs...)
}

func (m *absent) buyer(u simulator.User) {
	if u.PinnedTweetID != nil {
		m.tweets(m.either("pinned_tweet_id", "pinned_post_id"), *u.PinnedTweetID)
	}
	if u.MostRecentTweetID != nil {
		m.tweets(m.either("most_recent_tweet_id", "most_recent_post_id"), *u.MostRecentTweetID)
	}
	if u.Affiliation != nil {
		m.users(m.either("affiliation.user_id", "affiliation"), u.Affiliation.UserIDs...)
	}
}

func (m *absent) tweet(t simulator.Tweet) {
	m.users("author_id", t.AuthorID)
	if t.InReplyToUserID != nil {
		m.users("in_reply_to_user_id", *t.InReplyToUserID)
	}
	m.mentioned("entities.mentions.username", t.Entities)
	if m.post {
		m.users("username", t.AuthorID)
	} else {
		m.mentioned("entities.note.mentions.username", t.NoteEntities)
	}
	for _, ref := range t.References {
		m.tweets(m.either("referenced_tweets.id", "referenced_posts"), ref.ID)
		if other, ok := m.world.Tweet(ref.ID); ok && !m.post {
			m.users("referenced_tweets.id.author_id", other.AuthorID)
		}
	}
	m.tweets(m.either("edit_history_tweet_ids", "edit_history_post_ids"), t.EditHistoryIDs...)
	m.tweets("attachments.media_source_tweet", t.MediaSourceIDs...)
}

func (m *absent) mentioned(param string, e *simulator.Entities) {
	if e == nil {
		return
	}
	for _, mention := range e.Mentions {
		m.users(param, mention.ID)
	}
}
