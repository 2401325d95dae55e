package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// requests are those of a run.
type requests struct {
	manifest store.Manifest
	limited  map[schemas.Endpoint]int64 // 429s; nil where they are not known
}

// section tells what the run asked and got; db is nil where there are no tables
// to read.
func (r requests) section(ctx context.Context, db *duckdb.Reader) (section, error) {
	s := section{ID: "happened", Title: "What happened"}
	if db == nil {
		s.Panels = []panel{endpointsOnly(r.manifest)}
		return s, nil
	}
	var err error
	s.Panels, err = filled(ctx, db, []fill{r.timeline, r.found, r.problems})
	return s, err
}

// limitedText tells of the 429s, by endpoint.
func limitedText(limited map[schemas.Endpoint]int64) string {
	var sum int64
	var each []string
	for _, spec := range schemas.Specs() {
		if n := limited[spec.Endpoint]; n > 0 {
			sum += n
			each = append(each, fmt.Sprintf("%s %s", spec.Endpoint, thousands(n)))
		}
	}
	if sum == 0 {
		return " No answer was a 429."
	}
	return fmt.Sprintf(" %s a 429: %s.", plural(sum, "answer was", "answers were"), strings.Join(each, ", "))
}

// units are what is asked for at an endpoint and what comes back.
var units = map[schemas.Endpoint][2][2]string{
	schemas.Me:        {{"token", "tokens"}, {"account", "accounts"}},
	schemas.Usernames: {{"name", "names"}, {"account", "accounts"}},
	schemas.Creators:  {{"creator", "creators"}, {"Space", "Spaces"}},
	schemas.Search:    {{"search", "searches"}, {"Space", "Spaces"}},
	schemas.Spaces:    {{"Space", "Spaces"}, {"Space", "Spaces"}},
	schemas.SpaceByID: {{"Space", "Spaces"}, {"Space", "Spaces"}},
	schemas.Users:     {{"account", "accounts"}, {"account", "accounts"}},
	schemas.Posts:     {{"tweet", "tweets"}, {"tweet", "tweets"}},
}

func unitsOf(e schemas.Endpoint) [2][2]string {
	if e.Known() && e.Spec().FollowUp != nil {
		return [2][2]string{{"Space", "Spaces"}, {e.Spec().FollowUp.One, string(e)}}
	}
	return units[e]
}

// answered is what came of the requests of one endpoint.
type answered struct {
	endpoint                                      string
	asked, found, refused                         int64
	missing, referred, refusedObjects, unreadable int64
}

func (r requests) found(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "found", "Asked, found, missing, refused", true, "Nothing was asked in this run."
	run := r.manifest.Run.RunID
	asked, err := rows(ctx, db, func(a *answered) []any { return []any{&a.endpoint, &a.asked, &a.found, &a.refused} }, foundSQL, run)
	if err != nil || len(asked) == 0 {
		return err
	}
	errors, err := rows(ctx, db, func(a *answered) []any {
		return []any{&a.endpoint, &a.missing, &a.referred, &a.refusedObjects, &a.unreadable}
	}, missingSQL, run)
	if err != nil {
		return err
	}
	absent, err := rows(ctx, db, func(n *int64) []any { return []any{n} }, absentSQL, run)
	if err != nil {
		return err
	}
	byEndpoint := map[string]answered{}
	for _, e := range errors {
		byEndpoint[e.endpoint] = e
	}
	p.Table = table{Open: true, Caption: "What was asked of each endpoint, and what came of it",
		Columns: slices.Concat(words("Endpoint"), numbers("Asked for", "Found", "Asked for, not there", "Refused", "Referred to, not there", "Unreadable"))}
	var missing, refused int64
	slices.SortFunc(asked, func(a, b answered) int { return cmp.Compare(order(a.endpoint), order(b.endpoint)) })
	for _, a := range asked {
		e := byEndpoint[a.endpoint]
		unit := unitsOf(schemas.Endpoint(a.endpoint))
		if a.endpoint == string(schemas.Spaces) { // some servers leave Spaces out and say nothing
			e.missing = max(e.missing, absent[0])
		}
		missing, refused = missing+e.missing, refused+a.refused+e.refusedObjects
		p.Table.Rows = append(p.Table.Rows, []cell{said(a.endpoint), amount(plural(a.asked, unit[0][0], unit[0][1])), amount(plural(a.found, unit[1][0], unit[1][1])),
			bad(e.missing, "warn"), bad(a.refused+e.refusedObjects, "warn"), bad(e.referred, ""), bad(e.unreadable, "bad")})
	}
	p.Lead = fmt.Sprintf("%s asked for by id or name were not there, %s refused.", thousands(missing), plural(refused, "thing was", "things were"))
	p.Note = "Refused counts whole requests and single objects that the token may not see. Referred to are accounts and tweets that answers name and X does not give: suspended, protected or deleted."
	return nil
}

// order is an endpoint's place in a job.
func order(endpoint string) int {
	return slices.IndexFunc(schemas.Specs(), func(s schemas.Spec) bool { return string(s.Endpoint) == endpoint })
}

// problem is one kind of thing the API did not give.
type problem struct {
	endpoint, kind, resource, problem, parameter, example string
	times                                                 int64
}

func (r requests) problems(ctx context.Context, db *duckdb.Reader, p *panel) error {
	p.ID, p.Title, p.Wide, p.Empty = "problems", "What the API did not give", true, "The API gave everything that was asked for."
	reasons, err := rows(ctx, db, func(e *problem) []any {
		return []any{&e.endpoint, &e.kind, &e.resource, &e.problem, &e.parameter, &e.times, &e.example}
	}, problemsSQL, r.manifest.Run.RunID)
	if err != nil || len(reasons) == 0 {
		return err
	}
	var all int64
	for _, n := range r.manifest.Errors {
		all += int64(n)
	}
	p.Lead = fmt.Sprintf("%s in api_errors, by reason.", plural(all, "row", "rows"))
	p.Table = table{Open: true, Caption: "What the API did not give, by reason", Columns: slices.Concat(words("Endpoint", "Object", "Problem", "Named by"), numbers("Times"), words("Example"))}
	for _, e := range reasons {
		p.Table.Rows = append(p.Table.Rows, []cell{said(e.endpoint), theirs(cmp.Or(e.resource, e.kind)), theirs(e.problem), theirs(e.parameter), countOf(e.times, reasons[0].times), theirs(e.example)})
	}
	return nil
}

// endpointsOnly is what the manifest alone knows of the requests.
func endpointsOnly(manifest store.Manifest) panel {
	p := panel{ID: "timeline", Title: "Requests per endpoint", Wide: true, Empty: "No page landed in this run.", Table: table{Open: true, Caption: "Pages, requests and waits per endpoint",
		Columns: slices.Concat(words("Endpoint"), numbers("Pages", "Requests", "Tried again", "Waited, all workers", "Bytes"))}}
	for _, spec := range schemas.Specs() {
		use, ok := manifest.Endpoints[spec.Endpoint]
		if !ok {
			continue
		}
		p.Table.Rows = append(p.Table.Rows, []cell{said(string(spec.Endpoint)), count(int64(use.Pages)), count(int64(use.Requests)),
			bad(int64(max(use.Requests-use.Pages, 0)), "warn"), amount(milliseconds(use.WaitedMS)), amount(bytesOf(use.Bytes))})
	}
	return p
}
