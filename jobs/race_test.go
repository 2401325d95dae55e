//go:build race

package jobs_test

const racing = true
