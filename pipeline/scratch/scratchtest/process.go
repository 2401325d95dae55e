// Package scratchtest gives tests what they need of temporary files and of the
// machine. The program does not import it.
package scratchtest

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch"
)

// Main runs tests with a folder of their own for temporary files: what TestMain
// ends the process with.
func Main(m interface{ Run() int }) int {
	defer Use(os.TempDir())()
	return m.Run()
}

// Use makes a new folder below another the one for temporary files of a test
// process, and returns what removes it. It is removed a second before the tests'
// time is over, too, which t.TempDir does not outlive.
func Use(below string) (remove func()) {
	scratch.Sweep(below)
	folder, err := scratch.New(below, "test")
	if err != nil {
		return func() {}
	}
	before, was := os.LookupEnv("TMPDIR")
	_ = os.Setenv("TMPDIR", folder.Path)
	remove = func() {
		_ = folder.Remove()
		if was {
			_ = os.Setenv("TMPDIR", before)
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
	}
	flag.Parse()
	if f := flag.Lookup("test.timeout"); f != nil {
		if timeout, ok := f.Value.(flag.Getter).Get().(time.Duration); ok && timeout > time.Minute {
			time.AfterFunc(timeout-time.Second, remove) // then the process dies on the spot
		}
	}
	return remove
}

// SkipRacing skips a test under the race detector, with which it takes several times as
// long: one of what is DuckDB's or one goroutine's, or whose goroutines other tests
// have, too. .ci/run has it without.
func SkipRacing(tb testing.TB) {
	if Racing {
		tb.Helper()
		tb.Skip("takes too long with the race detector: runs without")
	}
}
