package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// ages is a list of numbers of runs, in order.
type ages []int

func (a *ages) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*a), " ", ","), "[]")
}

func (a *ages) Set(text string) error {
	*a = nil
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || n > maxAge || len(*a) > 0 && n <= (*a)[len(*a)-1] {
			return fmt.Errorf("wants numbers of runs up to %d, each more than the one before", maxAge)
		}
		*a = append(*a, n)
	}
	return nil
}

// maxAge is twenty years of hours.
const maxAge = 20 * 8760

// agedRuns is a task: runs of an hourly job on a clock of its own, into a store that has
// those before them. The world is the same for all that have the same Last.
type agedRuns struct {
	Dir      string    `json:"dir"`
	From, To int       // runs, from 0
	Last     int       // that the store is to have
	End      time.Time // when the last one is over
}

// run runs them and returns what the newest took.
func (t agedRuns) run(ctx context.Context) (m measurement, err error) {
	at := t.From
	now := func() time.Time { return t.End.Add(time.Duration(at-t.Last) * time.Hour) }
	world := simulator.New(simulator.Config{
		Spaces: 60 + t.Last/2, NoRateLimits: true, Evolve: true, EvolveOver: time.Duration(t.Last+4) * time.Hour, Change: true, Quirks: true, Now: now,
	})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{
		Name: "hourly", Store: t.Dir, BaseURL: server.URL, Follow: jobfile.FollowOpen, With: []string{"tweets"},
		IDs: world.SpaceIDs(4), Creators: world.CreatorIDs(40), Search: []jobs.Search{{Query: world.SearchWord()}},
	}
	spec.Defaults()
	o := jobs.Options{Tokens: jobs.Tokens{App: "app-token"}, Now: now, Client: func(cfg *extract.Config) {
		cfg.Now, cfg.CreatorSpacing = now, time.Nanosecond
	}}
	for ; at < t.To; at++ {
		before, start := usedCPU(), time.Now()
		if _, err := jobs.Open(spec, o).Run(ctx); err != nil {
			return m, fmt.Errorf("run %d: %w", at+1, err)
		}
		m = measurement{CPU: usedCPU() - before, Wall: time.Since(start).Seconds()}
	}
	return m, nil
}

// curve is what grows, or does not, with the runs of a store.
type curve struct {
	name   string
	unit   string
	values []float64 // of each age
}

// agedStore measures stores of many runs.
type agedStore struct {
	*bench
	dir    string
	curves []*curve
}

// age makes a store of more and more runs, and measures what it takes to keep and to
// look at.
func (b *bench) age(ctx context.Context, out io.Writer) (err error) {
	if b.dir, err = os.MkdirTemp("", "spacesetl-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)                                               // only takes space
	if err := os.Setenv("X_BEARER_TOKEN", "of-the-simulator"); err != nil { // doctor wants one
		return err
	}
	b.say("building spacesetl")
	if err := b.build(ctx); err != nil {
		return err
	}
	s := &agedStore{bench: b, dir: filepath.Join(b.dir, "store")}
	if b.options.keep != "" {
		if s.dir, err = filepath.Abs(b.options.keep); err != nil {
			return err
		}
		if entries, err := os.ReadDir(s.dir); err == nil && len(entries) > 0 {
			return fmt.Errorf("-keep %s: is not empty", s.dir)
		}
	}
	last := b.options.ages[len(b.options.ages)-1]
	t := agedRuns{Dir: s.dir, Last: last, End: time.Now().UTC().Truncate(time.Hour)}
	for _, runs := range b.options.ages {
		b.say("%d runs", runs)
		var newest measurement
		t.From, t.To = t.To, runs-1
		if t.From < t.To {
			if _, err := b.child(ctx, task{Aged: &t}, nil); err != nil {
				return err
			}
		}
		t.From, t.To = runs-1, runs // in a process of its own
		m, err := b.child(ctx, task{Aged: &t}, &newest)
		if err != nil {
			return err
		}
		s.note("a run: CPU", "s", newest.CPU)
		s.note("a run: peak RSS, with the simulator", "MiB", float64(m.RSS)/(1<<20))
		if err := s.look(ctx, runs); err != nil {
			return err
		}
	}
	return s.print(out)
}

func (s *agedStore) note(name, unit string, value float64) {
	at := slices.IndexFunc(s.curves, func(c *curve) bool { return c.name == name })
	if at < 0 {
		at = len(s.curves)
		s.curves = append(s.curves, &curve{name: name, unit: unit})
	}
	s.curves[at].values = append(s.curves[at].values, value)
}

// look measures the store as it is after so many runs.
func (s *agedStore) look(ctx context.Context, runs int) error {
	if err := s.sizes(); err != nil {
		return err
	}
	store := []string{"--store", s.dir}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"status", []string{"status"}},
		{"doctor", []string{"doctor", "--offline"}},
		{"cost", []string{"cost"}},
		{"report", []string{"report", "--out", filepath.Join(s.bench.dir, "report.html")}},
		{"verify --files", []string{"verify", "--files"}},
		{"verify, the first", []string{"verify"}},
		{"verify, again", []string{"verify"}},
		{"verify --all", []string{"verify", "--all"}},
		{"replay", []string{"replay", "--out", filepath.Join(s.bench.dir, fmt.Sprint("again-", runs))}},
	} {
		m, _, err := measure(ctx, s.bench.dir, s.binary, slices.Concat(c.args, store)...)
		if err != nil {
			return err
		}
		s.note(c.name+": CPU", "s", m.CPU)
		s.note(c.name+": peak RSS", "MiB", float64(m.RSS)/(1<<20))
	}
	glob := globbed{Files: filepath.Join(s.dir, "parquet", "space_snapshots", "*", "*.parquet")}
	m, err := s.child(ctx, task{Glob: &glob}, nil)
	s.note("DuckDB, space_snapshots by glob: CPU", "s", m.CPU)
	return err
}

// sizes counts the files of the store, and their bytes.
func (s *agedStore) sizes() error {
	for _, part := range []struct{ name, dir string }{{"raw", "raw"}, {"runs", "runs"}, {"Parquet", "parquet"}, {"all", ""}} {
		files, bytes := 0, int64(0)
		err := filepath.WalkDir(filepath.Join(s.dir, part.dir), func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			files, bytes = files+1, bytes+info.Size()
			return err
		})
		if err != nil {
			return err
		}
		s.note(part.name+": files", "", float64(files))
		s.note(part.name+": size", "MB", mega(bytes))
	}
	return nil
}

// globbed is a task: a question to a table by a glob over its files.
type globbed struct{ Files string }

func (g globbed) run(ctx context.Context) error {
	db, err := openDuckDB("")
	if err != nil {
		return err
	}
	defer db.Close()
	var rows, people int64
	return db.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(participant_count), 0)::BIGINT FROM read_parquet(?)", g.Files).Scan(&rows, &people)
}

// slack is how much faster than the data a curve may grow between two ages: some of it
// is noise, and starting a process is most of what little takes.
const slack, least = 1.5, 0.5

// steep are the curves that have grown faster than the pages.
func (s *agedStore) steep() (names []string) {
	data := s.curves[slices.IndexFunc(s.curves, func(c *curve) bool { return c.name == "raw: size" })].values
	for _, c := range s.curves {
		for i := 1; i < len(data); i++ {
			if c.unit == "s" && c.values[i] > least && c.values[i]/max(c.values[i-1], 0.05) > slack*data[i]/data[i-1] {
				names = append(names, fmt.Sprintf("%s: %.2f s after %.2f, with %.1f times the pages", c.name, c.values[i], c.values[i-1], data[i]/data[i-1]))
			}
		}
	}
	return names
}

func (s *agedStore) print(out io.Writer) error {
	fmt.Fprintf(out, "%s, %d cores, %s/%s, %s\n\n", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format("2006-01-02"))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "after so many runs\t")
	for _, runs := range s.options.ages {
		fmt.Fprintf(t, "%d\t", runs)
	}
	fmt.Fprintln(t)
	for _, c := range s.curves {
		fmt.Fprintf(t, "%s\t", strings.TrimSuffix(c.name+", "+c.unit, ", "))
		for _, v := range c.values {
			digits := 2
			if c.unit == "" || v >= 100 {
				digits = 0
			}
			fmt.Fprintf(t, "%.*f\t", digits, v)
		}
		fmt.Fprintln(t)
	}
	err := t.Flush()
	if steep := s.steep(); err == nil && len(steep) > 0 {
		err = errors.New("grew faster than the data: " + strings.Join(steep, "; "))
	}
	return err
}
