package jobs

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/xrash/smetrics"
)

// Load reads a job file, lets override replace what other sources say, fills
// in defaults and checks the whole. An *InvalidError lists every mistake, those
// of the file with their line. Without a path there is no file; override may
// be nil. Paths in the file are relative to the folder the program runs in.
func Load(path string, override func(*Spec)) (Spec, error) {
	var spec Spec
	var problems []Problem
	if path != "" {
		if spec, problems = read(path); len(problems) > 0 && spec.lines == nil {
			return spec, &InvalidError{problems}
		}
	}
	if override != nil {
		override(&spec)
	}
	for _, p := range slices.Concat(spec.ReadIDs(), spec.Check()) {
		if p.File == "" && (p.Line > 0 || override == nil) {
			p.File = path
		}
		problems = append(problems, p)
	}
	spec.Defaults()
	if len(problems) == 0 {
		return spec, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return spec, &InvalidError{problems}
}

// read reads a job file, which names the job unless it says another name.
func read(path string) (Spec, []Problem) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Spec{}, []Problem{{Text: fmt.Sprintf("job file: %v", err)}}
	}
	spec, problems := parse(text)
	for i := range problems {
		problems[i].File = path
	}
	if spec.Follow == "" {
		spec.Follow = FollowOpen
	}
	if spec.Name == "" {
		base := filepath.Base(path)
		spec.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	return spec, problems
}

// key reads one key of a job file into the spec.
type key func(*reader, string, ast.Node)

// keys are the keys of a job file.
func keys() map[string]key {
	return map[string]key{
		"version":  func(r *reader, k string, n ast.Node) { r.number(k, n, &r.spec.Version) },
		"name":     func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Name) },
		"ids":      func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.IDs) },
		"ids_file": func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.IDsFile) },
		"creators": func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.Creators) },
		"search":   (*reader).searches,
		"state":    func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.State) },
		"with":     func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.With) },
		"to":       func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.To) },
		"store":    func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Store) },
		"base_url": func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.BaseURL) },
		"dialect":  func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Dialect) },
		"publish":  func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Publish) },
		"follow":   func(r *reader, k string, n ast.Node) { r.text(k, n, &r.spec.Follow) },
		"accounts": func(r *reader, k string, n ast.Node) { r.list(k, n, &r.spec.Accounts) },
		"private":  func(r *reader, k string, n ast.Node) { r.flag(k, n, &r.spec.Private) },
		"users":    (*reader).users,
		"budget":   (*reader).budget,
		"prices":   (*reader).prices,
		"workers":  func(r *reader, k string, n ast.Node) { r.number(k, n, &r.spec.Workers) },
		"max_wait": func(r *reader, k string, n ast.Node) { r.duration(k, n, &r.spec.MaxWait) },
		"deadline": func(r *reader, k string, n ast.Node) { r.duration(k, n, &r.spec.Deadline) },
	}
}

// parse reads the text of a job file. Without a mapping at its top the spec
// has no lines.
func parse(text []byte) (Spec, []Problem) {
	r := reader{spec: Spec{}}
	file, err := parser.ParseBytes(text, 0)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		r.mistake(syntax.Token.Position.Line, "not YAML: %s", syntax.Message)
		return r.spec, r.problems
	case err != nil:
		r.mistake(0, "not YAML: %v", err)
		return r.spec, r.problems
	}
	r.spec.lines = map[string]int{}
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			r.mapping(body.Values)
		case *ast.MappingValueNode:
			r.mapping([]*ast.MappingValueNode{body})
		case *ast.CommentGroupNode:
		default:
			r.mistake(line(body), "a job file is a list of keys and values, such as \"creators: [@XDevelopers]\"")
		}
	}
	if _, given := r.spec.lines["version"]; given && r.spec.Version != 1 {
		r.mistake(r.spec.lines["version"], "version: this program knows version 1 only")
	}
	return r.spec, r.problems
}

// reader collects values and mistakes.
type reader struct {
	spec     Spec
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
	known := keys()
	for _, v := range values {
		name := v.Key.GetToken().Value
		read, ok := known[name]
		if !ok {
			r.mistake(line(v.Key), "unknown key %q%s", clip(name), didYouMean(name, slices.Sorted(maps.Keys(known))))
			continue
		}
		r.spec.lines[name] = line(v.Key)
		if v.Value == nil || v.Value.Type() == ast.NullType {
			continue // a key without a value is a key left out
		}
		read(r, name, v.Value)
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
		text, ok := scalar(item)
		if !ok {
			r.mistake(line(item), "%s: wants a list of single values", key)
			continue
		}
		r.spec.lines[fmt.Sprintf("%s[%d]", key, len(*into))] = line(item)
		*into = append(*into, text)
	}
}

func (r *reader) searches(key string, n ast.Node) {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		var s Search
		if text, ok := scalar(item); ok {
			s.Query = text
		} else if m, ok := item.(ast.MapNode); ok {
			r.search(m, &s)
		} else {
			r.mistake(line(item), "search: wants a query, or query and state")
			continue
		}
		r.spec.lines[fmt.Sprintf("%s[%d]", key, len(r.spec.Search))] = line(item)
		r.spec.Search = append(r.spec.Search, s)
	}
}

func (r *reader) search(m ast.MapNode, s *Search) {
	for i := m.MapRange(); i.Next(); {
		switch name := i.Key().GetToken().Value; name {
		case "query":
			r.text("query", i.Value(), &s.Query)
		case "state":
			r.text("state", i.Value(), &s.State)
		default:
			r.mistake(line(i.Key()), "unknown key %q in a search%s", clip(name), didYouMean(name, []string{"query", "state"}))
		}
	}
}

func (r *reader) number(key string, n ast.Node, into *int) {
	text, _ := scalar(n)
	v, err := strconv.Atoi(text)
	if err != nil {
		r.mistake(line(n), "%s: %q is not a whole number", key, clip(text))
		return
	}
	*into = v
}

func (r *reader) flag(key string, n ast.Node, into *bool) {
	text, _ := scalar(n)
	v, err := strconv.ParseBool(text)
	if err != nil {
		r.mistake(line(n), "%s: %q is neither true nor false", key, clip(text))
		return
	}
	*into = v
}

func (r *reader) duration(key string, n ast.Node, into *time.Duration) {
	text, _ := scalar(n)
	v, err := time.ParseDuration(text)
	if err != nil {
		r.mistake(line(n), "%s: %q is not a duration such as 90s, 20m or 1h30m", key, clip(text))
		return
	}
	*into = v
}

// didYouMean proposes the nearest of the words, if one is near.
func didYouMean(word string, words []string) string {
	if best := Nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// Nearest returns the word that was probably meant, or nothing.
func Nearest(word string, words []string) string {
	best, distance := "", 1+len(word)/3
	for _, w := range words {
		if d := smetrics.WagnerFischer(strings.ToLower(word), w, 1, 1, 1); d <= distance {
			best, distance = w, d-1
		}
	}
	return best
}
