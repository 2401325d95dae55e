package main

import (
	"errors"
	stdflag "flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// TestMain makes the test binary a spacesetl, too: scripts run it as a child.
// Scripts wait for children, windows and disks more than they compute.
func TestMain(m *testing.M) {
	box.Main()
	_ = stdflag.Set("test.parallel", "6")        // a value on the command line wins
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // with -race each child would end a second late
	if _, said := os.LookupEnv("SPACESETL_NO_REPORT"); !said {
		_ = os.Setenv("SPACESETL_NO_REPORT", "true") // report.txtar tests reports; elsewhere they take time only
	}
	commands := map[string]func(){
		"spacesetl":           func() { os.Exit(hurried()) },
		"cramped-spacesetl":   func() { limitFiles(); os.Exit(hurried()) },
		"panicking-spacesetl": func() { os.Exit(panicking()) },
		"browse":              func() { os.Exit(visit()) },
	}
	remove := func() {}
	if commands[filepath.Base(os.Args[0])] == nil { // the tests
		remove = scratchtest.Use(os.TempDir())
	}
	testscript.Main(inMemory{m, remove}, commands)
}

// hurried is main with waits that a test can sit through.
func hurried() int {
	ctx, stop := signalled()
	defer stop()
	c := &console{stdout: os.Stdout, stderr: os.Stderr, tune: func(o *jobs.Options) {
		o.Client = func(cfg *extract.Config) {
			cfg.CreatorSpacing, cfg.BaseDelay, cfg.BurstDelay, cfg.UnknownDelay = 10*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond
		}
	}}
	c, note := listened(c, os.Args)
	defer note()
	return c.process(ctx, os.Args)
}

// Tokens of the scripts, of the look that real ones have.
const (
	scriptAppToken  = "AAAAAAAAAAAAAAAAAAAAAscript%2BappToken%2Fhas%3DpercentSigns"
	scriptUserToken = "c2NyaXB0LXVzZXItdG9rZW46MTcyMDAwMDAwMDAwMDoxOjA6YXQ6MQ"
)

// raced are the scripts of what the program itself does at the same time: servers,
// signals, pings, waits. Under the race detector the others are left out: what their
// children compute the packages' own tests have. .ci/run has all of them without.
var raced = strings.Fields("auth browse busy panic ping proxy run signals simulate waiting")

func TestScripts(t *testing.T) {
	advice := filepath.Join(t.TempDir(), "advice")
	t.Cleanup(func() { checkAdvice(t, advice) })
	dir, files := "testdata/script", []string(nil)
	if scratchtest.Racing {
		for _, name := range raced {
			files = append(files, filepath.Join(dir, name+".txtar"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := &scene{}
			env.Values[sceneKey{}] = s
			env.Values[pingKey{}] = &pingService{}
			env.Defer(s.close)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("SPACESETL_NO_REPORT", os.Getenv("SPACESETL_NO_REPORT"))
			env.Setenv(adviceFile, advice)
			env.Setenv("X_BEARER_TOKEN", scriptAppToken)
			env.Setenv("USER_TOKEN", scriptUserToken) // a script with buyers sets X_USER_TOKEN to it
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"simulate":   simulate,
			"forget":     forget,
			"requests":   requests,
			"await":      await,
			"oncewindow": onceAWindow,
			"exits":      exits,
			"interrupt":  interrupt,
			"serves":     serves,
			"scratched":  scratched,
			"duckdb":     duckDB,
			"manifest":   checkManifest,
			"sametables": sameTables,
			"samefiles":  sameFiles,
			"secretless": secretless,
			"oneline":    oneLine,
			"pastes":     pastes,
			"pings":      pings,
			"newest":     newest,
			"pinged":     pinged,
		},
	})
}

// exits runs a command that must end with an exit code: exits CODE COMMAND….
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	wantCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func wantCode(ts *testscript.TestScript, want string, err error) {
	got := 0
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit code: got %d, want %s", got, want)
	}
}

// eventually waits for what another process brings about.
func eventually(ts *testscript.TestScript, what string, is func() bool) {
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %s", what)
		}
	}
}

// inMemory runs tests with their temporary files in memory where there is room:
// killing a process loses nothing that was written, on whatever disk, and
// syncing is slow.
type inMemory struct {
	*testing.M
	after func()
}

func (m inMemory) Run() int {
	defer m.after()
	defer scratchtest.Use(scratchtest.Memory())()
	return m.M.Run()
}
