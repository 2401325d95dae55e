//go:build !unix

package box

import (
	"os"
	"os/exec"
)

func executable() (string, error) { return os.Executable() }

func apart(*exec.Cmd) {}

// bound: DuckDB's own limit is all there is.
func bound(int64) {}

func boundTime(int64) {}

func (b *Box) kill() { _ = b.cmd.Process.Kill() }
