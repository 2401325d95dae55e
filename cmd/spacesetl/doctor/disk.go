package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
)

// checkDisk checks the folder that the store is in or will be in: room, and what the
// store asks of a file system.
func checkDisk(e *examination) {
	dir := existing(e.Spec.Store)
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
	need := roomNeeded(e, shares)
	checkRoom(e, "room", dir, need, "the next merge into the database takes up to "+humanize.IBytes(uint64(need))+": make room, or use publish: in_place")
	var all int64
	for _, b := range []int64{sizeOf(e.store.DuckDB()), folderSize(e.store.Parquet())} {
		all += b
	}
	checkRoom(e, "temp", os.TempDir(), all, "spacesetl verify makes all tables anew there; set TMPDIR to a larger disk")
}

// leastRoom is what a store takes at the least, in bytes.
const leastRoom = 256 << 20

// roomNeeded is what the next run takes at most, by the largest run so far.
func roomNeeded(e *examination, shares bool) int64 {
	database := sizeOf(e.store.DuckDB())
	if shares || e.Spec.Publish == jobfile.PublishInPlace {
		database = 0
	}
	runs, _ := e.store.Runs() // without any there is no largest
	return max(duckdb.MergeBytes(database, e.notes.Largest(e.store, runs)), leastRoom)
}

func checkRoom(e *examination, check, dir string, need int64, do string) {
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
	return duckdb.SharesBlocks(trial), nil
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
