package jobfile

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/spacesetl/spacesetl/jobs/outside"
)

// reader collects values and mistakes.
type reader struct {
	spec     Spec
	place    outside.Place
	outside  outside.Values
	problems []Problem
}

func (r *reader) mistake(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: line, Text: fmt.Sprintf(format, args...)})
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (r *reader) mapping(values []*ast.MappingValueNode) {
	known := Keys()
	var mistakes []outside.Mistake
	r.outside, mistakes = outside.Fill(values, r.place)
	for _, m := range mistakes {
		r.problems = append(r.problems, Problem{Line: line(m.At), Text: m.Text, Key: m.Key})
	}
	for _, v := range values {
		name := v.Key.GetToken().Value
		i := slices.IndexFunc(known, func(k Key) bool { return k.Name == name })
		if i < 0 {
			r.mistake(line(v.Key), "unknown key %q%s", outside.Clip(name), didYouMean(name, names(known)))
			continue
		}
		r.spec.lines[name] = line(v.Key)
		if from := r.outside.From(v.Value); from != "" {
			r.spec.sources[name] = from
		}
		if r.spec.unread[name] = r.outside.Missing(v); r.spec.unread[name] {
			continue
		}
		if v.Value == nil || v.Value.Type() == ast.NullType {
			continue // a key without a value is a key left out
		}
		r.take(known[i], v.Value)
	}
}

// take reads the value of a key.
func (r *reader) take(k Key, n ast.Node) {
	if k.read != nil {
		k.read(r, k.Name, n)
		return
	}
	switch into := k.into(&r.spec).(type) {
	case *string:
		r.text(k.Name, n, into)
	case *[]string:
		r.list(k.Name, n, into)
	case *int:
		r.number(k.Name, n, into)
	case *bool:
		r.flag(k.Name, n, into)
	case *time.Duration:
		r.duration(k.Name, n, into)
	default:
		panic(fmt.Sprintf("key %s: nothing reads a %T", k.Name, into))
	}
}

// scalar returns the text of a plain value as the file has it, so that ids
// keep every digit.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *reader) text(key string, n ast.Node, into *string) {
	text, ok := scalar(n)
	if !ok {
		r.mistake(line(n), "%s: wants a single value", key)
		return
	}
	*into = text
}

func (r *reader) list(key string, n ast.Node, into *[]string) {
	items := []ast.Node{n} // a single value counts as a list of one
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		if item.Type() == ast.NullType {
			r.mistake(line(item), "%s: an item of the list is empty", key)
			continue
		}
		text, ok := scalar(item)
		if !ok {
			r.mistake(line(item), "%s: wants a list of single values", key)
			continue
		}
		for _, text := range r.outside.Several(item, text, true) {
			r.stands(fmt.Sprintf("%s[%d]", key, len(*into)), item)
			*into = append(*into, text)
		}
	}
}

func (r *reader) searches(key string, n ast.Node) {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		path := fmt.Sprintf("%s[%d]", key, len(r.spec.Search))
		if item.Type() == ast.NullType {
			r.mistake(line(item), "%s: an item of the list is empty", key)
		} else if text, ok := scalar(item); ok {
			for _, query := range r.outside.Several(item, text, false) {
				r.stands(fmt.Sprintf("%s[%d]", key, len(r.spec.Search)), item)
				r.spec.Search = append(r.spec.Search, Search{Query: query})
			}
		} else if m, ok := item.(ast.MapNode); ok {
			var s Search
			r.stands(path, item)
			r.search(path, m, &s)
			r.spec.Search = append(r.spec.Search, s)
		} else {
			r.mistake(line(item), "search: wants a query, or query and state")
		}
	}
}

// stands notes where a value stands in the file, and what outside it is from.
func (r *reader) stands(path string, n ast.Node) {
	r.spec.lines[path] = line(n)
	if from := r.outside.From(n); from != "" {
		r.spec.sources[path] = from
	}
}

func (r *reader) search(path string, m ast.MapNode, s *Search) {
	for i := m.MapRange(); i.Next(); {
		into := map[string]*string{"query": &s.Query, "state": &s.State}
		name := i.Key().GetToken().Value
		switch {
		case into[name] != nil && i.Value().Type() == ast.NullType: // left out
		case into[name] != nil:
			r.text(name, i.Value(), into[name])
			if from := r.outside.From(i.Value()); from != "" && name == "state" {
				r.spec.sources[path] = from
			}
		default:
			r.mistake(line(i.Key()), "unknown key %q in a search%s", outside.Clip(name), didYouMean(name, names(searchKeys())))
		}
	}
}

// shown is a value as messages show it.
func (r *reader) shown(n ast.Node, text string) string { return shown(r.outside.From(n), text) }

// shown quotes a value, or says what outside the file it is from.
func shown(from, value string) string {
	if from != "" {
		return "the value of " + from
	}
	return fmt.Sprintf("%q", outside.Clip(value))
}

func (r *reader) number(key string, n ast.Node, into *int) {
	text, _ := scalar(n)
	v, err := strconv.Atoi(text)
	if err != nil {
		r.mistake(line(n), "%s: %s is not a whole number", key, r.shown(n, text))
		return
	}
	*into = v
}

func (r *reader) workers(key string, n ast.Node) {
	before := len(r.problems)
	r.number(key, n, &r.spec.Workers)
	if r.spec.Workers == 0 && len(r.problems) == before {
		r.mistake(line(n), "%s", notWorkers(r.shown(n, "0")))
	}
}

func (r *reader) flag(key string, n ast.Node, into *bool) {
	text, _ := scalar(n)
	v, err := strconv.ParseBool(text)
	if err != nil {
		r.mistake(line(n), "%s: %s is neither true nor false", key, r.shown(n, text))
		return
	}
	*into = v
}

func (r *reader) duration(key string, n ast.Node, into *time.Duration) {
	text, _ := scalar(n)
	v, err := time.ParseDuration(text)
	if err != nil {
		r.mistake(line(n), "%s: %s is not a duration such as 90s, 20m or 1h30m", key, r.shown(n, text))
		return
	}
	if v == 0 {
		r.mistake(line(n), "%s: %s", key, NoTime)
		return
	}
	*into = v
}

// NoTime is what is wrong with a duration of 0, which a Spec takes for one that is
// left out.
const NoTime = "0 is no time: leave it out for the default, or write 1s"

// meant proposes a word for a value that may be shown.
func (r *reader) meant(n ast.Node, text string, words ...string) string {
	if r.outside.From(n) != "" {
		return ""
	}
	return didYouMean(text, words)
}
