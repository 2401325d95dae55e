package browse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/schemas"
)

// Runs are published by another process, as they are in life: the locks of a
// database are between processes.
const (
	childStore = "SPACESETL_BROWSE_TEST_STORE"
	childTask  = "SPACESETL_BROWSE_TEST_TASK" // copy, in place or hold
	childBusy  = 75                           // exit code: somebody has the database
)

// child is what the other process does with a store.
func child(dir, task string) int {
	j := newJob(dir)
	j.inPlace = task == "in place"
	do := j.run
	if task == "hold" {
		do = func(ctx context.Context) error { return hold(ctx, dir) }
	}
	err := do(context.Background())
	if locked(err) {
		return childBusy
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// hold merges nothing in place, and takes until its input ends for it.
func hold(ctx context.Context, dir string) error {
	d := duckdb.New(duckdb.Config{Path: filepath.Join(dir, "spaces.duckdb"), InPlace: true})
	if err := d.Prepare(ctx, schemas.Load{}, dir); err != nil {
		return err
	}
	fmt.Println("holding")
	_, err := io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, d.Commit(ctx))
}

func childCommand(t *testing.T, dir, task string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childStore+"="+dir, childTask+"="+task)
	cmd.Stderr = os.Stderr
	return cmd
}

// publish makes one more run in the store. It returns how often the database
// was in use: an in-place merge gets it only when nobody looks.
func publish(t *testing.T, dir, task string) (busy int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; busy++ {
		err := childCommand(t, dir, task).Run()
		if err == nil {
			return busy
		}
		var failed *exec.ExitError
		if !errors.As(err, &failed) || failed.ExitCode() != childBusy || time.Now().After(end) {
			t.Fatalf("publishing: %v", err)
		}
	}
}
