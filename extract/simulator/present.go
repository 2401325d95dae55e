package simulator

import "time"

// present is the world as it is at this moment. Its exported methods tell the
// truth about it, and what in it can be asked for.
type present struct {
	config Config
	world  *world
	start  time.Time
	titled *titleIndex
}

func newPresent(config Config) *present {
	return &present{config, newWorld(config.Seed, config.Spaces, config.Epoch), config.Now(), newTitleIndex()}
}

// elapsed is how far the world has moved.
func (p *present) elapsed() time.Duration { return p.config.Now().Sub(p.start) }

// spaceNow is a Space as the API would show it at this moment.
func (p *present) spaceNow(index uint64) Space {
	sp := p.world.space(index)
	if p.config.Evolve {
		p.pace().evolve(p.world, &sp, index, p.elapsed())
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

func (p *present) pace() pace { return pace{p.config.EvolveOver, p.config.Life} }

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
