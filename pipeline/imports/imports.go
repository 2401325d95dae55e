// Package imports reads answers of the API that somebody has in files: as they came, as
// twarc and recorders of HTTP keep them, or as a store landed them. Every byte is a
// stranger's: what lands is the answer, what was asked for and when, and nothing else.
package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says what to read, and what holds of answers that do not say it themselves.
type Config struct {
	Paths    []string         // files and folders
	Into     string           // the store, of which nothing is read
	Endpoint schemas.Endpoint // that was asked; empty to tell it by what an answer holds
	IDs      []string         // that were asked for there
	Query    string
	// FetchedAt is when; zero is the time of the file.
	FetchedAt time.Time
	Now       time.Time // no answer is from later
}

// Found is what files hold.
type Found struct {
	Files    int                      `json:"files"`
	Answers  map[schemas.Endpoint]int `json:"answers"`
	Repeated int                      `json:"repeated"` // answers that are there twice
	First    time.Time                `json:"first,omitzero"`
	Last     time.Time                `json:"last,omitzero"`
	// Passed counts what is no answer to be had, such as a browser's other requests,
	// by reason.
	Passed map[string]int `json:"passed_by"`
	// Unread is what could not be read, by file and line or entry; of more than
	// mostUnread the last counts the others.
	Unread  []store.Missing `json:"unread"`
	Content string          `json:"content"` // checksum of the answers

	sum   [sha256.Size]byte
	pages map[string]digest // by page id
	more  int               // unread beyond those listed
}

// digest tells answers to one request apart.
type digest [16]byte

// mostUnread bounds the list of what could not be read.
const mostUnread = 1000

// Len is how many answers there are.
func (f *Found) Len() int { return len(f.pages) }

// NotRead is how much could not be read, what is not listed, too.
func (f *Found) NotRead() int { return len(f.Unread) + max(f.more-1, 0) }

// Scan reads the files and says what is in them.
func Scan(ctx context.Context, cfg Config) (*Found, error) {
	return read(ctx, cfg, func(schemas.Page) error { return nil })
}

func read(ctx context.Context, cfg Config, take func(schemas.Page) error) (*Found, error) {
	files, passed, err := filesOf(cfg.Paths, cfg.Into)
	if err != nil {
		return nil, err
	}
	r := reader{ctx: ctx, cfg: cfg, take: take, offsets: map[string]int{}, found: &Found{
		Files: len(files), Answers: map[schemas.Endpoint]int{}, Passed: passed, Unread: []store.Missing{}, pages: map[string]digest{},
	}}
	for _, name := range files {
		if err := open(&r, name); err != nil {
			return nil, err
		}
	}
	f := r.found
	if f.more > 0 {
		f.Unread = append(f.Unread, store.Missing{Member: "others", Kind: schemas.GapUnreadable, Reason: fmt.Sprintf("%d more could not be read", f.more)})
	}
	f.Content = hex.EncodeToString(f.sum[:])
	return f, nil
}

// reader reads files one after the other. Its methods return an error only where
// reading is to end: what is wrong with a file is noted.
type reader struct {
	ctx     context.Context
	cfg     Config
	take    func(schemas.Page) error
	found   *Found
	offsets map[string]int // of the next pages of collections

	name string    // of the file
	time time.Time // of the file
	nth  int       // answer in the file that does not say when
}

// unread notes what could not be read, an entry of the file or with 0 all of it.
func (r *reader) unread(what string, n int, format string, args ...any) {
	if len(r.found.Unread) >= mostUnread {
		r.found.more++
		return
	}
	r.found.Unread = append(r.found.Unread, store.Missing{Member: r.where(what, n), Kind: schemas.GapUnreadable, Reason: fmt.Sprintf(format, args...)})
}

func (r *reader) where(what string, n int) string {
	if n == 0 {
		return r.name
	}
	return fmt.Sprintf("%s, %s %d", r.name, what, n)
}
