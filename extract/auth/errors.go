package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// LoginError is an account whose token is no longer good and cannot be renewed.
// Trying again does not help.
type LoginError struct {
	Account     string
	Status      int       // 0 when nothing was sent
	Reason      string    // what is wrong or what the server said; no secret
	Interrupted time.Time // when an earlier refresh began of which no answer came; mostly zero
	Command     string    // what to run
}

func (e *LoginError) Error() string {
	status := ""
	if e.Status != 0 {
		status = fmt.Sprintf(" (status %d)", e.Status)
	}
	lost := ""
	if !e.Interrupted.IsZero() {
		lost = fmt.Sprintf("; no answer came of the refresh begun at %s, which can have spent it", e.Interrupted.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("account %s: %s%s%s: run %s", e.Account, e.Reason, status, lost, e.Command)
}

// TemporaryError is a failure that may be over on the next try: no connection,
// a 429 or 5xx, an answer cut short.
type TemporaryError struct {
	What   string // what was asked for
	Server string
	Status int   // 0 without an answer
	Err    error // never nil
}

func (e *TemporaryError) Error() string {
	return fmt.Sprintf("%s at %s: %v: try again", e.What, e.Server, e.Err)
}

// Unwrap returns the cause.
func (e *TemporaryError) Unwrap() error { return e.Err }

// Temporary tells the HTTP client to try again instead of giving the token up.
func (e *TemporaryError) Temporary() bool { return true }

// undone reports whether the server cannot have done what was asked for: it
// was not reached, or said so.
func (e *TemporaryError) undone() bool {
	var op *net.OpError
	return e.Status == http.StatusTooManyRequests || errors.As(e.Err, &op) && op.Op == "dial"
}

// RefusedError is any other answer of the server but a token.
type RefusedError struct {
	What   string // what was asked for
	Server string
	Status int
	Code   string // the OAuth error, or empty
	Detail string // what the server said; no secret
}

func (e *RefusedError) Error() string {
	detail := strings.Trim(e.Code+": "+e.Detail, ": ")
	if detail != "" {
		detail = ": " + detail
	}
	return fmt.Sprintf("%s at %s: refused with status %d%s", e.What, e.Server, e.Status, detail)
}

// DeniedError is a user who did not agree to a login.
type DeniedError struct{ Reason string }

func (e *DeniedError) Error() string {
	return fmt.Sprintf("the login was not agreed to (%s): nothing was stored", e.Reason)
}

// UnknownError is a name that no account has.
type UnknownError struct {
	Account string
	File    string
	Known   []string
}

func (e *UnknownError) Error() string {
	known := "it has none: run spacesetl auth login"
	if len(e.Known) > 0 {
		known = "it has " + strings.Join(e.Known, ", ")
	}
	return fmt.Sprintf("there is no account %q in %s: %s", e.Account, e.File, known)
}

// NameError is a name that no account can have.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return fmt.Sprintf("account name %q is not valid: it must be 1 to %d letters, digits, dots, hyphens and underscores", e.Name, maxName)
}

// TakenError is a name that belongs to another account.
type TakenError struct{ Name, Owner string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("account %s belongs to %s: choose another --name, or run spacesetl auth logout --name %s first", e.Name, e.Owner, e.Name)
}

// ServerError is an account of another server. Its tokens are not sent to this.
type ServerError struct{ Account, Theirs, Asked string }

func (e *ServerError) Error() string {
	return fmt.Sprintf("account %s is of %s, its tokens are not sent to %s: log in there, too", e.Account, e.Theirs, e.Asked)
}

// AddressError is an address that is no server's.
type AddressError struct{ Server, Problem string }

func (e *AddressError) Error() string {
	return fmt.Sprintf("base URL %q %s", e.Server, e.Problem)
}

// FileError is a token file that cannot be used as it is.
type FileError struct {
	Path, Problem, Next string
	damaged             bool // is no JSON, or half of it
}

func (e *FileError) Error() string {
	return fmt.Sprintf("token file %s %s: %s", e.Path, e.Problem, e.Next)
}

// AnonymousError is a login that is stored though the server did not say whose
// it is.
type AnonymousError struct {
	Account string
	Err     error
}

func (e *AnonymousError) Error() string {
	return fmt.Sprintf("logged in as account %s, but whose it is could not be asked: %v", e.Account, e.Err)
}

// Unwrap returns the cause.
func (e *AnonymousError) Unwrap() error { return e.Err }

// RevokeError is an account that was removed from the file though the server
// could not be made to forget its tokens.
type RevokeError struct {
	Account string
	Err     error
}

func (e *RevokeError) Error() string {
	return "account " + e.Account + " is removed here, but its tokens could not be revoked: " + strings.TrimSuffix(e.Err.Error(), ": try again") +
		": end the app's access in the settings of the X account"
}

// Unwrap returns the cause.
func (e *RevokeError) Unwrap() error { return e.Err }
