//go:build unix

package durable

import "syscall"

// careful are flags with which opening neither waits, nor follows a link, nor
// takes a terminal.
const careful = syscall.O_NONBLOCK | syscall.O_NOFOLLOW | syscall.O_NOCTTY
