package simulator

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// textBuilder writes a text and notes the entities in it. Offsets count code
// points of the text as served, HTML entities included.
type textBuilder struct {
	ids      *ids
	text     strings.Builder
	n        int // code points so far
	entities Entities
	rich     bool // links carry titles and images
}

// word appends s after a blank and returns where it starts.
func (b *textBuilder) word(s string) int {
	if b.n > 0 {
		b.text.WriteByte(' ')
		b.n++
	}
	start := b.n
	b.text.WriteString(s)
	b.n += utf8.RuneCountInString(s)
	return start
}

func (b *textBuilder) words(d *dice, n int) {
	for range n {
		b.word(pick(d, sentenceWords))
	}
}

func (b *textBuilder) hashtag(tag string) {
	start := b.word("#" + tag)
	b.entities.Hashtags = append(b.entities.Hashtags, TagEntity{start, b.n, tag})
}

func (b *textBuilder) cashtag(tag string) {
	start := b.word("$" + tag)
	b.entities.Cashtags = append(b.entities.Cashtags, TagEntity{start, b.n, tag})
}

func (b *textBuilder) mention(user uint64) {
	name := b.ids.username(user)
	start := b.word("@" + name)
	b.entities.Mentions = append(b.entities.Mentions, MentionEntity{start, b.n, name, b.ids.userID(user)})
}

func (b *textBuilder) annotation(d *dice) {
	name := pick(d, topicNames)
	if strings.ContainsRune(name, '&') {
		name = "Technology"
	}
	start := b.word(name)
	probability := float64(50+d.intn(50)) / 100
	b.entities.Annotations = append(b.entities.Annotations,
		AnnotationEntity{start, b.n - 1, pick(d, annotationTypes), name, probability})
}

func (b *textBuilder) link(d *dice) *URLEntity {
	short := shortURL(d)
	start := b.word(short)
	path := pick(d, sites) + "/" + pick(d, keywords)
	e := URLEntity{Start: start, End: b.n, URL: short, ExpandedURL: "https://" + path, DisplayURL: path}
	if b.rich && d.chance(50) {
		e.UnwoundURL = ptr("https://www." + path + "?a=1&b=2")
		e.Title = ptr("About " + pick(d, keywords))
		e.Status = ptr(int64(200))
	}
	if b.rich && d.chance(40) {
		e.Description = ptr("“Quoted” – " + pick(d, sentenceWords))
		for i := range d.between(1, 2) {
			e.Images = append(e.Images, URLImage{fmt.Sprintf("https://pbs.twimg.com/news_img/%d?name=%d", d.intn(1e9), i), 1200, 628})
		}
	}
	b.entities.URLs = append(b.entities.URLs, e)
	return &b.entities.URLs[len(b.entities.URLs)-1]
}

// found returns the entities, or nil when there are none.
func (b *textBuilder) found() *Entities {
	e := b.entities
	if len(e.URLs)+len(e.Hashtags)+len(e.Cashtags)+len(e.Mentions)+len(e.Annotations) == 0 {
		return nil
	}
	return &e
}

// clone keeps what was written so far, so that a longer text can go on.
func (b *textBuilder) clone() *textBuilder {
	c := &textBuilder{ids: b.ids, n: b.n}
	c.text.WriteString(b.text.String())
	c.entities = Entities{
		Hashtags: append([]TagEntity(nil), b.entities.Hashtags...),
		Cashtags: append([]TagEntity(nil), b.entities.Cashtags...),
		Mentions: append([]MentionEntity(nil), b.entities.Mentions...),
	}
	for _, u := range b.entities.URLs {
		c.entities.URLs = append(c.entities.URLs, URLEntity{Start: u.Start, End: u.End, URL: u.URL,
			ExpandedURL: u.ExpandedURL, DisplayURL: u.DisplayURL})
	}
	return c
}

func shortURL(d *dice) string {
	return "https://t.co/" + encode(d.pcg.Uint64()>>5, base62, 10)
}

func ptr[T any](v T) *T { return &v }
