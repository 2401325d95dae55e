package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// measurement is what one process took.
type measurement struct {
	Round int     `json:"round"` // from 1
	Work  string  `json:"work"`
	Wall  float64 `json:"wall_s"`
	CPU   float64 `json:"cpu_s"` // user and system
	RSS   int64   `json:"peak_rss_bytes"`
	Size  int64   `json:"output_bytes"`
}

// killDelay is how long an interrupted command has to clean up.
const killDelay = 5 * time.Second

// measure runs a command to its end and says what it took; out is what it
// writes on standard output.
func measure(ctx context.Context, dir, name string, args ...string) (m measurement, out []byte, err error) {
	command := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = dir, &stdout, &stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = killDelay
	settle()
	start := time.Now()
	err = command.Run()
	m.Wall = time.Since(start).Seconds()
	if ctx.Err() != nil {
		return m, nil, ctx.Err()
	}
	if err != nil {
		return m, nil, fmt.Errorf("%s: %w: %s", filepath.Base(name), err, strings.TrimSpace(stderr.String()))
	}
	state := command.ProcessState
	m.CPU = (state.UserTime() + state.SystemTime()).Seconds()
	m.RSS = peakRSS(state)
	return m, stdout.Bytes(), nil
}

// child runs a task in a child of this program and reads its result.
func (b *bench) child(ctx context.Context, t task, result any) (measurement, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return measurement{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return measurement{}, err
	}
	m, out, err := measure(ctx, b.dir, self, childCommand, string(text))
	if err != nil || result == nil {
		return m, err
	}
	return m, json.Unmarshal(out, result)
}

// build makes the program that is measured, from the module this is run in.
func (b *bench) build(ctx context.Context) error {
	const ourModule = "github.com/spacesetl/spacesetl"
	_, out, err := measure(ctx, "", "go", "list", "-m", "-f", "{{.Path}}\t{{.Dir}}")
	if err != nil {
		return err
	}
	module, dir, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	if module != ourModule {
		return fmt.Errorf("this folder is in module %s: run it in %s", module, ourModule)
	}
	b.binary = filepath.Join(b.dir, "spacesetl")
	_, _, err = measure(ctx, dir, "go", "build", "-o", b.binary, "./cmd/spacesetl")
	return err
}
