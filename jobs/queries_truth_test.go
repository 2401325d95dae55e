package jobs_test

import (
	"cmp"
	"html"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

func (s *demoStore) topics() [][]string {
	people := map[string][]float64{}
	for _, sp := range s.began() {
		for _, id := range sp.TopicIDs {
			topic, _ := s.world.Topic(id)
			people[topic.Name] = append(people[topic.Name], float64(sp.ParticipantCount))
		}
	}
	names := slices.SortedFunc(maps.Keys(people), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(people[b]), len(people[a])), cmp.Compare(a, b))
	})
	return first(3, names, func(name string) []string { return row(name, len(people[name]), math.Round(mean(people[name]))) })
}

func (s *demoStore) languages() [][]string {
	spaces, people := map[string]int{}, map[string][]float64{}
	for _, sp := range s.spaces {
		if spaces[sp.Lang]++; sp.State != "scheduled" {
			people[sp.Lang] = append(people[sp.Lang], float64(sp.ParticipantCount))
		}
	}
	langs := slices.SortedFunc(maps.Keys(spaces), func(a, b string) int {
		return cmp.Or(cmp.Compare(spaces[b], spaces[a]), cmp.Compare(a, b))
	})
	return first(len(langs), langs, func(lang string) []string {
		return row(lang, spaces[lang], decimals(1, 100*float64(spaces[lang])/float64(len(s.spaces))), quantile(people[lang], 0.5))
	})
}

func (s *demoStore) late() [][]string {
	minutes := map[bool][]float64{}
	for _, sp := range s.began() {
		if sp.ScheduledStart != nil {
			minutes[sp.IsTicketed] = append(minutes[sp.IsTicketed], sp.StartedAt.Sub(*sp.ScheduledStart).Minutes())
		}
	}
	return first(2, []bool{false, true}, func(ticketed bool) []string {
		m := minutes[ticketed]
		return row(ticketed, len(m), decimals(1, quantile(m, 0.5)), decimals(1, quantile(m, 0.9)), decimals(1, slices.Max(m)))
	})
}

func (s *demoStore) durations() [][]string {
	names := []string{"under 30 minutes", "30 to 60 minutes", "1 to 2 hours", "2 hours and more"}
	minutes, people := map[string][]float64{}, map[string][]float64{}
	for _, sp := range s.spaces {
		if sp.State != "ended" {
			continue
		}
		lasted, name := sp.EndedAt.Sub(*sp.StartedAt), names[3]
		for i, limit := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
			if lasted < limit {
				name = names[i]
				break
			}
		}
		minutes[name] = append(minutes[name], lasted.Minutes())
		people[name] = append(people[name], float64(sp.ParticipantCount))
	}
	return first(4, names, func(name string) []string {
		return row(name, len(minutes[name]), math.Round(mean(minutes[name])), math.Round(mean(people[name])))
	})
}

func (s *demoStore) retention() [][]string {
	weeks := map[string]map[time.Time]bool{} // by speaker; a week is its Monday
	for _, sp := range s.began() {
		day := sp.StartedAt.UTC().Truncate(24 * time.Hour)
		monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		for _, id := range sp.SpeakerIDs {
			if weeks[id] == nil {
				weeks[id] = map[time.Time]bool{}
			}
			weeks[id][monday] = true
		}
	}
	type cell struct{ first, week time.Time }
	speakers := map[cell]int{}
	for _, in := range weeks {
		begin := slices.MinFunc(slices.Collect(maps.Keys(in)), time.Time.Compare)
		for week := range in {
			speakers[cell{begin, week}]++
		}
	}
	cells := slices.SortedFunc(maps.Keys(speakers), func(a, b cell) int { return cmp.Or(a.first.Compare(b.first), a.week.Compare(b.week)) })
	return first(12, cells, func(c cell) []string {
		return row(c.first.Format(time.DateOnly), int(c.week.Sub(c.first).Hours()/24/7), speakers[c],
			decimals(1, 100*float64(speakers[c])/float64(speakers[cell{c.first, c.first}])))
	})
}

func (s *demoStore) tickets() [][]string {
	buyers := map[string]int{}
	for _, pair := range s.served.Buyers {
		buyers[pair[0]]++
	}
	var rows [][]string
	for _, id := range slices.SortedFunc(maps.Keys(buyers), func(a, b string) int { return cmp.Compare(buyers[b], buyers[a]) }) {
		sp, _ := s.world.Space(id)
		rows = append(rows, row(sp.Title, buyers[id], sp.ParticipantCount, decimals(1, 100*float64(buyers[id])/float64(sp.ParticipantCount))))
	}
	return rows[:min(3, len(rows))]
}

func (s *demoStore) tweets() [][]string {
	tweets := map[string][]simulator.Tweet{}
	for _, pair := range s.served.SpaceTweets {
		if tweet, ok := s.world.Tweet(pair[1]); ok {
			tweets[pair[0]] = append(tweets[pair[0]], tweet)
		}
	}
	ids := slices.SortedFunc(maps.Keys(tweets), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(tweets[b]), len(tweets[a])), cmp.Compare(a, b))
	})
	return first(5, ids, func(id string) []string {
		sp, _ := s.world.Space(id)
		var likes, shares int64
		authors, n := map[string]bool{}, len(tweets[id])
		for _, t := range tweets[id] {
			likes, shares = likes+t.Metrics.Likes, shares+t.Metrics.Retweets+t.Metrics.Quotes
			authors[t.AuthorID] = true
		}
		return row(sp.Title, n, len(authors), likes, shares, math.Round(float64(likes)/float64(n)))
	})
}

// liked are the tweets with the most likes: none of them is a retweet.
func (s *demoStore) liked() [][]string {
	spaces, tweets := map[string]int{}, []simulator.Tweet{}
	for _, pair := range s.served.SpaceTweets {
		tweet, ok := s.world.Tweet(pair[1])
		if spaces[tweet.ID]++; ok && spaces[tweet.ID] == 1 {
			tweets = append(tweets, tweet)
		}
	}
	slices.SortFunc(tweets, func(a, b simulator.Tweet) int {
		return cmp.Or(cmp.Compare(b.Metrics.Likes, a.Metrics.Likes), cmp.Compare(a.ID, b.ID))
	})
	return first(3, tweets, func(t simulator.Tweet) []string {
		text := []rune(html.UnescapeString(t.Text))
		if t.NoteText != nil {
			text = []rune(html.UnescapeString(*t.NoteText))
		}
		return row(s.users[t.AuthorID].Username, t.Metrics.Likes, strings.TrimSpace(string(text[:min(40, len(text))])), spaces[t.ID])
	})
}

func (s *demoStore) verified() [][]string {
	speakers, people := map[string]map[string]bool{}, map[string][]float64{}
	for _, sp := range s.spaces {
		for _, id := range sp.SpeakerIDs {
			kind := cmp.Or(s.users[id].VerifiedType, "unknown")
			if speakers[kind] == nil {
				speakers[kind] = map[string]bool{}
			}
			speakers[kind][id] = true
			people[kind] = append(people[kind], float64(sp.ParticipantCount))
		}
	}
	kinds := slices.SortedFunc(maps.Keys(speakers), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(speakers[b]), len(speakers[a])), cmp.Compare(a, b))
	})
	return first(len(kinds), kinds, func(kind string) []string {
		n, times := len(speakers[kind]), len(people[kind])
		return row(kind, n, times, decimals(2, float64(times)/float64(n)), math.Round(mean(people[kind])))
	})
}

func (s *demoStore) states() [][]string {
	spaces, most := map[string]int{}, map[string]int64{}
	for _, sp := range s.spaces {
		spaces[sp.State]++
		most[sp.State] = max(most[sp.State], sp.ParticipantCount)
	}
	states := slices.Sorted(maps.Keys(spaces))
	return first(len(states), states, func(state string) []string { return row(state, spaces[state], most[state]) })
}

func (s *demoStore) invited() [][]string {
	invited, spoke := map[string]int{}, map[string]int{}
	for _, sp := range s.spaces {
		for _, id := range sp.InvitedUserIDs {
			if sp.StartedAt == nil {
				continue
			}
			if invited[id]++; slices.Contains(sp.SpeakerIDs, id) {
				spoke[id]++
			}
		}
	}
	return first(5, s.named(invited), func(id string) []string { return row(s.users[id].Username, invited[id], spoke[id]) })
}

func (s *demoStore) buyers() [][]string {
	tickets, spoke := map[string]int{}, map[string]int{}
	for _, pair := range s.served.Buyers {
		sp, _ := s.world.Space(pair[0])
		if tickets[pair[1]]++; slices.Contains(sp.SpeakerIDs, pair[1]) {
			spoke[pair[1]]++
		}
	}
	return first(5, s.named(tickets), func(id string) []string { return row(s.users[id].Username, tickets[id], spoke[id]) })
}

func (s *demoStore) hostsTogether() [][]string {
	together, fullest := map[[2]string]int{}, map[[2]string]int64{}
	for _, sp := range s.spaces {
		for _, one := range sp.HostIDs {
			for _, other := range sp.HostIDs {
				if pair := [2]string{s.users[one].Username, s.users[other].Username}; pair[0] != "" && pair[0] < pair[1] {
					together[pair]++
					fullest[pair] = max(fullest[pair], sp.ParticipantCount)
				}
			}
		}
	}
	pairs := slices.SortedFunc(maps.Keys(together), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(together[b], together[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return first(5, pairs, func(p [2]string) []string { return row(p[0], p[1], together[p], fullest[p]) })
}

func (s *demoStore) hashtags() [][]string {
	tweets, spaces := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, pair := range s.served.SpaceTweets {
		tweet, ok := s.world.Tweet(pair[1])
		for _, in := range []*simulator.Entities{tweet.Entities, tweet.NoteEntities} {
			if !ok || in == nil {
				continue
			}
			for _, h := range in.Hashtags {
				tag := strings.ToLower(h.Tag)
				if tweets[tag] == nil {
					tweets[tag], spaces[tag] = map[string]bool{}, map[string]bool{}
				}
				tweets[tag][tweet.ID], spaces[tag][pair[0]] = true, true
			}
		}
	}
	tags := slices.SortedFunc(maps.Keys(tweets), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(tweets[b]), len(tweets[a])), cmp.Compare(a, b))
	})
	return first(5, tags, func(tag string) []string { return row(tag, len(tweets[tag]), len(spaces[tag])) })
}
