//go:build !unix

package scratch

import "io/fs"

// own: on Windows a user has a folder of their own for temporary files.
func own(fs.FileInfo) bool { return true }
