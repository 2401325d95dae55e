package facts

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// Refusal is what a page says that holds no data but a refusal.
type Refusal struct {
	Status int // HTTP; schemas.NotTaken where the answer was too large
	Kind   schemas.Gap
	// Named are those of the request's ids, in its order, that the refusal is
	// about; none where it tells none of them from the others.
	Named []string
	// OfMembers: by its problem's type it is about what was asked for, not about who
	// asks or how, though all of it is refused.
	OfMembers bool
	// Words are those of the refusal without ids and numbers: refusals for the
	// same reason have the same, whatever was asked for.
	Words string
	// Says is what it says, for people.
	Says string
}

// TooLarge reports whether the answer was too large to be taken: it may have been
// charged all the same.
func (f *Facts) TooLarge() bool { return f.Refused != nil && f.Refused.Kind == schemas.GapTooLarge }

// refusalOf reads the refusal that a page is.
func refusalOf(page *schemas.Page) *Refusal {
	problems := transform.Problems(page.Body)
	r := &Refusal{Status: page.Status, Kind: schemas.GapRefused, OfMembers: ofMembers(problems), Words: words(page, problems), Says: says(page, problems)}
	switch page.Status {
	case 404:
		r.Kind = schemas.GapNotFound
	case schemas.NotTaken:
		r.Kind = schemas.GapTooLarge
	}
	// What a refusal says of ids counts before parameters, which may be repeated
	// as they were sent, and before text in which a number may be anything.
	var said, sent []string
	for _, p := range problems {
		said = append(said, p.Value, p.ResourceID, p.Message, p.Detail)
		sent = append(sent, p.Parameters...)
	}
	asked := transform.NewAsked(page.Request)
	for _, texts := range [][]string{said, sent, {page.Text}} {
		if named := asked.In(texts...); len(named) > 0 && len(named) < asked.Len() {
			r.Named = named
			break
		}
	}
	return r
}

// memberProblems are the types of those that are about a resource, by the last segment.
var memberProblems = []string{"not-authorized-for-resource", "disallowed-resource", "resource-not-found", "resource-unavailable"}

// ofMembers reports whether all problems that have a type are about resources.
func ofMembers(problems []transform.Problem) bool {
	typed := slices.DeleteFunc(slices.Clone(problems), func(p transform.Problem) bool { return p.Type == "" })
	other := func(p transform.Problem) bool { return !slices.Contains(memberProblems, path.Base(p.Type)) }
	return len(typed) > 0 && !slices.ContainsFunc(typed, other)
}

// says is the first sentence of a refusal, and its status.
func says(page *schemas.Page, problems []transform.Problem) string {
	text := strings.TrimSpace(page.Text)
	for _, p := range problems {
		if text = cmp.Or(p.Message, p.Detail, p.Title); text != "" {
			break
		}
	}
	text = strings.ToValidUTF8(text[:min(len(text), maxWords)], "")
	if page.Status == schemas.NotTaken {
		return text
	}
	return strings.TrimSuffix(fmt.Sprintf("status %d: %s", page.Status, text), ": ")
}

// maxWords is how much of a refusal that is no JSON is compared, in bytes.
const maxWords = 200

// words returns the status of a refusal, and the words of each thing it says.
func words(page *schemas.Page, problems []transform.Problem) string {
	ids := map[string]bool{}
	for _, id := range page.Request.IDs {
		ids[strings.ToLower(id)] = true
	}
	all := []string{plain(page.Text[:min(len(page.Text), maxWords)], ids)}
	for _, p := range problems {
		all = append(all, plain(p.Type+" "+p.Title+" "+p.Detail+" "+p.Message, ids))
	}
	slices.Sort(all) // a refusal of more ids says the same more often
	all = slices.DeleteFunc(slices.Compact(all), func(said string) bool { return said == "" })
	return strings.TrimSpace(strconv.Itoa(page.Status) + " " + strings.Join(all, "; "))
}

// plain leaves of a text the words that are no id and have no digit.
func plain(text string, ids map[string]bool) string {
	fields := strings.FieldsFunc(text, func(r rune) bool {
		return r < 128 && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	fields = slices.DeleteFunc(fields, func(word string) bool {
		return strings.ContainsAny(word, "0123456789") || ids[strings.ToLower(word)]
	})
	return strings.Join(fields, " ")
}

// errors takes from the rows of api_errors what they say of ids.
func (f *Facts) errors(b schemas.Batch) {
	cell := func(name string, i int) string {
		if c := b.Record.Column(b.Table.Column(name)).(*array.String); c.IsValid(i) {
			return strings.Clone(c.Value(i))
		}
		return ""
	}
	for i := range int(b.Record.NumRows()) {
		p := transform.Problem{
			Type: cell("problem", i), ResourceType: cell("resource_type", i), ResourceID: cell("resource_id", i),
			Parameter: cell("parameter", i), Value: cell("value", i), Detail: cell("detail", i),
		}
		switch kind := cell("kind", i); {
		case kind == "partial":
			f.partial = append(f.partial, p)
		case kind == "unreadable" && p.Type == transform.UnreadableAnswer:
			f.Unreadable = true
		case kind == "unreadable" && p.Type == transform.UnaskableID:
			f.Unaskable = append(f.Unaskable, p.ResourceID)
			if p.ResourceType == string(schemas.Space) && p.Value != "" { // it has no other row
				f.Spaces = append(f.Spaces, Space{ID: p.ResourceID})
			}
		}
	}
}

// account tells what became of the ids that were asked for.
func (f *Facts) account() {
	if !f.OK {
		f.NotFound = f.Missing
		return
	}
	var came []string
	switch f.Request.Endpoint {
	case schemas.Spaces, schemas.SpaceByID:
		for _, s := range f.Spaces {
			came = append(came, s.ID)
		}
	case schemas.Usernames:
		came = f.names
	case schemas.Users:
		came = f.Users
	case schemas.Posts:
		came = f.objects[schemas.Tweet]
	case schemas.Creators: // one without a Space has none, of which no word is said
	default:
		return
	}
	asked := transform.NewAsked(f.Request)
	var unknown, others []string
	for _, p := range f.partial {
		if p.NotFound() {
			unknown = append(unknown, asked.Named(p)...)
		} else {
			others = append(others, asked.Named(p)...)
		}
	}
	// Those of a list that did not come, each once and in the order of the request.
	missing := func(ids []string, but ...[]string) []string {
		return asked.Without(append(but, asked.Without(ids), came)...)
	}
	f.NotFound = missing(unknown)
	f.Withheld = missing(others, unknown)
	if f.Request.Endpoint != schemas.Creators && !f.Unreadable {
		f.Absent = asked.Without(came, unknown, others)
	}
}
