package keep

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

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
	whole          bool
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

func (*archive) have(e Entry) (Entry, bool) { return e, false }
func (*archive) drop(string)                {} // the index does not list it
func (*archive) earlier() []Entry           { return nil }

func (*archive) older(string) (e Entry, path string, ok bool) { return e, "", false }

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
	if err := (durable.Options{}).Publish(a.unfinished, a.to); err != nil {
		return err
	}
	a.whole = true
	return nil
}

func (a *archive) close() error {
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	if !a.whole {
		err = errors.Join(err, os.Remove(a.unfinished))
	}
	return err
}
