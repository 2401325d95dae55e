package feed

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// mariaDB is a server of the tests' own, which their end stops.
var mariaDB struct {
	sync.Once
	dir     string
	process *exec.Cmd
	err     error
}

func startMariaDB() (err error) {
	// The path of a socket may have 107 bytes.
	if mariaDB.dir, err = os.MkdirTemp("/tmp", "mariadb-*"); err != nil {
		return err
	}
	atEnd = append(atEnd, func() {
		if mariaDB.process != nil && mariaDB.process.Process != nil {
			_ = mariaDB.process.Process.Kill()
			_ = mariaDB.process.Wait()
		}
		_ = os.RemoveAll(mariaDB.dir)
	})
	program := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, append([]string{"--no-defaults"}, args...)...)
		c.Dir = mariaDB.dir
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		return c
	}
	if os.Getuid() == 0 { // which the server refuses
		other, err := user.Lookup("mysql")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(other.Uid)
		gid, _ := strconv.Atoi(other.Gid)
		if err := os.Chown(mariaDB.dir, uid, gid); err != nil {
			return err
		}
		as := program
		program = func(name string, args ...string) *exec.Cmd {
			c := as(name, args...)
			c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return c
		}
	}
	data := filepath.Join(mariaDB.dir, "data")
	if out, err := program("mariadb-install-db", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--tmpdir="+mariaDB.dir).CombinedOutput(); err != nil {
		return errors.New(string(out))
	}
	mariaDB.process = program("mariadbd", "--datadir="+data, "--socket="+socket(), "--skip-networking", "--tmpdir="+mariaDB.dir, "--pid-file="+filepath.Join(mariaDB.dir, "pid"),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-grant-tables")
	log, err := os.Create(filepath.Join(mariaDB.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	mariaDB.process.Stdout, mariaDB.process.Stderr = log, log
	if err := mariaDB.process.Start(); err != nil {
		return err
	}
	for range 1200 {
		if _, err = client("SELECT 1", "mariadb", "--no-defaults", "--socket="+socket()); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	return errors.New("the server does not start: " + string(text))
}

func socket() string { return filepath.Join(mariaDB.dir, "socket") }

// served is a database of it.
type served struct{ name string }

func newServed(t *testing.T) engine {
	for _, program := range []string{"mariadbd", "mariadb-install-db", "mariadb"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program)
		}
	}
	mariaDB.Do(func() { mariaDB.err = startMariaDB() })
	if mariaDB.err != nil {
		t.Fatal(mariaDB.err)
	}
	e := served{strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())}
	if _, err := client("CREATE DATABASE `"+e.name+"`", "mariadb", "--no-defaults", "--socket="+socket()); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e served) run(_ *testing.T, script string) (string, error) {
	return client(script, "mariadb", "--no-defaults", "--socket="+socket(), e.name)
}

func (e served) content(t *testing.T) content {
	d := mySQL()
	return contentOf(t, d, func(c schemas.Column) string {
		return "CAST(" + quoted(c.Name) + " AS CHAR)"
	}, func(query string) string {
		out, err := client(d.session+";\n"+query, "mariadb", "--no-defaults", "--socket="+socket(), "--skip-column-names", e.name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(out, "spacesetl feeds\n")
	})
}

func TestMariaDB(t *testing.T) { contract(t, "mysql", newServed) }
