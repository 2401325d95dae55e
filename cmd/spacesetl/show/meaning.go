package show

import (
	"fmt"

	"github.com/spacesetl/spacesetl/jobs/account"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// meaning says in plain sentences what the numbers mean.
func meaning(a account.Account) (lines []string) {
	var more, fewer int64
	for _, d := range a.Days {
		more += max(d.Difference, 0)
		fewer += max(-d.Difference, 0)
	}
	switch {
	case len(a.Days) == 0:
		lines = append(lines, "the API tells no days, so only the cycle is compared")
	case a.Total.API == 0 && a.Total.High == 0:
		lines = append(lines, "neither counts a post: a job asks for posts with: [tweets] (--with tweets)")
	case more+fewer == 0:
		lines = append(lines, "every day's count is within the ledger's range: nothing points to other readers of this project")
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("the API counts %s posts (%s) more than this store can have cost: another program or another", Thousands(more), worth(a, more)),
			"  store reads with an app of the same project, or landed pages (raw/) of this store were deleted")
	}
	if fewer > 0 {
		lines = append(lines, fmt.Sprintf("the API counts %s posts (%s) fewer than this store holds: its count lags behind or is kept by another", Thousands(fewer), worth(a, fewer)),
			"  day's limits, X counted a post once that runs got on two days, or pages came by an app of another project")
	}
	if a.Older != nil {
		lines = append(lines, fmt.Sprintf("%s to %s posts of the ledger are of days %s, which the API was not asked for or does not tell",
			Thousands(a.Older.Low), Thousands(a.Older.High), a.Older.Name))
	}
	lines = append(lines, billing(a)...)
	if len(a.Apps) > 1 {
		text := "by app:"
		for _, app := range a.Apps {
			text += fmt.Sprintf(" %s %s;", app.ID, Thousands(app.Posts))
		}
		lines = append(lines, text[:len(text)-1])
	}
	return lines
}

// billing says what the counts show of how X bills, where they show something:
// of each question the answers are compared that explain every day.
func billing(a account.Account) (lines []string) {
	if len(a.Fits) == 0 || len(a.Fits) == 4 {
		return nil
	}
	settled := func(of func(money.Billing) bool, yes, no string) {
		first := of(a.Fits[0])
		for _, b := range a.Fits {
			if of(b) != first {
				return
			}
		}
		if first {
			lines = append(lines, yes)
		} else {
			lines = append(lines, no)
		}
	}
	settled(func(b money.Billing) bool { return b.Expansions },
		"the counts are those of an API that bills posts which expansions bring in: high is nearer the truth",
		"the counts are those of an API that does not bill posts which expansions bring in: low is nearer the truth")
	settled(func(b money.Billing) bool { return b.Repeats },
		"the counts are those of an API that bills a post each time it returns it",
		"the counts are those of an API that bills a post once a UTC day")
	return lines
}

// worth is what so many of the objects cost.
func worth(a account.Account, n int64) string { return (a.Price * schemas.Money(n)).Cents() }
