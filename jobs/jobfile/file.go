package jobfile

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/spacesetl/spacesetl/jobs/outside"
)

// Reading is how a job file is read. What lets more than others is for whoever runs
// the job to say: no job file can.
type Reading struct {
	Env          func(string) (string, bool) // looks variables up, as os.LookupEnv does
	Override     func(*Spec)                 // replaces what other sources say; may be nil
	AllowFiles   bool                        // ${file:path} brings in files outside of the job file's folder, too
	InsecureHTTP bool                        // tokens may go unencrypted
}

// Load reads a job file, lets override replace what other sources say, fills
// in defaults and checks the whole. An *InvalidError lists every mistake, those
// of the file with their line. Without a path there is no file; override may
// be nil. Paths in the file are relative to the folder the program runs in,
// but for those of ${file:path}, which are relative to the file. Variables are
// looked up by env, as os.LookupEnv does it; what is not needed, because an
// override replaces its key, may be missing.
func Load(path string, env func(string) (string, bool), override func(*Spec)) (Spec, error) {
	return Reading{Env: env, Override: override}.Load(path)
}

// Load is the function of that name.
func (o Reading) Load(path string) (Spec, error) {
	var spec Spec
	var problems []Problem
	if path != "" {
		if spec, problems = o.read(path); len(problems) > 0 && spec.lines == nil {
			return spec, &InvalidError{problems}
		}
	}
	spec.InsecureHTTP = o.InsecureHTTP
	if o.Override != nil {
		o.Override(&spec)
		problems = slices.DeleteFunc(problems, func(p Problem) bool { return p.Key != "" && spec.lines[p.Key] == 0 })
	}
	unread := len(problems) > 0
	for _, p := range slices.Concat(spec.ReadIDs(), spec.Check()) {
		if unread && p.Key == "" && p.Line == 0 && p.File == "" {
			continue // there may be seeds in what could not be read
		}
		if p.File == "" && (p.Line > 0 || o.Override == nil) {
			p.File = path
		}
		problems = append(problems, p)
	}
	spec.Defaults()
	if len(problems) == 0 {
		spec.loaded = true
		return spec, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return spec, &InvalidError{problems}
}

// read reads a job file, which names the job unless it says another name.
func (o Reading) read(path string) (Spec, []Problem) {
	text, doubt, err := outside.ReadJob(path)
	if err != nil {
		return Spec{}, []Problem{{Text: fmt.Sprintf("job file: %v", err)}}
	}
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return Spec{}, []Problem{{File: path, Text: "is not a text file in UTF-8: a job file is YAML, " + aJob}}
	}
	spec, problems := Parse(text, outside.Place{Dir: filepath.Dir(path), Env: o.Env, AnyFile: o.AllowFiles})
	spec.doubt = doubt
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

// Parse reads the text of a job file that stands in a place. It fills in no defaults
// and leaves values to Spec.Check. Without a mapping at its top the spec has no lines.
func Parse(text []byte, place outside.Place) (Spec, []Problem) {
	r := reader{place: place}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin a text with it
	file, err := parser.ParseBytes(text, 0)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		r.mistake(syntax.Token.Position.Line, "not YAML: %s%s", syntax.Message, outside.QuoteHint(string(text), syntax.Token.Position.Line, syntax.Message))
		return r.spec, r.problems
	case err != nil:
		r.mistake(0, "not YAML: %v", err)
		return r.spec, r.problems
	}
	r.spec.lines, r.spec.sources, r.spec.unread = map[string]int{}, map[string]string{}, map[string]bool{}
	documents := 0
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			if documents++; documents == 2 {
				r.mistake(line(doc.Body), "a second job begins here, after a line ---: a file holds one; put each into a file of its own, or take the line out if they are one job")
			}
		}
		if documents > 1 {
			break
		}
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			r.mapping(body.Values)
		case *ast.MappingValueNode:
			r.mapping([]*ast.MappingValueNode{body})
		case *ast.CommentGroupNode:
		default:
			r.mistake(line(body), "a job file is a list of keys and values, %s", aJob)
		}
	}
	if _, given := r.spec.lines["version"]; given && r.spec.Version != 1 && !r.spec.unread["version"] {
		r.mistake(r.spec.lines["version"], "version: this program knows version 1 only")
	}
	return r.spec, r.problems
}

// aJob shows the least that a job file can be.
const aJob = `such as creators: ["@XDevelopers"]`
