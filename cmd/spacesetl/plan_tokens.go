package main

import (
	"fmt"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// tokenCount is with how many tokens a plan reckons.
type tokenCount struct {
	App  int `json:"app"`
	User int `json:"user"`
	// Assumed: there is no token, so one app token is taken to be there.
	Assumed bool `json:"assumed,omitempty"`
	// AssumedUser: buyers are asked for and no user's token is there, so one
	// of their Spaces' creator is taken to be.
	AssumedUser bool `json:"assumed_user,omitempty"`
}

// count counts the tokens of a run.
func (t tokens) count(buyers bool) (n tokenCount) {
	if t.app != "" {
		n.App++
	}
	if t.user != "" {
		n.User++
	}
	for _, a := range t.accounts {
		if a.Kind == extract.AppCredential {
			n.App++
		} else {
			n.User++
		}
	}
	n.AssumedUser = buyers && n.User == 0
	if n.Assumed = n.App+n.User == 0; n.Assumed {
		n.App = 1
	}
	return n
}

func (n tokenCount) String() string {
	text := "minutes are at the documented limits with "
	switch {
	case n.Assumed:
		text += "one app token: none was found (X_BEARER_TOKEN, spacesetl auth)"
	case n.User == 0:
		text += plural(n.App, "app token")
	case n.App == 0:
		text += plural(n.User, "user token")
	default:
		text += fmt.Sprintf("%s and %s", plural(n.App, "app token"), plural(n.User, "user token"))
	}
	switch {
	case n.AssumedUser:
		text += "; for buyers with one user token, of the Spaces' creator, which a run will need"
	case n.User > 1:
		text += "; buyers are asked for with the tokens of their Space's creator only"
	}
	return text
}

// pace is what the tokens that a run would use may send, as the client that
// would send it says. Without any it is nil.
func (c *console) pace(spec jobs.Spec, tokens tokens) (func(schemas.Endpoint) pipeline.Pace, error) {
	if tokens.count(false).Assumed {
		return nil, nil
	}
	client, err := extract.New((&etl{spec: spec, tokens: tokens, watch: c.observer(), hooks: c.hooks}).config(c.clock()))
	if err != nil {
		return nil, &usageError{"spacesetl plan", err}
	}
	return func(e schemas.Endpoint) pipeline.Pace {
		n := client.Capacity(e)
		return pipeline.Pace{Most: n.Most, Least: n.Least, Apps: n.Apps}
	}, nil
}
