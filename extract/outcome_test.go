package extract

import (
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

func TestErrorsSayWhatTheyEnd(t *testing.T) {
	for name, c := range map[string]struct {
		err     schemas.Stopper
		outcome schemas.Outcome
		scope   schemas.Scope
	}{
		"a token, by default":   {&AuthError{}, schemas.Unauthorised, schemas.EndpointScope},
		"a creator's token":     {&AuthError{Scope: schemas.RequestScope}, schemas.Unauthorised, schemas.RequestScope},
		"a redirect":            {&StatusError{Status: 302, Location: "x"}, schemas.Failed, schemas.RunScope},
		"a redirect to nowhere": {&StatusError{Status: 307}, schemas.Failed, schemas.RunScope},
		"another server":        {&StatusError{Status: 404, NoAPI: true}, schemas.Failed, schemas.RunScope},
		"a status":              {&StatusError{Status: 410}, schemas.Failed, schemas.EndpointScope},
		"a wait too long":       {&DeadlineError{}, schemas.Waiting, schemas.EndpointScope},
		"a cap":                 {&CapError{}, schemas.Capped, schemas.RunScope},
		"a request":             {&RequestError{}, schemas.Failed, schemas.RequestScope},
		"an expired page token": {&TokenExpiredError{}, schemas.Failed, schemas.CollectionScope},
	} {
		if outcome, scope := c.err.Stop(); outcome != c.outcome || scope != c.scope {
			t.Errorf("%s: ends %d with %s, want %d with %s", name, scope, outcome, c.scope, c.outcome)
		}
	}
}
