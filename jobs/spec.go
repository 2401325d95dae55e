// Package jobs reads what a user asks for, a YAML file or flags, and turns it
// into a plan.
package jobs

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// Spec is a job as its file says it. The zero value of everything but the
// seeds works.
type Spec struct {
	Version  int
	Name     string   // default: the file's name, or "spaces"
	IDs      []string // Space ids
	IDsFile  string   // one Space id or link per line
	Creators []string // user ids and @usernames, mixed
	Search   []Search
	State    string   // of searches without their own: all (default), live, scheduled
	With     []string // buyers, tweets
	To       []string // parquet, duckdb; default both
	Store    string   // default ./spacesetl-store
	BaseURL  string
	Dialect  string   // tweet (default) or post
	Publish  string   // copy (default): merge into a copy of the database and rename it; in_place
	Follow   string   // open: look again at Spaces that can change, never at others; none
	Accounts []string // of the token file, to ask with; default all
	Private  bool     // ask for fields that need the owner's token
	NoUsers  bool     // do not look up users that no answer includes
	Users    string   // expand (default), batch or none; see UsersExpand
	Budget   pipeline.Budget
	Prices   schemas.Prices // that replace the published ones
	Workers  int            // requests under way at a time; default 4
	MaxWait  time.Duration
	Deadline time.Duration

	lines map[string]int // where keys and items stand, by path
}

// PublishInPlace is the value of Spec.Publish for databases too large to copy:
// nobody may have the database open while a run is loaded.
const PublishInPlace = "in_place"

// Values of Spec.Follow. Jobs in files, which run again and again, follow open
// Spaces by default; a job by flags asks for what it says.
const (
	FollowOpen = "open"
	FollowNone = "none"
)

// Values of Spec.Users: where the rows of users come from.
const (
	UsersExpand = "expand" // from the pages of Spaces and tweets, the rest looked up
	UsersBatch  = "batch"  // looked up by the hundred, each once a UTC day
	UsersNone   = "none"   // neither: ids only
)

// Search is one search.
type Search struct{ Query, State string }

// Problem is one mistake in a job.
type Problem struct {
	File string // empty for flags
	Line int    // 0 when unknown
	Text string
}

func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// InvalidError lists every mistake in a job.
type InvalidError struct{ Problems []Problem }

func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Defaults fills in what was left out.
func (s *Spec) Defaults() {
	s.Name = cmp.Or(s.Name, "spaces")
	s.Store = cmp.Or(s.Store, "spacesetl-store")
	s.Dialect = cmp.Or(s.Dialect, string(schemas.TweetDialect))
	s.State = cmp.Or(s.State, "all")
	s.Follow = cmp.Or(s.Follow, FollowNone)
	s.Workers = cmp.Or(s.Workers, 4)
	if len(s.To) == 0 {
		s.To = []string{"parquet", "duckdb"}
	}
}

// Elsewhere says that the value of a key does not come from the job file, so
// that its mistakes are not looked for there.
func (s *Spec) Elsewhere(key string) {
	maps.DeleteFunc(s.lines, func(path string, _ int) bool {
		return path == key || strings.HasPrefix(path, key+"[")
	})
}

// ReadIDs adds the Space ids in IDsFile: one per line, blank lines and lines
// beginning with # left out. A link to a Space counts as its id.
func (s *Spec) ReadIDs() []Problem {
	if s.IDsFile == "" {
		return nil
	}
	text, err := os.ReadFile(s.IDsFile)
	if err != nil {
		return []Problem{{Line: s.lines["ids_file"], Text: fmt.Sprintf("ids_file: %v", err)}}
	}
	var problems []Problem
	before := len(s.IDs)
	for i, line := range strings.Split(string(text), "\n") {
		id := SpaceID(line)
		if id == "" || strings.HasPrefix(id, "#") {
			continue
		}
		if !schemas.IsSpaceID(id) {
			problems = append(problems, Problem{s.IDsFile, i + 1, notSpaceID(id)})
			continue
		}
		s.IDs = append(s.IDs, id)
	}
	if len(problems) == 0 && len(s.IDs) == before {
		problems = append(problems, Problem{File: s.IDsFile, Text: "there is no Space id in it"})
	}
	return problems
}

// SpaceID cuts a Space's id out of its link; an id stays as it is.
func SpaceID(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if _, rest, ok := strings.Cut(text, "/spaces/"); ok && strings.HasPrefix(text, "http") {
		text, _, _ = strings.Cut(rest, "/")
		text, _, _ = strings.Cut(text, "?")
	}
	return text
}

func notSpaceID(id string) string {
	return fmt.Sprintf("%q is not a Space id: 1 to 13 letters and digits, as in the last part of the Space's link", clip(id))
}

// clip shortens what a user wrote, for a message.
func clip(text string) string {
	if len(text) <= 60 {
		return text
	}
	return strings.ToValidUTF8(text[:60], "") + "…"
}

// Check returns every mistake in the job's values.
func (s *Spec) Check() []Problem {
	c := checker{spec: s}
	for i, id := range s.IDs {
		s.IDs[i] = SpaceID(id)
		c.require(schemas.IsSpaceID(s.IDs[i]), fmt.Sprintf("ids[%d]", i), notSpaceID(id))
	}
	for i, creator := range s.Creators {
		name := strings.TrimPrefix(creator, "@")
		ok := schemas.IsUserID(creator) || creator != name && schemas.IsUsername(name)
		c.require(ok, fmt.Sprintf("creators[%d]", i), fmt.Sprintf("%q is neither a user id (digits) nor a username: write @%s", clip(creator), clip(name)))
	}
	for i, search := range s.Search {
		n := utf8.RuneCountInString(search.Query)
		c.require(n >= 1 && n <= 2048, fmt.Sprintf("search[%d]", i), fmt.Sprintf("a query has 1 to 2048 characters, not %d", n))
		c.oneOf(fmt.Sprintf("search[%d]", i), "state", search.State, "", "all", "live", "scheduled")
	}
	c.oneOf("state", "state", s.State, "", "all", "live", "scheduled")
	c.oneOf("follow", "follow", s.Follow, "", FollowOpen, FollowNone)
	c.oneOf("publish", "publish", s.Publish, "", "copy", PublishInPlace)
	c.oneOf("dialect", "dialect", s.Dialect, "", "tweet", "post")
	c.oneOf("users", "users", s.Users, "", UsersExpand, UsersBatch, UsersNone)
	c.require(s.Users != UsersBatch || s.Dialect != string(schemas.PostDialect), "users",
		"users: batch needs dialect: tweet, since the post dialect names people only where it expands them")
	c.require(s.Users != UsersBatch || !s.NoUsers, "users", "users: batch looks users up, no-users does not: choose one")
	for i, with := range s.With {
		c.oneOf(fmt.Sprintf("with[%d]", i), "with", with, "buyers", "tweets")
	}
	for i, to := range s.To {
		c.oneOf(fmt.Sprintf("to[%d]", i), "to", to, "parquet", "duckdb")
	}
	c.require(s.Workers >= 0 && s.Workers <= 64, "workers", fmt.Sprintf("workers: %d is not between 1 and 64", s.Workers))
	c.require(s.MaxWait >= 0, "max_wait", "max_wait is negative")
	c.require(s.Deadline >= 0, "deadline", "deadline is negative")
	if u, err := url.Parse(s.BaseURL); s.BaseURL != "" {
		c.require(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", "base_url",
			fmt.Sprintf("base_url: %q is not an http(s) address", clip(s.BaseURL)))
	}
	seeds := len(s.IDs) + len(s.Creators) + len(s.Search)
	c.require(seeds > 0 || s.IDsFile != "", "", "nothing to do: give ids, ids_file, creators or search")
	return c.problems
}

type checker struct {
	spec     *Spec
	problems []Problem
}

func (c *checker) require(ok bool, path, text string) {
	if !ok {
		c.problems = append(c.problems, Problem{Line: c.spec.lines[path], Text: text})
	}
}

func (c *checker) oneOf(path, key, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	shown := slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return s == "" })
	c.require(false, path, fmt.Sprintf("%s: %q is not one of %s%s", key, clip(value), strings.Join(shown, ", "), didYouMean(value, shown)))
}
