package ready

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/jobs/outside"
)

// Draft is a job file to be written: a ready-made job with answers in place of
// what it takes from outside.
type Draft struct {
	From   Job
	Name   string
	Seeds  []string // what From.Needs.Key lists
	With   []string
	Store  string
	Budget string // dollars a UTC day; empty for no bound
}

// settled is a line of a ready-made job: a key, its value and a comment.
var settled = regexp.MustCompile(`^( *)([a-z_]+):([^#]*?)( *)(# .*)?$`)

// YAML is the text of the job file. It is read again, so that what it returns
// is valid.
func (d Draft) YAML() (string, error) {
	var b strings.Builder
	for line := range strings.Lines(d.From.YAML) {
		line = strings.TrimSuffix(line, "\n")
		if m := settled.FindStringSubmatch(line); m != nil {
			line = d.line(m[1], m[2], m[5], line)
		}
		if line != dropped {
			b.WriteString(line + "\n")
		}
	}
	spec, problems := jobfile.Parse([]byte(b.String()), outside.Place{Env: nowhere})
	seeds := slices.Concat(spec.Creators, spec.IDs)
	for _, search := range spec.Search {
		seeds = append(seeds, search.Query)
	}
	if len(problems) == 0 && (spec.Name != d.Name || spec.Store != d.Store || !slices.Equal(seeds, d.Seeds)) {
		return "", errors.New("the answers hold what no YAML file can")
	}
	if problems = append(problems, spec.Check()...); len(problems) > 0 {
		return b.String(), &jobs.InvalidError{Problems: problems}
	}
	return b.String(), nil
}

// dropped is a line that is left out.
const dropped = "\x00"

// line is a line of the ready-made job with the draft's value for its key.
func (d Draft) line(margin, key, comment, line string) string {
	value := ""
	switch key {
	case "name":
		value = scalarText(d.Name)
	case "store":
		value = scalarText(d.Store)
	case "with":
		value = "[" + strings.Join(d.With, ", ") + "]"
	case "creators", "search", "ids", "ids_file":
		if key == "ids_file" {
			comment = "# Space ids or links; add more at any time"
		}
		return aligned(d.From.Needs.Key+":", comment) + "\n" + strings.Join(items(d.Seeds), "\n")
	case "budget", "usd_per_day":
		switch {
		case d.Budget == "":
			return dropped
		case key == "budget":
			return line
		}
		value = strings.TrimPrefix(strings.TrimSpace(d.Budget), "$")
	default:
		return line
	}
	return aligned(margin+key+": "+value, comment)
}

// aligned puts a comment where ready-made jobs have theirs.
func aligned(text, comment string) string {
	if comment == "" {
		return text
	}
	return fmt.Sprintf("%-25s %s", text, comment)
}

func items(texts []string) []string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, "  - "+scalarText(t))
	}
	return lines
}

var plainText = regexp.MustCompile(`^[A-Za-z./][A-Za-z0-9_./ -]*[A-Za-z0-9_/]$`)

// scalarText writes a text as a value of YAML that means just that.
func scalarText(text string) string {
	if plainText.MatchString(text) && !slices.Contains([]string{"null", "Null", "NULL"}, text) {
		return text
	}
	quoted, err := quote(outside.Literal(text))
	if err != nil {
		panic(err) // a string is always JSON
	}
	return quoted
}
