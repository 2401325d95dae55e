package answer

import (
	"errors"
	"regexp"
	"strings"
)

// StatementError is what is wrong with a statement, in DuckDB's words.
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

// Wrong makes a StatementError of an error that is one.
func Wrong(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errOneSelect) {
		return &StatementError{Message: err.Error(), err: err}
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
