package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// corpus is the input of a benchmark: a store with one run of landed pages and
// no tables, and the same pages as plain lines for the baseline.
type corpus struct {
	MB     int         `json:"mb"`
	Seed   uint64      `json:"seed"`
	Run    string      `json:"run"`
	Pages  int         `json:"pages"`
	Bytes  int64       `json:"bytes"`        // of the bodies
	Landed int64       `json:"landed_bytes"` // on disk, compressed
	Kinds  []kindFacts `json:"kinds"`
	Spaces sightings   `json:"spaces"`
	Users  sightings   `json:"users"`

	dir string
}

// sightings is how often objects of one kind are in a corpus.
type sightings struct {
	Objects   int `json:"objects"`
	Sightings int `json:"sightings"`

	seen map[string]bool
}

func (s *sightings) add(ids []string) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	for _, id := range ids {
		s.seen[id] = true
	}
	s.Objects, s.Sightings = len(s.seen), s.Sightings+len(ids)
}

// repeated is the share of sightings of what was seen before.
func (s sightings) repeated() float64 {
	return 1 - float64(s.Objects)/float64(max(s.Sightings, 1))
}

// kindFacts is what one endpoint has in a corpus.
type kindFacts struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Pages    int              `json:"pages"`
	Bytes    int64            `json:"bytes"`
}

// corpusFile is written last: a folder without it is no corpus.
const corpusFile = "bench.json"

// folder is the corpus as spacesetl takes it.
func (c *corpus) folder() store.Dir { return store.Dir(c.dir) }

// plain is the folder of the baseline's files.
func (c *corpus) plain() string { return filepath.Join(c.dir, "plain") }

// clock is when every benchmark run starts; the simulated world is
// photographed at that time.
func clock() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

// pageEvery is the time between two pages: a run at four pages a second, with
// microseconds that differ from page to page.
const pageEvery = 250*time.Millisecond + time.Microsecond

// corpusTask is the corpus to take or make.
type corpusTask struct {
	Dir   string `json:"dir"`
	MB    int    `json:"mb"`
	Seed  uint64 `json:"seed"`
	Plain bool   `json:"plain"` // with the baseline's files
}

// open takes the corpus in the folder if it is the one asked for, or makes it.
func (t corpusTask) open(ctx context.Context) (*corpus, error) {
	c, err := t.kept()
	if err != nil {
		return nil, err
	}
	if c == nil {
		if c, err = t.make(ctx); err != nil {
			return nil, err
		}
	}
	if t.Plain {
		return c, c.writePlain()
	}
	return c, nil
}

// kept is the corpus in the folder; nil when the folder is empty.
func (t corpusTask) kept() (*corpus, error) {
	path := filepath.Join(t.Dir, corpusFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(t.Dir)
		if err == nil && len(entries) > 0 {
			return nil, fmt.Errorf("%s is not empty and holds no benchmark: give another -keep folder", t.Dir)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := &corpus{dir: t.Dir}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.MB != t.MB || c.Seed != t.Seed {
		return nil, fmt.Errorf("%s holds %d MB of seed %d, not %d MB of seed %d: give another -keep folder", t.Dir, c.MB, c.Seed, t.MB, t.Seed)
	}
	return c, nil
}

// make makes the corpus beside its folder, which gets its name last.
func (t corpusTask) make(ctx context.Context) (*corpus, error) {
	if err := os.MkdirAll(t.Dir, 0o755); err != nil {
		return nil, err
	}
	// The umask decides on the folder's mode, which os.MkdirTemp leaves it no say in.
	temporary := filepath.Join(filepath.Dir(t.Dir), fmt.Sprintf("_%s-%d", filepath.Base(t.Dir), rand.Uint64()))
	if err := os.Mkdir(temporary, 0o755); err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary) // gone already when all went well
	c, err := makeCorpus(ctx, temporary, t.MB, t.Seed)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Remove(t.Dir), os.Rename(temporary, t.Dir)); err != nil {
		return nil, err
	}
	c.dir = t.Dir
	return c, nil
}

// makeCorpus fills dir. Equal sizes and seeds make equal files.
func makeCorpus(ctx context.Context, dir string, mb int, seed uint64) (*corpus, error) {
	c := &corpus{MB: mb, Seed: seed, dir: dir}
	plan := store.Plan{Job: "bench", Dialect: schemas.TweetDialect, Buyers: true, Tweets: true}
	locked, err := c.folder().Lock()
	if err != nil {
		return nil, err
	}
	defer locked.Unlock()
	planned, err := locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "bench", clock())
	if err != nil {
		return nil, err
	}
	c.Run = planned.Run.RunID
	pages, err := landing.Open(locked, c.Run, nil)
	if err != nil {
		return nil, err
	}
	err = c.land(ctx, pages)
	if err = errors.Join(err, pages.Close()); err != nil {
		return nil, err
	}
	segments, err := c.segments()
	if err != nil {
		return nil, err
	}
	if c.Landed, err = sizeOf(segments...); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, err
	}
	return c, os.WriteFile(filepath.Join(dir, corpusFile), append(text, '\n'), 0o644)
}

// shares of the corpus by kind of page, in percent of its bytes, in the order
// a run fetches them.
var shares = []struct {
	percent int
	units   func(*world) unitSource
}{
	{40, (*world).spacePages},
	{30, (*world).buyerPages},
	{30, (*world).tweetPages},
}

// spacesPerMB makes four of five user objects repeats: a world with more
// Spaces has more users.
const spacesPerMB = 150

// land asks for pages until there are enough of each kind.
func (c *corpus) land(ctx context.Context, into *landing.Writer) error {
	w := newWorld(simulator.Config{
		Seed: c.Seed, Spaces: c.MB * spacesPerMB, NoRateLimits: true, ForgetSeen: true, Now: clock,
	})
	for _, share := range shares {
		budget := int64(c.MB) * 1e6 * int64(share.percent) / 100
		if err := c.landKind(ctx, into, w, share.units(w), budget); err != nil {
			return err
		}
	}
	return nil
}

// batchUnits is how many units are made at a time.
const batchUnits = 16

// landKind lands pages of one kind. They are made by all cores and landed in
// order: the files do not depend on who was faster.
func (c *corpus) landKind(ctx context.Context, into *landing.Writer, w *world, next unitSource, budget int64) error {
	for budget > 0 {
		units := next.batch(batchUnits)
		if len(units) == 0 {
			return nil
		}
		made := make([][]answered, len(units))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0))
		for i, first := range units {
			g.Go(func() (err error) { made[i], err = w.collection(ctx, first); return err })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, pages := range made {
			for _, p := range pages {
				if budget <= 0 {
					return nil
				}
				if err := c.put(into, p); err != nil {
					return err
				}
				budget -= int64(len(p.Body))
			}
		}
	}
	return nil
}

// put lands one page and counts it.
func (c *corpus) put(into *landing.Writer, p answered) error {
	c.Spaces.add(p.spaces)
	c.Users.add(p.users)
	c.Pages++
	p.RunID, p.FetchedAt = c.Run, clock().Add(time.Duration(c.Pages)*pageEvery)
	p.Headers = headers(p.FetchedAt, c.Pages)
	c.Bytes += int64(len(p.Body))
	at := -1
	for i := range c.Kinds {
		if c.Kinds[i].Endpoint == p.Request.Endpoint {
			at = i
		}
	}
	if at < 0 {
		at, c.Kinds = len(c.Kinds), append(c.Kinds, kindFacts{Endpoint: p.Request.Endpoint})
	}
	c.Kinds[at].Pages++
	c.Kinds[at].Bytes += int64(len(p.Body))
	return into.Put(p.Page)
}

// headers are what the API sends with the n-th page: the simulator keeps no
// limits here, as they would make it wait.
func headers(at time.Time, n int) schemas.Headers {
	const window, limit = 15 * time.Minute, 300
	return schemas.Headers{
		Limit: strconv.Itoa(limit), Remaining: strconv.Itoa(limit - 1 - n%limit),
		Reset: strconv.FormatInt(at.Truncate(window).Add(window).Unix(), 10), Date: at.Format(http.TimeFormat),
	}
}
