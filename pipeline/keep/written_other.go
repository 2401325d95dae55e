//go:build !unix

package keep

import "os"

// written reports whether a process has a database open to write it in place, which
// this system does not let others open.
func written(*os.File) bool { return false }
