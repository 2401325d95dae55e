package simulator

import (
	"fmt"
	"time"
)

// present is the world as it is at this moment. Its exported methods tell the
// truth about it, and what in it can be asked for.
type present struct {
	config Config
	world  *world
	start  time.Time
	titled *titleIndex
}

func newPresent(config Config) *present {
	start := config.Start
	if start.IsZero() {
		start = config.Now()
	}
	return &present{config, newWorld(config.Seed, config.Spaces, config.Epoch), start, newTitleIndex()}
}

// elapsed is how far the world has moved.
func (p *present) elapsed() time.Duration { return p.config.Now().Sub(p.start) }

// spaceNow is a Space as the API would show it at this moment.
func (p *present) spaceNow(index uint64) Space {
	sp := p.world.space(index)
	if p.config.Evolve {
		p.pace().evolve(p.world, &sp, index, p.elapsed())
	}
	if p.step() > 0 {
		p.shrink(&sp, index)
	}
	return sp
}

// stateNow is cheaper than spaceNow.
func (p *present) stateNow(index uint64) string { return p.stateAt(index, p.elapsed()) }

// stateAt is the state after the server ran for the elapsed time; empty before
// the Space was made.
func (p *present) stateAt(index uint64, elapsed time.Duration) string {
	if p.config.Evolve {
		return p.pace().stateAt(p.world, index, elapsed)
	}
	return p.world.baseState(index)
}

func (p *present) pace() pace { return pace{p.config.EvolveOver, p.config.Life, p.config.Crowds} }

// SpaceAt is a Space as it was, or will be, at a time.
func (p *present) SpaceAt(id string, at time.Time) (Space, bool) {
	then := *p
	then.config.Now = func() time.Time { return at }
	return then.Space(id)
}

// WorldReport says how large the world is.
type WorldReport struct {
	Seed     uint64         `json:"seed"`
	Spaces   int            `json:"spaces"`
	Users    int            `json:"users"`
	Creators int            `json:"creators"`
	Topics   int            `json:"topics"`
	States   map[string]int `json:"states"` // Spaces by state
	Ticketed int            `json:"ticketed"`
	Tweeted  int            `json:"tweeted"` // Spaces with tweets
}

// World counts the Spaces one by one, which takes up to a tenth of a second.
func (p *present) World() WorldReport {
	w := p.world
	r := WorldReport{Seed: w.seed, Spaces: int(w.spaces), Users: int(w.users), Creators: int(w.creators),
		Topics: topicCount, States: map[string]int{}}
	for index := range w.spaces {
		state := p.stateNow(index)
		if state == stateUnmade {
			continue
		}
		r.States[state]++
		if w.ticketed(index) {
			r.Ticketed++
		}
		if w.tweetCount(index) > 0 {
			r.Tweeted++
		}
	}
	return r
}

// object is the truth about one thing.
func (p *present) object(kind, id string) (any, bool) {
	switch kind {
	case kindSpace:
		return found(p.Space(id))
	case kindUser:
		return found(p.User(id))
	case kindTopic:
		return found(p.Topic(id))
	case kindTweet:
		return found(p.Tweet(id))
	case kindMedia:
		return found(p.Media(id))
	case kindPoll:
		return found(p.Poll(id))
	case kindPlace:
		return found(p.Place(id))
	}
	return nil, false
}

func found[T any](v T, ok bool) (any, bool) { return v, ok }

// Salts of what changes, each in its own rhythm.
const (
	turnName = iota + 1
	turnProfile
	turnAffiliation
	turnWithheld
	turnHosts
	turnSpeakers
	turnInvited
	turnTopics
	turnTweet
)

// step is how many hours the changing world has moved.
func (p *present) step() uint64 {
	if !p.config.Change {
		return 0
	}
	return uint64(max(p.elapsed(), 0) / time.Hour)
}

// off tells whether something of a thing is gone this hour. It is there at the
// start, and comes and goes every few hours.
func (p *present) off(of, salt uint64) bool {
	step := p.step()
	return step > 0 && (mix(p.world.hash(forEvolution, of)^salt)+step)%5 < 2
}

// userNow is a user as the API would show it at this moment.
func (p *present) userNow(index uint64) User {
	u := p.world.user(index)
	step := p.step()
	if step == 0 {
		return u
	}
	u.Metrics.Followers += int64(mix(index+step/3) % 50)
	u.VerifiedFollowersCount = u.Metrics.Followers / 20
	if p.off(index, turnName) {
		u.Name = fmt.Sprintf("%s %d", u.Name, step/5)
		u.Username = fmt.Sprintf("r%d_%s", step/5, u.ID[len(u.ID)-8:])
	}
	if p.off(index, turnProfile) {
		u.Description, u.URL, u.Entities, u.PinnedTweetID = nil, nil, nil, nil
	}
	if p.off(index, turnAffiliation) {
		u.Affiliation = nil
	}
	if p.off(index, turnWithheld) {
		u.Withheld = nil
	} else if index%3 == 0 {
		u.Withheld = &Withheld{CountryCodes: []string{"DE", "FR", "TR"}[:1+step%3], Scope: "user"}
	}
	return u
}

// tweetNow is a tweet as the API would show it at this moment.
func (p *present) tweetNow(s spot) Tweet {
	t := p.world.tweet(s)
	if step := p.step(); step > 0 {
		t.Metrics.Likes += int64(step)
		if p.off(s.owner<<8|s.ordinal, turnTweet) {
			t.Withheld, t.References, t.Entities = nil, nil, nil
		} else if s.ordinal%4 == 0 {
			t.Withheld = &Withheld{CountryCodes: []string{"FR", "IN"}[:1+step%2], Scope: "tweet"}
		}
	}
	return t
}

// shrink empties lists of a Space. Those that are then sent are [], others are
// left out.
func (p *present) shrink(sp *Space, index uint64) {
	if p.off(index, turnHosts) {
		sp.HostIDs = []string{sp.CreatorID}
	}
	if p.off(index, turnSpeakers) {
		sp.SpeakerIDs = nil
	}
	if p.off(index, turnInvited) {
		sp.InvitedUserIDs = emptied(index)
	}
	if p.off(index, turnTopics) {
		sp.TopicIDs = emptied(index)
	}
}

// emptied is a list that is sent, or not sent, though nothing is in it.
func emptied(index uint64) []string {
	if index%4 == 3 {
		return nil
	}
	return []string{}
}
