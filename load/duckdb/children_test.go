package duckdb

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// child is this test binary as another process, in one of its roles below.
type child struct {
	*exec.Cmd
	out *bufio.Reader
	in  io.Closer
}

func startChild(tb testing.TB, role, path string) child {
	tb.Helper()
	c := child{Cmd: exec.Command(os.Args[0], "-test.run=^"+role+"$")}
	c.Env = append(os.Environ(), "CHILD_ROLE="+role, "CHILD_DATABASE="+path)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Start(); err != nil {
		tb.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if line, err := c.out.ReadString('\n'); err != nil {
		tb.Fatalf("child: %q, %v", line, err)
	}
	return c
}

// end asks the child to end and returns what else it has said.
func (c child) end(tb testing.TB) string {
	tb.Helper()
	_ = c.in.Close()
	rest, _ := io.ReadAll(c.out)
	if err := c.Wait(); err != nil {
		tb.Errorf("child: %v\n%s", err, rest)
	}
	return string(rest)
}

// childDatabase is the database of a child in this role; the role is skipped
// when the tests are run.
func childDatabase(t *testing.T, role string) string {
	if os.Getenv("CHILD_ROLE") != role {
		t.Skip("a role of a child process")
	}
	return os.Getenv("CHILD_DATABASE")
}

func ended() <-chan struct{} {
	done := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(done) }()
	return done
}

// TestHoldReading reads through one connection until its input ends, and says
// what it saw when that changes.
func TestHoldReading(t *testing.T) {
	db, err := OpenSQL(childDatabase(t, "TestHoldReading") + readOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	watch(t, func() *sql.DB { return db }, func(*sql.DB) {})
}

// TestOpenAgainAndAgain does the same and opens the file for each look.
func TestOpenAgainAndAgain(t *testing.T) {
	path := childDatabase(t, "TestOpenAgainAndAgain")
	watch(t, func() *sql.DB {
		db, err := OpenSQL(path + readOnly)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}, func(db *sql.DB) { _ = db.Close() })
}

func watch(t *testing.T, open func() *sql.DB, done func(*sql.DB)) {
	end, last := ended(), ""
	for stop := false; ; {
		db := open()
		var saw string
		if err := db.QueryRow(consistent).Scan(&saw); err != nil {
			t.Fatalf("error %v", err)
		}
		done(db)
		if last == "" {
			fmt.Println("ready")
		}
		if saw != last {
			fmt.Println("saw", saw)
			last = saw
		}
		if stop {
			return
		}
		select {
		case <-end:
			stop = true // and one more look
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestDieWriting writes to the database and dies, so that its log is left.
func TestDieWriting(t *testing.T) {
	db, err := OpenSQL(childDatabase(t, "TestDieWriting"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE notes (text VARCHAR); INSERT INTO notes VALUES ('mine')"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	os.Exit(0)
}

// TestHoldWriting has the database open for writing until its input ends.
func TestHoldWriting(t *testing.T) {
	db, err := OpenSQL(childDatabase(t, "TestHoldWriting"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	<-ended()
}
