package jobs_test

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// A followed store is of a job that ran so often, with so much time between.
const (
	followedRuns  = 6
	followedEvery = 6 * time.Hour
)

// followedStore is the store of a job that ran several times in a world that
// goes on: Spaces start, end and vanish, and people win followers.
type followedStore struct {
	db   *sql.DB
	runs []followedRun
}

// followedRun is what the server knows of one run.
type followedRun struct {
	at      time.Time
	spaces  map[string]simulator.Space // those served
	users   map[string]simulator.User
	answers []*answer
}

func newFollowedStore(t *testing.T) *followedStore {
	t.Helper()
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) // the simulated world's first moment
	run := 0
	world := simulator.New(simulator.Config{
		Spaces: 300, NoRateLimits: true, Evolve: true, Change: true, EvolveOver: 2 * followedRuns * followedEvery, Ended: simulator.GoneError,
		Now: func() time.Time { return now },
	})
	listener := &tap{next: world}
	server := httptest.NewServer(popular{listener, func() int { return run }})
	defer server.Close()
	spec := jobs.Spec{
		Name: "followed", Store: t.TempDir(), BaseURL: server.URL, Follow: jobfile.FollowOpen,
		IDs: world.SpaceIDs(120), Creators: world.CreatorIDs(20), With: []string{"tweets"}, To: []string{"parquet"},
	}
	spec.Defaults()
	s := &followedStore{}
	for ; run < followedRuns; run++ {
		world.Reset()
		listener.answers = nil
		ran(t, spec, jobs.Options{
			Tokens: jobs.Tokens{App: "token-of-the-followed-test"}, Now: func() time.Time { return now },
			Client: func(cfg *extract.Config) {
				cfg.Now, cfg.CreatorSpacing = func() time.Time { return now }, time.Nanosecond
			},
		})
		listener.parse(t)
		s.runs = append(s.runs, newFollowedRun(now, world, listener.answers))
		now = now.Add(followedEvery)
	}
	spec.To = []string{"duckdb"} // made once, of all runs, which takes less time than with each
	for _, err := range jobs.Open(spec, jobs.Options{}).Replay(t.Context(), jobs.ReplayOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.db = openStore(t, spec.Store)
	return s
}

func newFollowedRun(at time.Time, world *simulator.Simulator, answers []*answer) followedRun {
	r := followedRun{at: at, spaces: map[string]simulator.Space{}, users: map[string]simulator.User{}, answers: answers}
	served := world.Served()
	for _, id := range served.Spaces {
		r.spaces[id], _ = world.Space(id)
	}
	for _, id := range served.Users {
		r.users[id], _ = world.User(id)
	}
	return r
}

// popular changes the answers of a server: with each run people have more
// followers, and tweets more likes, see won.
type popular struct {
	next http.Handler
	run  func() int
}

var followers = regexp.MustCompile(`"(?:followers|like)_count":\d+`)

func (p popular) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Accept-Encoding")
	answer := httptest.NewRecorder()
	p.next.ServeHTTP(answer, r)
	body := followers.ReplaceAllFunc(answer.Body.Bytes(), func(text []byte) []byte {
		name, digits, _ := bytes.Cut(text, []byte(":"))
		n, _ := strconv.ParseInt(string(digits), 10, 64)
		return strconv.AppendInt(append(slices.Clone(name), ':'), n+won(n, p.run()), 10)
	})
	maps.Copy(w.Header(), answer.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // the reader may be gone
}

// won is how many followers someone with n of them wins in so many runs.
func won(n int64, runs int) int64 { return int64(runs) * (n % 997) }

func (s *followedStore) answers() answers {
	return answers{
		"02-people-over-time":  s.overTime,
		"09-no-shows":          s.noShows,
		"15-new-followers":     s.newFollowers,
		"16-vanished-spaces":   s.vanished,
		"17-as-of":             s.asOf,
		"19-requests-and-cost": s.cost,

		"22-what-became-of-them":  s.became,
		"23-audience-of-each-run": s.audience,
		"31-joined-and-left":      s.joinedAndLeft,
		"32-likes-over-time":      s.likes,
	}
}

func (s *followedStore) became() [][]string {
	spaces, planned, people := map[string]int{}, map[string]int{}, map[string]int64{}
	for _, k := range s.known() {
		status := k.State
		switch looked := cmp.Or(k.gone, k.seen); {
		case status == "scheduled" && !looked.Before(k.ScheduledStart.Add(time.Hour)):
			status = "no_show"
		case status == "scheduled" && !k.gone.IsZero():
			status = "cancelled"
		case status == "live" && !k.gone.IsZero():
			status = "gone"
		}
		spaces[status]++
		if k.ScheduledStart != nil {
			planned[status]++
		}
		people[status] = max(people[status], slices.Max(k.people))
	}
	return first(len(spaces), slices.SortedFunc(maps.Keys(spaces), func(a, b string) int {
		return cmp.Or(cmp.Compare(spaces[b], spaces[a]), cmp.Compare(a, b))
	}), func(status string) []string { return row(status, spaces[status], planned[status], people[status]) })
}

func (s *followedStore) audience() [][]string {
	var rows [][]string
	for _, run := range s.runs {
		n, people, fullest := 0, int64(0), int64(0)
		for _, sp := range run.spaces {
			if sp.State == "live" {
				n, people, fullest = n+1, people+sp.ParticipantCount, max(fullest, sp.ParticipantCount)
			}
		}
		if n > 0 {
			rows = append(rows, row(run.at, n, people, fullest))
		}
	}
	return rows
}

// known is what the store should know of a Space.
type known struct {
	simulator.Space           // when last seen
	creator         string    // username, if ever seen
	seen            time.Time // last
	gone            time.Time // when it was asked for in vain; zero if never
	people          []int64   // in every run that saw it
	times           []time.Time
}

// known lists the Spaces that were seen. A Space that is not over is asked for
// in every later run.
func (s *followedStore) known() map[string]*known {
	all, names := map[string]*known{}, map[string]string{}
	for _, run := range s.runs {
		for id, k := range all {
			if _, ok := run.spaces[id]; !ok && k.gone.IsZero() {
				k.gone = run.at
			}
		}
		for id, sp := range run.spaces {
			if all[id] == nil {
				all[id] = &known{}
			}
			k := all[id]
			k.Space, k.seen = sp, run.at
			k.people, k.times = append(k.people, sp.ParticipantCount), append(k.times, run.at)
		}
		for id, user := range run.users {
			names[id] = user.Username
		}
	}
	for _, k := range all {
		k.creator = names[k.CreatorID]
	}
	return all
}

func (s *followedStore) overTime() [][]string {
	spread := func(k *known) int64 { return slices.Max(k.people) - slices.Min(k.people) }
	most := slices.SortedFunc(maps.Values(s.known()), func(a, b *known) int {
		return cmp.Or(cmp.Compare(spread(b), spread(a)), cmp.Compare(a.ID, b.ID))
	})[0]
	var rows [][]string
	for i, people := range most.people {
		change := ""
		if i > 0 {
			change = row(people - most.people[i-1])[0]
		}
		rows = append(rows, row(most.times[i], s.runs[slices.IndexFunc(s.runs, func(r followedRun) bool { return r.at.Equal(most.times[i]) })].spaces[most.ID].State, people, change))
	}
	return rows
}

func (s *followedStore) noShows() [][]string {
	var missed []*known
	looked := func(k *known) time.Time {
		if k.gone.IsZero() {
			return k.seen
		}
		return k.gone
	}
	for _, k := range s.known() {
		if k.State == "scheduled" && !looked(k).Before(k.ScheduledStart.Add(time.Hour)) {
			missed = append(missed, k)
		}
	}
	slices.SortFunc(missed, func(a, b *known) int {
		return cmp.Or(a.ScheduledStart.Compare(*b.ScheduledStart), cmp.Compare(a.ID, b.ID))
	})
	return first(5, missed, func(k *known) []string {
		return row(k.Title, k.creator, *k.ScheduledStart, looked(k), !k.gone.IsZero())
	})
}

func (s *followedStore) vanished() [][]string {
	var gone []*known
	for _, k := range s.known() {
		if !k.gone.IsZero() {
			gone = append(gone, k)
		}
	}
	slices.SortFunc(gone, func(a, b *known) int { return cmp.Or(a.gone.Compare(b.gone), cmp.Compare(a.ID, b.ID)) })
	return first(5, gone, func(k *known) []string {
		return row(k.Title, k.creator, k.State, slices.Max(k.people), k.seen, k.gone)
	})
}

func (s *followedStore) asOf() [][]string {
	spaces := map[[2]string]int{}
	for id, k := range s.known() {
		spaces[[2]string{cmp.Or(s.runs[0].spaces[id].State, "not known yet"), k.State}]++
	}
	pairs := slices.SortedFunc(maps.Keys(spaces), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return first(len(pairs), pairs, func(p [2]string) []string { return row(p[0], p[1], spaces[p]) })
}

func (s *followedStore) newFollowers() [][]string {
	speakers, begin, end := map[string]bool{}, map[string]int{}, map[string]int{}
	users, atFirst := map[string]simulator.User{}, map[string]int64{}
	for i, run := range s.runs {
		for id, user := range run.users {
			if _, ok := users[id]; !ok {
				begin[id], atFirst[id] = i, user.Metrics.Followers
			}
			users[id], end[id] = user, i
		}
	}
	for _, k := range s.known() {
		for _, id := range k.SpeakerIDs {
			speakers[id] = true
		}
	}
	gain := func(u simulator.User) int64 {
		n, m := u.Metrics.Followers, atFirst[u.ID]
		return n + won(n, end[u.ID]) - m - won(m, begin[u.ID])
	}
	maps.DeleteFunc(users, func(id string, u simulator.User) bool { return !speakers[id] || gain(u) == 0 })
	most := slices.SortedFunc(maps.Values(users), func(a, b simulator.User) int {
		return cmp.Or(cmp.Compare(gain(b), gain(a)), cmp.Compare(a.Username, b.Username))
	})
	return first(5, most, func(u simulator.User) []string {
		n, m := u.Metrics.Followers, atFirst[u.ID]
		return row(u.Username, m+won(m, begin[u.ID]), n+won(n, end[u.ID]), gain(u))
	})
}

func (s *followedStore) cost() [][]string {
	var rows [][]string
	for _, run := range s.runs {
		pages, objects := map[string]int{}, map[string]int{}
		for _, a := range run.answers {
			pages[a.endpoint]++
			objects[a.endpoint] += len(a.data)
		}
		for _, endpoint := range slices.Sorted(maps.Keys(pages)) {
			price := map[string]float64{"buyers": 0.010, "users": 0.010, "usernames": 0.010, "me": 0.010}[endpoint]
			dollars := strconv.FormatFloat(float64(objects[endpoint])*cmp.Or(price, 0.005), 'f', 3, 64)
			rows = append(rows, row(run.at, endpoint, pages[endpoint], pages[endpoint], objects[endpoint], dollars))
		}
	}
	return rows[:min(12, len(rows))]
}

func (s *followedStore) likes() [][]string {
	type tweet struct {
		id                 string
		first, last, pages int64
	}
	all := map[string]*tweet{}
	for i, run := range s.runs {
		for _, a := range run.answers {
			for id, copies := range a.objects()["tweet"] {
				var metrics simulator.TweetMetrics
				if err := json.Unmarshal(copies[len(copies)-1]["public_metrics"], &metrics); err != nil {
					panic(err)
				}
				n := metrics.Likes + won(metrics.Likes, i)
				if all[id] == nil {
					all[id] = &tweet{id: id, first: n}
				}
				all[id].last = n
				all[id].pages++
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, t *tweet) bool { return t.pages < 2 })
	most := slices.SortedFunc(maps.Values(all), func(a, b *tweet) int {
		return cmp.Or(cmp.Compare(b.last-b.first, a.last-a.first), cmp.Compare(a.id, b.id))
	})
	return first(5, most, func(t *tweet) []string { return row(t.id, t.first, t.last, t.last-t.first, t.pages) })
}

func (s *followedStore) joinedAndLeft() [][]string {
	type role struct{ space, user, role string }
	type stay struct {
		role
		since time.Time
		until any
	}
	var came []*stay
	now, seen, known, names := map[role]*stay{}, map[string]bool{}, s.known(), map[string]string{}
	for _, run := range s.runs {
		for id, user := range run.users {
			names[id] = user.Username
		}
		for id, sp := range run.spaces {
			for name, ids := range map[string][]string{"creator": {sp.CreatorID}, "host": sp.HostIDs, "speaker": sp.SpeakerIDs, "invited": sp.InvitedUserIDs} {
				if len(ids) == 0 && name != "speaker" {
					continue // it tells nothing
				}
				there := map[role]bool{}
				for _, user := range ids {
					r := role{id, user, name}
					there[r] = true
					if now[r] == nil {
						now[r] = &stay{r, run.at, ""}
						if seen[id] {
							came = append(came, now[r])
						}
					}
				}
				for r, stay := range now {
					if r.space == id && r.role == name && !there[r] {
						stay.until = run.at
						delete(now, r)
					}
				}
			}
			seen[id] = true
		}
	}
	slices.SortFunc(came, func(a, b *stay) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.space, b.space), cmp.Compare(names[a.user], names[b.user]), cmp.Compare(a.role.role, b.role.role))
	})
	return first(5, came, func(c *stay) []string {
		return row(known[c.space].Title, names[c.user], c.role.role, c.since, c.until)
	})
}
