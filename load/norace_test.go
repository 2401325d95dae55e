//go:build !race

package load

const racing = false // the race detector is at work
