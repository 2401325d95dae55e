package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// server is a PostgreSQL of the tests' own, which listens on a socket in its folder only.
type server struct {
	sync.Once
	dir     string
	process *exec.Cmd
	err     error
}

var shared server

// errNone says that there is no PostgreSQL on this machine.
var errNone = errors.New("PostgreSQL 15 or newer is not installed")

func TestMain(m *testing.M) {
	code := scratchtest.Main(m)
	shared.stop()
	os.Exit(code)
}

// address is that of the server's database, where the test is skipped if there is none.
func address(t testing.TB) string {
	t.Helper()
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
	shared.Do(func() { shared.err = shared.start() })
	if errors.Is(shared.err, errNone) && os.Getenv("SPACESETL_TOOLS") != "required" {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.address()
}

func (s *server) address() string {
	return (&url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {s.dir}, "user": {"tester"}}.Encode()}).String()
}

// programs is the folder of initdb, postgres and psql.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 && version(found[0]) >= 15 {
		return filepath.Dir(found[0])
	}
	if found, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(found)
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func (s *server) start() (err error) {
	bin := programs()
	if bin == "" {
		return errNone
	}
	// The path of a socket may have 107 bytes.
	if s.dir, err = os.MkdirTemp("/tmp", "pg-*"); err != nil {
		return err
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = s.dir
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
		return c
	}
	if os.Getuid() == 0 { // which the server refuses
		other, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(other.Uid)
		gid, _ := strconv.Atoi(other.Gid)
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
		as := run
		run = func(name string, args ...string) *exec.Cmd {
			c := as(name, args...)
			c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return c
		}
	}
	data := filepath.Join(s.dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "tester", "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8", "--no-sync", "-A", "trust").CombinedOutput(); err != nil {
		return errors.New(string(out))
	}
	s.process = run("postgres", "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20", "-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "autovacuum=off")
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 600 {
		conn, err := pgconn.Connect(context.Background(), s.address())
		if err == nil {
			return conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	return errors.New("the server does not start: " + string(text))
}

func (s *server) stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGINT) // its fast shutdown
		_ = s.process.Wait()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
