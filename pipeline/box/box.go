// Package box runs SQL of a person's in a process of its own, whose memory and time are
// bounded whatever the SQL is: DuckDB's own limits do not count all that it allocates,
// and it cannot be interrupted while it plans, where it computes constants. The process
// is this program again, told so by its environment, and answers one question at a time.
package box

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// beside is what the process takes beside DuckDB, and leastDuckDB what DuckDB needs, in
// bytes.
const (
	beside      = 128 << 20
	leastDuckDB = 64 << 20
)

// Config says what a box is of.
type Config struct {
	Dir    store.Dir
	Memory int64 // that its process may take, in bytes; 0 is without a bound
}

// opening is what a box's process is told first.
type opening struct {
	Dir             store.Dir
	Scratch         string
	Process, DuckDB int64 // bytes; 0 is without a bound
}

// asking is a question with the CPU time that it may take.
type asking struct {
	answer.Question
	Seconds int64
}

// frame is what the process says: a part of a file, or the end of an answer.
type frame struct {
	Data    []byte
	End     bool
	Version string // of the tables; of the first end
	Reply   answer.Reply
	Failure *failure
}

// Box is a process with a store's tables open.
type Box struct {
	// Version is the state of the tables, as answer.Mark has it.
	Version string
	// Dead says that the process has been ended, and no more can be asked.
	Dead bool

	limit  int64
	cmd    *exec.Cmd
	in     io.Closer
	ask    *gob.Encoder
	said   *gob.Decoder
	stderr *tail
}

// MemoryError says that a question needs more memory than there may be.
type MemoryError struct {
	Limit int64 // bytes; 0 where it is the machine's
}

func (e *MemoryError) Error() string {
	limit := ""
	if e.Limit > 0 {
		limit = " of " + humanize.IBytes(uint64(e.Limit))
	}
	return "this does not fit in the memory" + limit + " that a query may take: ask for less, for example with a WHERE, or allow it more with --memory"
}

// broken is how DuckDB says that it answers no more; what has met the end of its memory is
// not to be trusted, either.
var broken = regexp.MustCompile(`(INTERNAL|FATAL) Error|invalidated`)

// errTime says that a process has used up the time of its CPUs.
var errTime = fmt.Errorf("the query has taken all its CPU time: %w", context.DeadlineExceeded)

// Open starts a process and has it open the tables. Close the box.
func Open(ctx context.Context, cfg Config) (*Box, error) {
	o := opening{Dir: cfg.Dir, Scratch: os.TempDir()}
	if cfg.Memory > 0 {
		o.DuckDB = max(cfg.Memory-beside, leastDuckDB)
		o.Process = o.DuckDB + beside
	}
	var err error
	if o.Dir, err = absolute(cfg.Dir); err != nil {
		return nil, err
	}
	b := &Box{limit: o.Process, stderr: &tail{}}
	if err := b.start(); err != nil {
		return nil, fmt.Errorf("the process for SQL cannot be started: %w", err)
	}
	end, err := b.exchange(ctx, o, io.Discard)
	b.Version = end.Version
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func absolute(dir store.Dir) (store.Dir, error) {
	path, err := filepath.Abs(string(dir))
	return store.Dir(path), err
}

// start starts the process. It knows nothing of this one's environment.
func (b *Box) start() error {
	if !begun {
		return errors.New("main has not begun with box.Main")
	}
	program, err := executable()
	if err != nil {
		return err
	}
	b.cmd = exec.Command(program)
	b.cmd.Args = []string{filepath.Base(os.Args[0])}
	b.cmd.Env = []string{marker + "=1"}
	b.cmd.Stderr = b.stderr
	apart(b.cmd)
	in, err := b.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	b.in, b.ask, b.said = in, gob.NewEncoder(in), gob.NewDecoder(out)
	return b.cmd.Start()
}

// Ask has a question answered. A file is written as it comes; when an answer fails, a
// part of it may have been. The process is killed when the context ends, and when there
// is nobody to write to; then, and when it ends by itself, the box is dead.
func (b *Box) Ask(ctx context.Context, q answer.Question, w io.Writer) (answer.Reply, error) {
	if b.Dead {
		return answer.Reply{}, errors.New("the process for SQL has ended")
	}
	a := asking{Question: q}
	if until, ok := ctx.Deadline(); ok {
		a.Seconds = max(int64(time.Until(until)/time.Second), 1)
	}
	end, err := b.exchange(ctx, a, w)
	return end.Reply, err
}

// exchange says something to the process, and hears the answer to its end.
func (b *Box) exchange(ctx context.Context, what any, w io.Writer) (end frame, err error) {
	stop := context.AfterFunc(ctx, b.kill)
	defer func() {
		if !stop() || err != nil && (end.Failure == nil || end.Failure.Memory || broken.MatchString(end.Failure.Text)) {
			b.Close()
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()
	if err := b.ask.Encode(what); err != nil {
		return frame{}, b.ended(err)
	}
	for {
		var f frame
		if err := b.said.Decode(&f); err != nil {
			return frame{}, b.ended(err)
		}
		if f.End {
			return f, f.Failure.err(b.limit)
		}
		if _, err := w.Write(f.Data); err != nil {
			return frame{}, err
		}
	}
}

// Close ends the process, whatever it does.
func (b *Box) Close() {
	if !b.Dead {
		b.Dead = true
		b.kill()
		_ = b.in.Close()
		_ = b.cmd.Wait()
	}
}

// ended is why a process is no more.
func (b *Box) ended(reading error) error {
	b.Dead = true
	b.kill() // one that only no longer answers
	_ = b.in.Close()
	_ = b.cmd.Wait()
	said := b.stderr.String()
	switch code := b.cmd.ProcessState.ExitCode(); {
	case code == codeMemory, noMemory.MatchString(said):
		return &MemoryError{b.limit}
	case code == codeTime:
		return errTime
	case said != "":
		line, _, _ := strings.Cut(said, "\n")
		return fmt.Errorf("the query has ended its process: %s", line)
	}
	return fmt.Errorf("the query has ended its process (%s, %w)", b.cmd.ProcessState, reading)
}

// tail keeps the beginning of what a process says of its end.
type tail struct{ said bytes.Buffer }

func (t *tail) Write(text []byte) (int, error) {
	if room := 4096 - t.said.Len(); room > 0 {
		t.said.Write(text[:min(room, len(text))])
	}
	return len(text), nil
}

func (t *tail) String() string { return t.said.String() }

// failure is an error that goes from one process to another.
type failure struct {
	Text           string
	Message, Where string // of a *answer.StatementError
	Locked         *duckdb.LockedError
	None           bool // fs.ErrNotExist
	Memory         bool
}

// failureOf is nil for no error.
func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	err = answer.Wrong(err)
	f := &failure{Text: err.Error(), None: errors.Is(err, fs.ErrNotExist), Memory: noMemory.MatchString(err.Error())}
	var wrong *answer.StatementError
	if errors.As(err, &wrong) {
		f.Message, f.Where, f.Memory = wrong.Message, wrong.Where, false
	}
	_ = errors.As(err, &f.Locked)
	return f
}

func (f *failure) err(limit int64) error {
	switch {
	case f == nil:
		return nil
	case f.Message != "":
		return &answer.StatementError{Message: f.Message, Where: f.Where}
	case f.Memory:
		return &MemoryError{limit}
	case f.Locked != nil:
		return f.Locked
	case f.None:
		return fmt.Errorf("%s%w", strings.TrimSuffix(f.Text, fs.ErrNotExist.Error()), fs.ErrNotExist)
	}
	return errors.New(f.Text)
}
