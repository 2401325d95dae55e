package jobs_test

import (
	"cmp"
	"database/sql"
	"maps"
	"math"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/ready"
)

// demoStore is the store that the demo makes, with its world at hand.
type demoStore struct {
	db     *sql.DB
	world  *simulator.Simulator
	served simulator.Served
	spaces []simulator.Space         // those served
	users  map[string]simulator.User // those served
}

// newDemoStore runs the demo's job in the demo's world, without its waits.
func newDemoStore(t testing.TB) *demoStore {
	t.Helper()
	cfg, creator := ready.DemoWorld(1, 1000)
	cfg.Limits = map[string]int{"*": 100_000}
	world := simulator.New(cfg)
	server := httptest.NewServer(world)
	defer server.Close()
	spec := ready.Demo(world, creator, t.TempDir(), server.URL)
	ran(t, spec, jobs.Options{
		Tokens: jobs.Tokens{App: ready.DemoAppToken, User: ready.DemoUserToken},
		Client: func(x *extract.Config) { x.CreatorSpacing = time.Nanosecond },
	})
	s := &demoStore{db: openStore(t, spec.Store), world: world, served: world.Served(), users: map[string]simulator.User{}}
	for _, id := range s.served.Spaces {
		sp, _ := world.Space(id)
		s.spaces = append(s.spaces, sp)
	}
	for _, id := range s.served.Users {
		s.users[id], _ = world.User(id)
	}
	return s
}

func (s *demoStore) answers() answers {
	return answers{
		"01-liveliest-spaces":     s.liveliest,
		"03-who-speaks-most":      s.speaksMost,
		"04-who-speaks-with-whom": s.speaksWith,
		"05-hosts-by-audience":    s.hosts,
		"06-hours-of-the-week":    s.hours,
		"07-topics-and-audiences": s.topics,
		"08-languages":            s.languages,
		"10-late-starts":          s.late,
		"11-durations":            s.durations,
		"12-speakers-who-return":  s.retention,
		"13-tickets":              s.tickets,
		"14-tweets-shared":        s.tweets,
		"20-verified-speakers":    s.verified,
		"21-parquet-files":        s.states,
		"24-days":                 s.days,
		"25-people":               s.people,

		"26-tweets-and-their-authors": s.liked,

		"27-invited-and-silent": s.invited,
		"28-who-buys-tickets":   s.buyers,
		"29-who-hosts-together": s.hostsTogether,
		"30-hashtags":           s.hashtags,
	}
}

func (s *demoStore) days() [][]string {
	people := map[string][]float64{}
	for _, sp := range s.began() {
		date := sp.StartedAt.UTC().Format(time.DateOnly)
		people[date] = append(people[date], float64(sp.ParticipantCount))
	}
	days := slices.SortedFunc(maps.Keys(people), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(people[b]), len(people[a])), cmp.Compare(a, b))
	})
	return first(5, days, func(date string) []string {
		return row(date, len(people[date]), slices.Max(people[date]), math.Round(mean(people[date])))
	})
}

func (s *demoStore) people() [][]string {
	hosted, spoken, audience, fullest := map[string]int{}, map[string]int{}, map[string]int64{}, map[string]int64{}
	for _, sp := range s.spaces {
		hosts := map[string]bool{sp.CreatorID: true}
		for _, id := range sp.HostIDs {
			hosts[id] = true
		}
		for id := range hosts {
			hosted[id]++
			audience[id] += sp.ParticipantCount
			fullest[id] = max(fullest[id], sp.ParticipantCount)
		}
		for _, id := range sp.SpeakerIDs {
			spoken[id]++
		}
	}
	return first(5, s.named(hosted), func(id string) []string {
		return row(s.users[id].Username, hosted[id], spoken[id], audience[id], fullest[id])
	})
}

// began are the Spaces that took place, as far as is known.
func (s *demoStore) began() []simulator.Space {
	return slices.DeleteFunc(slices.Clone(s.spaces), func(sp simulator.Space) bool { return sp.State == "scheduled" })
}

func (s *demoStore) liveliest() [][]string {
	all := slices.SortedFunc(slices.Values(s.spaces), func(a, b simulator.Space) int {
		return cmp.Or(cmp.Compare(b.ParticipantCount, a.ParticipantCount), cmp.Compare(a.ID, b.ID))
	})
	var rows [][]string
	for _, sp := range all[:3] {
		rows = append(rows, row(sp.Title, s.users[sp.CreatorID].Username, sp.State, sp.ParticipantCount, len(sp.SpeakerIDs)))
	}
	return rows
}

func (s *demoStore) speaksMost() [][]string {
	spaces := map[string]int{}
	for _, sp := range s.spaces {
		for _, id := range sp.SpeakerIDs {
			spaces[id]++
		}
	}
	return first(3, s.named(spaces), func(id string) []string {
		return row(s.users[id].Username, spaces[id], s.users[id].Metrics.Followers)
	})
}

// named orders the users that were served by number, then name.
func (s *demoStore) named(by map[string]int) []string {
	maps.DeleteFunc(by, func(id string, _ int) bool { return s.users[id].ID == "" })
	return slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(s.users[a].Username, s.users[b].Username))
	})
}

func (s *demoStore) speaksWith() [][]string {
	together := map[[2]string]int{}
	for _, sp := range s.spaces {
		for _, one := range sp.SpeakerIDs {
			for _, other := range sp.SpeakerIDs {
				if a, b := s.users[one].Username, s.users[other].Username; a != "" && a < b {
					together[[2]string{a, b}]++
				}
			}
		}
	}
	pairs := slices.SortedFunc(maps.Keys(together), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(together[b], together[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return first(5, pairs, func(p [2]string) []string { return row(p[0], p[1], together[p]) })
}

func (s *demoStore) hosts() [][]string {
	spaces, people := map[string]int{}, map[string]int{}
	for _, sp := range s.began() {
		for _, id := range sp.HostIDs {
			spaces[id]++
			people[id] += int(sp.ParticipantCount)
		}
	}
	return first(5, s.named(people), func(id string) []string {
		return row(s.users[id].Username, spaces[id], people[id], math.Round(float64(people[id])/float64(spaces[id])))
	})
}

func (s *demoStore) hours() [][]string {
	people := map[[2]int][]float64{} // by day from Monday and hour
	for _, sp := range s.began() {
		slot := [2]int{(int(sp.StartedAt.UTC().Weekday()) + 6) % 7, sp.StartedAt.UTC().Hour()}
		people[slot] = append(people[slot], float64(sp.ParticipantCount))
	}
	slots := slices.SortedFunc(maps.Keys(people), func(a, b [2]int) int {
		return cmp.Or(cmp.Compare(len(people[b]), len(people[a])), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return first(5, slots, func(slot [2]int) []string {
		return row(time.Weekday((slot[0]+1)%7).String(), slot[1], len(people[slot]), math.Round(quantile(people[slot], 0.5)))
	})
}

// first makes rows of the first n.
func first[T any](n int, list []T, make func(T) []string) [][]string {
	var rows [][]string
	for _, v := range list[:min(n, len(list))] {
		rows = append(rows, make(v))
	}
	return rows
}

// row is a row as printedRows gives it.
func row(values ...any) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case *string:
			if v != nil {
				texts[i] = *v
			}
		case float64:
			texts[i] = strconv.FormatFloat(v, 'f', -1, 64)
		case time.Time:
			texts[i] = v.UTC().Format("2006-01-02 15:04:05.999999-07")
		default:
			texts[i] = cellText(v)
		}
	}
	return texts
}

// quantile is the value below which a share lies, between two where it falls
// between them.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}

// mean is the average, and decimals rounds to so many.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func decimals(n int, v float64) float64 {
	scale := math.Pow10(n)
	return math.Round(v*scale) / scale
}
