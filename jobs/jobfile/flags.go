package jobfile

import "strings"

// Flag is a key as a flag of a run.
type Flag struct {
	Group Group
	Help  string // one line; the word in backquotes is what the flag takes
}

// Group is the heading in help that a flag stands under.
type Group string

// The groups of flags.
const (
	Get    Group = "What to get"
	To     Group = "Where to"
	Limits Group = "Limits and money"
	Other  Group = "Other"
)

// Flags are the keys that are flags, too, and users: false as a flag. A key in a
// mapping has the name that Spec.Elsewhere takes: budget.usd_per_run.
func Flags() []Key {
	all := []Key{{Name: "no_users", into: func(s *Spec) any { return &s.NoUsers }, Flag: Flag{Get, "do not look up users that no answer includes"}}}
	add := func(within string, keys []Key) {
		for _, k := range keys {
			if k.Flag.Help != "" {
				k.Name = within + k.Name
				all = append(all, k)
			}
		}
	}
	add("", Keys())
	for _, k := range Keys() {
		add(k.Name+".", k.Keys)
	}
	return all
}

// OfWatch reports whether the key, as Flags names it, is for a watch alone.
func (k Key) OfWatch() bool { return strings.HasPrefix(k.Name, "watch.") }

// FlagName is the name of the key's flag: budget-run of budget.usd_per_run, every of
// watch.every.
func (k Key) FlagName() string {
	return strings.NewReplacer("watch.", "", ".usd_per_", "-", ".", "-", "_", "-").Replace(k.Name)
}
