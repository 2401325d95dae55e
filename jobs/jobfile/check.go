package jobfile

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/load/destinations"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// maxWorkers is the most requests that may be under way at a time.
const maxWorkers = 64

// schemaName is what no statement and no command has to quote.
var schemaName = regexp.MustCompile("^[a-z_][a-z0-9_]{0,62}$")

// CheckSchema wants a name for a schema of PostgreSQL.
func CheckSchema(name string) error {
	if schemaName.MatchString(name) && !strings.HasPrefix(name, "pg_") {
		return nil
	}
	return errors.New(notSchema(strconv.Quote(name)))
}

func notSchema(shown string) string {
	return "postgres_schema: " + shown + " is not 1 to 63 letters a to z, digits and _, or begins with a digit or pg_"
}

// Check returns every mistake in the job's values. Links among its IDs, creators and posts
// become ids and names, in lists of the spec's own: copies of a spec share theirs.
func (s *Spec) Check() []Problem {
	c := checker{spec: s}
	given, posts := s.IDs, s.Posts
	s.IDs, s.Creators, s.Posts = spelled(s.IDs, SpaceID), spelled(s.Creators, Creator), spelled(s.Posts, PostID)
	for i, id := range s.IDs {
		path := fmt.Sprintf("ids[%d]", i)
		c.require(schemas.IsSpaceID(id), path, notSpaceID(c.shown(path, given[i])))
	}
	c.creators()
	for i, post := range s.Posts {
		path := fmt.Sprintf("posts[%d]", i)
		c.require(post == PostsMissing || schemas.Posts.Takes(post), path, fmt.Sprintf("%s is neither a tweet's id (digits) or link nor the word missing", c.shown(path, posts[i])))
	}
	for i, search := range s.Search {
		n := utf8.RuneCountInString(search.Query)
		c.require(n >= 1 && n <= 2048, fmt.Sprintf("search[%d]", i), fmt.Sprintf("a query has 1 to 2048 characters, not %d", n))
		c.oneOf(fmt.Sprintf("search[%d]", i), "state", search.State, states())
	}
	for _, k := range Keys() {
		c.value(k)
	}
	c.require(s.Users != UsersBatch || s.Dialect != string(schemas.PostDialect), "users",
		"users: batch needs dialect: tweet, since the post dialect names people only where it expands them")
	c.require(s.Users != UsersBatch || !s.NoUsers, "users", "users: batch looks users up, no-users does not: choose one")
	c.require(!slices.Contains(s.To, store.LatestFiles) || slices.Contains(s.To, store.DuckDBFile), "to", "to: latest is made of the database: add duckdb")
	c.require(!slices.Contains(s.Posts, PostsMissing) || len(s.To) == 0 || slices.Contains(s.To, store.DuckDBFile), "posts", "posts: missing asks the database what it lacks: add duckdb to to")
	c.require(s.Keep.History == 0 || slices.Contains(s.To, store.DuckDBFile), "keep", "keep: history is of the database's versions of rows: add duckdb to to")
	c.require(s.PostgresSchema == "" || CheckSchema(s.PostgresSchema) == nil, "postgres_schema", notSchema(c.shown("postgres_schema", s.PostgresSchema)))
	for _, d := range destinations.Elsewhere() {
		c.require(s.Keep.Raw == 0 || s.Keep.Archive != "" || !slices.Equal(s.To, []string{d.Name}), "keep",
			"keep: without their pages the rows would be in "+d.Title+" alone: add parquet to to, or name an archive")
	}
	c.require(s.Workers >= 0 && s.Workers <= maxWorkers, "workers", notWorkers(strings.Trim(c.shown("workers", strconv.Itoa(s.Workers)), `"`)))
	c.require(!strings.Contains(s.Store, "://"), "store", fmt.Sprintf("store: %s is an address: a store is a folder of this machine, such as ./spaces; copy it from there", c.shown("store", s.Store)))
	for _, k := range watchKeys() {
		pace := *k.into(s).(*time.Duration)
		c.require(pace == 0 || pace >= time.Second && pace <= time.Hour, "watch."+k.Name, fmt.Sprintf("watch: %s %s is not between 1s and 1h", k.Name, pace))
	}
	c.baseURL()
	seeds := len(s.IDs) + len(s.Creators) + len(s.Search) + len(s.Posts)
	c.require(seeds > 0 || s.IDsFile != "" || s.unread["ids"] || s.unread["creators"] || s.unread["search"] || s.unread["ids_file"] || s.unread["posts"], "", "nothing to do: give ids, ids_file, creators, search or posts")
	if len(c.problems) == 0 {
		c.affordable()
	}
	return c.problems
}

// spelled is a list as its items are written to the API.
func spelled(list []string, spell func(string) string) []string {
	list = slices.Clone(list)
	for i, item := range list {
		list[i] = spell(item)
	}
	return list
}

// creators wants ids and names, which links have become.
func (c *checker) creators() {
	for i, creator := range c.spec.Creators {
		name := strings.TrimPrefix(creator, "@")
		ok := schemas.IsUserID(creator) || creator != name && schemas.IsUsername(name)
		path := fmt.Sprintf("creators[%d]", i)
		write := "@" + outside.Clip(name)
		if c.spec.sources[path] != "" {
			write = "@name"
		} else if c.spec.lines[path] > 0 {
			write = strconv.Quote(write) // which YAML wants for the @
		}
		if strings.Contains(name, "/") {
			write = "the id, @name or profile link of who opens Spaces; links of Spaces go under ids"
		}
		c.require(ok, path, fmt.Sprintf("%s is neither a user id (digits) nor a username: write %s", c.shown(path, creator), write))
	}
}

// affordable wants bounds that the smallest first request of each kind fits into:
// below that none is ever sent.
func (c *checker) affordable() {
	dearest, most := forecast.Least(c.spec.Plan(false), c.spec.PriceTable())
	for _, k := range budgetKeys() {
		usd := *k.into(c.spec).(*schemas.Money)
		c.require(usd == 0 || usd >= most, "budget."+k.Name, fmt.Sprintf(
			"budget: %s %s is too little for any request to %s: the smallest can cost %s; give at least that, and more for what it leads to (spacesetl plan says how much)",
			k.Name, usd, dearest, most))
	}
}

// Valid returns an *InvalidError with the mistakes of a spec that Load has not
// looked at. It adds the ids in IDsFile.
func (s *Spec) Valid() error {
	if s.loaded {
		return nil
	}
	if problems := slices.Concat(s.ReadIDs(), s.Check()); len(problems) > 0 {
		return &InvalidError{problems}
	}
	return nil
}

type checker struct {
	spec     *Spec
	problems []Problem
}

func (c *checker) require(ok bool, path, text string) {
	if !ok {
		key, _, _ := strings.Cut(path, "[")
		c.problems = append(c.problems, Problem{Line: c.spec.lines[path], Text: text, Key: key})
	}
}

// value wants what a key's declaration says of its value.
func (c *checker) value(k Key) {
	if k.into == nil {
		return
	}
	switch value := k.into(c.spec).(type) {
	case *string:
		c.oneOf(k.Name, k.Name, *value, k.Values)
	case *[]string:
		for i, item := range *value {
			path := fmt.Sprintf("%s[%d]", k.Name, i)
			c.require(item != "" || k.Values == nil, path, k.Name+": an item of the list is empty")
			c.oneOf(path, k.Name, item, k.Values)
		}
	case *time.Duration:
		c.require(*value >= 0, k.Name, k.Name+" is negative")
	}
}

// oneOf wants one of the values, or none.
func (c *checker) oneOf(path, key, value string, allowed []string) {
	if value == "" || allowed == nil || slices.Contains(allowed, value) {
		return
	}
	hint := ""
	if c.spec.sources[path] == "" {
		hint = didYouMean(value, allowed)
	}
	c.require(false, path, fmt.Sprintf("%s: %s is not one of %s%s", key, c.shown(path, value), strings.Join(allowed, ", "), hint))
}

// shown is a value as messages show it.
func (c *checker) shown(path, value string) string { return shown(c.spec.sources[path], value) }

// baseURL wants an address without anything that could be a secret, since
// errors name the server. The message does not show one that has such a part.
func (c *checker) baseURL() {
	base := c.spec.BaseURL
	if base == "" {
		return
	}
	from := c.spec.sources["base_url"]
	if from == "" && strings.ContainsAny(base, "@?#") {
		from = "base_url"
	}
	u, err := url.Parse(base)
	ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
	c.require(ok, "base_url", fmt.Sprintf("base_url: %s is not an http(s) address", shown(from, base)))
	plain := !ok || u.User == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery
	c.require(plain, "base_url", "base_url: a user, password, query or fragment has no place in it: tokens are given by the environment or spacesetl auth")
	c.require(!ok || !plain || c.spec.InsecureHTTP || address.Closed(u), "base_url", fmt.Sprintf(
		"base_url: %s would send tokens unencrypted: write https, or give %s", shown(from, address.Shown(base)), address.Flag))
}

// Foreign reports whether only a job file says that the API is at an address that is
// neither the API's own nor this machine.
func (s *Spec) Foreign() bool {
	u, err := url.Parse(s.BaseURL)
	return s.lines["base_url"] > 0 && !s.given && !address.API(s.BaseURL) && (err != nil || !address.Loopback(u))
}

// Doubt is who else can have written the job file; empty without one.
func (s *Spec) Doubt() string { return s.doubt }

// Doubts are what keeps tokens from a job that is valid: it may be another's.
func (s *Spec) Doubts() []string {
	return outside.Doubts(s.doubt, s.Foreign(), cmp.Or(s.sources["base_url"], address.Shown(s.BaseURL)))
}

func notWorkers(shown string) string {
	return fmt.Sprintf("workers: %s is not between 1 and %d", shown, maxWorkers)
}

func notSpaceID(shown string) string {
	return shown + " is not a Space id: 1 to 13 letters and digits, as in the last part of the Space's link"
}
