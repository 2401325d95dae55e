//go:build race

package main

// underRace says that the race detector is on: it makes a child process ten
// times as slow, and a kill is no race. There the crash tests do less.
const underRace = true
