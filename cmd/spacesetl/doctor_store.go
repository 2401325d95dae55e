package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
)

// disk checks the folder that the store is in or will be in: room, and what the
// store asks of a file system.
func (e *examination) disk() {
	dir := existing(e.spec.Store)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		e.fail("disk", "choose another --store", "%s is not a folder", dir)
		return
	}
	shares, err := tryFileSystem(dir)
	if err != nil {
		e.fail("disk", "the store needs a folder on a local file system that this user may write; choose another --store", "%v", err)
		return
	}
	how := "create, fsync, rename and flock work in " + dir
	if shares {
		how += "; copies share their blocks"
	}
	e.ok("disk", "%s", how)
	need := e.roomNeeded(shares)
	e.room("room", dir, need, "the next merge into the database takes up to "+humanize.IBytes(uint64(need))+": make room, or use publish: in_place")
	var all int64
	for _, b := range []int64{sizeOf(e.store.DuckDB()), folderSize(e.store.Parquet())} {
		all += b
	}
	e.room("temp", os.TempDir(), all, "spacesetl verify makes all tables anew there; set TMPDIR to a larger disk")
}

// leastRoom is what a store takes at the least, in bytes.
const leastRoom = 256 << 20

// roomNeeded is what the next run takes at most, by the largest run so far.
func (e *examination) roomNeeded(shares bool) int64 {
	database := sizeOf(e.store.DuckDB())
	if shares || e.spec.Publish == jobs.PublishInPlace {
		database = 0
	}
	var largest int64
	runs, _ := e.store.Runs() // without any there is no largest
	for _, id := range runs {
		if m, err := e.store.Manifest(id); err == nil {
			var sum int64
			for _, part := range m.Files {
				sum += part.Bytes
			}
			largest = max(largest, sum)
		}
	}
	return max(load.MergeBytes(database, largest), leastRoom)
}

func (e *examination) room(check, dir string, need int64, do string) {
	free, err := freeBytes(dir)
	switch {
	case err != nil:
		e.warn(check, "", "free space of %s is not known: %v", dir, err)
	case free < need && check == "room":
		e.fail(check, do, "%s free in %s", humanize.IBytes(uint64(free)), dir)
	case free < need:
		e.warn(check, do, "%s free in %s, less than the tables take (%s)", humanize.IBytes(uint64(free)), dir, humanize.IBytes(uint64(need)))
	default:
		e.ok(check, "%s free in %s, %s needed at most", humanize.IBytes(uint64(free)), dir, humanize.IBytes(uint64(need)))
	}
}

// existing is the nearest folder above a path that is there.
func existing(path string) string {
	path, err := filepath.Abs(path)
	for err == nil {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
	return "."
}

// tryFileSystem does in a folder of its own what a store needs, and says
// whether copies can share blocks.
func tryFileSystem(dir string) (shares bool, err error) {
	trial, err := os.MkdirTemp(dir, "_doctor-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(trial) // only takes space
	from, to := filepath.Join(trial, "a"), filepath.Join(trial, "b")
	file, err := os.Create(from)
	if err != nil {
		return false, err
	}
	_, err = file.WriteString("spacesetl")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return false, err
	}
	if err := os.Rename(from, to); err != nil {
		return false, err
	}
	first, second := flock.New(to), flock.New(to)
	defer first.Close()
	defer second.Close()
	if ok, err := first.TryLock(); err != nil || !ok {
		return false, fmt.Errorf("%s: flock does not work here (%v)", dir, err)
	}
	if ok, err := second.TryLock(); ok || err != nil {
		return false, fmt.Errorf("%s: flock does not keep a second process out (%v)", dir, err)
	}
	return load.SharesBlocks(trial), nil
}

func sizeOf(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

func folderSize(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // what cannot be read has no size
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// integrity compares manifests, files and pages, as far as that is quick.
func (e *examination) integrity() {
	runs, err := e.store.Runs()
	if err != nil {
		e.fail("store", "let this user read the store", "%v", err)
		return
	}
	if len(runs) == 0 {
		e.ok("store", "%s has no run yet", e.spec.Store)
		return
	}
	v := &pipeline.Verification{}
	for _, id := range runs {
		if err := e.store.VerifyQuickly(e.ctx, v, id); err != nil {
			return // interrupted
		}
	}
	deep := "spacesetl verify --store " + shellQuoted(e.spec.Store)
	for i, problem := range v.Problems {
		if i == maxVerdicts {
			e.fail("store", deep+" names all of it", "and %d more", len(v.Problems)-i)
			break
		}
		e.fail("store", "spacesetl replay --store "+shellQuoted(e.spec.Store)+" makes tables anew; "+deep+" proves the whole", "%s", problem)
	}
	if len(v.Problems) == 0 {
		e.ok("store", "%d of %d runs have manifests; their checksums hold, %d files are there, %d pages are counted (%s reads all of it)", v.Runs, len(runs), v.Files, v.Pages, deep)
	}
}

// maxVerdicts is how many findings of one check are shown.
const maxVerdicts = 5

// database says which DuckDB reads the file, and tries.
func (e *examination) database() {
	path := e.store.DuckDB()
	header, err := load.ReadHeader(path)
	if errors.Is(err, fs.ErrNotExist) {
		e.ok("database", "there is none in %s", e.spec.Store)
		return
	}
	if errors.Is(err, fs.ErrPermission) {
		e.fail("database", "let this user read it", "%v", err)
		return
	}
	replay := "move it away and run spacesetl replay --store " + shellQuoted(e.spec.Store) + " --to duckdb"
	if err != nil {
		e.fail("database", replay, "%v", err)
		return
	}
	if _, err := load.NewDuckDB(load.DuckDBConfig{Path: path, Threads: 1}).Inspect(e.ctx); err != nil {
		e.fail("database", "close the program that has it open for writing; if there is none, "+replay, "%v", err)
		return
	}
	oldest := header.Reader()
	if oldest == "" {
		oldest = header.Library
	}
	e.ok("database", "storage version %d, made by DuckDB %s: any DuckDB from %s on reads it", header.Storage, header.Library, oldest)
	if cli := installedDuckDB(e.ctx); cli != "" && older(cli, oldest) {
		e.warn("database", "install a newer one", "the duckdb on this machine is %s, too old for the file", cli)
	}
}

// installedDuckDB is the version of the command line tool; empty without one.
func installedDuckDB(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "duckdb", "--version")
	command.Env = withoutSecrets(os.Environ())
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
