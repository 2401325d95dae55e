//go:build unix

package landing

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// What stands in a segment's place and is none is damage, which the other pages
// outlive; nobody waits for it or reads where it leads.
func TestASegmentThatIsNoFileIsDamage(t *testing.T) {
	for what, make := range map[string]func(path string) error{
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"circle": func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"zero":   func(path string) error { return os.Symlink("/dev/zero", path) },
		"link":   func(path string) error { return os.Symlink(path+".kept", path) },
		"hole": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, mostSegment+1))
		},
	} {
		dir := t.TempDir()
		l := open(t, dir)
		put(t, l, page(schemas.Tweets, 1), page(schemas.Buyers, 1))
		l.Close()
		path := filepath.Join(dir, "raw", "run", segmentName(schemas.Tweets, 1))
		if err := errors.Join(os.Rename(path, path+".kept"), make(path)); err != nil {
			t.Fatal(err)
		}
		var damage *DamageError
		if _, err := OpenReader(store.Dir(dir), "run"); !errors.As(err, &damage) || damage.File != path {
			t.Errorf("a %s: OpenReader says %v", what, err)
		}
		r, err := OpenSalvage(store.Dir(dir), "run")
		if err != nil {
			t.Errorf("a %s: OpenSalvage says %v", what, err)
			continue
		}
		if len(r.Damaged()) != 1 || r.Len() != 1 || !r.Has(page(schemas.Buyers, 1).ID) {
			t.Errorf("a %s: damaged %v, %d pages; want the segment, and the other's page", what, r.Damaged(), r.Len())
		}
		_ = r.Close()
	}
}
