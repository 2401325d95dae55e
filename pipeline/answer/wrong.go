package answer

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// StatementError is what is wrong with a statement, in DuckDB's words or in ours.
type StatementError struct {
	Message string
	// Where is the line that DuckDB stopped at, and below it a mark; empty where it says
	// nothing of that.
	Where string
	err   error
}

func (e *StatementError) Error() string {
	return strings.TrimSpace(e.Message + "\n" + e.Where)
}

func (e *StatementError) Unwrap() error { return e.err }

// Configuration: who asks can mend it.
func (e *StatementError) Configuration() bool { return true }

var (
	ofStatement = regexp.MustCompile(`^(Parser|Syntax|Binder|Catalog|Conversion|Invalid Input|Invalid|Permission|Out of Range|Not implemented|Mismatch Type|Constraint|Sequence|Parameter Not Allowed) Error: `)
	whereMark   = regexp.MustCompile(`\n+(LINE [0-9]+: [^\n]*\n *\^)\s*$`)
)

// moved makes an error of a SELECT that stands below so many lines of ours one of the
// SELECT itself. Lines of ours are not shown.
func moved(err error, above int) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	m := whereMark.FindStringSubmatchIndex(text)
	if m == nil {
		return err
	}
	line, rest, _ := strings.Cut(text[m[2]+len("LINE "):], ":")
	n, _ := strconv.Atoi(line)
	if n <= above {
		return reworded{err, text[:m[0]]}
	}
	now := strconv.Itoa(n - above)
	if len(now) < len(line) { // the mark moves with the text
		rest = strings.Replace(rest, "\n ", "\n", 1)
	}
	return reworded{err, text[:m[2]] + "LINE " + now + ":" + rest}
}

// reworded is an error in other words.
type reworded struct {
	error
	text string
}

func (e reworded) Error() string { return e.text }

func (e reworded) Unwrap() error { return e.error }

// Wrong makes a StatementError of an error that is one.
func Wrong(err error) error {
	if err == nil {
		return nil
	}
	var known *StatementError
	if errors.As(err, &known) {
		return known
	}
	text := strings.TrimPrefix(err.Error(), "could not prepare query\n")
	if !ofStatement.MatchString(text) {
		return err
	}
	e := &StatementError{Message: text, err: err}
	if m := whereMark.FindStringSubmatchIndex(text); m != nil {
		e.Message, e.Where = text[:m[0]], text[m[2]:m[3]]
	}
	return e
}
