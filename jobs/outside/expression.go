package outside

import (
	"fmt"
	"regexp"
	"strings"
)

// expression is a part of a value in a job file that stands for something
// outside it: ${NAME}, ${NAME:-default} or ${file:path}.
type expression struct {
	Name       string // of a variable of the environment
	Default    string
	HasDefault bool
	File       string // relative to the job file; then there is no Name
}

// String is the expression without its default.
func (e expression) String() string {
	if e.File != "" {
		return "${file:" + e.File + "}"
	}
	return "${" + e.Name + "}"
}

var (
	// $${ is a literal ${, and one that nothing closes ends with the text.
	expressions = regexp.MustCompile(`\$\$\{|\$\{([^}]*)(\}?)`)
	variable    = regexp.MustCompile(`(?s)^([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?$`)
)

// expand replaces the expressions of a text by what value says of them. Values
// are not expanded again. whole says that the text is one expression.
func expand(text string, value func(expression) (string, error)) (expanded string, found []expression, whole bool, errs []error) {
	if !strings.Contains(text, "${") {
		return text, nil, false, nil
	}
	var b strings.Builder
	end := 0
	for _, at := range expressions.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[end:at[0]])
		end = at[1]
		if at[2] < 0 {
			b.WriteString("${")
			continue
		}
		e, err := parseExpression(text[at[2]:at[3]], at[4] < at[5])
		if err == nil {
			found = append(found, e)
			var v string
			v, err = value(e)
			b.WriteString(v)
		}
		if err != nil {
			errs = append(errs, err)
		}
		whole = at[0] == 0 && at[1] == len(text)
	}
	b.WriteString(text[end:])
	return b.String(), found, whole, errs
}

// parseExpression reads what stands between ${ and }.
func parseExpression(inner string, closed bool) (expression, error) {
	if path, ok := strings.CutPrefix(inner, "file:"); ok && closed && strings.TrimSpace(path) != "" {
		return expression{File: strings.TrimSpace(path)}, nil
	}
	m := variable.FindStringSubmatch(inner)
	switch {
	case strings.Contains(inner, "${"):
		return expression{}, fmt.Errorf("%q: a default cannot hold another ${…}", Clip("${"+inner))
	case !closed:
		return expression{}, fmt.Errorf("%q has no closing }: quote a value with \" #\" or \": \" in it, and write $${ for a literal ${", Clip("${"+inner))
	case m == nil:
		return expression{}, fmt.Errorf("%q is none of ${NAME}, ${NAME:-default}, ${file:path}: write $${ for a literal ${", Clip("${"+inner+"}"))
	}
	return expression{Name: m[1], Default: m[3], HasDefault: m[2] != ""}, nil
}

// Literal writes a text so that a job file means just that by it.
func Literal(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// QuoteHint ends the message about a line that is no YAML for its ${…} or @name.
func QuoteHint(text string, line int, message string) string {
	lines := strings.Split(text, "\n")
	switch {
	case strings.HasPrefix(message, "'@'"):
		return `: write it in quotes, as in creators: ["@XDevelopers"]`
	case line > 0 && line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[line-1], " "), "\t"):
		return ": a tab begins the line: YAML wants spaces there"
	case line < 1 || line > len(lines) || !strings.Contains(lines[line-1], "${"):
		return ""
	}
	return "; quote ${…} inside [ ] and { }, and with \": \" in it"
}

// Clip shortens what a user wrote, for a message.
func Clip(text string) string {
	if len(text) <= 60 {
		return text
	}
	return strings.ToValidUTF8(text[:60], "") + "…"
}
