package durable

import "golang.org/x/sys/unix"

// Exchange gives two folders each other's name.
func Exchange(a, b string) error {
	if err := unix.RenamexNp(a, b, unix.RENAME_SWAP); err != unix.ENOTSUP {
		return err
	}
	return aside(a, b)
}
