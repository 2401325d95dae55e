package jobfile

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/spacesetl/spacesetl/load/destinations"
	"github.com/spacesetl/spacesetl/schemas"
)

// Key is a key of a job file: how it is read, and what people and editors are
// told of it. The JSON Schema and the reference are made of these.
type Key struct {
	Name      string
	Doc       string   // one or two sentences, Markdown
	Values    []string // the only ones, if any
	Default   string   // a value in YAML
	Otherwise string   // in words what holds by default, where no value says it
	Example   string   // a value in YAML
	Keys      []Key    // of a mapping
	Flag      Flag     // of the command line; the zero value for none

	shape shape
	into  func(*Spec) any                 // where a value goes: *string, *[]string, *bool and the like
	read  func(*reader, string, ast.Node) // in a file, if not as what into points to is read
}

// Into is where a value of the key goes: a *string, *[]string, *bool, *int,
// *time.Duration, *schemas.Money or *[]Search.
func (k Key) Into(s *Spec) any { return k.into(s) }

// shape is what a value looks like.
type shape int

const (
	textShape shape = iota
	wholeShape
	flagShape
	durationShape
	moneyShape   // dollars
	priceShape   // dollars, or nothing
	spaceShape   // a Space's id or link
	postShape    // a tweet's id or link, or missing
	creatorShape // a user id or @username
	searchShape
	usersShape
	mapShape
	listed shape = 0x100 // one of a shape, or a list of them
)

// Keys are the keys of a job file, in the order that a reader wants them.
func Keys() []Key {
	return slices.Concat(mainKeys(), limitKeys(), otherKeys())
}

// mainKeys say what to get, where it goes, what it may cost and how long it stays.
func mainKeys() []Key {
	return []Key{
		{Name: "version", Doc: "Version of the file's form.", Values: []string{"1"}, Example: "1", shape: wholeShape,
			into: func(s *Spec) any { return &s.Version }},
		{Name: "name", Doc: "Name of the job; a store belongs to one.", Otherwise: "the file's name", Example: "watch",
			into: func(s *Spec) any { return &s.Name }, Flag: Flag{Get, "`NAME` of the job; a store belongs to one"}},
		{Name: "creators", Doc: "User ids, @usernames or profile links whose Spaces to get.", Example: `["@XDevelopers", "2244994945"]`, shape: listed | creatorShape,
			into: func(s *Spec) any { return &s.Creators }, Flag: Flag{Get, "ids, @names or links of those whose Spaces to get, comma separated `LIST`"}},
		{Name: "search", Doc: "Words to find in titles: a query, or `query` and `state`.", Example: "[open mic, {query: crypto, state: live}]", shape: listed | searchShape,
			Keys: searchKeys(), into: func(s *Spec) any { return &s.Search }, Flag: Flag{Get, "`WORDS` to find in titles; repeatable"}, read: (*reader).searches},
		{Name: "state", Doc: "State of the Spaces to find, for searches without their own.", Values: states(), Default: "all", Example: "live",
			into: func(s *Spec) any { return &s.State }, Flag: Flag{Get, "live, scheduled or all Spaces in searches; `STATE`"}},
		{Name: "ids", Doc: "Space ids or links.", Example: "[1SLjjRYNejbKM]", shape: listed | spaceShape,
			into: func(s *Spec) any { return &s.IDs }, Flag: Flag{Get, "Space `IDS` or links, comma separated"}},
		{Name: "ids_file", Doc: "File with one Space id or link per line; `#` begins a comment.", Example: "ids.txt",
			into: func(s *Spec) any { return &s.IDsFile }, Flag: Flag{Get, "`FILE` with one Space id or link per line"}},
		{Name: "posts", Doc: "Tweets to look up, ids or links; `missing`: those that the database refers to without a row, shared in Spaces, pinned, or referred to by tweets. By the hundred, after everything else.", Example: "[missing]", shape: listed | postShape,
			into: func(s *Spec) any { return &s.Posts }, Flag: Flag{Get, "tweets to look up: ids, links, or missing, those referred to; `IDS`"}},
		{Name: "with", Doc: "What else to get of each Space: " + companionsDoc() + ".", Values: schemas.Companions(), Otherwise: "neither", Example: "[tweets]", shape: listed,
			into: func(s *Spec) any { return &s.With }, Flag: Flag{Get, "also get " + strings.Join(schemas.Companions(), ", ") + " of each Space; `LIST`"}},
		{Name: "users", Doc: "Where people come from: `expand`, with the answers; `batch`, looked up by the hundred, once a UTC day; `none`, ids only. `false` looks up nobody whom no answer includes.",
			Values: userSources(), Default: UsersExpand, Example: "batch", shape: usersShape,
			into: func(s *Spec) any { return &s.Users }, Flag: Flag{Get, "get people with answers, looked up, or not: expand, batch, none; `HOW`"}, read: (*reader).users},
		{Name: "follow", Doc: "`open`: look again at Spaces last seen scheduled or live until they are seen ended or gone, take a last look at their " + schemas.FollowUpNames(" and ") + ", and never ask for them again. `none`: ask for what the job says.",
			Values: follows(), Default: FollowOpen, Example: "open",
			into: func(s *Spec) any { return &s.Follow }, Flag: Flag{Get, "look again at open Spaces, or at none: open, none; `HOW` (with -f: open)"}},
		{Name: "budget", Doc: "The most that may be spent; what does not fit ends the run with exit code 4, and the same command goes on when the budget allows.", Example: "{usd_per_day: 10}", shape: mapShape,
			Keys: budgetKeys(), read: (*reader).budget},
		{Name: "prices", Doc: "Other prices than the published ones, in dollars per object.", Example: "{space: 0.005}", shape: mapShape,
			Keys: priceKeys(), read: (*reader).prices},
		{Name: "store", Doc: "Folder of the job's pages and tables, one per job.", Default: "spacesetl-store", Example: "./spaces",
			into: func(s *Spec) any { return &s.Store }, Flag: Flag{To, "`DIR` of the job's pages and tables (default ./spacesetl-store)"}},
		{Name: "to", Doc: destinations.Doc(), Values: destinations.Names(), Default: "[" + strings.Join(destinations.Default(), ", ") + "]", Example: "[parquet, duckdb]", shape: listed,
			into: func(s *Spec) any { return &s.To }, Flag: Flag{To, destinations.Help()}},
		{Name: "publish", Doc: "`copy`: merge into a copy of the database and rename it; `in_place`: for databases too large to copy, with nobody reading meanwhile.",
			Values: publishes(), Default: "copy", Example: "in_place",
			into: func(s *Spec) any { return &s.Publish }, Flag: Flag{To, "merge runs in a copy of the database, or in_place; `HOW` (default copy)"}},
		{Name: "postgres_schema", Doc: "Schema of the tables in PostgreSQL, one per store; it is made where it is missing.", Default: "spacesetl", Example: "spaces",
			into: func(s *Spec) any { return &s.PostgresSchema }, Flag: Flag{To, "`SCHEMA` of the tables in PostgreSQL (default spacesetl)"}},
		{Name: "compact", Doc: "Join the Parquet files of runs, once their day is over, to one a table and day, these to one for 4 and for 16 days, and once the month is over, to one a table and month; `day` leaves it at days, `none` leaves the files alone.",
			Values: compacts(), Default: CompactMonths, Example: "day",
			into: func(s *Spec) any { return &s.Compact }},
		{Name: "partition", Doc: "Folders of a table's Parquet files: `day`, as `run_date=2026-11-30`, `month`, as `run_month=2026-11`, or `none`, the table's folder itself. Changed, it holds for new files; `spacesetl compact --all` moves the others.",
			Values: partitions(), Default: string(schemas.PartitionDay), Example: "month",
			into: func(s *Spec) any { return (*string)(&s.Partition) }, Flag: Flag{To, "folders of Parquet files: by day, by month or none; `HOW` (default day)"}},
		{Name: "keep", Doc: "How long pages, Parquet files and versions of rows are kept: those of a month that has been over for so long are removed by the first run of a day; the rows of the database stay. Without it nothing is ever removed.", Example: "{raw: 90d}", shape: mapShape,
			Keys: []Key{
				{Name: "raw", Doc: "Landed pages: days, weeks or years, such as `90d`, `26w` or `2y`; `40d` at least.", Otherwise: "for good", Example: "90d"},
				{Name: "parquet", Doc: "Parquet files, the same; those that the database lacks stay.", Otherwise: "for good", Example: "2y"},
				{Name: "history", Doc: "Versions of rows that ended, in the database file, the same; the last of a row always stays, and `spaces_as_of(ts)` does not answer for what was before.", Otherwise: "for good", Example: "3y"},
				{Name: "archive", Doc: "Folder in which what goes of each month is archived before.", Otherwise: "none", Example: "/mnt/archive"},
			}, read: (*reader).keep},
		{Name: "watch", Doc: "How often `spacesetl watch` asks; `deadline` is not for it.", Example: "{every: 30s, discover: 5m}", shape: mapShape,
			Keys: watchKeys(), read: (*reader).watch},
	}
}

// limitKeys say how long a run may take, and what it does when it cannot go on.
func limitKeys() []Key {
	return []Key{
		{Name: "deadline", Doc: "Stop after this time with exit code 75; the same command goes on.", Otherwise: "none", Example: "50m", shape: durationShape,
			into: func(s *Spec) any { return &s.Deadline }, Flag: Flag{Limits, "stop after this time, resumable; `DURATION`"}},
		{Name: "max_wait", Doc: "Longest single wait for a rate window.", Default: "20m", Example: "20m", shape: durationShape,
			into: func(s *Spec) any { return &s.MaxWait }, Flag: Flag{Limits, "longest single wait for a rate window; `DURATION` (default 20m)"}},
		{Name: "max_total_wait", Doc: "Longest that a run may wait in all; what would have to wait longer is left, with exit code 75.",
			Otherwise: "an hour without a page after the last announced reset, or `retry_for`, if that is longer", Example: "2h", shape: durationShape,
			into: func(s *Spec) any { return &s.MaxTotalWait }, Flag: Flag{Limits, "longest that a run may wait in all; `DURATION` (default an hour without a page)"}},
		{Name: "retry_for", Doc: "How long an outage is weather: as long as nothing is answered, requests are tried again for this time, then the run stops with exit code 75.",
			Default: "15m", Example: "5m", shape: durationShape,
			into: func(s *Spec) any { return &s.RetryFor }, Flag: Flag{Limits, "how long an outage is weather, tried again; `DURATION` (default 15m)"}},
		{Name: "ask_again", Doc: "A run that was killed or interrupted is only continued when its first answers are younger than this; else today's questions are asked first, without Spaces that were looked at within this time, then what it had left.",
			Default: "10m", Example: "30m", shape: durationShape,
			into: func(s *Spec) any { return &s.AskAgain }, Flag: Flag{Limits, "age of a run from which today's questions come first; `DURATION` (default 10m)"}},
		{Name: "resume_within", Doc: "How old a run may be whose rest is still asked for; older ones are loaded as they are, and closed.",
			Default: "25h", Example: "72h", shape: durationShape,
			into: func(s *Spec) any { return &s.ResumeWithin }, Flag: Flag{Limits, "age of a run from which it is closed as it is; `DURATION` (default 25h)"}},
		{Name: "strict", Doc: "End with exit code 3 where something that was asked for did not come; else that is exit code 0.", Default: "false", Example: "true", shape: flagShape,
			into: func(s *Spec) any { return &s.Strict }, Flag: Flag{Limits, "end with exit code 3 where something asked for did not come"}},
		{Name: "workers", Doc: "Requests under way at a time, 1 to 64.", Default: "4", Example: "8", shape: wholeShape,
			into: func(s *Spec) any { return &s.Workers }, Flag: Flag{Limits, "requests under way at a time; `N` (default 4)"}, read: (*reader).workers},
	}
}

// otherKeys say how to ask.
func otherKeys() []Key {
	return []Key{
		{Name: "accounts", Doc: "Accounts of `spacesetl auth` to ask with.", Otherwise: "all", Example: "[app]", shape: listed,
			into: func(s *Spec) any { return &s.Accounts }, Flag: Flag{Other, "accounts to ask with, see spacesetl auth; `LIST` (default all)"}},
		{Name: "private", Doc: "Ask for fields that need the owner's token, too.", Default: "false", Example: "true", shape: flagShape,
			into: func(s *Spec) any { return &s.Private }, Flag: Flag{Get, "ask for fields that need the owner's token too"}},
		{Name: "dialect", Doc: "Field names to ask with; answers are read in both.", Values: dialects(), Default: string(schemas.TweetDialect), Example: "post",
			into: func(s *Spec) any { return &s.Dialect }, Flag: Flag{Other, "field names to ask with: tweet or post; `NAME`"}},
		{Name: "base_url", Doc: "Address of the API: https, or this machine; maybe with a path. The environment's tokens go to another than the API's own only if the environment or a flag says it.", Default: "https://api.x.com", Example: "http://127.0.0.1:8080",
			into: func(s *Spec) any { return &s.BaseURL }, Flag: Flag{Other, "`URL` of the API (default https://api.x.com)"},
			read: func(r *reader, k string, n ast.Node) {
				r.text(k, n, &r.spec.BaseURL)
				r.spec.given = r.outside.Given(n)
			}},
	}
}

func budgetKeys() []Key {
	return []Key{
		{Name: "usd_per_run", Doc: "Dollars for one start of a run.", Example: "5", shape: moneyShape,
			into: func(s *Spec) any { return &s.Budget.Run }, Flag: Flag{Limits, "stop before this start can cost more; `USD`"}},
		{Name: "usd_per_day", Doc: "Dollars for the store's runs of a UTC day.", Example: "10", shape: moneyShape,
			into: func(s *Spec) any { return &s.Budget.Day }, Flag: Flag{Limits, "stop before the store's runs of a UTC day can cost more; `USD`"}},
		{Name: "usd_per_month", Doc: "Dollars for the store's runs of a calendar month.", Example: "100", shape: moneyShape,
			into: func(s *Spec) any { return &s.Budget.Month }, Flag: Flag{Limits, "the same for a calendar month; `USD`"}},
	}
}

func watchKeys() []Key {
	return []Key{
		{Name: "every", Doc: "For the live Spaces and those about to start, by the hundred; `1s` at least. More than fit the rate windows are asked for less often.",
			Default: "30s", Example: "30s", shape: durationShape, into: func(s *Spec) any { return &s.Watch.Every },
			Flag: Flag{Limits, "how often a watch looks at live Spaces; `DURATION` (default 30s)"}},
		{Name: "discover", Doc: "For new Spaces, by the job's searches and creators.",
			Default: "5m", Example: "5m", shape: durationShape, into: func(s *Spec) any { return &s.Watch.Discover },
			Flag: Flag{Limits, "how often a watch looks for new Spaces; `DURATION` (default 5m)"}},
	}
}

func searchKeys() []Key {
	return []Key{
		{Name: "query", Doc: "Words to find in titles, 1 to 2048 characters.", Example: "open mic"},
		{Name: "state", Doc: "State of the Spaces to find.", Values: states(), Otherwise: "the job's", Example: "live"},
	}
}

func priceKeys() []Key {
	var keys []Key
	for _, o := range schemas.Priced() {
		keys = append(keys, Key{Name: string(o), Doc: "Dollars for each " + string(o) + ".",
			Default: schemas.DefaultPrices()[o].String()[1:], Example: "0.005", shape: priceShape})
	}
	return keys
}

func states() []string    { return []string{"all", "live", "scheduled"} }
func follows() []string   { return []string{FollowOpen, FollowNone} }
func publishes() []string { return []string{"copy", PublishInPlace} }
func compacts() []string  { return []string{CompactMonths, CompactDays, CompactNone} }

func partitions() (all []string) {
	for _, p := range schemas.Partitions() {
		all = append(all, string(p))
	}
	return all
}

func userSources() []string { return []string{UsersExpand, UsersBatch, UsersNone} }

// companionsDoc says what each of them is.
func companionsDoc() string {
	var all []string
	for _, s := range schemas.FollowUps() {
		all = append(all, s.FollowUp.Doc)
	}
	return strings.Join(all, "; ")
}
func dialects() []string {
	return []string{string(schemas.TweetDialect), string(schemas.PostDialect)}
}

func names(keys []Key) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.Name
	}
	return all
}
