//go:build !race

package jobs_test

const racing = false // the race detector is at work
