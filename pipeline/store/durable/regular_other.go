//go:build !unix

package durable

// careful needs no flags where pipes and devices are no files.
const careful = 0
