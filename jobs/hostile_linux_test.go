package jobs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/browse"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

var hostile made[[2]string]

// hostileStores are two runs of a small job, with a database and without.
func hostileStores(t *testing.T) [2]string {
	t.Helper()
	return hostile.of(t, 0, func(dir string) [2]string { return newHostileStores(t, dir) })
}

func newHostileStores(t *testing.T, dir string) (stores [2]string) {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 20, NoRateLimits: true, Quirks: true})
	server := httptest.NewServer(world)
	defer server.Close()
	for i, to := range [][]string{{store.ParquetFiles, store.DuckDBFile}, {store.ParquetFiles}} {
		spec := jobs.Spec{Name: "small", Store: filepath.Join(dir, fmt.Sprint(i)), BaseURL: server.URL, IDs: append(world.SpaceIDs(2), world.MissingSpaceIDs(1)...), To: to}
		spec.Defaults()
		for range 2 {
			ran(t, spec, jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-hostile-test"}})
			spec.IDs = world.SpaceIDs(4)
		}
		stores[i] = spec.Store
	}
	return stores
}

// outside is what stands beside a store: a folder in which nothing may be so much
// as opened.
type outside struct {
	dir   string
	watch int // inotify
}

func newOutside(t *testing.T) outside {
	t.Helper()
	o := outside{dir: t.TempDir()}
	for name, text := range map[string]string{"canary": "precious", "canary.json": "{}", "canary.parquet": "PAR1PAR1"} {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if o.watch, err = unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(o.watch) })
	if _, err := unix.InotifyAddWatch(o.watch, o.dir, unix.IN_ALL_EVENTS); err != nil {
		t.Fatal(err)
	}
	return o
}

// touched reports whether anything in it was opened or changed since the last time.
func (o outside) touched() bool {
	var events [4096]byte
	n, err := unix.Read(o.watch, events[:])
	return err == nil && n > 0
}

// mutation is one thing that somebody did to a store.
type mutation struct {
	store   int // which of the two
	file    string
	what    string
	replay  bool // in place, not to another folder
	sealed  bool // a manifest's checksum is right all the same
	allowed bool // a folder that is a link, which is its owner's
}

func (m mutation) String() string {
	return fmt.Sprintf("%s of %s (store %d, replay in place %v, sealed %v)", m.what, m.file, m.store, m.replay, m.sealed)
}

// mutate changes a store at random.
func mutate(t *testing.T, r *rand.Rand, dir string, m mutation, out outside) mutation {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if path != dir {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// There are many Parquet files and few of everything else.
	kinds := map[string][]string{}
	for _, name := range names {
		kinds[filepath.Ext(name)] = append(kinds[filepath.Ext(name)], name)
	}
	kind := kinds[pick(r, slices.Sorted(func(yield func(string) bool) {
		for k := range kinds {
			if !yield(k) {
				return
			}
		}
	}))]
	path := pick(r, kind)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	m.file, _ = filepath.Rel(dir, path)
	if info.IsDir() {
		m.what, err = mutateFolder(r, path, out, &m)
	} else {
		m.what, err = mutateFile(r, path, out, &m)
	}
	if err != nil {
		t.Fatalf("%s: %v", m, err)
	}
	return m
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func mutateFolder(r *rand.Rand, path string, out outside, m *mutation) (string, error) {
	kept := path + ".kept"
	switch r.IntN(6) {
	case 0:
		return "deleted", os.RemoveAll(path)
	case 1:
		return "renamed", os.Rename(path, kept)
	case 2:
		return "a copy beside", os.CopyFS(path+"-2", os.DirFS(path))
	case 3:
		return "a pipe instead", errors.Join(os.Rename(path, kept), unix.Mkfifo(path, 0o600))
	case 4:
		m.allowed = true
		return "a link to elsewhere instead", errors.Join(os.RemoveAll(path), os.Symlink(out.dir, path))
	default:
		return "a link to itself instead", errors.Join(os.Rename(path, kept), os.Symlink(filepath.Base(path), path))
	}
}

func mutateFile(r *rand.Rand, path string, out outside, m *mutation) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	write := func(what string, text []byte) (string, error) { return what, os.WriteFile(path, text, 0o600) }
	instead := func(what string, make func() error) (string, error) {
		return what, errors.Join(os.Remove(path), make())
	}
	json := strings.HasSuffix(path, ".json")
	switch n := r.IntN(16); {
	case json && n < 8:
		return mutateJSON(r, path, text, m)
	case n < 3 && len(text) > 0:
		for range 1 + r.IntN(8) {
			text[r.IntN(len(text))] ^= byte(1 + r.IntN(255))
		}
		return write("bytes flipped", text)
	case n < 5 && len(text) > 0:
		return write("cut short", text[:r.IntN(len(text))])
	case n == 5:
		return write("longer", append(text, text[:min(len(text), 1000)]...))
	case n == 6:
		return "sparse", os.Truncate(path, 10<<30)
	case n == 7 && strings.HasSuffix(path, ".zst"):
		return write("a bomb", bomb())
	case n <= 8:
		return instead("a pipe instead", func() error { return unix.Mkfifo(path, 0o600) })
	case n == 9:
		return instead("a link out of the store instead", func() error { return os.Symlink(filepath.Join(out.dir, "canary"), path) })
	case n == 10:
		return instead("a link to nothing outside instead", func() error { return os.Symlink(filepath.Join(out.dir, "new"), path) })
	case n == 11:
		return instead("a link to itself instead", func() error { return os.Symlink(filepath.Base(path), path) })
	case n == 12:
		return instead("a link to /dev/zero instead", func() error { return os.Symlink("/dev/zero", path) })
	case n == 13:
		return instead("a folder instead", func() error { return os.Mkdir(path, 0o700) })
	case n == 14:
		return "deleted", os.Remove(path)
	default:
		return "a copy beside, and renamed", errors.Join(os.WriteFile(path+"-2", text, 0o600), os.Rename(path, filepath.Join(filepath.Dir(path), "x"+filepath.Base(path))))
	}
}

// bomb is a segment whose page is much longer than it looks.
func bomb() []byte {
	encoder, _ := zstd.NewWriter(nil)
	packed := encoder.EncodeAll(bytes.Repeat([]byte("{"), 300<<20), nil)
	le, table := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	header := make([]byte, 8+26+8+4*5)
	le.PutUint32(header, 0x184D2A5E)
	le.PutUint32(header[4:], uint32(len(header)-8))
	copy(header[8:], "abcdefghijklmnopqrstuvwxyz")
	rest := header[8+26:]
	le.PutUint32(rest[8:], uint32(len(packed)))
	le.PutUint32(rest[12:], 79<<20)
	le.PutUint32(rest[16:], 7)
	le.PutUint32(rest[20:], crc32.Checksum(packed, table))
	le.PutUint32(rest[24:], crc32.Checksum(header[:len(header)-4], table))
	return append(header, packed...)
}

// deep is JSON in JSON in JSON.
var deep = json.RawMessage(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))

// nasty are values that no file of ours has.
var nasty = []any{nil, true, json.Number("-1"), json.Number("9223372036854775807"), json.Number("-9223372036854775808"), json.Number("1e308"), json.Number("1e9999"),
	json.Number("18446744073709551616"), "", "../../outside/x.parquet", "/etc/passwd", "../../../../dev/zero", "a\u0000b", "\u001b[2J", "12026-01-01T00:00:00Z",
	"-0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "'; DROP TABLE spaces; --", strings.Repeat("x", 100_000), []any{}, map[string]any{},
	[]any{nil}, map[string]any{"": nil}, deep}

// mutateJSON replaces a value.
func mutateJSON(r *rand.Rand, path string, text []byte, m *mutation) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return "", err
	}
	value := pick(r, nasty)
	at := ""
	var into func(v any, depth int) any
	into = func(v any, depth int) any {
		if depth > 0 && r.IntN(4) == 0 {
			return value
		}
		switch v := v.(type) {
		case map[string]any:
			if len(v) > 0 {
				keys := make([]string, 0, len(v))
				for key := range v {
					keys = append(keys, key)
				}
				slices.Sort(keys)
				key := pick(r, keys)
				at += "." + key
				v[key] = into(v[key], depth+1)
				return v
			}
		case []any:
			if len(v) > 0 {
				i := r.IntN(len(v))
				at += "." + strconv.Itoa(i)
				v[i] = into(v[i], depth+1)
				return v
			}
		}
		return value
	}
	v = into(v, 0)
	if object, ok := v.(map[string]any); ok && filepath.Base(path) != "manifest.json" {
		delete(object, "checksum") // as files of before, which are believed
	}
	changed, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "", err
	}
	if filepath.Base(path) == "manifest.json" && r.IntN(2) == 0 {
		var manifest store.Manifest
		if json.Unmarshal(changed, &manifest) == nil && manifest.Seal(store.Dir(filepath.Join(path, "..", "..", ".."))) == nil {
			m.sealed = true
			return fmt.Sprintf("%s is %.60v", at, value), store.WriteJSON(path, manifest, nil)
		}
	}
	return fmt.Sprintf("%s is %.60v", at, value), os.WriteFile(path, changed, 0o600)
}

// noWords are what no message has: nothing of Go's, and nothing quoted that is
// empty.
var noWords = regexp.MustCompile(`<nil>|%!|\b(store|schemas|health|landing|money|load)\.[A-Z]\w+|Go (value|struct)|interface ?\{|[ (]""|runtime error|goroutine `)

// looks are the commands that look at a store; each returns what it says.
func looks(dir, elsewhere string, replayInPlace bool) map[string]func(context.Context) string {
	job := jobs.Open(jobs.Spec{Store: dir, Name: "small", IDs: []string{"1SLjjRYNejbKM"}, Follow: jobfile.FollowOpen, To: []string{store.ParquetFiles}}, jobs.Options{})
	if replayInPlace {
		elsewhere = ""
	}
	said := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	return map[string]func(context.Context) string{
		"status": func(ctx context.Context) string {
			o, err := job.Status(ctx, jobs.StatusOptions{})
			if err != nil {
				return err.Error()
			}
			text := ""
			for _, f := range o.Findings {
				text += f.Text + "\n" + f.Do + "\n"
			}
			return text
		},
		"verify": func(ctx context.Context) string {
			v, err := job.Verify(ctx, proof.Options{})
			if err != nil {
				return err.Error()
			}
			return strings.Join(append(v.Problems, v.Notes...), "\n")
		},
		"report": func(ctx context.Context) string {
			page, err := job.Report(ctx, jobs.ReportOptions{})
			if err == nil {
				err = page.Write(io.Discard)
			}
			return said(err)
		},
		"cost": func(ctx context.Context) string { _, err := job.Cost(ctx); return said(err) },
		"plan": func(ctx context.Context) string { _, err := job.Plan(ctx); return said(err) },
		"browse": func(ctx context.Context) string {
			server, err := browse.New(ctx, browse.Config{Store: store.Dir(dir)})
			if err != nil {
				return err.Error()
			}
			defer server.Close()
			site := httptest.NewServer(server)
			defer site.Close()
			for _, path := range []string{"/", "/table/spaces", "/table/runs"} {
				answer, err := http.Get(site.URL + path)
				if err != nil {
					return "no answer: " + err.Error()
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode == http.StatusInternalServerError {
					return "browse answers runtime error "
				}
			}
			return ""
		},
		"replay": func(ctx context.Context) string {
			for _, err := range job.Replay(ctx, jobs.ReplayOptions{Out: elsewhere}) {
				if err != nil {
					return err.Error()
				}
			}
			return ""
		},
	}
}

// longestLook is what a command may take for a small store on a busy machine.
const longestLook = 2 * time.Minute

// looked runs all commands, one after the other, and holds what must hold.
func looked(t *testing.T, m fmt.Stringer, dir string, replayInPlace, allowed bool, out outside) {
	t.Helper()
	out.touched() // by what made the mutation
	all := looks(dir, filepath.Join(t.TempDir(), "elsewhere"), replayInPlace)
	for _, name := range []string{"status", "verify", "report", "cost", "plan", "browse", "replay"} {
		ctx, cancel := context.WithTimeout(t.Context(), longestLook)
		said := make(chan string, 1)
		start := time.Now()
		go func() {
			defer func() {
				if bug := recover(); bug != nil {
					said <- fmt.Sprintf("runtime error: %v", bug)
				}
			}()
			said <- all[name](ctx)
		}()
		select {
		case text := <-said:
			if ctx.Err() != nil {
				t.Errorf("%s: %s took %s", m, name, time.Since(start))
			}
			if text = text[:min(len(text), 1<<20)]; noWords.MatchString(text) {
				t.Errorf("%s: %s says %.2000s", m, name, text)
			}
		case <-time.After(longestLook + 10*time.Second):
			t.Fatalf("%s: %s hangs", m, name)
		}
		cancel()
		if took := time.Since(start); took > 10*time.Second {
			t.Logf("%s: %s took %s", m, name, took)
		}
		if out.touched() && !allowed {
			t.Errorf("%s: %s opened what is outside", m, name)
		}
	}
	for name, want := range map[string]string{"canary": "precious", "canary.json": "{}", "canary.parquet": "PAR1PAR1"} {
		if text, err := os.ReadFile(filepath.Join(out.dir, name)); err != nil || string(text) != want {
			t.Errorf("%s: %s is %q now, %v", m, name, text, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(out.dir, "new")); err == nil {
		t.Errorf("%s: a file was made outside", m)
	}
}

// Whatever somebody did to a store, who looks at it is told, or not: no command
// hangs, crashes, or reaches what is outside. SPACESETL_HOSTILE is how many stores
// are tried, SPACESETL_HOSTILE_SEED the first seed.
func TestHostileStores(t *testing.T) {
	slow(t)
	t.Parallel()
	stores := hostileStores(t)
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(os.Getenv(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	first := number("SPACESETL_HOSTILE_SEED", 1)
	count := inFull(100, 6)
	if scratchtest.Racing {
		count = 4
	}
	count = number("SPACESETL_HOSTILE", count)
	const groups = 2
	for group := range groups {
		t.Run(fmt.Sprint(group), func(t *testing.T) {
			t.Parallel()
			for seed := first + group; seed < first+count; seed += groups {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					r := rand.New(rand.NewPCG(uint64(seed), 0))
					m := mutation{store: min(seed%4, 1), replay: r.IntN(2) == 0}
					dir, out := filepath.Join(t.TempDir(), "store"), newOutside(t)
					if err := os.CopyFS(dir, os.DirFS(stores[m.store])); err != nil {
						t.Fatal(err)
					}
					m = mutate(t, r, dir, m, out)
					if testing.Verbose() {
						fmt.Fprintln(os.Stderr, seed, m)
					}
					looked(t, m, dir, m.replay, m.allowed, out)
				})
			}
		})
	}
}

// planted is what an attacker thought of.
type planted string

func (p planted) String() string { return string(p) }

// What somebody planted in a store on purpose, with checksums that are right.
func TestPlantedStores(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	stores := hostileStores(t)
	plants := map[planted]func(t *testing.T, dir string, run string, out outside) error{
		"a manifest of very many files": func(_ *testing.T, dir, run string, _ outside) error {
			return sealed(dir, run, func(m *store.Manifest) {
				part := m.Files[0]
				for n := range inFull(60_000, 5_000) {
					part.Path = fmt.Sprintf("%s/run_date=2026-01-01/%s-%d.parquet", part.Table, run, n+100)
					m.Files = append(m.Files, part)
				}
			})
		},
		"a manifest of files outside": func(_ *testing.T, dir, run string, out outside) error {
			return sealed(dir, run, func(m *store.Manifest) {
				path, _ := filepath.Rel(filepath.Join(dir, "parquet"), filepath.Join(out.dir, "canary.parquet"))
				m.Files[0].Path = path
				m.Files[1].Path = filepath.Join(out.dir, "canary.parquet")
			})
		},
		"rows and pages without end": func(_ *testing.T, dir, run string, _ outside) error {
			return sealed(dir, run, func(m *store.Manifest) {
				m.Run.Pages = 1 << 47
				for i := range m.Files {
					m.Files[i].Rows = 1 << 47
				}
			})
		},
		"a run that is closed by what is outside": func(_ *testing.T, dir, run string, out outside) error {
			return sealed(dir, run, func(m *store.Manifest) { m.ClosedBy = "../../" + filepath.Base(out.dir) })
		},
		"a lock that is a pipe": func(_ *testing.T, dir, _ string, _ outside) error {
			return errors.Join(os.Remove(filepath.Join(dir, "lock")), unix.Mkfifo(filepath.Join(dir, "lock"), 0o600))
		},
		"a lock that leads outside": func(_ *testing.T, dir, _ string, out outside) error {
			return errors.Join(os.Remove(filepath.Join(dir, "lock")), os.Symlink(filepath.Join(out.dir, "canary"), filepath.Join(dir, "lock")))
		},
		"names that mean something to a shell": func(_ *testing.T, dir, run string, _ outside) error {
			return os.Rename(filepath.Join(dir, "runs", run), filepath.Join(dir, "runs", "20990101T000000Z-$(touch pwned)"))
		},
		"all pages a bomb": func(_ *testing.T, dir, run string, _ outside) error {
			segments, err := filepath.Glob(filepath.Join(dir, "raw", run, "*.zst"))
			for _, name := range segments {
				err = errors.Join(err, os.WriteFile(name, bytes.Repeat(bomb(), inFull(20, 3)), 0o600))
			}
			return err
		},
		"sockets": func(_ *testing.T, dir, run string, _ outside) error {
			for _, name := range []string{"state.json", "ledger.json", "report.html", "runs/" + run + "/manifest.json"} {
				if err := errors.Join(os.RemoveAll(filepath.Join(dir, name)), unix.Mknod(filepath.Join(dir, name), unix.S_IFSOCK|0o600, 0)); err != nil {
					return err
				}
			}
			return nil
		},
		"a job file that is a pipe": func(t *testing.T, dir, run string, out outside) error {
			pipe := filepath.Join(t.TempDir(), "job.yaml")
			planned, err := store.Dir(dir).Planned(run)
			planned.Job = &store.JobNote{File: pipe}
			return errors.Join(err, unix.Mkfifo(pipe, 0o600), os.Remove(store.Dir(dir).RunFile(run, "manifest.json")),
				store.WriteJSON(store.Dir(dir).RunFile(run, "plan.json"), planned, nil))
		},
	}
	for n, name := range slices.Sorted(maps.Keys(plants)) {
		plant := plants[name]
		t.Run(name.String(), func(t *testing.T) {
			for i, whole := range stores {
				if !long() && i != n%2 { // in small, each in one of them
					continue
				}
				dir, out := filepath.Join(t.TempDir(), "store"), newOutside(t)
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				runs, err := store.Dir(dir).Runs()
				if err == nil {
					err = plant(t, dir, runs[len(runs)-1], out)
				}
				if err != nil {
					t.Fatal(err)
				}
				looked(t, name, dir, i == 0, false, out)
			}
		})
	}
}

// sealed changes a run's manifest and makes its checksum right.
func sealed(dir, run string, change func(*store.Manifest)) error {
	d := store.Dir(dir)
	m, err := d.Manifest(run)
	if err != nil {
		return err
	}
	change(&m)
	if err := m.Seal(d); err != nil {
		return err
	}
	return store.WriteJSON(d.RunFile(run, "manifest.json"), m, nil)
}
