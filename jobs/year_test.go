package jobs_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// The variables that have the one seed to run, the days, and a folder in which that
// seed's store is kept, to look into it.
const (
	yearSeed = "SPACESETL_YEAR_SEED"
	yearDays = "SPACESETL_YEAR_DAYS"
	yearKeep = "SPACESETL_YEAR_STORE"
	yearFull = "SPACESETL_YEAR" // full: 400 days of four seeds, which takes hours
)

// fullYear reports whether the year is one.
func fullYear() bool { return os.Getenv(yearFull) == "full" }

// year is a job that runs every hour for many days, in a world that goes on, with
// everything going wrong that can: what it comes to is held against an observer
// whom nothing befalls.
type year struct {
	*testing.T
	seed   uint64
	days   int
	random *rand.Rand // of what the test decides between two starts
	clock  *clock
	world  *simulator.Simulator
	spec   jobs.Spec
	spells []spell
	beside string   // a folder beside the store, for backups and archives
	words  []string // that can be searched for
	people []string // who can be asked for

	token    int       // of those used up
	since    time.Time // when the token was new
	revive   int       // starts until somebody logs in again; 0 for nobody has to
	requests uint64    // that were looked at
	calm     int       // starts in a row to which nothing happened
	under    *start    // under way
	today    []*start  // since the last look
	bounds   allowance // what may be spent
	db       *sql.DB   // reads Parquet
	tally    yearTally

	runs   map[string]*runLog
	order  []string           // of the runs
	known  map[string]bool    // Spaces that are in the tables and were not seen ended
	tables map[string]bool    // Spaces that are in the tables
	shown  map[string]bool    // Spaces that the observer saw
	reads  map[bool][]reading // on the first days, and on the last
}

// yearTally is the line of a year in the table.
type yearTally struct {
	starts, kills, interrupts, outages, pages, refused, gaps, duplicates, edits, capped, statuses, restored int
	bill                                                                                                    float64
	low, high                                                                                               schemas.Money
	took                                                                                                    time.Duration
}

// A job that runs every hour is wedged by nothing, loses nothing that it does not
// name, pays for nothing twice and gets no slower.
func TestYear(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a start makes much garbage, and keeps little
	seeds, days := []uint64{1, 2, 3}, inFull(20, 8)
	switch {
	case fullYear():
		seeds, days = append(seeds, 4), 400
	case testing.Short() || scratchtest.Racing:
		seeds, days = seeds[:1], 3
	}
	if text := os.Getenv(yearDays); text != "" {
		days, _ = strconv.Atoi(text)
	}
	if text := os.Getenv(yearSeed); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", yearSeed, err)
		}
		seeds = []uint64{seed}
	}
	var mu sync.Mutex
	lines := map[uint64]string{}
	t.Run("seeds", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				y := newYear(t, seed, days)
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					lines[seed] = y.line()
				}()
				y.run()
			})
		}
	})
	text := yearHeader
	for _, seed := range seeds {
		text += "\n" + lines[seed]
	}
	t.Log("\n" + text)
}

// both reports whether a seed's tables go to DuckDB, too, which takes many times as
// long: of the seeds of the long test the fourth's do.
func both(seed uint64) bool { return fullYear() && seed%4 == 0 }

func newYear(t *testing.T, seed uint64, days int) *year {
	t.Helper()
	y := &year{
		T: t, beside: t.TempDir(), seed: seed, days: days, random: rand.New(rand.NewPCG(seed, 12)),
		clock: &clock{now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		runs:  map[string]*runLog{}, known: map[string]bool{}, tables: map[string]bool{}, shown: map[string]bool{}, reads: map[bool][]reading{},
	}
	y.Cleanup(func() {
		if y.Failed() {
			y.Logf("seed %d: to run it alone: %s=%d %s=%d go test ./jobs -run TestYear -v", seed, yearSeed, seed, yearDays, days)
		}
	})
	y.spells = y.weather()
	y.world = simulator.New(simulator.Config{
		Seed: seed, Spaces: max(yearSpaces*days, 60), Epoch: y.clock.now, Evolve: true, EvolveOver: time.Duration(days) * day, Life: 8 * time.Hour,
		Ended: []string{simulator.GoneError, simulator.GoneReturn}[seed%2], Missing: simulator.GoneError, Quirks: seed%3 == 2,
		Billing: simulator.Billing{ExpansionsBilled: seed%2 == 0, NoDedup: seed%3 == 1}, Trickle: time.Millisecond,
		Now: y.clock.Now, Faults: simulator.Faults{Rules: rulesOf(y.spells)},
	})
	server := httptest.NewServer(y)
	t.Cleanup(server.Close)
	y.job(server.URL)
	var err error
	if y.db, err = sql.Open("duckdb", ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.db.Close() })
	return y
}

const (
	day        = 24 * time.Hour
	yearSpaces = 40 // new Spaces a day
)

// job is the job as it is on the first day.
func (y *year) job(url string) {
	y.words = y.wordsFound()
	y.people = y.world.CreatorIDs(30)
	y.random.Shuffle(len(y.people), func(i, j int) { y.people[i], y.people[j] = y.people[j], y.people[i] })
	y.spec = jobs.Spec{
		Name: "year", Store: cmp.Or(os.Getenv(yearKeep), y.TempDir()), BaseURL: url, Follow: jobfile.FollowOpen, To: []string{"parquet"},
		Search:   []jobs.Search{{Query: y.words[0]}, {Query: y.words[1]}, {Query: y.words[2]}},
		Creators: append(slices.Clone(y.people[:5]), "@"+y.world.Usernames(1)[0]),
		Users:    []string{jobfile.UsersExpand, jobfile.UsersBatch, jobfile.UsersNone}[y.seed%3], Workers: []int{4, 1, 2}[y.seed%3],
		Deadline: 50 * time.Minute, Keep: policy.Policy{Raw: yearKept, Archive: filepath.Join(y.beside, "archive")},
	}
	if both(y.seed) {
		y.spec.To = []string{"parquet", "duckdb"}
	}
	y.spec.Defaults()
}

// wordsFound are words of titles, those first that searches find the most with.
func (y *year) wordsFound() []string {
	counts := map[string]int{}
	words := strings.Fields("bitcoin football climate jazz startups poetry gaming elections anime chess cooking medicine")
	for _, word := range words {
		for at := range 8 {
			counts[word] += len(y.world.Visible(simulator.Question{Query: word}, y.clock.now.Add(time.Duration(y.days)*day*time.Duration(at)/8)))
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return counts[b] - counts[a] })
	return words
}

// run is the year.
func (y *year) run() {
	began, first := time.Now(), y.clock.Now()
	defer func() { y.tally.took = time.Since(began) }()
	for d := range y.days {
		y.edit(d)
		for end := first.Add(time.Duration(d+1) * day); y.clock.Now().Before(end); {
			y.hour()
		}
		y.look(d)
		if y.Failed() {
			y.Fatalf("seed %d: day %d", y.seed, d)
		}
	}
	y.aged()
	y.whole(y.spec)
	y.restored()
}

// hour is a start, if one is killed perhaps another soon after it, and the time
// until the next full hour; in small every other hour is left out.
func (y *year) hour() {
	s := y.start(y.fate())
	if s.fate.cut() && y.random.IntN(2) == 0 {
		y.clock.pass(3 * time.Minute)
		y.start(fate{})
	}
	every := 2 * time.Hour
	if fullYear() {
		every = time.Hour
	}
	y.clock.to(y.clock.Now().Truncate(every).Add(every))
}

// fate decides what is done to a start: most are left alone.
func (y *year) fate() fate {
	switch n := y.random.IntN(1000); {
	case n < 12: // twice a week
		return fate{killAtStep: 1 + y.random.IntN(60)}
	case n < 18:
		return fate{killAtRequest: 1 + y.random.IntN(12)}
	case n < 50:
		return fate{interruptAt: 1 + y.random.IntN(12)}
	case n < 60:
		return fate{failAtStep: 1 + y.random.IntN(60)}
	}
	return fate{}
}

// edit changes the job now and then, as people do.
func (y *year) edit(d int) {
	if d == 0 || y.random.IntN(3) > 0 {
		return
	}
	y.tally.edits++
	s := &y.spec
	s.Search, s.Creators, s.With = slices.Clone(s.Search), slices.Clone(s.Creators), nil
	switch y.random.IntN(8) {
	case 0:
		word := y.words[y.random.IntN(len(y.words))]
		if !slices.ContainsFunc(s.Search, func(q jobs.Search) bool { return q.Query == word }) {
			s.Search = append(s.Search, jobs.Search{Query: word})
		}
	case 1:
		if len(s.Search) > 1 {
			s.Search = s.Search[1:]
		}
	case 2:
		if len(s.Creators) > 2 {
			s.Creators = s.Creators[1:]
		}
	case 3:
		if id := y.people[y.random.IntN(len(y.people))]; !slices.Contains(s.Creators, id) {
			s.Creators = append(s.Creators, id)
		}
	case 4:
		s.With = []string{"tweets"}
	case 5:
		s.Users = []string{jobfile.UsersExpand, jobfile.UsersBatch, jobfile.UsersNone}[y.random.IntN(3)]
	default:
		y.budget()
	}
}

// budget is another one.
func (y *year) budget() {
	dollars := func(n int) schemas.Money { m, _ := schemas.ParseMoney(fmt.Sprint(n)); return m }
	b := &y.spec.Budget
	b.Run, b.Day, b.Month = 0, 0, 0
	switch y.random.IntN(4) {
	case 0:
		b.Day = dollars(5 + y.random.IntN(60))
	case 1:
		b.Month = dollars(100 + y.random.IntN(1000))
	case 2:
		b.Run = dollars(1 + y.random.IntN(8))
	}
}

// deadline ends a start when the clock, not ours, says so.
func (y *year) deadline(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	y.clock.at(y.clock.Now().Add(y.spec.Deadline), func() { cancel(context.DeadlineExceeded) })
	return ctx, func() { y.clock.at(time.Time{}, nil); cancel(nil) }
}
