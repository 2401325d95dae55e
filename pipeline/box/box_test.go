package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// parentStore has the test binary be a parent that is to be killed.
const parentStore = "SPACESETL_BOX_TEST_PARENT"

const endless = "SELECT sum(range) FROM range(1000000000000)"

// gigabytes is computed while it is planned, where DuckDB counts nothing.
const gigabytes = "SELECT len([printf('%2000000000d', 1), printf('%2000000000d', 2)])"

func TestMain(m *testing.M) {
	Main()
	if dir := os.Getenv(parentStore); dir != "" {
		b, err := Open(context.Background(), Config{Dir: store.Dir(dir)})
		if err != nil {
			panic(err)
		}
		fmt.Println(b.cmd.Process.Pid)
		_, err = b.Ask(context.Background(), answer.Question{SQL: endless}, io.Discard)
		panic(err)
	}
	os.Exit(scratchtest.Main(m))
}

// emptyStore has all tables and no row.
var emptyStore = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "box-test-")
	if err != nil {
		return "", err
	}
	d := duckdb.New(duckdb.Config{Path: store.Dir(dir).DuckDB()})
	return dir, errors.Join(d.Prepare(context.Background(), schemas.Load{}, dir), d.Commit(context.Background()))
})

func open(t *testing.T, memory int64) *Box {
	t.Helper()
	dir, err := emptyStore()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), Config{store.Dir(dir), memory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func grid(text string) answer.Question {
	return answer.Question{SQL: text, Bounds: answer.Bounds{Rows: 10}}
}

// Whatever is asked, the process takes no more memory than it may, the answer is that it
// is too much, and another question has an answer.
func TestMemoryBinds(t *testing.T) {
	const limit = 256 << 20
	for _, text := range []string{
		gigabytes,
		"SELECT length(repeat('x', 3000000000))",
		"SELECT list(range) FROM range(10000000000)",
	} {
		b := open(t, limit)
		most := watched(t, b)
		_, err := b.Ask(t.Context(), grid(text), io.Discard)
		var memory *MemoryError
		if !errors.As(err, &memory) || memory.Limit != limit || !strings.Contains(err.Error(), "256 MiB") {
			t.Errorf("%s: got %v, want a MemoryError", text, err)
		}
		if !b.Dead {
			t.Errorf("%s: the process goes on", text)
		}
		if m := most(); m > limit+limit/4 {
			t.Errorf("%s took %d MiB", text, m>>20)
		}
	}
	b := open(t, limit)
	if reply, err := b.Ask(t.Context(), grid("SELECT 42"), io.Discard); err != nil || reply.Grid.Rows[0][0].Text != "42" {
		t.Errorf("afterwards: %+v, %v", reply, err)
	}
}

// A question ends with its context, also while it is planned.
func TestTimeBinds(t *testing.T) {
	for _, text := range []string{endless, "SELECT bitstring('1', 2000000000)"} {
		b := open(t, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		start := time.Now()
		_, err := b.Ask(ctx, grid(text), io.Discard)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Second || !b.Dead || b.cmd.ProcessState == nil {
			t.Errorf("%s: got %v after %s, want that the time is over, and the process", text, err, time.Since(start))
		}
	}
}

// first has the time of the first byte, and takes no more than so many.
type first struct {
	bytes.Buffer
	most int
	at   time.Time
}

func (f *first) Write(data []byte) (int, error) {
	if f.at.IsZero() {
		f.at = time.Now()
	}
	if f.Len() > f.most {
		return 0, io.ErrShortWrite
	}
	return f.Buffer.Write(data)
}

// A file is written as it comes; what fails in its midst is an error, and nobody to write
// to is the end.
func TestAFileIsStreamed(t *testing.T) {
	b := open(t, 0)
	for range 2 {
		for form, want := range map[string]string{"csv": "range\n0\n1\n", "json": "[\n\t{\"range\":0},\n\t{\"range\":1}\n]\n", answer.Sheet: "\ufeffrange\r\n0\r\n1\r\n"} {
			var got bytes.Buffer
			if _, err := b.Ask(t.Context(), answer.Question{SQL: "FROM range(2)", Form: form}, &got); err != nil || got.String() != want {
				t.Errorf("%s: %q, %v", form, got.String(), err)
			}
		}
		var got bytes.Buffer
		if _, err := b.Ask(t.Context(), answer.Question{SQL: "FROM range(300000)", Form: "parquet"}, &got); err != nil || !bytes.HasSuffix(got.Bytes(), []byte("PAR1")) {
			t.Errorf("parquet: %d bytes, %v", got.Len(), err)
		}
		got.Reset()
		_, err := b.Ask(t.Context(), answer.Question{SQL: "SELECT range, CASE WHEN range = 900000 THEN error('at last') END FROM range(1000000)", Form: "csv"}, &got)
		if err == nil || !strings.Contains(err.Error(), "at last") || got.Len() == 0 {
			t.Errorf("in the midst: %d bytes, %v", got.Len(), err)
		}
		_, err = b.Ask(t.Context(), grid("SELECT nope"), io.Discard)
		var wrong *answer.StatementError
		if !errors.As(err, &wrong) || wrong.Where == "" {
			t.Errorf("got %v, want what is wrong with the statement", err)
		}
	}
	some := &first{most: 1 << 20}
	start := time.Now()
	_, err := b.Ask(t.Context(), answer.Question{SQL: "FROM range(1000000000000)", Form: "csv"}, some)
	if !errors.Is(err, io.ErrShortWrite) || !b.Dead || some.at.Sub(start) > time.Second {
		t.Errorf("nobody to write to: %v, and the first byte after %s", err, some.at.Sub(start))
	}
}

// What is told of the tables names no path of the machine.
func TestNoPathIsTold(t *testing.T) {
	b := open(t, 0)
	dir, _ := emptyStore()
	reply, err := b.Ask(t.Context(), grid("SELECT count(*) FROM duckdb_views() AS v WHERE contains(v::VARCHAR, '"+dir+"')"), io.Discard)
	if err != nil || reply.Grid.Rows[0][0].Text != "0" {
		t.Errorf("got %+v, %v", reply.Grid, err)
	}
	_, err = b.Ask(t.Context(), grid("FROM read_csv('/dev/fd/0')"), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "Permission Error") {
		t.Errorf("its input: got %v", err)
	}
}

func TestNoTablesAreSaid(t *testing.T) {
	if _, err := Open(t.Context(), Config{Dir: store.Dir(t.TempDir())}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
