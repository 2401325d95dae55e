package extract

import "github.com/spacesetl/spacesetl/schemas"

// The errors below know what they put an end to: the run, an endpoint, a
// request, or a collection that has to be read again.

var (
	_ schemas.Stopper = (*AuthError)(nil)
	_ schemas.Stopper = (*CapError)(nil)
	_ schemas.Stopper = (*ConnectionError)(nil)
	_ schemas.Stopper = (*DeadlineError)(nil)
	_ schemas.Stopper = (*RequestError)(nil)
	_ schemas.Stopper = (*StatusError)(nil)
	_ schemas.Stopper = (*TokenExpiredError)(nil)
	_ schemas.Stopper = (*TemporaryError)(nil)
)

// Stop ends what no other token can do: a Space's buyers, or an endpoint. Never the
// run: other endpoints may have tokens of their own.
func (e *AuthError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Unauthorised, max(e.Scope, schemas.EndpointScope)
}

// Stop ends the run: every request costs.
func (e *CapError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Capped, schemas.RunScope
}

// Stop ends the run: every request goes the same way.
func (e *ConnectionError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.RunScope
}

// Stop ends the endpoint, whichever limit is in the way: others may have nothing to
// wait for, and who has finds the same limit.
func (e *DeadlineError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Waiting, schemas.EndpointScope
}

// Stop ends the request only.
func (e *RequestError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.RequestScope
}

// Stop ends the run where no endpoint can be asked, else the endpoint.
func (e *StatusError) Stop() (schemas.Outcome, schemas.Scope) {
	if e.Configuration() {
		return schemas.Failed, schemas.RunScope
	}
	return schemas.Failed, schemas.EndpointScope
}

// Stop starts the collection again.
func (e *TokenExpiredError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Failed, schemas.CollectionScope
}

// Stop ends the request where others are answered, and the run where nobody was
// for too long. Before that the request is one for later.
func (e *TemporaryError) Stop() (schemas.Outcome, schemas.Scope) {
	if e.Down > 0 {
		return schemas.Waiting, e.Scope
	}
	return schemas.Failed, e.Scope
}

// Configuration reports whether it is a mistake of the settings: a redirect, or a
// base URL that leads elsewhere.
func (e *StatusError) Configuration() bool { return e.NoAPI || e.Status/100 == 3 }
