package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spacesetl/spacesetl/jobs/account"
	"github.com/spacesetl/spacesetl/pipeline/money"
)

func printAccount(c *console, a account.Account) error {
	_ = c.print("posts read, by UTC day. The API counts posts (tweets) only, of all apps of project %s together;\n"+
		"it has no count of Spaces and users, so the ledger's are left out here, too.\n\n", orDash(a.Project))
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "day\tledger low\tledger high\tAPI\tdifference\t\n")
	row := func(name string, r money.Reconciled) {
		_ = to(w, "%s\t%s\t%s\t%s\t%s\t\n", name, thousands(r.Low), thousands(r.High), thousands(r.API), signed(r.Difference))
	}
	for _, r := range a.Days {
		if r.High > 0 || r.API > 0 {
			row(r.Name, r)
		}
	}
	if len(a.Days) > 0 {
		row(plural(len(a.Days), "day"), a.Total)
	}
	if a.Cycle != nil {
		row("cycle since "+a.Cycle.Name, *a.Cycle)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range meaning(a) {
		_ = c.print("%s\n", line)
	}
	return printCredits(c, a)
}

func printCredits(c *console, a account.Account) error {
	if a.Cap > 0 && a.Cycle != nil {
		_ = c.print("cap: %s of %s posts of the cycle are used\n", thousands(a.Cycle.API), thousands(a.Cap))
	}
	if a.Credits == nil {
		return c.print("credits: not told: %s\n", a.NoCredits)
	}
	return c.print("credits: $%.2f left (prepaid $%.2f, free $%.2f)\n", a.Credits.Total, a.Credits.Prepaid, a.Credits.Free)
}
