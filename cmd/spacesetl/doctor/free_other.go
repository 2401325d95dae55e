//go:build !darwin && !linux

package doctor

import "errors"

// freeBytes is not asked here.
func freeBytes(string) (int64, error) { return 0, errors.New("this system is not asked") }
