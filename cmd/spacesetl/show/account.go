package show

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spacesetl/spacesetl/jobs/account"
	"github.com/spacesetl/spacesetl/pipeline/money"
)

// Account prints the API's own count beside the ledger's.
func Account(out io.Writer, a account.Account) error {
	_ = to(out, "posts read, by UTC day. The API counts posts (tweets) only, of all apps of project %s together;\n"+
		"it has no count of Spaces and users, so the ledger's are left out here, too.\n\n", OrDash(a.Project))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "day\tledger low\tledger high\tAPI\tdifference\t\n")
	row := func(name string, r money.Reconciled) {
		_ = to(w, "%s\t%s\t%s\t%s\t%s\t\n", name, Thousands(r.Low), Thousands(r.High), Thousands(r.API), signed(r.Difference))
	}
	for _, r := range a.Days {
		if r.High > 0 || r.API > 0 {
			row(r.Name, r)
		}
	}
	if len(a.Days) > 0 {
		row(Plural(len(a.Days), "day"), a.Total)
	}
	if a.Cycle != nil {
		row("cycle since "+a.Cycle.Name, *a.Cycle)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range meaning(a) {
		_ = to(out, "%s\n", line)
	}
	return printCredits(out, a)
}

func printCredits(out io.Writer, a account.Account) error {
	if a.Cap > 0 && a.Cycle != nil {
		_ = to(out, "cap: %s of %s posts of the cycle are used\n", Thousands(a.Cycle.API), Thousands(a.Cap))
	}
	if a.Credits == nil {
		return to(out, "credits: not told: %s\n", a.NoCredits)
	}
	return to(out, "credits: $%.2f left (prepaid $%.2f, free $%.2f)\n", a.Credits.Total, a.Credits.Prepaid, a.Credits.Free)
}
