//go:build !unix

package store

import "os"

// alive reports whether there is a process of this id.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
