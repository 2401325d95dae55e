package durable

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular says that what stands in a file's place is none: a link, a folder,
// a pipe, a socket or a device.
var ErrNotRegular = errors.New("is no regular file")

// errLink is an ErrNotRegular that a user can have made on purpose.
var errLink = fmt.Errorf("%w but a link, which is not followed: put the file itself in its place; a folder may be a link", ErrNotRegular)

// Regular returns nil where a regular file stands, for those who open it
// themselves; the error names it.
//
// This is the rule for every file that may be from elsewhere, such as those of a
// store: folders on the way may be links, which their owner made, while a link in
// the place of a file is not followed, wherever it leads, neither to read nor to
// write.
func Regular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		err = &fs.PathError{Op: "open", Path: path, Err: errLink}
	case err == nil && !info.Mode().IsRegular():
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return err
}

// Open opens a regular file to read, and never waits for one that is none.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenInfo is Open, and says what the file is like that was opened.
func OpenInfo(path string) (*os.File, fs.FileInfo, error) {
	file, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// OpenFile is os.OpenFile of regular files.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	// To open a device can do something already.
	if err := Regular(path); err != nil && (flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	file, err := os.OpenFile(path, flag|careful, mode)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// longText is from when on a text is looked through before it takes memory, in
// bytes.
const longText = 16 << 20

// noHole returns an error where a file has a NUL, as it has all over where nothing
// was written, and goes back to its beginning.
func noHole(file *os.File) error {
	chunk := make([]byte, 1<<20)
	for {
		n, err := file.Read(chunk)
		if bytes.IndexByte(chunk[:n], 0) >= 0 {
			return errors.New("is no text")
		}
		if err == io.EOF {
			_, err = file.Seek(0, io.SeekStart)
			return err
		}
		if err != nil {
			return err
		}
	}
}

// ReadFile reads a text of so many bytes at most: a longer one is an error.
func ReadFile(path string, most int64) ([]byte, error) {
	file, info, err := OpenInfo(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info.Size() > most {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("has %d bytes; it can have %d at most", info.Size(), most)}
	}
	if info.Size() > longText {
		if err := noHole(file); err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
	}
	text := make([]byte, info.Size())
	n, err := io.ReadFull(file, text)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // it has become shorter meanwhile
	}
	return text[:n], err
}

// FileSum is the SHA-256 of a file, in hexadecimal, and its size.
func FileSum(name string) (sum string, bytes int64, err error) {
	file, err := Open(name)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	hash := sha256.New()
	bytes, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), bytes, err
}
