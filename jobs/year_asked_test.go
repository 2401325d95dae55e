package jobs_test

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/schemas"
)

// runLog is what the test knows of one run.
type runLog struct {
	starts []*start
	ended  bool
	looked bool // its tables were held against the observer
}

// forget lets go of what is not needed any more: years are long.
func (l *runLog) forget() {
	for _, s := range l.starts {
		s.requests, s.open = nil, nil
	}
}

// question is one of the job's: the endpoint, and the query, id or name.
type question struct {
	endpoint schemas.Endpoint
	member   string
}

func (q question) visible(w *simulator.Simulator, at time.Time) []string {
	if q.endpoint == schemas.Search {
		return w.Visible(simulator.Question{Query: q.member}, at)
	}
	return w.Visible(simulator.Question{Creator: q.member}, at)
}

// questions are what a job asks each time.
func questions(s jobs.Spec) (all []question) {
	for _, search := range s.Search {
		all = append(all, question{schemas.Search, search.Query})
	}
	for _, creator := range s.Creators {
		if name, named := strings.CutPrefix(creator, "@"); named {
			all = append(all, question{schemas.Usernames, strings.ToLower(name)})
		} else {
			all = append(all, question{schemas.Creators, creator})
		}
	}
	return all
}

// asked are the questions that requests put, those with a good answer true.
func asked(requests []simulator.RequestRecord) map[question]time.Time {
	all := map[question]time.Time{}
	for _, r := range requests {
		u, err := url.Parse(r.URL)
		if err != nil {
			continue
		}
		q := u.Query()
		param := map[string]string{"search": "query", "creators": "user_ids", "usernames": "usernames"}[r.Endpoint]
		if param == "" {
			continue
		}
		members := []string{q.Get(param)}
		if param != "query" {
			members = strings.Split(members[0], ",")
		}
		for _, member := range members {
			key := question{schemas.Endpoint(r.Endpoint), member}
			if key.endpoint == schemas.Usernames {
				key.member = strings.ToLower(member)
			}
			at := all[key]
			if r.Status == 200 && r.Fault == simulator.FaultNone {
				at = r.Time
			}
			all[key] = at
		}
	}
	return all
}

// came are the answers to a question, for a message.
func came(requests []simulator.RequestRecord, q question) (all []string) {
	for _, r := range requests {
		if r.Endpoint == string(q.endpoint) && strings.Contains(r.URL, url.QueryEscape(q.member)) {
			all = append(all, fmt.Sprintf("%d %s", r.Status, r.Fault))
		}
	}
	return all
}

// told are requests, for a message.
func told(requests []simulator.RequestRecord) (all []string) {
	for _, r := range requests[:min(len(requests), 20)] {
		all = append(all, fmt.Sprintf("%s %s: %d %s", r.Time.Format("05.0"), r.Endpoint, r.Status, r.Fault))
	}
	return append(all, fmt.Sprint(len(requests), " in all"))
}
