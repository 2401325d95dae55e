package landing

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// page makes the n-th page of an endpoint.
func page(e schemas.Endpoint, n int) schemas.Page {
	r := schemas.Request{Endpoint: e, IDs: []string{fmt.Sprint("s", n)}}
	return schemas.Page{
		RunID: "run", ID: r.ID(), Request: r, Status: 200, Attempts: 1,
		FetchedAt: time.Date(2026, 8, 1, 10, 0, n, 1000*n, time.UTC),
		Body:      json.RawMessage(fmt.Sprintf(`{"data":[{"id":"%d","text":"a &amp; b <c> \u00e9"}]}`, n)),
	}
}

// opened is a run that is open for writing, and its store locked.
type opened struct {
	*Writer
	lock *store.Locked
	once sync.Once
}

func (o *opened) Close() {
	o.once.Do(func() {
		_ = o.Writer.Close()
		o.lock.Unlock()
	})
}

func open(t testing.TB, dir string) *opened {
	t.Helper()
	o, err := tryOpen(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func tryOpen(dir string) (*opened, error) {
	lock, err := store.Dir(dir).Lock()
	if err != nil {
		return nil, err
	}
	w, err := Open(lock, "run", nil)
	if err != nil {
		lock.Unlock()
		return nil, err
	}
	return &opened{Writer: w, lock: lock}, nil
}

func read(t *testing.T, dir string) *Reader {
	t.Helper()
	r, err := OpenReader(store.Dir(dir), "run")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func put(t testing.TB, l *opened, pages ...schemas.Page) {
	t.Helper()
	for _, p := range pages {
		if err := l.Put(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLandedPagesComeBackAsReceived(t *testing.T) {
	dir := t.TempDir()
	var want []schemas.Page
	l := open(t, dir)
	for n := range 5 {
		want = append(want, page(schemas.Tweets, n))
	}
	want[2].Body = json.RawMessage("{\n  \"data\": []\n}")
	put(t, l, want...)
	want[2].Body = json.RawMessage(`{"data":[]}`) // lines are the only change
	l.Close()
	l = open(t, dir)
	for _, p := range want {
		got, ok, err := l.Get(p.ID)
		if err != nil || !ok {
			t.Fatalf("page %s: found %v, %v", p.ID, ok, err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("page %s (-put +got):\n%s", p.ID, diff)
		}
	}
	entries := l.Entries()
	if !slices.IsSortedFunc(entries, func(a, b Entry) int { return b.FetchedAt.Compare(a.FetchedAt) }) || len(entries) != 5 {
		t.Errorf("entries are not the 5 pages newest first: %v", entries)
	}
}

// Any zstd reader can read a segment: one JSON object per line.
func TestSegmentsArePlainZstd(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir), page(schemas.Buyers, 1), page(schemas.Buyers, 2))
	packed, err := os.Open(filepath.Join(dir, "raw", "run", "buyers-00001.ndjson.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := zstd.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), text)
	}
	for _, line := range lines {
		var p schemas.Page
		if err := json.Unmarshal([]byte(line), &p); err != nil || p.Request.Endpoint != schemas.Buyers || len(p.Body) == 0 {
			t.Errorf("line %q: %v", line, err)
		}
	}
}

// A crash can leave any part of the page that was being written.
func TestTornPageIsCutOff(t *testing.T) {
	whole := t.TempDir()
	put(t, open(t, whole), page(schemas.Search, 1), page(schemas.Search, 2))
	name := filepath.Join("raw", "run", "search-00001.ndjson.zst")
	text, err := os.ReadFile(filepath.Join(whole, name))
	if err != nil {
		t.Fatal(err)
	}
	first := read(t, whole).Entries()[1].frame.size
	for size := first; size < len(text); size += 7 {
		dir := t.TempDir()
		torn := append(slices.Clone(text[:size]), make([]byte, (len(text)-size)*(size%2))...) // some end in zeros
		write(t, filepath.Join(dir, name), torn)
		l := open(t, dir)
		if n := len(l.Entries()); n != 1 || !l.Has(page(schemas.Search, 1).ID) {
			t.Fatalf("cut at %d: %d pages, want the first", size, n)
		}
		put(t, l, page(schemas.Search, 2))
		l.Close()
		if n := len(read(t, dir).Entries()); n != 2 {
			t.Fatalf("cut at %d, put again: %d pages, want 2", size, n)
		}
	}
}

func TestDamageBeforeTheEndIsAnError(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	put(t, l, page(schemas.Search, 1), page(schemas.Search, 2), page(schemas.Search, 3))
	l.Close()
	name := filepath.Join(dir, "raw", "run", "search-00001.ndjson.zst")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{10, 40, headerLen + 20} {
		damaged := slices.Clone(text)
		damaged[at] ^= 0xff
		write(t, name, damaged)
		if _, err := tryOpen(dir); err == nil || !strings.Contains(err.Error(), "search-00001") {
			t.Errorf("byte %d flipped: error %v, want one that names the file", at, err)
		}
		if after, _ := os.ReadFile(name); len(after) != len(text) {
			t.Errorf("byte %d flipped: the file was cut to %d of %d bytes", at, len(after), len(text))
		}
	}
}

func TestPagesLandTogether(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	var wait sync.WaitGroup
	errs := make([]error, 64)
	for n := range errs {
		wait.Go(func() { errs[n] = l.Put(page(schemas.Tweets, n)) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if n := len(read(t, dir).Entries()); n != 64 {
		t.Errorf("%d pages after reopening, want 64", n)
	}
}

func TestOfTwoPagesWithOneIDTheLaterCounts(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	old, again := page(schemas.Tweets, 1), page(schemas.Tweets, 1)
	again.FetchedAt = old.FetchedAt.Add(time.Hour)
	again.Body = json.RawMessage(`{"data":[]}`)
	put(t, l, old, again)
	l.Close()
	got, _, err := read(t, dir).Get(old.ID)
	if err != nil || string(got.Body) != `{"data":[]}` {
		t.Errorf("got %s, %v; want the later body", got.Body, err)
	}
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// After a sync that failed nobody knows what is on disk: the page does not
// count, those before it do, and landing goes on elsewhere.
func TestFailedSyncLosesOnlyItsPage(t *testing.T) {
	for _, at := range []string{"landing: before write", "landing: written", "landing: before sync", "landing: synced"} {
		dir := t.TempDir()
		l := open(t, dir)
		put(t, l, page(schemas.Tweets, 1))
		l.step = func(name, _ string) error {
			if name == at {
				return errors.New("no space left on device")
			}
			return nil
		}
		if err := l.Put(page(schemas.Tweets, 2)); err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "tweets-00001") {
			t.Errorf("%s: error %v, want one that names the file and the cause", at, err)
		}
		if l.Has(page(schemas.Tweets, 2).ID) {
			t.Errorf("%s: the page counts as landed", at)
		}
		l.step = nil
		put(t, l, page(schemas.Tweets, 3))
		l.Close()
		l = open(t, dir)
		if l.Has(page(schemas.Tweets, 2).ID) || !l.Has(page(schemas.Tweets, 1).ID) || !l.Has(page(schemas.Tweets, 3).ID) {
			t.Errorf("%s: after reopening the pages are %v, want the first and the third", at, l.Entries())
		}
	}
}

// A first frame of which a crash kept only the beginning, the rest zero, is
// torn and cut off; a whole one of another version is an error, and stays.
func TestTornFrameIsNotOneOfAnotherVersion(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		dir := t.TempDir()
		l := open(t, dir)
		put(t, l, page(schemas.Tweets, 1))
		l.Close()
		path := filepath.Join(dir, "raw", "run", "tweets-00001.ndjson.zst")
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		added := make([]byte, 200)
		binary.LittleEndian.PutUint32(added, skippable)
		if foreign {
			binary.LittleEndian.PutUint32(added[4:], 50)
			binary.LittleEndian.PutUint32(added[54:], crc32.ChecksumIEEE(added[:54]))
		}
		if err := os.WriteFile(path, append(slices.Clone(whole), added...), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err = tryOpen(dir)
		info, statErr := os.Stat(path)
		if statErr != nil {
			t.Fatal(statErr)
		}
		switch {
		case foreign && (!errors.Is(err, errVersion) || info.Size() != int64(len(whole)+len(added))):
			t.Errorf("another version: %v and %d bytes, want an error and the file as it was", err, info.Size())
		case !foreign && (err != nil || info.Size() != int64(len(whole)) || !l.Has(page(schemas.Tweets, 1).ID)):
			t.Errorf("torn: %v and %d bytes, want the whole page and %d", err, info.Size(), len(whole))
		}
	}
}

// One writer of a run at a time: a store is not let go of before what writes it is
// closed, a closed one puts nothing and keeps nobody from opening, and no run has
// two names.
func TestOneWriterOfARun(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	put(t, a, page(schemas.Search, 1))
	if _, err := Open(a.lock, "run", nil); err == nil {
		t.Error("a second writer opened")
	}
	for _, id := range []string{"", ".", "./run", "run/", "../run", "x/../run", "_run"} {
		if _, err := Open(a.lock, id, nil); err == nil {
			t.Errorf("run %q opened for writing", id)
		}
		if _, err := OpenReader(store.Dir(dir), id); err == nil || errors.Is(err, ErrNone) {
			t.Errorf("run %q: %v, want a refusal", id, err)
		}
	}
	a.lock.Unlock()
	var busy *store.BusyError
	if _, err := tryOpen(dir); !errors.As(err, &busy) {
		t.Errorf("unlocked beside an open writer: %v, want a *store.BusyError", err)
	}
	if _, err := Open(a.lock, "other", nil); err == nil {
		t.Error("opened without the lock")
	}
	put(t, a, page(schemas.Search, 2))
	if err := errors.Join(a.Writer.Close(), a.Writer.Close()); err != nil {
		t.Error(err)
	}
	b := open(t, dir)
	if err := a.Writer.Close(); err != nil { // a deferred one
		t.Error(err)
	}
	if _, err := Open(b.lock, "run", nil); err == nil {
		t.Error("an old writer's Close let go of a new one's pages")
	}
	if err := a.Put(page(schemas.Search, 3)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("put after Close: %v, want os.ErrClosed", err)
	}
	stranger := page(schemas.Search, 4)
	stranger.RunID = "another"
	if err := b.Put(stranger); err == nil {
		t.Error("a page of another run was put")
	}
	put(t, b, page(schemas.Search, 5))
	if n := read(t, dir).Len(); n != 3 {
		t.Errorf("%d pages, want 3", n)
	}
}

// A segment of another run is damage, and one that was copied changes nothing.
func TestStrangersSegments(t *testing.T) {
	dir := t.TempDir()
	counted(t, dir, true, page(schemas.Search, 1), page(schemas.Search, 2))
	name := filepath.Join(dir, "raw", "run", "search-00001.ndjson.zst")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "raw", "run", "search-00002.ndjson.zst"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	r := read(t, dir)
	if n := len(r.Received()); n != 2 {
		t.Errorf("%d pages received, want 2", n)
	}
	if err := os.Mkdir(filepath.Join(dir, "raw", "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "raw", "other", "search-00001.ndjson.zst"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := OpenReader(store.Dir(dir), "other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, e := range other.Entries() {
		var damage *DamageError
		if _, err := other.Read(e); !errors.As(err, &damage) {
			t.Errorf("%v, want a *DamageError", err)
		}
	}
}

// Whoever fetched the page: what no store may hold does not land, the rest does,
// and its checksums are of what was kept.
func TestPrivateMembersDoNotLand(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	p := page(schemas.Tweets, 1)
	p.Body = json.RawMessage(`{"data":[{"id":"1","confirmed\u005femail":"me@example.com","text":"\u00e9"}]}`)
	put(t, l, p)
	l.Close()
	got, ok, err := read(t, dir).Get(p.ID)
	if err != nil || !ok || string(got.Body) != `{"data":[{"id":"1","text":"\u00e9"}]}` || got.Removed != 1 {
		t.Errorf("got %s, %d removed, %v, %v", got.Body, got.Removed, ok, err)
	}
}
