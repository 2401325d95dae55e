package main

import (
	"regexp"
	"strings"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/answer"
)

// errorLines is the text of an error, in which only we begin a line: with each of
// several errors, each mistake in a job file, and advice. A line that an error
// brings from elsewhere goes on in the same line.
func errorLines(err error) string {
	switch e := err.(type) {
	case *jobs.InvalidError:
		return e.Error()
	case *answer.StatementError:
		return strings.TrimSpace(inOneLine(e.Message) + "\n" + e.Where)
	case *adviceError:
		return errorLines(e.error) + "\n" + e.advice
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return around(err.Error(), inner)
		}
	case interface{ Unwrap() []error }:
		return around(err.Error(), e.Unwrap()...)
	}
	return inOneLine(err.Error())
}

// linedError is an error whose text is its errorLines.
type linedError struct{ error }

func (e linedError) Error() string { return errorLines(e.error) }

func (e linedError) Unwrap() error { return e.error }

// lined makes a linedError of an error, if there is one.
func lined(err error) error {
	if err == nil {
		return nil
	}
	return linedError{err}
}

// around is the text of an error that wraps others.
func around(text string, wrapped ...error) string {
	var b strings.Builder
	for _, inner := range wrapped {
		if before, after, found := strings.Cut(text, inner.Error()); found {
			if before != "\n" { // of errors.Join
				before = inOneLine(before)
			}
			b.WriteString(before + errorLines(inner))
			text = after
		}
	}
	return b.String() + inOneLine(text)
}

var lineEnds = regexp.MustCompile(`\s*[\t\r\n\v\f]\s*`)

func inOneLine(text string) string { return lineEnds.ReplaceAllString(text, " ") }
