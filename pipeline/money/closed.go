package money

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// closedName is ledger.ndjson: the runs that nothing can change any more, a line
// each, oldest first. It is only appended to, so that a start writes and reads what
// is newer, however long the store has lived.
const closedName = "ledger.ndjson"

// open is for how long the lines of a run stay in ledger.json: as long as a later
// page can say what was lost of it, and a day more.
const open = repeatable + 24*time.Hour

// closed is what ledger.json says of ledger.ndjson: what is there beside that was
// appended by a process that died.
type closed struct {
	Runs  int    `json:"runs"`
	IDs   string `json:"ids"`   // checksum of theirs
	Bytes int64  `json:"bytes"` // of the file
	Sum   string `json:"sum"`   // of each line and the sum before it
	// Unsure are those of the runs that would be read otherwise if their folders
	// changed.
	Unsure []Run `json:"unsure,omitempty"`
}

// closedRun is a line of the file.
type closedRun struct {
	Run   Run     `json:"run"`
	Lines []*Line `json:"lines"`
}

var errClosed = errors.New(closedName + " is not what was written")

// sumOf is the checksum of a text and the one before it.
func sumOf(before string, text []byte) string {
	sum := sha256.Sum256(append([]byte(before), text...))
	return hex.EncodeToString(sum[:])
}

func idsOf(runs []string) string { return sumOf("", []byte(strings.Join(runs, "\n"))) }

// stands reports whether the runs are the store's first, as they were read.
func (c *closed) stands(d store.Dir, runs []string) bool {
	if c.Runs == 0 {
		return true
	}
	info, err := os.Stat(d.File(closedName))
	return err == nil && info.Size() >= c.Bytes && c.Runs < len(runs) && c.IDs == idsOf(runs[:c.Runs]) &&
		!slices.ContainsFunc(c.Unsure, func(run Run) bool { return !run.stands(d, false) })
}

// whole puts the closed runs before the others.
func whole(l *Ledger, d store.Dir) error {
	if l.all {
		return nil
	}
	if l.closed.Runs > 0 {
		file, err := durable.Open(d.File(closedName))
		if err != nil {
			return err
		}
		defer file.Close()
		var runs []Run
		var lines []*Line
		sum := ""
		for r := bufio.NewReaderSize(io.LimitReader(file, l.closed.Bytes), 1<<16); ; {
			text, err := r.ReadBytes('\n')
			if err == io.EOF && len(text) == 0 {
				break
			}
			var c closedRun
			if err != nil || !c.read(text) && json.Unmarshal(text, &c) != nil || slices.Contains(c.Lines, nil) {
				return errClosed
			}
			sum = sumOf(sum, text)
			runs, lines = append(runs, c.Run), append(lines, c.Lines...)
		}
		if sum != l.closed.Sum || len(runs) != l.closed.Runs {
			return errClosed
		}
		l.Runs, l.Lines = append(runs, l.Runs...), append(lines, l.Lines...)
	}
	l.all = true
	return nil
}

// due reports whether there is a day of runs to close.
func due(l *Ledger) bool {
	return len(l.Lines) > 0 && l.Lines[0].Day < before(l, open+24*time.Hour)
}

// before is the day so long before the ledger's latest.
func before(l *Ledger, age time.Duration) string {
	latest, _ := time.Parse(time.DateOnly, l.Lines[len(l.Lines)-1].Day) // of another form it is the first day there is
	return Day(latest.Add(-age))
}

// closeRuns appends the runs that nothing can change any more to the file.
func closeRuns(l *Ledger, to *store.Locked) error {
	if !l.all || len(l.Lines) == 0 {
		return nil
	}
	c, until := l.closed, before(l, open)
	lines := openLines(l)
	var text []byte
	for _, run := range l.Runs[c.Runs:max(len(l.Runs)-1, c.Runs)] {
		n := 0
		for n < len(lines) && lines[n].RunID == run.RunID {
			n++
		}
		if slices.ContainsFunc(lines[:n], func(line *Line) bool { return line.Day >= until }) || runDay(run.RunID) >= until ||
			slices.ContainsFunc(l.Lost, func(lost Lost) bool { return lost.RunID == run.RunID }) {
			break
		}
		line, err := json.Marshal(closedRun{run, lines[:n]})
		if err != nil {
			return err
		}
		line = append(line, '\n')
		text, lines = append(text, line...), lines[n:]
		c.Runs, c.Sum = c.Runs+1, sumOf(c.Sum, line)
		if !run.Ended || run.Damaged > 0 || run.Planless {
			c.Unsure = append(slices.Clip(c.Unsure), run)
		}
	}
	if len(text) == 0 {
		return nil
	}
	if err := store.AppendAt(to.File(closedName), c.Bytes, text); err != nil {
		return err
	}
	ids := make([]string, c.Runs)
	for i := range ids {
		ids[i] = l.Runs[i].RunID
	}
	c.Bytes, c.IDs = c.Bytes+int64(len(text)), idsOf(ids)
	l.closed = c
	return nil
}

// runDay is the day that a run's id begins with; none can be closed without one.
func runDay(id string) string {
	at, err := time.Parse("20060102", id[:min(len(id), len("20060102"))])
	if err != nil {
		return "9"
	}
	return Day(at)
}

// openRuns and openLines are those that ledger.json has.
func openRuns(l *Ledger) []Run {
	if !l.all {
		return l.Runs
	}
	return l.Runs[l.closed.Runs:]
}

func openLines(l *Ledger) []*Line {
	if !l.all || l.closed.Runs == 0 {
		return l.Lines
	}
	last := l.Runs[l.closed.Runs-1].RunID
	i := slices.IndexFunc(l.Lines, func(line *Line) bool { return line.RunID > last })
	if i < 0 {
		return nil
	}
	return l.Lines[i:]
}
