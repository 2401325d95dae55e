package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/duckdb"
)

// checkDatabase says which DuckDB reads the file, and tries.
func checkDatabase(e *examination) {
	path := e.store.DuckDB()
	header, err := duckdb.ReadHeader(path)
	if errors.Is(err, fs.ErrNotExist) {
		e.ok("database", "there is none in %s", e.Spec.Store)
		return
	}
	if errors.Is(err, fs.ErrPermission) {
		e.fail("database", "let this user read it", "%v", err)
		return
	}
	replay := "move it away and run spacesetl replay --store " + jobs.ShellWord(e.Spec.Store) + " --to duckdb"
	if err != nil {
		e.fail("database", replay, "%v", err)
		return
	}
	if _, err := duckdb.New(duckdb.Config{Path: path, Threads: 1}).Inspect(e.ctx); err != nil {
		e.fail("database", "close the program that has it open for writing; if there is none, "+replay, "%v", err)
		return
	}
	oldest := header.Reader()
	if oldest == "" {
		oldest = header.Library
	}
	e.ok("database", "storage version %d, made by DuckDB %s: any DuckDB from %s on reads it", header.Storage, header.Library, oldest)
	if cli := installedDuckDB(e.ctx, e.Environ); cli != "" && older(cli, oldest) {
		e.warn("database", "install a newer one", "the duckdb on this machine is %s, too old for the file", cli)
	}
}

// checkElsewhere connects where the job's tables go that stand in no folder.
func checkElsewhere(e *examination) {
	if e.Offline {
		return
	}
	for _, p := range jobs.Open(e.Spec, jobs.Options{Env: e.Secret}).Places(e.ctx) {
		if p.Err != nil {
			e.fail(p.Name, p.Mend, "%v", p.Err)
			continue
		}
		e.ok(p.Name, "%s has %d runs", p.Where, p.Runs)
	}
}

// installedDuckDB is the version of the command line tool; empty without one.
func installedDuckDB(ctx context.Context, environ []string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "duckdb", "--version")
	command.Env = environ
	out, err := command.Output()
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil {
		return ""
	}
	return version
}

// older compares versions such as v1.4.1.
func older(version, than string) bool {
	var a, b [3]int
	_, errA := fmt.Sscanf(strings.TrimPrefix(version, "v"), "%d.%d.%d", &a[0], &a[1], &a[2])
	_, errB := fmt.Sscanf(strings.TrimPrefix(than, "v"), "%d.%d.%d", &b[0], &b[1], &b[2])
	if errA != nil || errB != nil {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
