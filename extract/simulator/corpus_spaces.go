package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// States of a Space.
const (
	stateLive      = "live"
	stateScheduled = "scheduled"
	stateEnded     = "ended"
	stateUnmade    = "" // of a Space to come
)

// baseState deals 20 % live, 20 % scheduled and 60 % ended. The first two
// Spaces are live.
func (w *world) baseState(index uint64) string {
	switch n := w.hash(forState, index) % 100; {
	case n < 20 || index < 2:
		return stateLive
	case n < 40:
		return stateScheduled
	}
	return stateEnded
}

// ticketed holds for about 7 % of the Spaces and always for the first.
func (w *world) ticketed(index uint64) bool {
	return index == 0 || w.hash(forBuyerCount, index)%100 < 7
}

// buyerCount is 0 for free Spaces, and 250 for the first.
func (w *world) buyerCount(index uint64) uint64 {
	switch n := w.hash(forBuyerCount, index) / 100; {
	case !w.ticketed(index):
		return 0
	case index == 0:
		return 250
	default:
		return spread(n)
	}
}

// tweetCount is 0 for nine Spaces of ten, and 250 for the second.
func (w *world) tweetCount(index uint64) uint64 {
	n := w.hash(forTweetCount, index)
	if index == 1 {
		return 250
	}
	if n%10 != 0 {
		return 0
	}
	return 1 + spread(n/10)%maxPageable
}

// spread makes most lists short and a few long.
func spread(n uint64) uint64 {
	switch n % 10 {
	case 0, 1, 2, 3, 4, 5, 6:
		return n / 10 % 20
	case 7, 8:
		return 20 + n/10%100
	}
	return 120 + n/10%(maxPageable-119)
}

// title is derived apart from the rest, for search reads many. Empty means
// untitled.
func (w *world) title(index uint64) (title, lang string) {
	d := w.dice(forSpace, index)
	if d.chance(60) {
		lang = "en"
		frame := pick(&d, titleFrames)
		title = strings.Replace(frame, "%s", pick(&d, keywords), 1)
		title = strings.Replace(title, "%s", pick(&d, keywords), 1)
	} else {
		lang = pick(&d, languages)
		words := foreignWords[lang]
		title = pick(&d, words) + " " + pick(&d, words)
	}
	if d.chance(15) {
		title += " " + pick(&d, titleEmoji)
	}
	if d.chance(8) {
		return "", lang
	}
	return title, lang
}

// space builds the Space as it was at the epoch.
func (w *world) space(index uint64) Space {
	title, lang := w.title(index)
	sp := Space{
		ID:         w.spaceID(index),
		State:      w.baseState(index),
		Lang:       lang,
		IsTicketed: w.ticketed(index),
		CreatorID:  w.userID(w.creator(index)),
	}
	if title != "" {
		sp.Title = &title
	}
	d := w.dice(forPeople, index)
	w.setTimes(&sp, &d)
	w.setPeople(&sp, &d)
	sp.SubscriberCount = int64(d.intn(5000))
	if sp.State != stateScheduled {
		sp.ParticipantCount = int64(len(sp.HostIDs) + len(sp.SpeakerIDs) + d.intn(10)*d.intn(800))
	}
	for range d.intn(4) {
		id := w.topicID(uint64(d.intn(topicCount)))
		if !slices.Contains(sp.TopicIDs, id) {
			sp.TopicIDs = append(sp.TopicIDs, id)
		}
	}
	return sp
}

func (w *world) setTimes(sp *Space, d *dice) {
	at := w.epoch
	back := func(limit time.Duration) time.Duration {
		return time.Duration(d.intn(int(limit/time.Second))) * time.Second
	}
	start := at.Add(-back(3 * time.Hour))
	switch sp.State {
	case stateEnded:
		ended := at.Add(-back(30 * 24 * time.Hour))
		start = ended.Add(-back(4 * time.Hour))
		sp.EndedAt = &ended
	case stateScheduled:
		start = at.Add(back(14 * 24 * time.Hour))
	}
	if sp.CreatedAt = start; start.After(at) {
		sp.CreatedAt = at
	}
	sp.CreatedAt = sp.CreatedAt.Add(-back(24 * time.Hour))
	if sp.State == stateScheduled || d.chance(50) {
		sp.ScheduledStart = ptr(w.planned(start))
	}
	if sp.State != stateScheduled {
		sp.StartedAt = &start
	}
	sp.UpdatedAt = sp.CreatedAt.Add(back(time.Hour))
}

// planned is the start that was announced: a multiple of five minutes, which is
// not over at the epoch if the start is not.
func (w *world) planned(start time.Time) time.Time {
	const grid = 5 * time.Minute
	planned := start.Truncate(grid)
	if planned.Before(w.epoch) && !start.Before(w.epoch) {
		return planned.Add(grid)
	}
	return planned
}

// setPeople gives overlapping roles: the creator is a host, hosts speak, the
// invited speak.
func (w *world) setPeople(sp *Space, d *dice) {
	add := func(list []string, id string) []string {
		if slices.Contains(list, id) {
			return list
		}
		return append(list, id)
	}
	sp.HostIDs = []string{sp.CreatorID}
	for range d.intn(3) {
		sp.HostIDs = add(sp.HostIDs, w.userID(w.someUser(d)))
	}
	for range d.intn(4) {
		sp.InvitedUserIDs = add(sp.InvitedUserIDs, w.userID(w.someUser(d)))
	}
	if sp.State == stateScheduled {
		return
	}
	for _, id := range slices.Concat(sp.HostIDs, sp.InvitedUserIDs) {
		if d.chance(60) {
			sp.SpeakerIDs = add(sp.SpeakerIDs, id)
		}
	}
	for range d.intn(8) {
		sp.SpeakerIDs = add(sp.SpeakerIDs, w.userID(w.someUser(d)))
	}
}

// buyers lists who bought a ticket; suspended users left the list.
func (w *world) buyers(index uint64) []uint64 {
	n := w.buyerCount(index)
	if n == 0 {
		return nil
	}
	order := newShuffle(w.hash(forBuyers, index), forBuyers, w.users)
	list := make([]uint64, 0, n)
	for i := range n {
		if user := order.forward(i); !w.suspended(user) {
			list = append(list, user)
		}
	}
	return list
}

func (w *world) topic(index uint64) Topic {
	t := Topic{ID: w.topicID(index), Name: topicNames[index]}
	if index%5 != 4 {
		text := fmt.Sprintf("All about %s", strings.ToLower(t.Name))
		t.Description = &text
	}
	return t
}
