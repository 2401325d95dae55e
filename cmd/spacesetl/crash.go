package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// internalCode is the exit code of an internal error, EX_SOFTWARE of sysexits.
const internalCode = 70

// crashed tells of a panic in a goroutine of its own, and ends the program: what
// the goroutine had in hand, others may wait for.
func crashed(value any, stack []byte) {
	printCrash(printable.New(os.Stderr), value, stack)
	os.Exit(internalCode)
}

// printCrash says that the program has a bug. The trace helps who mends it, and
// nobody else.
func printCrash(w io.Writer, value any, stack []byte) {
	text := strings.Join(strings.Fields(fmt.Sprint(value)), " ")
	const most = 300 // bytes
	text = strings.ToValidUTF8(text[:min(len(text), most)], "")
	_ = printable.To(w, "spacesetl: internal error: %s\n", text)
	if debugging() {
		_, _ = w.Write(stack)
		return
	}
	fmt.Fprintln(w, "spacesetl: this is a bug, and what has landed is safe: please report it with what the same command prints with SPACESETL_DEBUG=1")
}

// debugging reports whether traces are wanted.
func debugging() bool { return os.Getenv("SPACESETL_DEBUG") == "1" }

// recovered makes a panic an internal error: its exit code goes to code.
func recovered(w io.Writer, code *int) {
	if value := recover(); value != nil {
		printCrash(w, value, debug.Stack())
		*code = internalCode
	}
}
