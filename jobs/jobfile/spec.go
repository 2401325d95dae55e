// Package jobfile reads what a user asks for: a job file in YAML, or a Spec made
// otherwise. It says what keys there are, and every mistake with its line.
package jobfile

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/load/destinations"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
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
	// Posts are ids of tweets to look up, or links; PostsMissing stands for those that
	// tables refer to.
	Posts    []string
	State    string   // of searches without their own: all (default), live, scheduled
	With     []string // buyers, tweets
	To       []string // names of destinations.All; default destinations.Default
	Store    string   // default ./spacesetl-store
	BaseURL  string
	Dialect  string // tweet (default) or post
	Publish  string // copy (default): merge into a copy of the database and rename it; in_place
	Compact  string // month (default), day or none; see CompactMonths
	Keep     policy.Policy
	Follow   string   // open: look again at Spaces that can change, never at others; none
	Accounts []string // of the token file, to ask with; default all
	Private  bool     // ask for fields that need the owner's token
	NoUsers  bool     // do not look up users that no answer includes
	Users    string   // expand (default), batch or none; see UsersExpand
	Budget   money.Budget
	Prices   schemas.Prices // that replace the published ones
	Workers  int            // requests under way at a time; default 4
	MaxWait  time.Duration  // longest single wait for a rate window
	Deadline time.Duration  // of a run, from its start
	// PostgresSchema is that of the tables in PostgreSQL; default spacesetl.
	PostgresSchema string
	// Partition says in which folders the Parquet files of runs lie; default by day.
	Partition schemas.Partition
	// AskAgain is the age of a run's first answers from which a start asks today's
	// questions before what is left of it; default 10 minutes.
	AskAgain time.Duration
	// ResumeWithin is the age of a run from which what it had left is not asked for
	// any more; default a day and, for jobs that run daily, an hour.
	ResumeWithin time.Duration
	RetryFor     time.Duration // how long an outage is weather; default 15 minutes
	// MaxTotalWait bounds all waiting of a run together. Without it a run ends an
	// hour after the last announced reset, if no page came meanwhile.
	MaxTotalWait time.Duration
	Strict       bool  // a run that is done with gaps ends with exit code 3
	Watch        Watch // how often a watch asks
	Watching     bool  // it is a watch: people are looked up, what follows comes at the end
	InsecureHTTP bool  // tokens may go to BaseURL unencrypted; no key of a job file

	lines   map[string]int    // where keys and items stand, by path
	sources map[string]string // what outside the file they are from, such as ${NAME}
	unread  map[string]bool   // keys whose values miss something outside
	given   bool              // the environment alone says what base_url is
	doubt   string            // who else can have written the file
	loaded  bool              // and found valid
}

// PublishInPlace is the value of Spec.Publish for databases too large to copy:
// nobody may have the database open while a run is loaded.
const PublishInPlace = "in_place"

// Values of Spec.Compact: which Parquet files become one a table.
const (
	CompactMonths = "month" // those of days that are over, then of months
	CompactDays   = "day"
	CompactNone   = "none"
)

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

// Watch is how often a watch asks: for the live Spaces, and for new ones.
type Watch struct{ Every, Discover time.Duration }

// PostsMissing is the item of Spec.Posts for tweets that tables refer to and that have no
// row.
const PostsMissing = "missing"

// Search is one search.
type Search struct{ Query, State string }

// Problem is one mistake in a job.
type Problem struct {
	File string // empty for flags
	Line int    // 0 when unknown
	Text string
	Key  string // of the value that is wrong; empty when it is no single one
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
	s.Compact = cmp.Or(s.Compact, CompactMonths)
	s.Workers = cmp.Or(s.Workers, 4)
	s.AskAgain = cmp.Or(s.AskAgain, 10*time.Minute)
	s.ResumeWithin = cmp.Or(s.ResumeWithin, 25*time.Hour)
	s.RetryFor = cmp.Or(s.RetryFor, 15*time.Minute)
	s.Watch.Every = cmp.Or(s.Watch.Every, 30*time.Second)
	s.Watch.Discover = cmp.Or(s.Watch.Discover, 5*time.Minute)
	if len(s.To) == 0 {
		s.To = destinations.Default()
	}
}

// Elsewhere says that the value of a key does not come from the job file, so
// that its mistakes are not looked for there.
func (s *Spec) Elsewhere(key string) {
	of := func(path string) bool { return path == key || strings.HasPrefix(path, key+"[") }
	maps.DeleteFunc(s.lines, func(path string, _ int) bool { return of(path) })
	maps.DeleteFunc(s.sources, func(path string, _ string) bool { return of(path) })
	delete(s.unread, key)
}

// ReadIDs adds the Space ids in IDsFile: one per line, blank lines and lines
// beginning with # left out. A link to a Space counts as its id.
func (s *Spec) ReadIDs() []Problem {
	if s.IDsFile == "" {
		return nil
	}
	text, _, err := outside.ReadJob(s.IDsFile)
	if err != nil {
		if from := s.sources["ids_file"]; from != "" {
			err = fmt.Errorf("the file that %s names: %w", from, durable.Cause(err))
		}
		return []Problem{{Line: s.lines["ids_file"], Text: fmt.Sprintf("ids_file: %v", err), Key: "ids_file"}}
	}
	name := cmp.Or(s.sources["ids_file"], s.IDsFile)
	var problems []Problem
	unseen := map[bool]string{true: "this line"}[s.lines["ids_file"] > 0] // another's job file can name any file
	s.IDs = slices.Clip(s.IDs)                                            // a copy of the spec may have the rest
	before := len(s.IDs)
	for i, line := range strings.Split(string(text), "\n") {
		id := SpaceID(line)
		if id == "" || strings.HasPrefix(id, "#") {
			continue
		}
		if !schemas.IsSpaceID(id) {
			problems = append(problems, Problem{File: name, Line: i + 1, Text: notSpaceID(shown(unseen, id))})
			continue
		}
		s.IDs = append(s.IDs, id)
	}
	if len(problems) == 0 && len(s.IDs) == before {
		problems = append(problems, Problem{File: name, Text: "there is no Space id in it"})
	}
	return problems
}

// profile is the link to a person, by name or by id.
var profile = regexp.MustCompile(`^(?i:https?://)?(?i:(?:www\.|mobile\.)?(?:x|twitter)\.com)/(?:i/user/([0-9]+)|@?([A-Za-z0-9_]+))/?(?:[?#].*)?$`)

// Creator takes the id or the @name out of a link to a person; what is none stays as it is.
func Creator(text string) string {
	switch m := profile.FindStringSubmatch(strings.TrimSpace(text)); {
	case m == nil || m[2] == "i": // the folder of what belongs to nobody
		return text
	case m[1] != "":
		return m[1]
	default:
		return "@" + m[2]
	}
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

// PostID cuts a tweet's id out of its link; an id stays as it is.
func PostID(text string) string {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, "/status/"); ok && strings.HasPrefix(text, "http") {
		text, _, _ = strings.Cut(rest, "/")
		text, _, _ = strings.Cut(text, "?")
	}
	return text
}
