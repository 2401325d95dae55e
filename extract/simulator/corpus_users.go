package simulator

import (
	"fmt"
	"time"
)

// user builds a user; suspended ones too, though they are never shown.
func (w *world) user(index uint64) User {
	d := w.dice(forUser, index)
	u := User{
		ID:                 w.userID(index),
		Username:           w.username(index),
		Name:               pick(&d, givenNames) + " " + pick(&d, familyNames),
		CreatedAt:          w.epoch.Add(-time.Duration(d.intn(18*365*86400)) * time.Second),
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
	w.setProfile(&u, &d)
	w.setUserTweets(&u, index)
	w.setUserExtras(&u, index, &d)
	return u
}

func (w *world) setProfile(u *User, d *dice) {
	entities := UserEntities{}
	if d.chance(85) {
		text, found := w.description(d)
		u.Description, entities.Description = &text, found
	}
	if d.chance(60) {
		u.Location = ptr(pick(d, cities))
	}
	if d.chance(40) {
		b := &textBuilder{w: w}
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
func (w *world) description(d *dice) (string, *Entities) {
	b := &textBuilder{w: w}
	b.words(d, d.between(2, 6))
	if d.chance(25) {
		b.hashtag(pick(d, keywords))
	}
	if d.chance(15) {
		b.mention(w.someUser(d))
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

func (w *world) setUserTweets(u *User, index uint64) {
	if w.hasUserTweet(index, 0) {
		u.PinnedTweetID = ptr(w.tweetID(spot{ofUser: true, owner: index}))
	}
	if w.hasUserTweet(index, 1) {
		u.MostRecentTweetID = ptr(w.tweetID(spot{ofUser: true, owner: index, ordinal: 1}))
	}
}

// hasUserTweet: a third of the users pinned a tweet, most wrote one.
func (w *world) hasUserTweet(index, ordinal uint64) bool {
	h := w.hash(forUser, index)
	if ordinal == 0 {
		return h%100 < 33
	}
	return ordinal == 1 && h>>8%100 < 90
}

func (w *world) setUserExtras(u *User, index uint64, d *dice) {
	u.Metrics = UserMetrics{
		Followers: int64(d.intn(1000) * d.intn(1000) * (1 + d.intn(3)*d.intn(100))),
		Following: int64(d.intn(5000)),
		Tweets:    int64(d.intn(200_000)),
		Listed:    int64(d.intn(500)),
		Media:     int64(d.intn(3000)),
	}
	u.VerifiedFollowersCount = u.Metrics.Followers / 20
	if d.chance(70) {
		u.Metrics.Likes = ptr(int64(d.intn(90_000)))
	}
	if d.chance(5) {
		a := &Affiliation{
			BadgeURL:    fmt.Sprintf("https://pbs.twimg.com/semantic_core_img/%d", d.intn(1e9)),
			Description: "Works at " + pick(d, topicNames),
			URL:         "https://x.com/" + w.username(w.someUser(d)),
			UserIDs:     []string{w.userID(uint64(d.intn(int(w.users))))},
		}
		if other := w.userID(w.someUser(d)); d.chance(30) && other != a.UserIDs[0] {
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
