package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

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
func (s Store) Holder() (Holder, error) {
	var h Holder
	path := filepath.Join(string(s), "lock")
	text, err := os.ReadFile(path)
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
