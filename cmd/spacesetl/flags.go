package main

import (
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// What most commands are written with, by short names.
var (
	text, list, number, flag, duration = usage.Text, usage.List, usage.Number, usage.Bool, usage.Duration
	thousands, plural                  = show.Thousands, show.Plural
)
