package simulator

import (
	"fmt"
	"strings"
)

func setCounts(t *Tweet, d *dice) {
	t.Metrics = TweetMetrics{
		Retweets: int64(d.intn(50) * d.intn(50)),
		Replies:  int64(d.intn(200)),
		Likes:    int64(d.intn(100) * d.intn(100)),
		Quotes:   int64(d.intn(30)),
	}
	if d.chance(85) {
		t.Metrics.Bookmarks = ptr(int64(d.intn(90)))
		t.Metrics.Impressions = ptr(int64(d.intn(3000) * d.intn(1000)))
	}
	if d.chance(40) {
		impressions := int64(d.intn(90_000))
		t.NonPublicMetrics = map[string]int64{"impression_count": impressions,
			"url_link_clicks": int64(d.intn(300)), "user_profile_clicks": int64(d.intn(300))}
		t.OrganicMetrics = map[string]int64{"impression_count": impressions, "like_count": t.Metrics.Likes,
			"reply_count": t.Metrics.Replies, "retweet_count": t.Metrics.Retweets}
	}
}

func (w *world) setTweetExtras(t *Tweet, sh shape, d *dice) {
	annotate(t, d)
	if sh.place {
		i := d.intn(len(places))
		t.PlaceID = ptr(w.placeID(uint64(i)))
		if d.chance(40) {
			t.Coordinates = &[2]float64{(places[i].west + places[i].east) / 2, (places[i].south + places[i].north) / 2}
		}
	}
	if d.chance(3) {
		t.CommunityID = ptr(pick(d, []string{"1493446837214187523", "com_9f2a"}))
	}
	if d.chance(10) {
		t.Source = ptr("Twitter for iPhone")
	}
	if d.chance(50) {
		t.PaidPartnership = ptr(d.chance(5))
	}
	if d.chance(5) {
		t.CardURI = ptr(fmt.Sprintf("card://%d", d.intn(1e15)))
	}
	if d.chance(1) {
		t.Withheld = &Withheld{Copyright: ptr(d.chance(50)), CountryCodes: []string{"FR"}, Scope: "tweet"}
	}
	if d.chance(2) {
		t.ScopesFollowers = ptr(d.chance(50))
	}
	if len(t.MediaKeys) > 0 && d.chance(25) {
		m := MediaMetadata{MediaKey: t.MediaKeys[0], AltText: ptr("A picture of " + pick(d, keywords))}
		if d.chance(30) {
			m.Title, m.Description = ptr("Clip"), ptr("Said on air")
		}
		t.MediaMetadata = []MediaMetadata{m}
	}
	for i := range d.intn(40) / 38 * d.between(1, 2) {
		link := fmt.Sprintf("https://%s/%d", pick(d, sites), i)
		t.SourceLinks = append(t.SourceLinks, link)
		t.SourceLinkCounts = append(t.SourceLinkCounts, SourceLinkCount{link, int64(d.between(1, 9))})
	}
}

// annotate adds context annotations; now and then one occurs twice.
func annotate(t *Tweet, d *dice) {
	if !d.chance(30) {
		return
	}
	for range d.between(1, 3) {
		i, j := d.intn(len(annotationDomains)), d.intn(len(topicNames))
		a := ContextAnnotation{
			Domain: AnnotationPart{ID: fmt.Sprint(10 + i), Name: annotationDomains[i]},
			Entity: AnnotationPart{ID: fmt.Sprint(781974596752842752 + uint64(j)), Name: topicNames[j]},
		}
		if d.chance(60) {
			a.Domain.Description = ptr("All of " + a.Domain.Name)
		}
		if d.chance(30) {
			a.Entity.Description = ptr(a.Entity.Name + " in the world")
		}
		t.Annotations = append(t.Annotations, a)
	}
	if d.chance(15) {
		t.Annotations = append(t.Annotations, t.Annotations[0])
	}
}

// coverOrdinal and articleOrdinal are the media of an article, beside the at
// most three of its tweet.
const (
	coverOrdinal   = 4
	articleOrdinal = 5
)

func (w *world) article(s spot, d *dice) *Article {
	b := &textBuilder{ids: &w.ids}
	b.words(d, 120)
	b.link(d)
	b.mention(w.someUser(d))
	text := b.text.String()
	preview := []rune(text)[:80]
	return &Article{
		Title:         "On " + pick(d, keywords),
		PlainText:     text,
		PreviewText:   string(preview),
		CoverMedia:    ptr(w.mediaKey(s, coverOrdinal, "photo")),
		MediaEntities: []string{w.mediaKey(s, articleOrdinal, "photo")},
		Entities:      b.found(),
	}
}

// mediaSpot decodes a key and checks that its tweet exists.
func (w *world) mediaSpot(key string) (s spot, ordinal int, ok bool) {
	_, number, found := strings.Cut(key, "_")
	v, ok := decodeBig(number, w.mediaKeys)
	if !found || !ok || v >= 1<<36 {
		return spot{}, 0, false
	}
	s, ordinal = unpack(v>>3), int(v&7)
	return s, ordinal, w.exists(s)
}

// media builds the item behind a key, if there is one.
func (w *world) media(key string) (Media, bool) {
	s, ordinal, ok := w.mediaSpot(key)
	if !ok {
		return Media{}, false
	}
	sh := w.shape(s)
	kind := sh.kind
	if sh.article && (ordinal == coverOrdinal || ordinal == articleOrdinal) {
		kind = "photo"
	} else if ordinal >= sh.media {
		return Media{}, false
	}
	if w.mediaKey(s, ordinal, kind) != key {
		return Media{}, false
	}
	d := w.dice(forMedia, s.pack()<<3|uint64(ordinal))
	m := Media{Key: key, Type: kind, Width: int64(d.between(200, 4096)), Height: int64(d.between(200, 4096))}
	if d.chance(40) {
		m.AltText = ptr("Someone talks about " + pick(&d, keywords) + " 🎙️")
	}
	if kind == "photo" {
		m.URL = ptr(fmt.Sprintf("https://pbs.twimg.com/media/%s.jpg", encode(d.pcg.Uint64(), base62, 11)))
		return m, true
	}
	setVideo(&m, &d)
	return m, true
}

func setVideo(m *Media, d *dice) {
	name := encode(d.pcg.Uint64(), base62, 11)
	m.PreviewImageURL = ptr("https://pbs.twimg.com/ext_tw_video_thumb/" + name + ".jpg")
	path := "https://video.twimg.com/" + name
	if m.Type == "animated_gif" {
		m.Variants = []MediaVariant{{ptr(int64(0)), "video/mp4", path + ".mp4"}}
		return
	}
	m.DurationMS = ptr(int64(d.between(1000, 140_000)))
	m.ViewCount = ptr(int64(d.intn(1_000_000)))
	m.Variants = []MediaVariant{
		{ptr(int64(632000)), "video/mp4", path + "/320.mp4?tag=12"},
		{nil, "application/x-mpegURL", path + "/pl.m3u8?tag=12&container=cmaf"},
		{ptr(int64(2176000)), "video/mp4", path + "/1280.mp4?tag=12"},
	}
}

// pollSpot decodes an id and checks that the poll exists.
func (w *world) pollSpot(id string) (spot, bool) {
	v, ok := decodeBig(id, w.pollIDs)
	if !ok || v >= 1<<33 {
		return spot{}, false
	}
	s := unpack(v)
	return s, w.pollID(s) == id && w.exists(s) && w.shape(s).poll
}

func (w *world) poll(s spot) Poll {
	d := w.dice(forPoll, s.pack())
	p := Poll{
		ID:              w.pollID(s),
		VotingStatus:    pick(&d, []string{"open", "closed"}),
		DurationMinutes: int64(d.between(5, 10080)),
	}
	p.EndDatetime = w.epoch.AddDate(0, 0, -d.intn(30))
	for i := range d.between(2, 4) {
		label := pick(&d, keywords) + " " + pick(&d, titleEmoji)
		p.Options = append(p.Options, PollOption{int64(i + 1), label, int64(d.intn(1000))})
	}
	return p
}

func (w *world) place(index uint64) Place {
	a := places[index]
	p := Place{ID: w.placeID(index), FullName: a.name, Name: a.name, Country: a.country, CountryCode: a.code, PlaceType: a.kind}
	if a.country != a.name {
		p.FullName = a.name + ", " + a.country
	}
	for up := a.parent; up >= 0; up = places[up].parent {
		p.ContainedWithin = append(p.ContainedWithin, w.placeID(uint64(up)))
	}
	if a.bare {
		return p
	}
	p.BBox = &[4]float64{a.west, a.south, a.east, a.north}
	if a.kind == "poi" {
		p.Point = &[2]float64{a.west, a.south}
	}
	return p
}
