package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

const (
	maxAnswer = 16 << 20 // bytes of an answer, as where it is asked for
	// maxEntry is what a line or a recorded request may take, in bytes: an answer in
	// base64, or with a backslash before each quote.
	maxEntry = 40 << 20
	// A file that is unpacked to so many bytes, and to so many times its size, is made
	// to do harm.
	fair, unfair = 64 << 20, 1000
	layers       = 2 // of compression
)

var (
	errLarge = errors.New("it is larger than an answer can be")
	errBomb  = fmt.Errorf("it unpacks to more than %d times its size", unfair)
)

// filesOf finds the files of paths, in order; those of folders by name. Links and what else
// is no file are passed by in folders, and of a store all but its pages.
func filesOf(paths []string, into string) (files []string, passed map[string]int, err error) {
	passed = map[string]int{}
	own, _ := os.Stat(into) // none is there for the first time
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil && own != nil {
			err = apart(path, own)
		}
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path+string(filepath.Separator), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && is(name, own):
				passed["the store itself"]++
				return fs.SkipDir
			case besides(name):
				passed["what a store has beside its pages"]++
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				files = append(files, filepath.Clean(name))
			case !d.IsDir():
				passed["links and others that are no files"]++
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return files, passed, nil
}

// OwnError is a path that is imported into the store in which it is.
type OwnError struct{ Path string }

func (e *OwnError) Error() string {
	return e.Path + " is in the store that it is imported into: name another --store"
}

// apart returns an error for a path in the store.
func apart(path string, own fs.FileInfo) error {
	whole, err := filepath.Abs(path)
	for above := ""; err == nil && above != whole; above, whole = whole, filepath.Dir(whole) {
		if is(whole, own) {
			return &OwnError{path}
		}
	}
	return err
}

func is(name string, own fs.FileInfo) bool {
	if own == nil {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && os.SameFile(info, own)
}

// besides reports whether what a folder has is of a store, and not its pages.
func besides(name string) bool {
	name = filepath.Clean(name)
	if filepath.Base(name) == "raw" {
		return false
	}
	_, raw := os.Stat(filepath.Join(filepath.Dir(name), "raw"))
	_, runs := os.Stat(filepath.Join(filepath.Dir(name), "runs"))
	return raw == nil && runs == nil
}

// open reads one file.
func open(r *reader, name string) error {
	r.name, r.nth = name, 0
	file, info, err := durable.OpenInfo(name)
	if err != nil {
		r.unread("", 0, "%v", durable.Cause(err))
		return nil
	}
	defer file.Close()
	r.time = info.ModTime()
	before := r.found.took()
	text, closing, err := unpacked(file)
	defer closing()
	if err != nil {
		r.unread("", 0, "%v", err)
		return nil
	}
	err = formed(forms{answers{r}}, text)
	if err == nil && r.found.took() == before {
		r.unread("", 0, "there is no answer in it")
	}
	return err
}

// took counts what came of files.
func (f *Found) took() int {
	n := len(f.pages) + f.Repeated + len(f.Unread) + f.more
	for _, passed := range f.Passed {
		n += passed
	}
	return n
}

// unpacked reads a file's content, whether it is compressed or not.
func unpacked(file io.Reader) (text *bufio.Reader, closing func(), err error) {
	var open []func()
	closing = func() {
		for _, c := range open {
			c()
		}
	}
	packed := &counted{r: file}
	text = bufio.NewReaderSize(packed, 64<<10)
	for range layers {
		magic, _ := text.Peek(4)
		var r io.Reader
		switch {
		case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
			if r, err = gzip.NewReader(text); err != nil {
				return nil, closing, fmt.Errorf("it is no whole gzip file: %w", err)
			}
		case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(magic) == 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18}):
			z, err := zstd.NewReader(text, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(32<<20), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, closing, err
			}
			open, r = append(open, z.Close), z
		default:
			return text, closing, nil
		}
		text = bufio.NewReaderSize(&loose{r: r, packed: packed}, 64<<10)
	}
	return text, closing, nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// loose is what a compressed file unpacks to.
type loose struct {
	r      io.Reader
	packed *counted
	n      int64
}

func (l *loose) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.n += int64(n); l.n > fair && l.n/unfair > l.packed.n {
		return 0, errBomb
	}
	return n, err
}

// Where a cassette of recorded HTTP begins to list requests, and a recording's first key.
var (
	cassetteList = regexp.MustCompile(`(?m)^(http_)?interactions:`)
	recordedKey  = regexp.MustCompile(`^\{\s*"(log|version|interactions|http_interactions|recorded_with)"\s*:`)
)

// asUTF8 is what to do about a file in another encoding.
const asUTF8 = ": convert the file to UTF-8, in which answers come"

// formed reads a file's content by the form that its beginning has.
func formed(r forms, text *bufio.Reader) error {
	switch mark, _ := text.Peek(3); {
	case bytes.Equal(mark, []byte("\ufeff")):
		_, _ = text.Discard(3)
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}): // as > of PowerShell writes
		r.unread("", 0, "%s", "it is in UTF-16"+asUTF8)
		return nil
	}
	for {
		if first, _ := text.Peek(1); len(first) == 0 || !bytes.Contains([]byte(" \t\r\n"), first) {
			break
		}
		_, _ = text.Discard(1)
	}
	head, err := text.Peek(4 << 10)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		r.unread("", 0, "%v", err)
		return nil
	case len(head) == 0:
		r.found.Passed["empty files"]++
		return nil
	case recordedKey.Match(head):
		return r.document(text, recording)
	case head[0] == '[':
		return r.document(text, list)
	case head[0] != '{' && cassetteList.Match(head):
		return cassettes{r}.list(text)
	}
	return r.lines(text)
}

// line reads a line without its end; over a limit the rest is passed by, and the error is
// errLarge.
func line(text *bufio.Reader, limit int) (line []byte, err error) {
	large := false
	for {
		part, err := text.ReadSlice('\n')
		if large = large || len(line)+len(part) > limit; !large {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case large && (err == nil || errors.Is(err, io.EOF)):
			return nil, errLarge
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
			return nil, err
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}
