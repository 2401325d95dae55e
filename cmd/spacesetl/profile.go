package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// profileFlags write what go tool pprof reads.
func profileFlags() []cli.Flag {
	return []cli.Flag{
		text("cpuprofile", "", "write a CPU profile to `FILE`, for go tool pprof"),
		text("memprofile", "", "write a heap profile to `FILE` at the end, for go tool pprof"),
	}
}

// profiled runs action under the profiles asked for.
func profiled(ctx *cli.Context, action func() error) (err error) {
	if path := ctx.String("cpuprofile"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			return usage.Errorf("--cpuprofile: %w", err)
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return errors.Join(err, file.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, file.Close())
		}()
	}
	if path := ctx.String("memprofile"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			return usage.Errorf("--memprofile: %w", err)
		}
		defer func() {
			runtime.GC() // so that the heap shown is what is in use
			err = errors.Join(err, pprof.WriteHeapProfile(file), file.Close())
		}()
	}
	return action()
}
