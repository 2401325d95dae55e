package extract

import (
	"errors"

	"github.com/spacesetl/spacesetl/schemas"
)

// The errors below know what they put an end to: the run, an endpoint, a
// request, or a collection that has to be read again.

var (
	_ schemas.Stopper = (*AuthError)(nil)
	_ schemas.Stopper = (*CapError)(nil)
	_ schemas.Stopper = (*DeadlineError)(nil)
	_ schemas.Stopper = (*RequestError)(nil)
	_ schemas.Stopper = (*TooLargeError)(nil)
	_ schemas.Stopper = (*TokenExpiredError)(nil)
	_ schemas.Stopper = (*TemporaryError)(nil)
)

// Stop ends what no other token can do: a Space's buyers, an endpoint or the
// run.
func (e *AuthError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Unauthorised, e.Scope
}

// Stop ends the run: every request costs.
func (e *CapError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Capped, schemas.RunScope
}

// Stop ends the run: it goes on when the wait is over.
func (e *DeadlineError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Waiting, schemas.RunScope
}

// Stop ends the request only.
func (e *RequestError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.RequestScope
}

// Stop ends the request only.
func (e *TooLargeError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.RequestScope
}

// Stop starts the collection again.
func (e *TokenExpiredError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.CollectionScope
}

// Stop ends the request where the server answers, if badly, and the run where
// there is no server to ask.
func (e *TemporaryError) Stop() (schemas.Outcome, schemas.Scope) {
	var body *BodyError
	if e.Status != 0 || errors.As(e.Err, &body) {
		return schemas.Failed, schemas.RequestScope
	}
	return schemas.Failed, schemas.RunScope
}
