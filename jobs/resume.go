package jobs

import (
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// longestCommand is the longest that is worth printing, in bytes.
const longestCommand = 600

// resumeCommand is the command whose plan is this one, so that it goes on with
// the plan's run; empty when none can be given. Tokens change a plan: those of
// the plan are taken to be there.
func resumeCommand(plan store.Plan, spec Spec, file string) string {
	if file != "" && samePlan(spec, plan) {
		return "spacesetl run -f " + ShellWord(file)
	}
	asked, ok := specOf(plan)
	if !ok || !samePlan(asked, plan) {
		return ""
	}
	asked.Store = spec.Store
	command := "spacesetl run" + flagsOf(asked)
	if len(command) > longestCommand {
		return ""
	}
	return command
}

// samePlan reports whether a job asks for what a plan does.
func samePlan(spec Spec, plan store.Plan) bool {
	again := spec.Plan(plan.Self || len(plan.Owners) > 0)
	again.Self, again.Owners = plan.Self, plan.Owners
	return again.Hash() == plan.Hash()
}

// specOf is a job by flags that a plan can have come of; ok is false when flags
// cannot say it.
func specOf(plan store.Plan) (spec Spec, ok bool) {
	spec = Spec{Name: plan.Job, Dialect: string(plan.Dialect), Private: plan.Private}
	var states []string
	for _, r := range plan.Seeds {
		switch r.Endpoint {
		case schemas.Spaces, schemas.SpaceByID:
			spec.IDs = append(spec.IDs, r.IDs...)
		case schemas.Usernames:
			for _, name := range r.IDs {
				spec.Creators = append(spec.Creators, "@"+name)
			}
		case schemas.Search:
			spec.Search = append(spec.Search, Search{Query: r.Query})
			states = append(states, r.State)
		}
	}
	slices.Sort(states)
	if states = slices.Compact(states); len(states) == 1 {
		spec.State = states[0]
	}
	spec.Creators = append(spec.Creators, plan.Creators...)
	if plan.Buyers {
		spec.With = append(spec.With, "buyers")
	}
	if plan.Tweets {
		spec.With = append(spec.With, "tweets")
	}
	switch {
	case plan.NoExpand && plan.Users:
		spec.Users = UsersBatch
	case plan.NoExpand:
		spec.Users = UsersNone
	case !plan.Users:
		spec.NoUsers = true
	}
	spec.Defaults()
	return spec, len(states) <= 1
}

// flagsOf writes a job as flags, those of their defaults left out.
func flagsOf(spec Spec) string {
	var b strings.Builder
	add := func(flag, value, usual string) {
		if value != usual {
			b.WriteString(" --" + flag + " " + ShellWord(value))
		}
	}
	add("name", spec.Name, "spaces")
	add("ids", strings.Join(spec.IDs, ","), "")
	add("creators", strings.Join(spec.Creators, ","), "")
	for _, s := range spec.Search {
		add("search", s.Query, "")
	}
	add("state", spec.State, "all")
	add("with", strings.Join(spec.With, ","), "")
	add("dialect", spec.Dialect, string(schemas.TweetDialect))
	add("users", spec.Users, "")
	if spec.NoUsers {
		b.WriteString(" --no-users")
	}
	if spec.Private {
		b.WriteString(" --private")
	}
	add("store", spec.Store, "spacesetl-store")
	return b.String()
}

// ShellWord is a text as one word of a shell's command.
func ShellWord(text string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("@%+=:,./-_", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
