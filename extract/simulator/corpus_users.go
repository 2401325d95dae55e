package simulator

import (
	"fmt"
	"time"
)

// user builds a user; suspended ones too, though they are never shown.
func (p *people) user(index uint64) User {
	d := p.dice(forUser, index)
	u := User{
		ID:                 p.userID(index),
		Username:           p.username(index),
		Name:               pick(&d, givenNames) + " " + pick(&d, familyNames),
		CreatedAt:          p.epoch.Add(-time.Duration(d.intn(18*365*86400)) * time.Second),
		Protected:          d.chance(4),
		Parody:             d.chance(2),
		IsIdentityVerified: d.chance(10),
		ReceivesYourDM:     d.chance(50),
		SubscribesToYou:    d.chance(3),
		SubscriptionType:   pick(&d, []string{"None", "None", "None", "Basic", "Premium", "PremiumPlus"}),
		VerifiedType:       "none",
	}
	if u.Verified = d.chance(20); u.Verified {
		u.VerifiedType = pick(&d, []string{"blue", "blue", "blue", "government", "business"})
	}
	p.setProfile(&u, &d)
	p.setUserTweets(&u, index)
	p.setUserExtras(&u, index, &d)
	return u
}

func (p *people) setProfile(u *User, d *dice) {
	entities := UserEntities{}
	if d.chance(85) {
		text, found := p.description(d)
		u.Description, entities.Description = &text, found
	}
	if d.chance(60) {
		u.Location = ptr(pick(d, cities))
	}
	if d.chance(40) {
		b := &textBuilder{ids: &p.ids}
		u.URL = ptr(b.link(d).URL)
		entities.URL = b.found()
	}
	if entities.URL != nil || entities.Description != nil {
		u.Entities = &entities
	}
	u.ProfileImageURL = fmt.Sprintf("https://pbs.twimg.com/profile_images/%d/x_normal.jpg", d.intn(1e12))
	if d.chance(60) {
		u.ProfileBannerURL = ptr(fmt.Sprintf("https://pbs.twimg.com/profile_banners/%s/%d", u.ID, d.intn(1e9)))
	}
}

// description holds a replacement character once in a hundred: with quirks
// on, it goes over the wire as a bad byte, a NUL or half a surrogate pair.
func (p *people) description(d *dice) (string, *Entities) {
	b := &textBuilder{ids: &p.ids}
	b.words(d, d.between(2, 6))
	if d.chance(25) {
		b.hashtag(pick(d, keywords))
	}
	if d.chance(15) {
		b.mention(p.someUser(d))
	}
	if d.chance(8) {
		b.cashtag(pick(d, cashtags))
	}
	if d.chance(10) {
		b.link(d)
	}
	if d.chance(20) {
		b.word(pick(d, titleEmoji))
	}
	if d.intn(100) == 0 {
		b.word("odd\uFFFDbyte")
	}
	if d.chance(10) {
		b.word("line one\nline\ttwo \"quoted\" \\ slash / <b>")
	}
	return b.text.String(), b.found()
}

func (p *people) setUserTweets(u *User, index uint64) {
	if p.hasUserTweet(index, 0) {
		u.PinnedTweetID = ptr(p.tweetID(spot{ofUser: true, owner: index}))
	}
	if p.hasUserTweet(index, 1) {
		u.MostRecentTweetID = ptr(p.tweetID(spot{ofUser: true, owner: index, ordinal: 1}))
	}
}

// hasUserTweet: a third of the users pinned a tweet, most wrote one.
func (p *people) hasUserTweet(index, ordinal uint64) bool {
	h := p.hash(forUser, index)
	if ordinal == 0 {
		return h%100 < 33
	}
	return ordinal == 1 && h>>8%100 < 90
}

func (p *people) setUserExtras(u *User, index uint64, d *dice) {
	u.Metrics = UserMetrics{
		Followers: int64(d.intn(1000) * d.intn(1000) * (1 + d.intn(3)*d.intn(100))),
		Following: int64(d.intn(5000)),
		Tweets:    int64(d.intn(200_000)),
		Listed:    int64(d.intn(500)),
		Media:     int64(d.intn(3000)),
	}
	u.VerifiedFollowersCount = u.Metrics.Followers / 20
	u.SubscriberCount = u.Metrics.Followers / 5000
	if d.chance(70) {
		u.Metrics.Likes = ptr(int64(d.intn(90_000)))
	}
	if d.chance(5) {
		a := &Affiliation{
			BadgeURL:    fmt.Sprintf("https://pbs.twimg.com/semantic_core_img/%d", d.intn(1e9)),
			Description: "Works at " + pick(d, topicNames),
			URL:         "https://x.com/" + p.username(p.someUser(d)),
			UserIDs:     []string{p.userID(uint64(d.intn(int(p.users))))},
		}
		if other := p.userID(p.someUser(d)); d.chance(30) && other != a.UserIDs[0] {
			a.UserIDs = append(a.UserIDs, other)
		}
		u.Affiliation = a
	}
	if d.chance(1) {
		u.Withheld = &Withheld{CountryCodes: []string{"DE", "TR"}, Scope: "user"}
	}
	if d.chance(10) {
		u.ConnectionStatus = []string{"following", "muting"}[:d.between(1, 2)]
	}
}
