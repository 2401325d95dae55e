package keep_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// packed is an archive of entries, each with its text.
func packed(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range headers {
		text := h.Linkname // of files
		if h.Typeflag == tar.TypeReg || h.Typeflag == 0 {
			h.Linkname, h.Size = "", int64(len(text))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = w.Write([]byte(text))
		}
	}
	_ = w.Close()
	_ = z.Close()
	return out.Bytes()
}

// takes restores an archive to a folder that has only that.
func takes(t testing.TB, archive []byte) error {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = keep.Restore(t.Context(), keep.From{Backup: "-", In: bytes.NewReader(archive), Store: store.Dir(filepath.Join(dir, "store"))})
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != "store" {
			t.Errorf("%s lies beside the store", e.Name())
		}
	}
	_ = os.RemoveAll(dir)
	return err
}

// An archive can be from anybody: what is no file of a store is refused, by name, and
// nothing is written elsewhere.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	file := func(name, text string) tar.Header { return tar.Header{Name: name, Linkname: text, Mode: 0o644} }
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"a path out":    {packed(t, file("../state.json", "x")), "is no file of a store"},
		"a path within": {packed(t, file("raw/../../x/spaces-00001.ndjson.zst", "x")), "is no file of a store"},
		"an absolute":   {packed(t, file("/etc/passwd", "x")), "is no file of a store"},
		"the lock":      {packed(t, file("lock", "x")), "is no file of a store"},
		"a link":        {packed(t, tar.Header{Name: "state.json", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "is no file"},
		"a hard link":   {packed(t, tar.Header{Name: "state.json", Typeflag: tar.TypeLink, Linkname: "ledger.json"}), "is no file"},
		"a device":      {packed(t, tar.Header{Name: "state.json", Typeflag: tar.TypeChar, Devmajor: 1}), "is no file"},
		"a pipe":        {packed(t, tar.Header{Name: "state.json", Typeflag: tar.TypeFifo}), "is no file"},
		"a folder":      {packed(t, tar.Header{Name: "raw/", Typeflag: tar.TypeDir}), "no file of a store"},
		"a folder link": {packed(t, tar.Header{Name: "raw/a", Typeflag: tar.TypeSymlink, Linkname: ".."}), "no file of a store"},
		"no end":        {packed(t, file("state.json", "{}")), "cut off"},
		"no index":      {packed(t, file("backup.json", "{}")), "is not what was written"},
		"nothing":       {nil, "cut off"},
		"no zstd":       {[]byte("PK\x03\x04 and so on"), "invalid input"},
		"a bomb":        {bomb(t), "more than a backup can have"},
	} {
		err := takes(t, c.archive)
		var none *keep.NoBackupError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// bomb is a megabyte that unpacks to a thousand.
func bomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Name: "spaces.duckdb", Size: 1 << 30, Mode: 0o644})
	_, _ = io.CopyN(w, endless{}, 1<<30)
	_ = z.Close()
	return out.Bytes()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Whatever an archive has, reading it ends, without a panic, and with files in the
// folder only.
func FuzzRestore(f *testing.F) {
	f.Add(packed(f, tar.Header{Name: "state.json", Linkname: "{}"}, tar.Header{Name: "backup.json", Linkname: "{\n  \"format\": 1\n}\n"}))
	f.Add(packed(f, tar.Header{Name: "raw/a/spaces-00001.ndjson.zst", Linkname: "x"}))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = takes(t, text)
		var out bytes.Buffer // the same as what is packed
		z, _ := zstd.NewWriter(&out)
		_, _ = z.Write(text)
		_ = z.Close()
		_ = takes(t, out.Bytes())
	})
}
