package keep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Config says what is copied, and where to.
type Config struct {
	Store store.Dir
	To    string    // a folder, an archive, which ends in .tar.zst, or - for Out
	Out   io.Writer // takes the archive of -
	// Wait is how long it is waited for what another process publishes, or joins; 0 for
	// two minutes.
	Wait time.Duration
	Step durable.Step // beside each step of a copy
}

// Summary is what came of a backup.
type Summary struct {
	Store       string `json:"store"`
	To          string `json:"to"`
	Files       int    `json:"files"`
	Bytes       int64  `json:"bytes"`
	Copied      int    `json:"copied"` // files that were not there as they are
	CopiedBytes int64  `json:"copied_bytes"`
	// Foreign is what lies in the store and is not ours: it is not copied.
	Foreign  []string `json:"foreign,omitempty"`
	Left     []string `json:"left,omitempty"` // what the backup does without
	Problems []string `json:"problems"`       // what is wrong with the store
}

// ChangingError is a store in which a process went on replacing files.
type ChangingError struct{ Store string }

func (e *ChangingError) Error() string {
	return fmt.Sprintf("store %s: its files are replaced all the time: back it up when the run is over; an earlier backup is as it was", e.Store)
}

// target takes the files of a backup.
type target interface {
	// have returns the file that is there already, with its checksum.
	have(e Entry) (Entry, bool)
	put(e Entry, from io.Reader) error
	drop(name string)
	// older is a file of the backup before, and where it lies.
	older(name string) (e Entry, path string, ok bool)
	earlier() []Entry
	finish(x *Index) error
	close() error
}

// Backup copies a store while others may write it. It takes no lock, and what it reads
// stays as it is.
//
// All files are listed, copied, and listed again, until two lists in a row are the same
// and what changed between earlier ones has been copied again. All that was copied was
// then there at the time of the last list but one: manifests with the files that they
// list, the map of a table with its files, the database with the runs that it has, the
// ledger with the part of it that is only appended to. Only pages and the notes of
// requests sent may grow meanwhile: their run is, in the copy, one that was killed.
// Pages are copied before the notes, so that a request is noted of each answer that the
// copy lacks: money that was paid is at worst counted for what it may have bought.
//
// What is wrong with the store is in the Summary, not an error.
func Backup(ctx context.Context, cfg Config) (Summary, error) {
	c := &copying{ctx: ctx, cfg: cfg, done: map[string]copied{}, wrong: map[string]string{}, torn: map[string]string{}, kept: map[string]string{}}
	if _, err := cfg.Store.Runs(); err != nil {
		return Summary{}, err
	}
	to, err := open(cfg)
	if err != nil {
		return Summary{}, err
	}
	c.to = to
	if err := c.settle(); err != nil {
		return Summary{}, errors.Join(err, to.close())
	}
	c.lost()
	x := c.index()
	if err := errors.Join(to.finish(x), to.close()); err != nil {
		return Summary{}, err
	}
	sum := Summary{Store: string(cfg.Store), To: cfg.To, Files: len(x.Files), Copied: c.copies, CopiedBytes: c.bytes, Foreign: c.last.foreign, Left: x.Left, Problems: x.Problems}
	sum.Foreign = append(sum.Foreign, c.survey.unlisted...)
	for _, e := range x.Files {
		sum.Bytes += e.Bytes
	}
	return sum, nil
}

// copying is a backup under way.
type copying struct {
	ctx    context.Context
	cfg    Config
	to     target
	last   *listing
	survey *survey
	done   map[string]copied
	wrong  map[string]string // what is wrong with a file, by its path
	torn   map[string]string // the same, of files of pages
	kept   map[string]string // the same, where the backup keeps the file that it had before
	busy   bool              // files are being renamed into place
	held   bool              // the database is being written
	left   []string

	copies int
	bytes  int64
}

// copied is a file of the copy, and the one of the store that it was made of.
type copied struct {
	Entry
	of fs.FileInfo
}

// fewRounds is how often files are listed and copied at least, however long one copy
// takes.
const fewRounds = 5

// settle copies until nothing changes.
func (c *copying) settle() error {
	var until time.Time
	for round := 1; ; round++ {
		now, err := list(c.cfg.Store)
		if err != nil {
			return err
		}
		if err := c.round(now); err != nil {
			return err
		}
		again, err := list(c.cfg.Store)
		if err != nil {
			return err
		}
		if round == 1 {
			until = time.Now().Add(cmp.Or(c.cfg.Wait, 2*time.Minute))
		}
		late := round >= fewRounds && time.Now().After(until)
		switch quiet := again.equals(now) && !c.busy; {
		case quiet && !c.held:
			return nil
		case quiet && late:
			c.without("spaces.duckdb", "spaces.duckdb.wal")
			c.left = append(c.left, "the database was written all the time: the next run, or replay, makes it again of the other files")
			return nil
		case late:
			return &ChangingError{string(c.cfg.Store)}
		}
		// The next two lists are as close as can be: what changes often is quiet in between.
		if err := pause(c.ctx, min(time.Duration(round)*20*time.Millisecond, time.Second)); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// round copies what is listed and not copied yet.
func (c *copying) round(now *listing) error {
	c.last, c.held = now, false
	c.survey = look(c.cfg.Store, now, c.to)
	holder, _ := c.cfg.Store.Holder() // of what cannot be read nothing is known
	c.busy = holder.Held && c.survey.committing
	for name := range c.done {
		if now.files[name] == nil || c.kept[name] != "" { // what is kept is found out anew
			c.without(name)
		}
	}
	for _, name := range now.order() {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if !c.survey.copies(name) {
			c.without(name)
			continue
		}
		if was, ok := c.done[name]; ok && was.of != nil && unchanged(was.of, now.files[name]) {
			continue
		}
		if err := c.copy(name); err != nil {
			return fmt.Errorf("copying %s: %w", c.path(name), durable.Cause(err))
		}
	}
	c.prove()
	return nil
}

func (c *copying) path(name string) string {
	return filepath.Join(string(c.cfg.Store), filepath.FromSlash(name))
}

// without takes files out of the copy.
func (c *copying) without(names ...string) {
	for _, name := range names {
		if _, ok := c.done[name]; ok {
			c.to.drop(name)
			delete(c.done, name)
		}
		delete(c.torn, name)
		delete(c.kept, name)
	}
}

// copy copies a file from a descriptor: it is one whole version, whatever takes its
// name meanwhile.
func (c *copying) copy(name string) error {
	c.without(name)
	file, info, err := durable.OpenInfo(c.path(name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, durable.ErrNotRegular) {
		return nil // the next list tells
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if kindOf(name) == database && written(file) {
		c.held = true
		return nil
	}
	e := Entry{Path: name, Bytes: info.Size(), Time: info.ModTime().UnixNano()}
	if kindOf(name) == pages {
		if e.Bytes, err = c.whole(name, file, e.Bytes); err != nil {
			return err
		}
	}
	if there, ok := c.to.have(e); ok {
		c.done[name] = copied{there, info}
		return nil
	}
	if err := c.cfg.Step.At("backup: before copy", name); err != nil {
		return err
	}
	hash := sha256.New()
	// One that became shorter meanwhile is another in the next list.
	if err := c.to.put(e, io.TeeReader(io.NewSectionReader(file, 0, e.Bytes), hash)); err != nil {
		return err
	}
	e.SHA256 = hex.EncodeToString(hash.Sum(nil))
	c.done[name] = copied{e, info}
	c.copies, c.bytes = c.copies+1, c.bytes+e.Bytes
	return c.cfg.Step.At("backup: copied", name)
}

// index lists the copy.
func (c *copying) index() *Index {
	x := &Index{Format: indexFormat, Store: string(c.cfg.Store), At: time.Now().UTC(), Left: c.left, Files: []Entry{}}
	if path, err := filepath.Abs(x.Store); err == nil {
		x.Store = path
	}
	for _, name := range slices.Sorted(maps.Keys(c.done)) {
		x.Files = append(x.Files, c.done[name].Entry)
	}
	for _, name := range slices.Sorted(maps.Keys(c.wrong)) {
		x.Problems = append(x.Problems, c.wrong[name])
	}
	x.Checksum = store.Checksum(x)
	return x
}

// open makes ready what takes the copy.
func open(cfg Config) (target, error) {
	if cfg.To == "-" || isArchive(cfg.To) {
		return newArchive(cfg)
	}
	if err := apart(string(cfg.Store), cfg.To); err != nil {
		return nil, err
	}
	return openFolder(cfg.To, cfg.Step)
}
