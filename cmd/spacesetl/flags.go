package main

import "github.com/spacesetl/spacesetl/cmd/spacesetl/usage"

// Flags, as short as commands are to write.
var text, list, number, flag, duration = usage.Text, usage.List, usage.Number, usage.Bool, usage.Duration
