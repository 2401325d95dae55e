package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
)

// What most commands are written with, by short names.
var (
	text, list, number, flag, duration = usage.Text, usage.List, usage.Number, usage.Bool, usage.Duration
	thousands, plural                  = show.Thousands, show.Plural
)

// moment reads a flag's time, or how long ago one is; the zero time where it is not given.
func (c *console) moment(ctx *cli.Context, name string) (at time.Time, err error) {
	text := ctx.String(name)
	if text == "" {
		return at, nil
	}
	if text == "now" {
		return c.clock(), nil
	}
	if age, err := policy.Span(text); err == nil {
		return c.clock().Add(-age), nil
	}
	if age, err := time.ParseDuration(text); err == nil && age > 0 {
		return c.clock().Add(-age), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return at, usage.Errorf("--%s: %q is neither a time such as 2026-01-31 or 2026-01-31T12:00:00Z nor an age such as 7d or 24h", name, text)
}
