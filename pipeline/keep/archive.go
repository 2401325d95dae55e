package keep

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

const archiveEnd = ".tar.zst"

func isArchive(name string) bool { return strings.HasSuffix(name, archiveEnd) }

// archive is a backup in one tar: of a file that changed while it was copied there is
// another, later in it, and the index, which comes last, says what counts.
type archive struct {
	to, unfinished string // empty of a stream
	file           *os.File
	zstd           *zstd.Encoder
	tar            *tar.Writer
	lock           *flock.Flock // of its folder; nil for none
}

func newArchive(cfg Config) (*archive, error) {
	a := &archive{}
	out := cfg.Out
	if cfg.To != "-" {
		a.to, a.unfinished = cfg.To, filepath.Join(filepath.Dir(cfg.To), "_"+filepath.Base(cfg.To))
		if err := os.MkdirAll(filepath.Dir(cfg.To), 0o777); err != nil {
			return nil, err
		}
		if err := os.Remove(a.unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		file, err := durable.OpenFile(a.unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return nil, err
		}
		a.file, out = file, file
	}
	encoder, err := zstd.NewWriter(out)
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	a.zstd, a.tar = encoder, tar.NewWriter(encoder)
	return a, nil
}

// monthsLock is locked, in a folder of what was pruned, by whoever writes there: several
// jobs may, and all begin with the first run of a day.
const monthsLock = "_pruned-lock"

// newMonth is newArchive of a month that is about to be pruned.
func newMonth(ctx context.Context, to string) (*archive, error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(filepath.Dir(to), monthsLock), flock.SetPermissions(0o666))
	// Where files cannot be locked two that come at once fail, and the next day's do not.
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil && ctx.Err() != nil {
		return nil, err
	}
	a, err := newArchive(Config{To: to})
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	a.lock = lock
	return a, nil
}

// seal ends the archive of a month under the first of its names that nothing else has,
// compares it with what it is to have, and writes its checksum beside it, as sha256sum -c
// reads it. One that is there already counts if it has the same.
func (a *archive) seal(x *Index, step durable.Step) (path string, err error) {
	slices.SortFunc(x.Files, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	x.Checksum = store.Checksum(x)
	stem := strings.TrimSuffix(a.to, archiveEnd)
	for n := 1; ; n++ {
		if path = a.to; n > 1 {
			path = fmt.Sprint(stem, "-", n, archiveEnd)
		}
		err := x.in(path)
		if errors.Is(err, fs.ErrNotExist) {
			a.to = path
			if err = errors.Join(step.At("prune: before archive", path), a.finish(x)); err != nil {
				return "", err
			}
			if err = x.in(path); err != nil {
				return "", errors.Join(err, os.Remove(path))
			}
		}
		if err != nil {
			continue // somebody else's, or damaged
		}
		sum, _, err := durable.FileSum(path)
		if err == nil {
			err = durable.WriteFile(path+".sha256", []byte(sum+"  "+filepath.Base(path)+"\n"), durable.Options{Step: step, Name: "checksum"})
		}
		return path, err
	}
}

// in compares an archive with what it is to have.
func (x *Index) in(path string) error {
	sums := map[string]string{}
	there, err := walk(path, nil, func(e Entry, from io.Reader) error {
		hash := sha256.New()
		_, err := io.Copy(hash, from)
		sums[e.Path] = hex.EncodeToString(hash.Sum(nil))
		return err
	})
	if err == nil && (!slices.Equal(there.Files, x.Files) || slices.ContainsFunc(x.Files, func(e Entry) bool { return sums[e.Path] != e.SHA256 })) {
		err = &NoBackupError{path, "it has other files"}
	}
	return err
}

func (*archive) have(e Entry) (Entry, bool) { return e, false }
func (*archive) drop(string)                {} // the index does not list it
func (*archive) earlier() []Entry           { return nil }

func (*archive) older(string) (e Entry, path string, ok bool) { return e, "", false }

// add puts a file into the archive, and into its list, and returns its checksum.
func (a *archive) add(x *Index, name string, file io.ReaderAt, info fs.FileInfo) (sum string, err error) {
	hash := sha256.New()
	e := Entry{Path: name, Bytes: info.Size(), Time: info.ModTime().UnixNano()}
	if err := a.put(e, tee(file, e.Bytes, hash)); err != nil {
		return "", err
	}
	e.SHA256 = hex.EncodeToString(hash.Sum(nil))
	x.Files = append(x.Files, e)
	return e.SHA256, nil
}

func (a *archive) put(e Entry, from io.Reader) error {
	at := time.Unix(0, e.Time)
	if err := a.tar.WriteHeader(&tar.Header{Name: e.Path, Size: e.Bytes, Mode: 0o644, ModTime: at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	n, err := io.Copy(a.tar, from)
	if err == nil && n < e.Bytes { // it became shorter; another follows
		_, err = io.CopyN(a.tar, zeros{}, e.Bytes-n)
	}
	return err
}

// zeros is an endless file of them.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (a *archive) finish(x *Index) error {
	text, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if err := a.put(Entry{Path: indexName, Bytes: int64(len(text)), Time: x.At.UnixNano()}, strings.NewReader(string(text))); err != nil {
		return err
	}
	if err := errors.Join(a.tar.Close(), a.zstd.Close()); err != nil || a.file == nil {
		return err
	}
	return durable.Options{Keep: a.lock != nil}.Publish(a.unfinished, a.to)
}

func (a *archive) close() error {
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	if left := os.Remove(a.unfinished); !errors.Is(left, fs.ErrNotExist) {
		err = errors.Join(err, left)
	}
	if a.lock != nil {
		err = errors.Join(err, a.lock.Close())
	}
	return err
}
