package extract

import (
	"math/rand/v2"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// tiny is a latency that does not count, of settings that are searched through.
const tiny = 4 * time.Nanosecond

func everywhere(limit int) map[schemas.Endpoint]int {
	limits := map[schemas.Endpoint]int{}
	for _, spec := range schemas.Specs() {
		limits[spec.Endpoint] = limit
	}
	return limits
}

var oneWindow = map[schemas.Endpoint]string{schemas.SpaceByID: "lookup", schemas.Spaces: "lookup", schemas.Creators: "lookup"}

// documented are settings with the limits of the API contract.
func documented() []setting {
	app, two := []holder{{"a", "x", ""}}, []holder{{"a", "x", ""}, {"b", "y", ""}}
	team := []holder{{"a", "x", ""}, {"b", "y", ""}, {"u", "x", "11"}, {"v", "x", "12"}, {"w", "y", "13"}}
	all := map[schemas.Endpoint]int{schemas.Creators: 120, schemas.Search: 60, schemas.Spaces: 200, schemas.Tweets: 2000, schemas.Buyers: 700, schemas.Users: 900}
	half := map[string]count{"a tweets": {150, 5 * time.Minute}, "b tweets": {300, 9 * time.Minute}, "u tweets": {299, 14 * time.Minute}, "u buyers": {10, time.Minute}}
	list := []setting{
		{name: "1 token, 1,000 tweet pages", tokens: app, work: map[schemas.Endpoint]int{schemas.Tweets: 1000}},
		{name: "5 tokens, 3,100 tweet pages", tokens: team, work: map[schemas.Endpoint]int{schemas.Tweets: 3100}},
		{name: "5 tokens, a job of everything", tokens: team, work: all},
		{name: "the same, windows used by others", tokens: team, work: all, used: half},
		{name: "the same, server an hour ahead", tokens: team, work: all, used: half, skew: time.Hour},
		{name: "the same, server an hour behind", tokens: team, work: all, used: half, skew: -time.Hour},
		{name: "buyers of 3 creators", tokens: team, work: map[schemas.Endpoint]int{schemas.Buyers: 950}},
		{name: "290 creator pages, 1 app", tokens: app, work: map[schemas.Endpoint]int{schemas.Creators: 290}},
		{name: "1,000 creator pages, 2 apps", tokens: two, work: map[schemas.Endpoint]int{schemas.Creators: 1000}},
		{name: "one window for all lookups", tokens: two, pools: oneWindow, work: map[schemas.Endpoint]int{schemas.SpaceByID: 700, schemas.Spaces: 700, schemas.Creators: 100}},
	}
	for i := range list {
		s := &list[i]
		s.limits, s.spacing, s.latency, s.workers = everywhere(300), time.Second, 200*time.Millisecond, 4
	}
	return list
}

// randomSetting has up to 6 tokens of up to 3 apps, limits that the client
// cannot know, windows begun by others, and work for up to 4 windows.
func randomSetting(dice *rand.Rand) setting {
	s := setting{limits: everywhere(0), work: map[schemas.Endpoint]int{}, used: map[string]count{}, spacing: time.Second,
		latency: time.Duration(20+dice.IntN(400)) * time.Millisecond, workers: 1 + dice.IntN(6),
		skew: time.Duration(dice.IntN(3)-1) * time.Duration(dice.IntN(3600)) * time.Second}
	for i := range 1 + dice.IntN(6) {
		h := holder{name: string(rune('a' + i)), app: string(rune('x' + dice.IntN(3)))}
		if dice.IntN(2) == 0 {
			h.owner = []string{"11", "12", "13"}[dice.IntN(3)]
		}
		s.tokens = append(s.tokens, h)
	}
	shared := 1 + dice.IntN(40)
	if dice.IntN(3) == 0 {
		s.pools = oneWindow
	}
	for _, e := range []schemas.Endpoint{schemas.SpaceByID, schemas.Spaces, schemas.Creators, schemas.Search, schemas.Tweets, schemas.Buyers, schemas.Users} {
		if s.limits[e] = 1 + dice.IntN(40); s.pools[e] != "" {
			s.limits[e] = shared
		}
		if dice.IntN(3) > 0 {
			s.work[e] = 1 + dice.IntN(4*s.limits[e]*len(s.tokens))
		}
		for _, h := range s.tokens {
			if dice.IntN(4) == 0 {
				s.used[h.name+" "+s.pool(e)] = count{dice.IntN(s.limits[e] + 1), time.Duration(1+dice.IntN(900_000)) * time.Millisecond}
			}
		}
	}
	return s
}

// smallSetting can be searched through.
func smallSetting(dice *rand.Rand) setting {
	s := setting{limits: everywhere(1 + dice.IntN(2)), work: map[schemas.Endpoint]int{}, used: map[string]count{}, spacing: time.Nanosecond,
		latency: tiny, workers: 4}
	for i := range 1 + dice.IntN(2) {
		s.tokens = append(s.tokens, holder{name: string(rune('a' + i)), owner: []string{"", "11"}[dice.IntN(2)]})
	}
	endpoints := []schemas.Endpoint{schemas.SpaceByID, schemas.Spaces, schemas.Tweets, schemas.Buyers}
	if dice.IntN(2) == 0 {
		s.pools = oneWindow
	}
	for range 2 {
		e := endpoints[dice.IntN(len(endpoints))]
		s.work[e] = 1 + dice.IntN(3)
		for _, h := range s.tokens {
			if dice.IntN(3) == 0 {
				s.used[h.name+" "+s.pool(e)] = count{dice.IntN(s.limits[e] + 1), time.Duration(1+dice.IntN(900)) * time.Second}
			}
		}
	}
	return s
}
