package extract

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// complaint is a 400's objection to one list of fields or expansions.
type complaint struct {
	param   string
	refused []string // values to leave out, a part of those sent; empty when the server does not tell which
	text    string   // what the server said
}

var (
	namedParam = regexp.MustCompile("`([a-z_.]+)`")
	namedValue = regexp.MustCompile(`(?i)value[s]?\s+(?:'([^']*)'|"([^"]*)"|\[([^\]]*)\])`)
)

// complaints finds what a 400 says of the lists that were sent. The API has
// worded it in at least two ways; both may cut their list of allowed values
// short, and both may name the whole list as the offender.
func complaints(p problem, sent schemas.Params) []complaint {
	var all []complaint
	for _, f := range p.Faults {
		for _, param := range f.about(sent) {
			all = append(all, complaint{
				param: param, refused: f.refusedOf(sent[param], f.Parameters[param]), text: shorten(f.Message, 200),
			})
		}
	}
	return all
}

// about returns the list parameters a fault is about.
func (f fault) about(sent schemas.Params) []string {
	var named, listed []string
	for _, m := range namedParam.FindAllStringSubmatch(f.Message, -1) {
		if _, ok := sent[m[1]]; ok && !slices.Contains(named, m[1]) {
			named = append(named, m[1])
		}
	}
	for param := range f.Parameters {
		if _, ok := sent[param]; ok {
			listed = append(listed, param)
		}
	}
	if len(listed) == 0 || len(listed) > 1 && len(named) > 0 {
		return named
	}
	slices.Sort(listed)
	return listed
}

// refusedOf returns which of the values sent to leave out: all but the allowed
// ones where those are told in full, which may be all, else the ones named.
func (f fault) refusedOf(sent, blamed []string) []string {
	if allowed, whole, marked := allowedValues(f.Message); whole {
		if kept := intersect(sent, allowed); len(kept) < len(sent) && (len(kept) > 0 || marked) {
			return without(sent, kept)
		}
	}
	for _, candidates := range [][]string{valuesIn(f.Message), splitAll(blamed)} {
		if named := intersect(sent, candidates); len(named) > 0 && (len(named) < len(sent) || len(sent) == 1) {
			return named
		}
	}
	return nil
}

// allowedValues reads the list after "one of", in brackets or to the end of
// the message, whether it is told in full, and whether it surely is a list: it
// stands in brackets or after a colon.
func allowedValues(message string) (values []string, whole, marked bool) {
	i := strings.LastIndex(message, "one of")
	if i < 0 {
		return nil, false, false
	}
	rest := message[i+len("one of"):]
	marked = strings.HasPrefix(rest, ":")
	if open := strings.IndexByte(rest, '['); open >= 0 {
		rest = rest[open+1:]
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return nil, false, false
		}
		rest, marked = rest[:end], true
	}
	if strings.Contains(rest, "…") || strings.Contains(rest, "...") {
		return nil, false, false
	}
	return splitList(rest), true, marked
}

// valuesIn returns the values a message names as wrong.
func valuesIn(message string) []string {
	m := namedValue.FindStringSubmatch(message)
	if m == nil {
		return nil
	}
	return splitList(m[1] + m[2] + m[3])
}

func splitAll(lists []string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, splitList(l)...)
	}
	return all
}

// splitList splits at whatever no field name contains.
func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool {
		return !(r == '_' || r == '.' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
}

func intersect(list, other []string) []string {
	var both []string
	for _, v := range list {
		if slices.Contains(other, v) {
			both = append(both, v)
		}
	}
	return both
}
