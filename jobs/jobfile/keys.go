package jobfile

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/spacesetl/spacesetl/pipeline/store"
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

	shape shape
	read  func(*reader, string, ast.Node)
}

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
	creatorShape // a user id or @username
	searchShape
	usersShape
	mapShape
	listed shape = 0x100 // one of a shape, or a list of them
)

// Keys are the keys of a job file, in the order that a reader wants them.
func Keys() []Key {
	return []Key{
		{Name: "version", Doc: "Version of the file's form.", Values: []string{"1"}, Example: "1", shape: wholeShape,
			read: func(r *reader, k string, n ast.Node) { r.number(k, n, &r.spec.Version) }},
		{Name: "name", Doc: "Name of the job; a store belongs to one.", Otherwise: "the file's name", Example: "watch",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Name) }},
		{Name: "creators", Doc: "User ids and @usernames whose Spaces to get.", Example: `["@XDevelopers", "2244994945"]`, shape: listed | creatorShape,
			read: func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.Creators) }},
		{Name: "search", Doc: "Words to find in titles: a query, or `query` and `state`.", Example: "[open mic, {query: crypto, state: live}]", shape: listed | searchShape,
			Keys: searchKeys(), read: (*reader).searches},
		{Name: "state", Doc: "State of the Spaces to find, for searches without their own.", Values: states(), Default: "all", Example: "live",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.State) }},
		{Name: "ids", Doc: "Space ids or links.", Example: "[1SLjjRYNejbKM]", shape: listed | spaceShape,
			read: func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.IDs) }},
		{Name: "ids_file", Doc: "File with one Space id or link per line; `#` begins a comment.", Example: "ids.txt",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.IDsFile) }},
		{Name: "with", Doc: "What else to get of each Space: the tweets shared in it; its ticket buyers, with the creator's token.", Values: companions(), Otherwise: "neither", Example: "[tweets]", shape: listed,
			read: func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.With) }},
		{Name: "users", Doc: "Where people come from: `expand`, with the answers; `batch`, looked up by the hundred, once a UTC day; `none`, ids only. `false` looks up nobody whom no answer includes.",
			Values: userSources(), Default: UsersExpand, Example: "batch", shape: usersShape, read: (*reader).users},
		{Name: "follow", Doc: "`open`: look again at Spaces last seen scheduled or live until they are seen ended or gone, take a last look at their tweets and buyers, and never ask for them again. `none`: ask for what the job says.",
			Values: follows(), Default: FollowOpen, Example: "open",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Follow) }},
		{Name: "budget", Doc: "The most that may be spent; what does not fit ends the run with exit code 4, and the same command goes on when the budget allows.", Example: "{usd_per_day: 10}", shape: mapShape,
			Keys: []Key{
				{Name: "usd_per_run", Doc: "Dollars for one start of a run.", Example: "5", shape: moneyShape},
				{Name: "usd_per_day", Doc: "Dollars for the store's runs of a UTC day.", Example: "10", shape: moneyShape},
				{Name: "usd_per_month", Doc: "Dollars for the store's runs of a calendar month.", Example: "100", shape: moneyShape},
			}, read: (*reader).budget},
		{Name: "prices", Doc: "Other prices than the published ones, in dollars per object.", Example: "{space: 0.005}", shape: mapShape,
			Keys: priceKeys(), read: (*reader).prices},
		{Name: "store", Doc: "Folder of the job's pages and tables, one per job.", Default: "spacesetl-store", Example: "./spaces",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Store) }},
		{Name: "to", Doc: "Where tables go; `latest`: the rows of the database, too, as one Parquet file a table, which a run replaces together.", Values: stores(), Default: "[parquet, duckdb]", Example: "[parquet, duckdb]", shape: listed,
			read: func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.To) }},
		{Name: "publish", Doc: "`copy`: merge into a copy of the database and rename it; `in_place`: for databases too large to copy, with nobody reading meanwhile.",
			Values: publishes(), Default: "copy", Example: "in_place",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Publish) }},
		{Name: "compact", Doc: "Join the Parquet files of runs, once their day is over, to one a table and day, and once the month is, to one a table and month; `day` leaves it at days, `none` leaves the files alone.",
			Values: compacts(), Default: CompactMonths, Example: "day",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Compact) }},
		{Name: "keep", Doc: "How long pages and Parquet files are kept: those of a month that has been over for so long are removed by the first run of a day, the database stays. Without it nothing is ever removed.", Example: "{raw: 90d}", shape: mapShape,
			Keys: []Key{
				{Name: "raw", Doc: "Landed pages: days, weeks or years, such as `90d`, `26w` or `2y`; `40d` at least.", Otherwise: "for good", Example: "90d"},
				{Name: "parquet", Doc: "Parquet files, the same; those that the database lacks stay.", Otherwise: "for good", Example: "2y"},
				{Name: "archive", Doc: "Folder in which what goes of each month is archived before.", Otherwise: "none", Example: "/mnt/archive"},
			}, read: (*reader).keep},
		{Name: "deadline", Doc: "Stop after this time with exit code 75; the same command goes on.", Otherwise: "none", Example: "50m", shape: durationShape,
			read: (*reader).duration},
		{Name: "max_wait", Doc: "Longest single wait for a rate window.", Default: "20m", Example: "20m", shape: durationShape,
			read: (*reader).duration},
		{Name: "max_total_wait", Doc: "Longest that a run may wait in all; what would have to wait longer is left, with exit code 75.",
			Otherwise: "an hour without a page after the last announced reset, or `retry_for`, if that is longer", Example: "2h", shape: durationShape,
			read: (*reader).duration},
		{Name: "retry_for", Doc: "How long an outage is weather: as long as nothing is answered, requests are tried again for this time, then the run stops with exit code 75.",
			Default: "15m", Example: "5m", shape: durationShape,
			read: (*reader).duration},
		{Name: "ask_again", Doc: "A run that was killed or interrupted is only continued when its first answers are younger than this; else today's questions are asked first, without Spaces that were looked at within this time, then what it had left.",
			Default: "10m", Example: "30m", shape: durationShape,
			read: (*reader).duration},
		{Name: "resume_within", Doc: "How old a run may be whose rest is still asked for; older ones are loaded as they are, and closed.",
			Default: "25h", Example: "72h", shape: durationShape,
			read: (*reader).duration},
		{Name: "strict", Doc: "End with exit code 3 where something that was asked for did not come; else that is exit code 0.", Default: "false", Example: "true", shape: flagShape,
			read: func(r *reader, k string, n ast.Node) { r.flag(k, n, &r.spec.Strict) }},
		{Name: "workers", Doc: "Requests under way at a time, 1 to 64.", Default: "4", Example: "8", shape: wholeShape,
			read: (*reader).workers},
		{Name: "accounts", Doc: "Accounts of `spacesetl auth` to ask with.", Otherwise: "all", Example: "[app]", shape: listed,
			read: func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.Accounts) }},
		{Name: "private", Doc: "Ask for fields that need the owner's token, too.", Default: "false", Example: "true", shape: flagShape,
			read: func(r *reader, k string, n ast.Node) { r.flag(k, n, &r.spec.Private) }},
		{Name: "dialect", Doc: "Field names to ask with; answers are read in both.", Values: dialects(), Default: string(schemas.TweetDialect), Example: "post",
			read: func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Dialect) }},
		{Name: "base_url", Doc: "Address of the API: https, or this machine; maybe with a path. The environment's tokens go to another than the API's own only if the environment or a flag says it.", Default: "https://api.x.com", Example: "http://127.0.0.1:8080",
			read: func(r *reader, k string, n ast.Node) {
				r.text(k, n, &r.spec.BaseURL)
				r.spec.given = r.outside.Given(n)
			}},
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

func states() []string      { return []string{"all", "live", "scheduled"} }
func follows() []string     { return []string{FollowOpen, FollowNone} }
func publishes() []string   { return []string{"copy", PublishInPlace} }
func compacts() []string    { return []string{CompactMonths, CompactDays, CompactNone} }
func userSources() []string { return []string{UsersExpand, UsersBatch, UsersNone} }
func companions() []string  { return []string{"buyers", "tweets"} }
func stores() []string      { return []string{store.ParquetFiles, store.DuckDBFile, store.LatestFiles} }
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
