package landing

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// salvaged is what OpenSalvage makes of a run: the ids of the pages that can be
// read, and all that is damaged, whether opening or reading tells.
func salvaged(t *testing.T, dir string) (ids []string, damaged []*DamageError) {
	t.Helper()
	r, err := OpenSalvage(store.Dir(dir), "run")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	damaged = slices.Clone(r.Damaged())
	for _, e := range r.Received() {
		p, err := r.Read(e)
		var damage *DamageError
		switch {
		case errors.As(err, &damage):
			damaged = append(damaged, damage)
		case err != nil:
			t.Fatal(err)
		default:
			ids = append(ids, p.ID)
		}
	}
	return ids, damaged
}

// Damage of every kind costs its own pages only, is counted, and named where a
// header is left; nothing on disk changes.
func TestSalvageGoesOverDamage(t *testing.T) {
	pages := []schemas.Page{page(schemas.Search, 1), page(schemas.Search, 2), page(schemas.Search, 3), page(schemas.Search, 4), page(schemas.Tweets, 5)}
	at := map[string]int64{} // where each page begins in its segment
	whole := t.TempDir()
	counted(t, whole, true, pages...)
	for _, e := range read(t, whole).Entries() {
		at[e.PageID] = e.frame.at
	}
	header := func(n int) int64 { return at[pages[n].ID] + 20 }
	body := func(n int) int64 { return at[pages[n].ID] + 100 }
	segment := func(dir, name string) string { return filepath.Join(dir, "raw", "run", name+"-00001.ndjson.zst") }
	flips := func(name string, at ...int64) func(dir string) error {
		return func(dir string) (err error) {
			for _, at := range at {
				err = errors.Join(err, flip(segment(dir, name), at))
			}
			return err
		}
	}
	for name, c := range map[string]struct {
		damage func(dir string) error
		lost   []int // of pages
		named  bool  // each by its id
	}{
		"nothing":               {func(string) error { return nil }, nil, true},
		"a body":                {flips("search", body(1)), []int{1}, true},
		"two bodies":            {flips("search", body(0), body(3)), []int{0, 3}, true},
		"the last body":         {flips("search", body(3)), []int{3}, true},
		"the only body":         {flips("tweets", body(4)), []int{4}, true},
		"a header":              {flips("search", header(1)), []int{1}, false},
		"the first header":      {flips("search", header(0)), []int{0}, false},
		"the last header":       {flips("search", header(3)), []int{3}, false},
		"the only header":       {flips("tweets", header(4)), []int{4}, false},
		"headers side by side":  {flips("search", header(1), header(2)), []int{1, 2}, false},
		"a header, then a body": {flips("search", header(1), body(2)), []int{1, 2}, false},
		"bodies and a segment": {func(dir string) error {
			return errors.Join(flips("search", body(1))(dir), os.Remove(segment(dir, "tweets")))
		}, []int{1, 4}, false},
		"a segment is gone":         {func(dir string) error { return os.Remove(segment(dir, "search")) }, []int{0, 1, 2, 3}, false},
		"a segment is empty":        {func(dir string) error { return os.Truncate(segment(dir, "search"), 0) }, []int{0, 1, 2, 3}, false},
		"a segment is cut":          {func(dir string) error { return os.Truncate(segment(dir, "search"), body(1)) }, []int{1, 2, 3}, false},
		"a segment is cut in pages": {func(dir string) error { return os.Truncate(segment(dir, "search"), at[pages[2].ID]) }, []int{2, 3}, false},
		"the folder is gone":        {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "raw")) }, []int{0, 1, 2, 3, 4}, false},
	} {
		for _, listed := range []bool{true, false} {
			dir := t.TempDir()
			counted(t, dir, listed, pages...)
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			before := scratchtest.Files(t, dir)
			ids, damaged := salvaged(t, dir)
			var want []string
			for n, p := range pages {
				if !slices.Contains(c.lost, n) {
					want = append(want, p.ID)
				}
			}
			if !slices.Equal(ids, want) {
				t.Errorf("%s, segments listed %v: read %v, want %v", name, listed, ids, want)
			}
			n := 0
			for _, damage := range damaged {
				n += damage.Count()
				if !damage.Counted || c.named && !slices.ContainsFunc(c.lost, func(lost int) bool { return pages[lost].ID == damage.Page }) {
					t.Errorf("%s, segments listed %v: %+v is none of the pages %v", name, listed, damage, c.lost)
				}
			}
			if n != len(c.lost) {
				t.Errorf("%s, segments listed %v: %d pages are damaged, want %d: %v", name, listed, n, len(c.lost), damaged)
			}
			if !maps.Equal(before, scratchtest.Files(t, dir)) {
				t.Errorf("%s, segments listed %v: reading changed the files", name, listed)
			}
		}
	}
}

// Without a manifest what stands torn at the end is no damage; what pages follow
// is. Nobody knows how many pages a folder had whose manifest is damaged, too.
func TestSalvageOfARunWithoutManifest(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	put(t, l, page(schemas.Search, 1), page(schemas.Search, 2), page(schemas.Search, 3))
	second := l.Received()[1].frame.at
	l.Close()
	name := filepath.Join(dir, "raw", "run", "search-00001.ndjson.zst")
	if err := errors.Join(flip(name, second+100), shorten(name, 5)); err != nil {
		t.Fatal(err)
	}
	ids, damaged := salvaged(t, dir)
	if len(ids) != 1 || len(damaged) != 0 {
		t.Errorf("only what may be a crash's doing follows: read %v, damaged %v; want one page, and the rest torn", ids, damaged)
	}
	if err := flip(name, second+100); err != nil {
		t.Fatal(err)
	}
	if err := flip(name, 100); err != nil {
		t.Fatal(err)
	}
	if ids, damaged = salvaged(t, dir); len(ids) != 1 || len(damaged) != 1 || damaged[0].Page != page(schemas.Search, 1).ID || damaged[0].Counted {
		t.Errorf("read %v, damaged %+v; want the second page and the first damaged", ids, damaged)
	}

	gone := t.TempDir()
	counted(t, gone, true, page(schemas.Search, 1))
	write(t, filepath.Join(gone, "runs", "run", "manifest.json"), []byte("{"))
	if err := os.RemoveAll(filepath.Join(gone, "raw")); err != nil {
		t.Fatal(err)
	}
	if ids, damaged = salvaged(t, gone); len(ids) > 0 || len(damaged) != 1 || damaged[0].Pages != 0 || damaged[0].Count() != 1 {
		t.Errorf("read %v, damaged %+v; want one damage of nobody knows how many pages", ids, damaged)
	}
	if _, err := OpenSalvage(store.Dir(t.TempDir()), "run"); !errors.Is(err, ErrNone) {
		t.Errorf("a run without pages: %v, want ErrNone", err)
	}
}
