package simulator

import (
	"time"
)

// shape is what a tweet consists of. It is derived apart from the content,
// for it decides which other ids exist.
type shape struct {
	reply, quote, source, poll, place, article, note bool
	edits                                            uint64
	media                                            int
	kind                                             string // of the media
}

func (w *world) shape(s spot) shape {
	d := w.dice(forShape, s.pack())
	out := shape{note: d.chance(5), place: d.chance(8), article: d.chance(2), kind: "photo"}
	if d.chance(35) {
		out.media = d.between(1, 3)
		out.kind = pick(&d, []string{"photo", "photo", "video", "animated_gif"})
	} else {
		out.poll = d.chance(5)
	}
	reply, quote, source, edited := d.chance(25), d.chance(15), d.chance(20), d.chance(6)
	if s.variant == itself {
		out.reply, out.quote = reply, quote
		out.source = source && out.media > 0
		if edited {
			out.edits = uint64(d.between(1, 2))
		}
	}
	return out
}

func (w *world) exists(s spot) bool {
	if s.ofUser && (s.owner >= w.users || !w.hasUserTweet(s.owner, s.ordinal)) {
		return false
	}
	if !s.ofUser && (s.owner >= w.spaces || s.ordinal >= w.tweetCount(s.owner)) {
		return false
	}
	base := w.shape(s.to(itself))
	switch s.variant {
	case itself:
		return true
	case repliedTo:
		return base.reply
	case quoted:
		return base.quote
	case firstEdit, secondEdit:
		return s.variant-firstEdit < base.edits
	case mediaSource:
		return base.source
	}
	return false
}

// tweetSpot decodes an id and checks that the tweet exists.
func (w *world) tweetSpot(id string) (spot, bool) {
	v, ok := decodeBig(id, w.tweetIDs)
	if !ok || v >= 1<<33 {
		return spot{}, false
	}
	s := unpack(v)
	return s, w.tweetID(s) == id && w.exists(s)
}

// Why a tweet that others refer to cannot be shown.
const (
	shown = iota
	deleted
	hidden // its author is protected
)

// availability: three in a hundred referenced, pinned or latest tweets were
// deleted, one is hidden. Tweets of a Space are always shown.
func (w *world) availability(s spot) int {
	if !s.ofUser && (s.variant == itself || s.variant == firstEdit || s.variant == secondEdit) {
		return shown
	}
	switch n := w.hash(forAvailability, s.pack()) % 100; {
	case n < 3:
		return deleted
	case n == 3:
		return hidden
	}
	return shown
}

// author: users write their own tweets, anybody the others.
func (w *world) author(s spot) uint64 {
	if s.variant == firstEdit || s.variant == secondEdit {
		s.variant = itself
	}
	if s.ofUser && s.variant == itself {
		return s.owner
	}
	d := w.dice(forAuthor, s.pack())
	return w.someUser(&d)
}

func (w *world) tweet(s spot) Tweet {
	d := w.dice(forTweet, s.pack())
	sh := w.shape(s)
	author := w.author(s)
	t := Tweet{
		ID:                w.tweetID(s),
		AuthorID:          w.userID(author),
		AuthorUsername:    w.username(author),
		CreatedAt:         w.epoch.Add(-time.Duration(d.intn(60*86400)) * time.Second),
		Lang:              pick(&d, []string{"en", "en", "es", "pt", "ja", "ar", "und", "zxx", "qme"}),
		PossiblySensitive: d.chance(3),
		ReplySettings:     pick(&d, []string{"everyone", "everyone", "mentionedUsers", "following", "subscribers", "verified", "other"}),
	}
	w.setReferences(&t, s, sh)
	w.setAttachments(&t, s, sh)
	w.setText(&t, s, sh, &d)
	setCounts(&t, &d)
	w.setTweetExtras(&t, sh, &d)
	if sh.article {
		t.Article = w.article(s, &d)
	}
	return t
}

func (w *world) setReferences(t *Tweet, s spot, sh shape) {
	t.ConversationID = t.ID
	if sh.reply {
		to := s.to(repliedTo)
		t.ConversationID = w.tweetID(to)
		t.InReplyToUserID = ptr(w.userID(w.author(to)))
		t.References = append(t.References, Reference{"replied_to", w.tweetID(to)})
	}
	if sh.quote {
		t.References = append(t.References, Reference{"quoted", w.tweetID(s.to(quoted))})
	}
	history := s
	if s.variant == firstEdit || s.variant == secondEdit {
		history = s.to(itself)
	}
	for i := range w.shape(history).edits {
		t.EditHistoryIDs = append(t.EditHistoryIDs, w.tweetID(s.to(firstEdit+i)))
	}
	t.EditHistoryIDs = append(t.EditHistoryIDs, w.tweetID(history))
	remaining := int64(5 - len(t.EditHistoryIDs) + 1)
	until := t.CreatedAt.Add(time.Hour + 311*time.Millisecond)
	t.EditControls = EditControls{IsEditEligible: !sh.reply, EditableUntil: until, EditsRemaining: remaining}
}

func (w *world) setAttachments(t *Tweet, s spot, sh shape) {
	for i := range sh.media {
		t.MediaKeys = append(t.MediaKeys, w.mediaKey(s, i, sh.kind))
	}
	if sh.poll {
		t.PollIDs = []string{w.pollID(s)}
	}
	if sh.source {
		t.MediaSourceIDs = []string{w.tweetID(s.to(mediaSource))}
	}
}

// setText writes the text; a long one is cut and goes on in the note.
func (w *world) setText(t *Tweet, s spot, sh shape, d *dice) {
	b := &textBuilder{ids: &w.ids, rich: true}
	b.words(d, d.between(3, 12))
	if d.chance(30) {
		b.word(pick(d, []string{"Q&amp;A", "1 &lt; 2", "a &gt; b", "AT&amp;T"}))
	}
	if sh.reply {
		b.mention(w.author(s.to(repliedTo)))
	}
	if d.chance(15) {
		b.mention(w.someUser(d))
	}
	if d.chance(30) {
		b.hashtag(pick(d, keywords))
	}
	if d.chance(8) {
		b.cashtag(pick(d, cashtags))
	}
	if d.chance(15) {
		b.annotation(d)
	}
	if d.chance(20) {
		b.word(pick(d, titleEmoji))
	}
	if d.chance(25) {
		b.link(d)
	}
	if sh.note {
		w.setNote(t, b.clone(), d)
		b.text.WriteString("…")
		b.n++
	}
	t.DisplayTextRange = [2]int{0, b.n}
	if sh.media > 0 {
		b.link(d).MediaKey = &t.MediaKeys[0]
	}
	t.Text, t.Entities = b.text.String(), b.found()
}

func (w *world) setNote(t *Tweet, b *textBuilder, d *dice) {
	b.words(d, 55)
	b.hashtag(pick(d, keywords))
	b.mention(w.someUser(d))
	b.link(d)
	t.NoteText, t.NoteEntities = ptr(b.text.String()), b.found()
}
