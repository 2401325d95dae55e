package main

import (
	"fmt"
	"strings"
)

// failure is something that goes wrong, how long it lasts, what it costs and how
// it ends. Nothing costs more than what its lifetime is of: a member never its
// batch, an endpoint never the others.
type failure struct {
	what  string
	lasts string // a while, or for good: a member, an endpoint, a token, the job, the store
	costs string
	ends  string
	exit  string
}

// failures are all kinds of them, the shortest-lived first.
func failures() []failure {
	const (
		row    = "a row of `api_errors`, `missing` in the manifest; the others of its batch come"
		gaps   = "0; 3 with `strict`"
		onward = "what came is loaded; the next run goes on"
	)
	return []failure{
		{"no connection, 5xx, 408, half a body, a gateway's 404, no new token to be had", "a while", "time: tried again for up to `retry_for`", "one that fails while others are answered is left out, `missing` (temporary), and asked for by the next run", gaps},
		{"an outage: nothing is answered for `retry_for`", "a while", "the rest of the run", onward, "75"},
		{"429: a rate window is spent", "a while", "the wait for its reset", "goes on; past `max_wait`, `max_total_wait` or the deadline the other endpoints go on; the next run asks for what is left", "0; 75"},
		{"the store is locked by another run", "a while", "the run", "nothing is asked", "75"},
		{"400, 403 or 404 that names a member; a refused batch, halved until the member is found", "a member", "itself, and at most 2·log2 n requests for n in the batch; with `follow: open` not looked up again for a day, `missing` meanwhile", row, gaps},
		{"403 not-authorized-for-resource for all that an endpoint is asked for", "a member", "two requests for each, at most; with `follow: open` not asked for again for a day", row, gaps},
		{"an id in an answer that cannot be asked for", "a member", "itself; it is never sent", row, gaps},
		{"an answer over 16 MiB, also when asked for alone; a 200 that is no page", "a member", "itself, once; with `follow: open` in 30 days", row, gaps},
		{"pages of a collection without anything new, three in a row", "a collection", "its rest", "`cut` in the manifest", gaps},
		{"404 of a gateway at one endpoint, while others are answered", "an endpoint", "its requests, after 8 tries", "the other endpoints go on; the next run asks it again", "75"},
		{"both halves of a batch and one member of each refused in the same words, which do not say that it is theirs; 403 unsupported-authentication, no token for it", "an endpoint", "its requests", "the other endpoints go on; the next run asks it again", "1; 5 for tokens"},
		{"401, a suspended account", "a token", "the token", "the others go on; without one " + onward, "5"},
		{"a usage or spend cap, no credits, the budget", "the job", "the rest of the run", onward, "4"},
		{"no such route: a wrong `base_url`; a mistake in the job file", "the job", "the run", "said at once", "2"},
		{"an unknown certificate, a proxy that refuses, a host name that is none", "the job", "the run", "said at once, with the variable that helps", "1"},
		{"a landed page that cannot be read", "the store", "the page", "set aside and named; the rest goes on", "1 where it is new, then 0"},
		{"a damaged database", "the store", "time", "set aside, and made again of the pages", "0"},
		{"a database that another program holds; a PostgreSQL that cannot be reached", "a while", "nothing", "the other destinations are published; the next run catches up", "75; 1"},
	}
}

// failureTable is the table as the operator's guide has it.
func failureTable() string {
	var b strings.Builder
	b.WriteString("| what fails | lasting for | costs | ends | exit code |\n|---|---|---|---|---|\n")
	for _, f := range failures() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.what, f.lasts, f.costs, f.ends, f.exit)
	}
	return b.String()
}

// manFailures is the table as the manual has it.
func manFailures() [][2]string {
	var items [][2]string
	plain := strings.NewReplacer("`", "", "·", "*")
	for _, f := range failures() {
		items = append(items, [2]string{plain.Replace(f.what),
			plain.Replace(fmt.Sprintf("Lasting for: %s. Costs: %s. Ends: %s (%s).", f.lasts, f.costs, f.ends, f.exit))})
	}
	return items
}
