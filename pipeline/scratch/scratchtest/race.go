//go:build race

package scratchtest

// Racing tells whether the race detector is at work.
const Racing = true
