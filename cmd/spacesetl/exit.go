package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// exitCode is the one place that decides how the program ends: with a code of
// schemas.Exits. That of an internal error, 70, is told by printCrash.
func exitCode(ctx context.Context, err error) int {
	var stopped *pipeline.StoppedError
	errors.As(err, &stopped)
	var (
		wrong   *usage.Error
		invalid *jobs.InvalidError
		other   *store.WrongJobError
		newer   *store.FormatError
		half    *store.RestoringError
		gaps    *gapsError
		unread  *unreadError
		busy    *store.BusyError
		held    *duckdb.LockedError
		filled  *postgres.LockedError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong), errors.As(err, &invalid), errors.As(err, &other), errors.As(err, &newer), errors.As(err, &half), misconfigured(err):
		return 2
	case errors.As(err, &gaps), errors.As(err, &unread):
		return 3
	case errors.As(err, &busy), stopped == nil && (errors.As(err, &held) || errors.As(err, &filled)):
		return 75
	case stopped == nil && ctx.Err() == nil:
		return cmp.Or(authCode(err), 1)
	case stopped == nil || stopped.Outcome == schemas.Interrupted:
		var s signalError
		if errors.As(context.Cause(ctx), &s) {
			return signalCode(s.Signal)
		}
		return signalCode(os.Interrupt)
	}
	return stopped.Outcome.Ending().Exit
}

// misconfigured reports whether an error is one of the settings, such as a server
// that has no route of the API.
func misconfigured(err error) bool {
	var c interface{ Configuration() bool }
	return errors.As(err, &c) && c.Configuration()
}

// signalCode is 128 and the signal's number, as shells have it.
func signalCode(s os.Signal) int {
	if s == syscall.SIGTERM {
		return 143
	}
	return 130
}

// exitMeanings are the exit codes in words.
func exitMeanings() (all [][2]string) {
	for _, e := range schemas.Exits() {
		all = append(all, [2]string{e.Code(), e.Means})
	}
	return all
}

// authCode is the exit code of an error of the token store, 0 for any other.
func authCode(err error) int {
	var (
		login   *auth.LoginError
		denied  *auth.DeniedError
		refused *auth.RefusedError
		revoke  *auth.RevokeError
		unknown *auth.UnknownError
		name    *auth.NameError
		taken   *auth.TakenError
		server  *auth.ServerError
		address *auth.AddressError
		file    *auth.FileError
	)
	switch {
	case errors.As(err, &revoke): // whatever is in it
		return 1
	case errors.As(err, &login), errors.As(err, &denied), errors.As(err, &refused):
		return 5
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &taken), errors.As(err, &server), errors.As(err, &address), errors.As(err, &file):
		return 2
	}
	return 0
}
