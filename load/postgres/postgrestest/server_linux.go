package postgrestest

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
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// Server is a PostgreSQL that can be stopped and started again.
type Server struct {
	Dir     string // what it has, and its socket
	program func(name string, args ...string) *exec.Cmd
	process *exec.Cmd // nil where it is stopped
}

// ErrNone says that there is no PostgreSQL on this machine.
var ErrNone = errors.New("PostgreSQL 15 or newer is not installed")

// Skip skips a test that is too slow for how it runs.
func Skip(t testing.TB) {
	t.Helper()
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

// Check skips a test where New could not be done since there is no PostgreSQL, and fails it
// where it could not be done otherwise.
func Check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNone) && os.Getenv("SPACESETL_TOOLS") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// New makes a server, and starts it.
func New() (s *Server, err error) {
	bin := Programs()
	if bin == "" {
		return nil, ErrNone
	}
	s = &Server{}
	defer func() {
		if err != nil {
			s.Remove()
		}
	}()
	// The path of a socket may have 107 bytes.
	if s.Dir, err = os.MkdirTemp("/tmp", "pg-*"); err != nil {
		return s, err
	}
	s.program = func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = s.Dir
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
		return c
	}
	if os.Getuid() == 0 { // which the server refuses
		other, err := user.Lookup("postgres")
		if err != nil {
			return s, err
		}
		uid, _ := strconv.Atoi(other.Uid)
		gid, _ := strconv.Atoi(other.Gid)
		if err := os.Chown(s.Dir, uid, gid); err != nil {
			return s, err
		}
		as := s.program
		s.program = func(name string, args ...string) *exec.Cmd {
			c := as(name, args...)
			c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return c
		}
	}
	if out, err := s.program("initdb", "-D", s.data(), "-U", "tester", "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8", "--no-sync", "-A", "trust").CombinedOutput(); err != nil {
		return s, errors.New(string(out))
	}
	return s, s.Start()
}

// Start starts it, and returns when it answers.
func (s *Server) Start() (err error) {
	s.process = s.program("postgres", "-D", s.data(), "-k", s.Dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20", "-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "autovacuum=off")
	log, err := os.Create(filepath.Join(s.Dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.process.Stdout, s.process.Stderr = log, log
	if err = s.process.Start(); err != nil {
		return err
	}
	for range 600 {
		conn, err := pgconn.Connect(context.Background(), s.Address())
		if err == nil {
			return conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	return errors.New("the server does not start: " + string(text))
}

// Pid is the process, while it runs.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Stop stops it; what it has stays.
func (s *Server) Stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGINT) // its fast shutdown
		_ = s.process.Wait()
	}
	s.process = nil
}

// Remove stops it and removes what it has.
func (s *Server) Remove() {
	if s == nil {
		return
	}
	s.Stop()
	if s.Dir != "" {
		_ = os.RemoveAll(s.Dir)
	}
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// Programs is the folder of initdb, postgres and psql.
func Programs() string {
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

// Address is the URL of its database; everybody may connect.
func (s *Server) Address() string {
	return (&url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {s.Dir}, "user": {"tester"}}.Encode()}).String()
}
