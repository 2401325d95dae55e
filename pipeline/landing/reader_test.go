package landing

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// counted lands pages and writes a manifest that counts them, with or without
// the list of segments that older ones lack.
func counted(t testing.TB, dir string, listed bool, pages ...schemas.Page) {
	t.Helper()
	w := open(t, dir)
	put(t, w, pages...)
	m := store.Manifest{Run: schemas.Run{RunID: "run", Outcome: schemas.Done, Pages: len(pages)}}
	if listed {
		m.Landed = w.Segments()
	}
	path := w.lock.RunFile("run", "manifest.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	planned := store.Planned{Run: m.Run}
	if err := errors.Join(store.WriteJSON(path, m, nil), store.WriteJSON(w.lock.RunFile("run", "plan.json"), planned, nil)); err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// A page that a manifest counts is there, or an error names it: whatever is
// done to the files, neither reading nor opening for writing takes less for the
// whole, or changes a byte.
func TestWhatAManifestCountsIsNeverAbsent(t *testing.T) {
	pages := []schemas.Page{page(schemas.Search, 1), page(schemas.Search, 2), page(schemas.Tweets, 3)}
	segment := func(dir, name string) string { return filepath.Join(dir, "raw", "run", name+"-00001.ndjson.zst") }
	for name, c := range map[string]struct {
		damage func(dir string) error
		says   []string
	}{
		"the folder is gone":    {func(dir string) error { return os.Rename(filepath.Join(dir, "raw"), filepath.Join(dir, "moved")) }, []string{"none of the 3 pages", "run"}},
		"a segment is gone":     {func(dir string) error { return os.Remove(segment(dir, "tweets")) }, []string{"manifest counts"}},
		"a segment is empty":    {func(dir string) error { return os.Truncate(segment(dir, "tweets"), 0) }, []string{"manifest counts"}},
		"the last page is torn": {func(dir string) error { return shorten(segment(dir, "search"), 5) }, []string{"search-00001", "page " + pages[1].ID}},
		"the last page flipped": {func(dir string) error { return flip(segment(dir, "search"), -20) }, []string{"search-00001", "page " + pages[1].ID}},
		"the only page flipped": {func(dir string) error { return flip(segment(dir, "tweets"), 150) }, []string{"tweets-00001", "page " + pages[2].ID}},
		"a header flipped":      {func(dir string) error { return flip(segment(dir, "tweets"), 20) }, []string{"tweets-00001"}},
		"the first of two":      {func(dir string) error { return flip(segment(dir, "search"), 150) }, []string{"search-00001", "page " + pages[0].ID}},
	} {
		for _, listed := range []bool{true, false} {
			dir := t.TempDir()
			counted(t, dir, listed, pages...)
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			before := scratchtest.Files(t, dir)
			err := readAll(dir)
			var damage *DamageError
			if !errors.As(err, &damage) || !damage.Counted {
				t.Errorf("%s, segments listed %v: error %v, want a *DamageError of what is counted", name, listed, err)
				continue
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%s, segments listed %v: %q does not say %q", name, listed, err, text)
				}
			}
			if o, err := tryOpen(dir); err == nil {
				o.Close()
			}
			after := scratchtest.Files(t, dir)
			if name == "the folder is gone" {
				continue // a writer makes the folder again
			}
			for file, text := range before {
				if after[file] != text {
					t.Errorf("%s, segments listed %v: %s had %d bytes and has %d", name, listed, file, len(text), len(after[file]))
				}
			}
		}
	}
}

// readAll reads every page of the run.
func readAll(dir string) error {
	r, err := OpenReader(store.Dir(dir), "run")
	if err != nil {
		return err
	}
	defer r.Close()
	for _, e := range r.Entries() {
		if _, err := r.Read(e); err != nil {
			return err
		}
	}
	return nil
}

func flip(name string, at int64) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text[(at+int64(len(text)))%int64(len(text))] ^= 0xff
	return os.WriteFile(name, text, 0o600)
}

func shorten(name string, by int64) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.Truncate(name, info.Size()-by)
}

// What stands torn behind what a manifest counts is no page of it: a run that
// went on after its manifest was killed. Only a writer cuts it, and says so.
func TestTornBehindWhatIsCountedIsCutByAWriterOnly(t *testing.T) {
	dir := t.TempDir()
	counted(t, dir, true, page(schemas.Search, 1))
	name := filepath.Join(dir, "raw", "run", "search-00001.ndjson.zst")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, append(bytes.Clone(whole), whole[:len(whole)-9]...))
	r := read(t, dir)
	if torn := r.Torn(); len(torn) != 1 || torn[0].At != int64(len(whole)) || torn[0].Bytes != int64(len(whole)-9) || r.Len() != 1 {
		t.Errorf("torn %v of %d pages; want one, behind the page", torn, r.Len())
	}
	if now, _ := os.ReadFile(name); len(now) != 2*len(whole)-9 {
		t.Errorf("reading left %d bytes of %d", len(now), 2*len(whole)-9)
	}
	w := open(t, dir)
	if len(w.Cut) != 1 || len(w.Torn()) != 0 {
		t.Errorf("cut %v and torn still %v; want one cut", w.Cut, w.Torn())
	}
	if now, _ := os.ReadFile(name); !bytes.Equal(now, whole) {
		t.Errorf("the writer left %d bytes, want the whole page's %d", len(now), len(whole))
	}
}

// Two writers of a run would each append where the other does.
func TestARunHasOneWriter(t *testing.T) {
	lock, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	first, err := Open(lock, "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(lock, "run", nil); err == nil || !strings.Contains(err.Error(), "run") {
		t.Errorf("the second writer: %v, want an error that names the run", err)
	}
	other, err := Open(lock, "other", nil)
	if err != nil {
		t.Fatalf("another run: %v", err)
	}
	if err := errors.Join(first.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := Open(lock, "run", nil)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// reading is the variable that makes of this test binary a process that opens
// and closes a run's pages until it is killed.
const reading = "LANDING_TEST_READ"

func TestMain(m *testing.M) {
	if dir := os.Getenv(reading); dir != "" {
		for {
			if r, err := OpenReader(store.Dir(dir), "run"); err == nil {
				_ = r.Close()
			} else if !errors.Is(err, fs.ErrNotExist) {
				_, _ = os.Stdout.WriteString(err.Error() + "\n")
				os.Exit(1)
			}
		}
	}
	os.Exit(scratchtest.Main(m))
}

// puts is how many pages land while others look: 10,000 with SPACESETL_LONG.
func puts(t *testing.T) int {
	if os.Getenv("SPACESETL_LONG") != "" {
		return 10_000
	}
	if testing.Short() {
		return 200
	}
	return 2_000
}

// One process lands pages while another opens and closes them all the time:
// nothing is lost, and the reader is never told of damage.
func TestReadersLoseNothingOfWhatIsLanded(t *testing.T) {
	dir, n := t.TempDir(), puts(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reader := exec.CommandContext(t.Context(), self)
	reader.Env = append(os.Environ(), reading+"="+dir)
	var told bytes.Buffer
	reader.Stdout = &told
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	w := open(t, dir)
	for i := range n {
		p := page(schemas.Tweets, i)
		noise := make([]byte, 1+i%3000) // pages of many sizes, which do not compress
		_, _ = rand.Read(noise)         // never fails
		p.Body = json.RawMessage(strconv.Quote(base64.StdEncoding.EncodeToString(noise)))
		put(t, w, p)
	}
	w.Close()
	_ = reader.Process.Kill()
	_ = reader.Wait() // it was killed
	if told.Len() > 0 {
		t.Errorf("the reader ended: %s", told.String())
	}
	r := read(t, dir)
	if r.Len() != n || len(r.Torn()) > 0 {
		t.Errorf("%d pages of %d are there, torn %v", r.Len(), n, r.Torn())
	}
	if err := readAll(dir); err != nil {
		t.Error(err)
	}
}

// The checksum of the content is that of the pages, in whatever order and store
// they lie and however they are packed, and changes with any of them.
func TestContentIsThatOfThePages(t *testing.T) {
	pages := []schemas.Page{page(schemas.Search, 1), page(schemas.Search, 2), page(schemas.Tweets, 3)}
	level := zstd.SpeedFastest
	content := func(pages ...schemas.Page) string {
		dir := t.TempDir()
		w := open(t, dir)
		w.encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(level)) // the option is good
		put(t, w, pages...)
		w.Close()
		r, sums, buffers := read(t, dir), Content{}, &Buffers{}
		for _, e := range r.Entries() {
			p, err := r.ReadInto(e, buffers)
			if err != nil {
				t.Fatal(err)
			}
			sums.Add(p.ID, buffers)
		}
		return sums.Sum()
	}
	want := content(pages...)
	if got := content(pages[2], pages[1], pages[0]); got != want {
		t.Errorf("in another order it is %s, not %s", got, want)
	}
	level = zstd.SpeedBestCompression
	if got := content(pages...); got != want {
		t.Errorf("packed closer it is %s, not %s", got, want)
	}
	other := pages[1]
	other.Body = json.RawMessage(`{"data":[]}`)
	for what, got := range map[string]string{"a page less": content(pages[:2]...), "another body": content(pages[0], other, pages[2]), "none": content()} {
		if got == want {
			t.Errorf("with %s it is the same", what)
		}
	}
}
