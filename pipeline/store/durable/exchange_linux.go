package durable

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Exchange gives two folders each other's name.
func Exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return aside(a, b) // a file system that cannot, such as some of a network
	}
	return err
}
