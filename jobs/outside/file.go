package outside

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

const (
	maxFile = 1 << 20  // bytes that a ${file:path} brings in
	maxJob  = 16 << 20 // bytes of a job file
)

var (
	errElsewhere  = errors.New("the file is not in the job file's folder: put it there, or give --allow-files")
	errNotRegular = errors.New("it is no regular file")
	errLargeJob   = errors.New("it is larger than 16 MiB")
)

// read reads a regular file, up to a byte more than may be. Symbolic links count as
// what they lead to.
func (o *Values) read(path string) ([]byte, error) {
	f, err := o.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	}
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// open opens a file, unless it is outside of the folder and may not be. Opening
// does not wait for who writes into a pipe.
func (o *Values) open(path string) (*os.File, error) {
	dir := filepath.Clean(o.Dir) // without one the folder that the program runs in
	if o.AnyFile {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	}
	if filepath.IsAbs(path) {
		full, err := filepath.Abs(dir)
		if err == nil {
			path, err = filepath.Rel(full, path)
		}
		if err != nil {
			return nil, errElsewhere
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil && escapes(err) {
		return nil, errElsewhere
	}
	return f, err
}

// escapes reports whether an error of a Root is that a path leads out of it: it has
// no number of the system.
func escapes(err error) bool {
	var path *os.PathError
	return errors.As(err, &path) && path.Err.Error() == "path escapes from parent"
}

// ReadJob reads a job file, or another that a user names. Who else can have written
// it, if anybody, is said. A pipe may be one, but nobody waits for who opens it to
// write.
func ReadJob(path string) (text []byte, doubt string, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	if info.Mode().IsRegular() {
		doubt = written(info)
	}
	if doubt != "" {
		doubt = path + " " + doubt
	}
	text, err = io.ReadAll(io.LimitReader(f, maxJob+1))
	if err == nil && len(text) > maxJob {
		err = &os.PathError{Op: "read", Path: path, Err: errLargeJob}
	}
	return text, doubt, err
}

// Doubts are what keeps tokens from a job, in sentences: that ReadJob says who else
// can have written its file, and that only the file says where the API is.
func Doubts(written string, foreign bool, server string) (all []string) {
	if written != "" {
		all = append(all, written)
	}
	if foreign {
		all = append(all, "base_url: "+server+" is not the API's own address, and only the job file names it: X_BEARER_TOKEN and X_USER_TOKEN do not go there; if they are to, give it by --base-url or SPACESETL_BASE_URL")
	}
	return all
}
