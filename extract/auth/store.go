package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

const (
	fileVersion = 1
	maxFile     = 4 << 20 // bytes
)

// Store is a file of accounts with their tokens, readable by its owner only.
// Its methods may be called from several goroutines, and several processes may
// use one file.
type Store struct {
	path string
	gate chan struct{} // held by whoever writes the file, in this process
}

// file is the content of the token file.
type file struct {
	Version  int               `json:"version"`
	Accounts map[string]record `json:"accounts"`
}

// DefaultPath is the token file in the user's configuration folder.
func DefaultPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the token file: %w", err)
	}
	return filepath.Join(dir, "spacesetl", "tokens.json"), nil
}

// Open looks at a token file, which need not exist. It returns a *FileError for
// one that others can read.
func Open(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	// The rename that replaces the file must not replace a link to it.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	s := &Store{path: path, gate: make(chan struct{}, 1)}
	_, err = s.read()
	return s, err
}

// Path is where the file is.
func (s *Store) Path() string { return s.path }

// Accounts returns what is in the file, by name.
func (s *Store) Accounts() ([]Account, error) {
	f, err := s.read()
	if err != nil {
		return nil, err
	}
	accounts := []Account{}
	for _, name := range slices.Sorted(maps.Keys(f.Accounts)) {
		accounts = append(accounts, f.Accounts[name].Account)
	}
	return accounts, nil
}

// Account finds an account by its name. It returns an *UnknownError for a name
// that is not in the file.
func (s *Store) Account(name string) (Account, error) {
	f, err := s.read()
	if err != nil {
		return Account{}, err
	}
	r, err := s.find(f, name)
	return r.Account, err
}

// Ignored are files beside the token file that look as if a dying process of this
// user had left them and that it cannot have left: others put them there. They are
// never used and never removed.
func (s *Store) Ignored() []*FileError {
	var all []*FileError
	for _, path := range leftovers(s.temporary()) {
		var e *FileError
		if _, err := readOurs(path); errors.As(err, &e) && !e.damaged {
			all = append(all, e)
		}
	}
	return all
}

// Source returns the source of an account's tokens. It returns an
// *UnknownError when there is none of that name, and a *ServerError when
// its tokens are another server's.
func (s *Store) Source(name string, cfg Config) (*Source, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	f, err := s.read()
	if err != nil {
		return nil, err
	}
	r, err := s.find(f, name)
	if err == nil {
		err = r.sentTo(cfg)
	}
	if err != nil {
		return nil, err
	}
	return &Source{store: s, name: r.Name, server: server{cfg}, known: r, saved: true}, nil
}

func (s *Store) find(f file, name string) (record, error) {
	clean, err := cleanName(name)
	if err != nil {
		return record{}, err
	}
	r, ok := f.Accounts[clean]
	if !ok {
		return record{}, &UnknownError{clean, s.path, slices.Sorted(maps.Keys(f.Accounts))}
	}
	return r, nil
}

// read returns the accounts of the moment. It needs no lock: the file is only
// ever replaced by another.
func (s *Store) read() (file, error) {
	f, err := readFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return file{fileVersion, map[string]record{}}, nil
	}
	return f, err
}

func readFile(path string) (file, error) {
	in, info, err := openRegular(path, true)
	if err != nil {
		return file{}, err
	}
	defer in.Close()
	// Windows keeps who may read a file elsewhere.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return file{}, &FileError{Path: path, Problem: fmt.Sprintf("has mode %04o, so that others can read it", mode),
			Next: "run chmod 600 " + path + ", and log in again if others could have read it"}
	}
	return parse(in, path)
}

// openRegular opens a file to be read, or what a link leads to where links are to be
// followed. What is no file it does not open: a pipe would wait for whoever writes to
// it.
func openRegular(path string, follow bool) (in *os.File, info fs.FileInfo, err error) {
	name := path
	if follow {
		if name, err = filepath.EvalSymlinks(path); err != nil {
			return nil, nil, err
		}
	}
	if info, err := os.Lstat(name); err == nil {
		if err := regular(path, info); err != nil {
			return nil, nil, err
		}
	}
	if in, err = durable.Open(name); err != nil {
		return nil, nil, err
	}
	if info, err = in.Stat(); err != nil {
		_ = in.Close()
		return nil, nil, err
	}
	return in, info, nil
}

func regular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return &FileError{Path: path, Problem: "is a folder", Next: "name a file in it with --token-file"}
	case info.Mode()&fs.ModeSymlink != 0:
		return &FileError{Path: path, Problem: "is a link", Next: "name the file that it leads to with --token-file"}
	case !info.Mode().IsRegular():
		return &FileError{Path: path, Problem: "is no file", Next: "name a file with --token-file"}
	}
	return nil
}

// parse reads the accounts of an open file.
func parse(in io.Reader, path string) (file, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxFile))
	if err != nil {
		return file{}, err
	}
	var f file
	// What a JSON error quotes could be part of a token.
	if json.Unmarshal(text, &f) != nil {
		return file{}, &FileError{Path: path, Problem: "is damaged", Next: "move it away and log in again", damaged: true}
	}
	if f.Version != fileVersion {
		return file{}, &FileError{Path: path, Problem: fmt.Sprintf("has version %d, this program knows %d", f.Version, fileVersion), Next: "use a newer spacesetl, or another --token-file"}
	}
	if f.Accounts == nil {
		f.Accounts = map[string]record{}
	}
	for name, r := range f.Accounts {
		r.Name = name
		f.Accounts[name] = r
	}
	return f, nil
}
