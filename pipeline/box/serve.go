package box

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// marker is in the environment of a box's process.
const marker = "SPACESETL_BOX_PROCESS"

// How a box's process ends by itself.
const (
	codeMemory = 98
	codeTime   = 99
)

// noMemory is how DuckDB, Go and the C library say that there is no more memory, also for
// a thread.
var noMemory = regexp.MustCompile(`(?i)out of memory|bad_alloc|bad allocation|cannot allocate memory|failed to create new OS thread|pthread_create failed`)

// begun says that this program has begun with Main, and so knows what a box's process is.
var begun bool

// Main is what a program that opens boxes begins with: in a box's process it does not
// return. Without it Open returns an error.
func Main() {
	if os.Getenv(marker) == "" {
		begun = true
		return
	}
	_ = os.Unsetenv(marker)
	serve(os.Stdin, os.Stdout)
	os.Exit(0)
}

// server answers questions of the process that has started this one.
type server struct {
	out    *gob.Encoder
	tables *duckdb.Reader
	sink   sink
}

// serve ends with its input, also while it answers: then nobody waits for it.
func serve(in io.Reader, out io.Writer) {
	said := gob.NewDecoder(in)
	s := &server{out: gob.NewEncoder(out)}
	var o opening
	if said.Decode(&o) != nil {
		return
	}
	debug.SetMemoryLimit(beside / 2)
	version, err := s.open(o)
	bound(o.Process)
	s.end(frame{Version: version, Failure: failureOf(err)})
	questions := make(chan asking)
	go func() {
		for {
			var a asking
			if said.Decode(&a) != nil {
				os.Exit(0)
			}
			questions <- a
		}
	}()
	for a := range questions {
		boundTime(a.Seconds)
		reply, err := s.answer(a.Question)
		s.end(frame{Reply: reply, Failure: failureOf(err)})
	}
}

// open opens the tables from within their folder: no path of the machine is in what
// DuckDB can tell of them.
func (s *server) open(o opening) (version string, err error) {
	if err := os.Chdir(string(o.Dir)); err != nil {
		return "", err
	}
	bounds := duckdb.ReaderConfig{}
	if o.DuckDB > 0 {
		bounds.MemoryLimit = fmt.Sprint(o.DuckDB, "B")
	}
	if s.sink, err = newSink(o.Scratch); err != nil {
		return "", err
	}
	bounds.Sink = s.sink.path()
	s.tables, version, err = answer.Open(context.Background(), store.Dir("."), bounds)
	return version, err
}

// answer answers a question; a file is sent as it is made.
func (s *server) answer(q answer.Question) (answer.Reply, error) {
	form, ok := answer.FormNamed(q.Form)
	if !ok {
		return q.Answer(context.Background(), s.tables, "")
	}
	var reply answer.Reply
	begin := form.Begin
	err := s.sink.through(func() (err error) {
		reply, err = q.Answer(context.Background(), s.tables, s.sink.path())
		return err
	}, func(data []byte) {
		if begin != "" {
			data, begin = append([]byte(begin), data...), ""
		}
		s.say(frame{Data: data})
	})
	return reply, err
}

func (s *server) end(f frame) {
	f.End = true
	s.say(f)
}

// say ends the process when nobody listens.
func (s *server) say(f frame) {
	if s.out.Encode(f) != nil {
		os.Exit(0)
	}
}

// part is how much of a file is said at a time, in bytes.
const part = 64 << 10

// read hands on what is read, as it comes.
func read(r io.Reader, to func([]byte)) {
	data := make([]byte, part)
	for {
		n, err := r.Read(data)
		if n > 0 {
			to(data[:n])
		}
		if err != nil {
			return
		}
	}
}
