package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// BusyError is a store that another run is writing.
type BusyError struct{ Store, Owner string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("store %s is in use by %s: wait for it to end, or choose another --store", e.Store, e.Owner)
}

// Locked is a store that this process alone may write, until Unlock: whoever
// holds one may change what lies in the store.
type Locked struct {
	Dir
	lock *flock.Flock

	mu     sync.Mutex
	clean  bool            // processes before this one left nothing half done, or it is swept
	ended  bool            // Unlock was called
	writes map[string]bool // runs whose pages are being landed
	dying  map[string]bool // runs whose files are being renamed into place
}

// leftNothing ends the lock file of a process that ended by itself, with nothing left
// by those before it: the next need not look into the folders of all runs.
const leftNothing = "left nothing half done\n"

// mostOwner bounds what names the owner of a lock, in bytes.
const mostOwner = 4 << 10

// Lock makes this process the only one that writes the store. The system
// releases the lock of a process that dies. It returns a *BusyError when
// another has it, and a *FormatError for a store of a newer version.
func (d Dir) Lock() (*Locked, error) {
	if err := os.MkdirAll(string(d), 0o777); err != nil {
		return nil, fmt.Errorf("store %s: %w: name a folder that this user may read and write", d, durable.Cause(err))
	}
	path := d.File("lock")
	if err := durable.Regular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("store %s: %w", d, err) // the lock waits for a pipe, and writes where a link leads
	}
	lock := flock.New(path, flock.SetPermissions(0o666))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", d, err)
	}
	if !ok {
		owner, _ := durable.ReadFile(path, mostOwner) // only for the message
		if text := strings.TrimSpace(string(owner)); text != "" {
			return nil, &BusyError{string(d), text}
		}
		return nil, &BusyError{string(d), "another run"}
	}
	if err := known(d); err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	last, _ := durable.ReadFile(path, mostOwner) // of what cannot be read nothing is known
	host, _ := os.Hostname()                     // only for the message
	owner := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(path, []byte(owner), 0o666); err != nil {
		_ = lock.Unlock()
		return nil, fmt.Errorf("store %s: %w", d, err)
	}
	return &Locked{
		Dir: d, lock: lock, clean: strings.HasSuffix(string(last), "\n"+leftNothing),
		writes: map[string]bool{}, dying: map[string]bool{},
	}, nil
}

// Unlock lets others write the store, as soon as all that was claimed in it is
// released. Nothing more can be claimed.
func (l *Locked) Unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.let()
}

// let lets others write once nothing is claimed any more.
func (l *Locked) let() {
	if !l.ended || len(l.writes) > 0 || l.lock == nil || !l.lock.Locked() {
		return
	}
	if l.clean && len(l.dying) == 0 {
		if file, err := os.OpenFile(l.File("lock"), os.O_WRONLY|os.O_APPEND, 0); err == nil { // else the next looks
			_, _ = file.WriteString(leftNothing)
			_ = file.Close()
		}
	}
	_ = l.lock.Unlock()
}

// Claim takes a run's pages for one writer until release is called: two that
// append to the same files would overwrite each other's pages. It can be released
// more than once.
func (l *Locked) Claim(runID string) (release func(), err error) {
	if err := CheckRunID(runID); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.writes == nil {
		return nil, fmt.Errorf("run %s: store %s is not locked any more", runID, l.Dir)
	}
	if l.writes[runID] {
		return nil, fmt.Errorf("run %s: its pages are being landed already", runID)
	}
	l.writes[runID] = true
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.writes, runID)
		l.let()
	}), nil
}

// Holder is who has locked a store, or had it locked last.
type Holder struct {
	Held bool `json:"held"`
	// Sure is false when this system cannot tell: Held is then what the lock
	// file makes likely.
	Sure  bool      `json:"sure"`
	PID   int       `json:"pid,omitempty"`
	Host  string    `json:"host,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Here  bool      `json:"-"` // Host is this machine
	Alive bool      `json:"-"` // there is a process PID here
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "a process that is not named"
	}
	return fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// Holder finds out who has locked the store. It takes no lock, so that no run
// can be turned away because of it.
func (d Dir) Holder() (Holder, error) {
	var h Holder
	path := d.File("lock")
	text, err := durable.ReadFile(path, mostOwner)
	if errors.Is(err, fs.ErrNotExist) {
		h.Sure = true
		return h, nil
	}
	if err != nil && !errors.Is(err, fs.ErrPermission) { // who may only look is told less
		return h, err
	}
	var since string
	if _, err := fmt.Sscanf(strings.TrimSpace(string(text)), "process %d on %s since %s", &h.PID, &h.Host, &since); err == nil {
		h.Since, _ = time.Parse(time.RFC3339, since) // zero when it is not a time
	}
	host, _ := os.Hostname()
	h.Here = h.Host == "" || h.Host == host
	h.Alive = h.Here && h.PID > 0 && alive(h.PID)
	if held, known := flocked(path, h.PID); known && (held || h.Here) {
		h.Held, h.Sure = held, true
		return h, nil
	}
	h.Held = h.Alive
	return h, nil
}
