package jobfile

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/jobs/outside"
)

// notedFlags are the flags by which a plan notes how its job was given, and whether a
// value follows.
func notedFlags() map[string]bool {
	flags := map[string]bool{"file": true, address.Flag[2:]: false}
	for _, k := range Flags() {
		_, alone := k.into(&Spec{}).(*bool)
		flags[k.FlagName()] = !alone
	}
	return flags
}

// Noted are the words of a command that a plan notes, for whoever looks at its store
// and may do what it says: the store may be another's. So they run a job and nothing
// else, in the store that here makes of the one they name, and take tokens nowhere but
// to X and this machine. Otherwise doubt says what is to be looked at first.
func Noted(words []string, here func(string) string) (command []string, doubt string) {
	if len(words) == 0 || words[0] != "run" && words[0] != "watch" {
		return nil, "it is no run"
	}
	flags := notedFlags()
	command = slices.Clone(words)
	for i := 1; i < len(command); i++ {
		name, _, _ := strings.Cut(strings.TrimPrefix(command[i], "--"), "=")
		valued, known := flags[name]
		switch {
		case !known || !strings.HasPrefix(command[i], "--"):
			return nil, fmt.Sprintf("%s is not a part of a job", outside.Clip(command[i]))
		case !valued:
			continue
		case i+1 == len(command) || command[i] != "--"+name:
			return nil, fmt.Sprintf("%s has no value", outside.Clip(command[i]))
		}
		i++
		switch name {
		case "store":
			command[i] = here(command[i])
		case "base-url":
			u, err := url.Parse(command[i])
			if err != nil || !address.API(command[i]) && !address.Loopback(u) {
				return nil, "it sends the tokens to " + address.Shown(command[i])
			}
		}
	}
	return command, ""
}
