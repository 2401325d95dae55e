// Package postgrestest starts a PostgreSQL of a test's own, which listens on a socket in
// its folder only. It is for Linux.
package postgrestest
