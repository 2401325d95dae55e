package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// ImportJob is the name of the job of runs whose answers were imported.
const ImportJob = "import"

// Plan is what a job asks for, before anything is fetched.
type Plan struct {
	Job     string            `json:"job"`
	Dialect schemas.Dialect   `json:"dialect"`
	Private bool              `json:"private,omitempty"`
	Seeds   []schemas.Request `json:"seeds"`
	// Creators are user ids whose Spaces are looked for, together with those
	// of the usernames among the seeds.
	Creators []string `json:"creators,omitempty"`
	Buyers   bool     `json:"buyers,omitempty"` // ticket buyers of ticketed Spaces
	Tweets   bool     `json:"tweets,omitempty"` // tweets shared in Spaces
	Users    bool     `json:"users,omitempty"`  // look up users referred to and not included
	// With are the other endpoints that are asked of each Space.
	With []schemas.Endpoint `json:"with,omitempty"`
	// Self asks who the user token belongs to, so that buyers are asked for
	// that user's Spaces only.
	Self bool `json:"self,omitempty"`
	// Owners are the user ids whose tokens the run has: as Self, for tokens
	// whose owners are known.
	Owners []string `json:"owners,omitempty"`
	// PostsMissing adds tweets that the database refers to and has not, as the run begins.
	PostsMissing bool `json:"posts_missing,omitempty"`
	// Import is a checksum of answers that were imported from files: nothing was asked
	// for or paid by the run, and nothing of them is followed.
	Import string `json:"import,omitempty"`
	// NoExpand leaves out the expansions of users, which X may bill with every
	// page. With Users they are looked up instead, by the hundred, each once a
	// UTC day.
	NoExpand bool `json:"no_expand,omitempty"`
	// Watch asks for what follows of a Space once that is over, not when it is found.
	Watch bool `json:"watch,omitempty"`
}

// Follows reports whether an endpoint is asked of each Space found.
func (p *Plan) Follows(e schemas.Endpoint) bool {
	return e == schemas.Tweets && p.Tweets || e == schemas.Buyers && p.Buyers || slices.Contains(p.With, e)
}

// Planned is what plan.json of a run holds, written before its first request.
type Planned struct {
	Run  schemas.Run `json:"run"`
	Plan Plan        `json:"plan"`
	// Seeds are the plan's first requests as the store's state made them when
	// the run was started; they stay the same when it is resumed. Before they are
	// known there are none.
	Seeds []schemas.Request `json:"seeds"`
	// Resting are members that were refused when they were asked for alone, so that
	// the run does not ask for them: they are missing.
	Resting []Missing `json:"resting,omitempty"`
	// Left is what earlier runs of the plan had not asked for when they stopped, and
	// LeftBy are these runs.
	Left   []schemas.Request `json:"left,omitempty"`
	LeftBy []string          `json:"left_by,omitempty"`
	// Server tells the host that the run asks from others.
	Server string `json:"server,omitempty"`
	// Job is how the job was given; nil of a run that does not say.
	Job *JobNote `json:"job,omitempty"`
}

// JobNote is how a run's job was given, for the command that does the same again.
// It holds no secret.
type JobNote struct {
	File string `json:"file,omitempty"` // the job file, an absolute path; empty without one
	// Flags are the words after spacesetl that give the job, where it takes more
	// than the file or there was none.
	Flags []string `json:"flags,omitempty"`
}

// Expansions are those an endpoint is asked with.
func (p Plan) Expansions(e schemas.Endpoint) []string {
	all := schemas.DefaultExpansions(e, cmp.Or(p.Dialect, schemas.TweetDialect))
	if p.NoExpand {
		return schemas.WithoutUsers(all)
	}
	return all
}

// Hash names the plan: equal plans, equal hashes.
func (p Plan) Hash() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and booleans always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Lookups are the requests that look up Spaces by id.
func Lookups(ids []string) []schemas.Request {
	var requests []schemas.Request
	for batch := range slices.Chunk(ids, schemas.MaxIDs) {
		r := schemas.Request{Endpoint: schemas.Spaces, IDs: batch}
		if len(batch) == 1 {
			r.Endpoint = schemas.SpaceByID
		}
		requests = append(requests, r)
	}
	return requests
}

// Batches are the requests that ask an endpoint for ids.
func Batches(e schemas.Endpoint, ids []string) (requests []schemas.Request) {
	for batch := range slices.Chunk(ids, schemas.MaxIDs) {
		requests = append(requests, schemas.Request{Endpoint: e, IDs: batch})
	}
	return requests
}

// union is requests each once, with each Space and user in one lookup only.
func union(requests []schemas.Request) (all []schemas.Request) {
	spaces, others := SplitLookups(requests)
	var users []string
	known := map[string]bool{}
	fresh := func(id string) bool { seen := known[id]; known[id] = true; return !seen }
	for _, r := range others {
		switch {
		case r.Endpoint == schemas.Users:
			users = append(users, r.IDs...)
		case fresh(r.ID()):
			all = append(all, r)
		}
	}
	once := func(ids []string) []string {
		clear(known)
		return slices.DeleteFunc(ids, func(id string) bool { return !fresh(id) })
	}
	return slices.Concat(Lookups(once(spaces)), all, Batches(schemas.Users, once(users)))
}

// WithoutLookups leaves Spaces out of the lookups among requests.
func WithoutLookups(requests []schemas.Request, leave func(id string) bool) []schemas.Request {
	ids, others := SplitLookups(requests)
	return append(Lookups(slices.DeleteFunc(ids, leave)), others...)
}

// SplitLookups returns the ids of the Spaces that requests look up, and the other
// requests.
func SplitLookups(requests []schemas.Request) (ids []string, others []schemas.Request) {
	for _, r := range requests {
		if r.Endpoint.Listed() == schemas.Spaces {
			ids = append(ids, r.IDs...)
		} else {
			others = append(others, r)
		}
	}
	return ids, others
}
