package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// From says what is restored, and where to.
type From struct {
	Backup string    // a folder, an archive, or - for In
	In     io.Reader // gives the archive of -
	Store  store.Dir // a new folder, or one that is half restored
	Step   durable.Step
}

// Restored is what came of it.
type Restored struct {
	Store    string    `json:"store"`
	Of       string    `json:"of"` // the store that was backed up
	At       time.Time `json:"at"` // when
	Runs     int       `json:"runs"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"`
	Left     []string  `json:"left,omitempty"` // what the backup does without
	Problems []string  `json:"problems"`       // what is not what was written
}

// TakenError is a folder that a backup cannot be restored to.
type TakenError struct{ Store string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("%s is not empty: restore to a new folder, and move it where it is to be", e.Store)
}

// Restore makes a store of a backup, and holds its files against the checksums of the
// backup and of their manifests. Until all are there the folder says that it is half
// restored, and no command takes it for a store; the same restore goes on. What was
// damaged is restored as it is, and is in Restored.
func Restore(ctx context.Context, from From) (*Restored, error) {
	if !store.IsRestoring(from.Store) {
		entries, err := os.ReadDir(string(from.Store))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if len(entries) > 0 {
			return nil, &TakenError{string(from.Store)}
		}
	}
	r := &restoring{ctx: ctx, From: from, sums: map[string]string{}}
	take := r.folder
	if info, err := os.Stat(from.Backup); from.Backup == "-" || err == nil && !info.IsDir() {
		take = r.archive
	} else if err != nil {
		return nil, err
	}
	x, err := take()
	if err != nil {
		return nil, err
	}
	now, err := r.rest(x)
	if err != nil {
		return nil, err
	}
	done, err := r.prove(x, now)
	if err == nil {
		err = syncFolders(string(from.Store))
	}
	if err == nil {
		err = from.Step.At("restore: proved", string(from.Store))
	}
	if err == nil {
		err = store.Restored(from.Store)
	}
	return done, err
}

type restoring struct {
	From
	ctx  context.Context
	sums map[string]string // of the files that were written, by path
}

// begin notes that the folder becomes a store.
func (r *restoring) begin() error {
	name := r.Backup
	if name != "-" {
		var err error
		if name, err = filepath.Abs(name); err != nil {
			return err
		}
	}
	return store.Restoring(r.Store, name, r.Step)
}

// folder copies a backup from a folder.
func (r *restoring) folder() (*Index, error) {
	s, err := readFolder(r.Backup)
	if err == nil {
		err = apart(string(r.Store), r.Backup)
	}
	if err == nil {
		err = r.begin()
	}
	if err != nil {
		return nil, err
	}
	for _, e := range s.x.Files {
		file, err := s.open(e)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, durable.ErrNotRegular) {
			continue // it is said
		}
		if err == nil {
			err = errors.Join(r.write(e, io.LimitReader(file, e.Bytes)), file.Close())
		}
		if err != nil {
			return nil, err
		}
	}
	return s.x, nil
}

// write writes a file of the store.
func (r *restoring) write(e Entry, from io.Reader) error {
	err := r.ctx.Err()
	if err == nil {
		err = r.Step.At("restore: before write", e.Path)
	}
	hash := sha256.New()
	if err == nil {
		err = write(filepath.Join(string(r.Store), filepath.FromSlash(e.Path)), e, io.TeeReader(from, hash))
	}
	if err != nil {
		return fmt.Errorf("restoring %s: %w", e.Path, err)
	}
	r.sums[e.Path] = hex.EncodeToString(hash.Sum(nil))
	return nil
}

// rest removes files that the index does not list: those that changed while they were
// archived, and those of a restore that was not finished, from another backup.
func (r *restoring) rest(x *Index) (*listing, error) {
	now, err := list(r.Store)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, e := range x.Files {
		listed[e.Path] = true
	}
	for name := range now.files {
		if !listed[name] {
			file := filepath.Join(string(r.Store), filepath.FromSlash(name))
			if err := os.Remove(file); err != nil {
				return nil, err
			}
			_ = os.Remove(filepath.Dir(file)) // of a run that is in a bundle now
			delete(now.files, name)
		}
	}
	return now, nil
}

// prove holds what was restored against the index, and against what manifests list.
func (r *restoring) prove(x *Index, now *listing) (*Restored, error) {
	done := &Restored{Store: string(r.Store), Of: x.Store, At: x.At, Files: len(x.Files), Left: x.Left}
	c := &copying{ctx: r.ctx, cfg: Config{Store: r.Store}, to: nothing{}, last: now, survey: look(r.Store, now, nothing{}), done: map[string]copied{}, wrong: map[string]string{}, torn: map[string]string{}}
	for _, e := range x.Files {
		done.Bytes += e.Bytes
		sum, there := r.sums[e.Path]
		if there && sum != e.SHA256 {
			c.torn[e.Path] = fmt.Sprintf("%s: is not the file that was backed up", c.path(e.Path))
		}
		if e.SHA256 = sum; !there {
			c.torn[e.Path] = fmt.Sprintf("%s: is not in the backup that lists it", c.path(e.Path))
			continue
		}
		c.done[e.Path] = copied{Entry: e}
		if kindOf(e.Path) != pages {
			continue
		}
		file, err := durable.Open(c.path(e.Path))
		if err != nil {
			return nil, err
		}
		_, err = c.whole(e.Path, file, e.Bytes)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
	}
	c.prove()
	done.Runs = len(c.survey.runs)
	for _, name := range slices.Sorted(maps.Keys(c.wrong)) {
		done.Problems = append(done.Problems, c.wrong[name])
	}
	return done, nil
}

// nothing is the target of what is only proved.
type nothing struct{ *archive }
