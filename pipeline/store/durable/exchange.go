package durable

import (
	"errors"
	"os"
)

// AsideEnd ends the name of a folder while another takes its place where two cannot be
// exchanged.
const AsideEnd = "-old"

// aside exchanges a folder with another in three steps: between two of them nothing
// stands under the name of the second.
func aside(a, b string) error {
	if err := os.Rename(b, a+AsideEnd); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return errors.Join(err, os.Rename(a+AsideEnd, b))
	}
	return os.Rename(a+AsideEnd, a)
}
