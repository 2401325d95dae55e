package money

import (
	"bytes"
	"strconv"

	"github.com/spacesetl/spacesetl/schemas"
)

// read reads a line as closeRuns writes it, many times as fast as any JSON can be:
// whoever looks at an old store reads a hundred thousand. It reports whether it did;
// a line with anything that is rare it leaves to who reads all JSON.
func (c *closedRun) read(line []byte) bool {
	s := scan{rest: line, ok: true}
	s.word(`{"run":{"run_id":`)
	c.Run.RunID = s.text()
	s.word(`,"job":`)
	c.Run.Job = s.text()
	s.word(`,"pages":`)
	c.Run.Pages = int(s.number())
	s.word(`,"ended":true,"bytes":`)
	c.Run.Ended = true
	c.Run.Bytes = s.number()
	s.word(`},"lines":[`)
	for first := true; s.ok && s.rest[0] != ']'; first = false {
		if !first {
			s.word(`,`)
		}
		line := &Line{}
		s.line(line, c.Run.RunID)
		c.Lines = append(c.Lines, line)
	}
	s.word("]}\n")
	if !s.ok || len(s.rest) > 0 {
		*c = closedRun{}
		return false
	}
	return true
}

// scan reads JSON that has one form.
type scan struct {
	rest []byte
	ok   bool
}

func (s *scan) line(l *Line, runID string) {
	s.word(`{"day":`)
	l.Day = s.text()
	s.word(`,"run_id":"`)
	s.word(runID)
	l.RunID = runID
	s.word(`","endpoint":`)
	l.Endpoint = schemas.Endpoint(s.text())
	s.word(`,"object":`)
	l.Object = schemas.Object(s.text())
	l.Lost = s.have(`,"lost":true`)
	s.word(`,"returned":`)
	l.Returned = s.number()
	s.word(`,"included":`)
	l.Included = s.number()
	s.word(`,"new":[`)
	for i := range l.New {
		if i > 0 {
			s.word(`,`)
		}
		l.New[i] = s.number()
	}
	s.word(`]`)
	if s.have(`,"more":`) {
		l.More = s.number()
	}
	s.word(`}`)
}

// have takes a word, if it comes next.
func (s *scan) have(word string) bool {
	rest, ok := bytes.CutPrefix(s.rest, []byte(word))
	if ok {
		s.rest = rest
	}
	return ok
}

// word takes a word, which comes next, and is not the end.
func (s *scan) word(word string) {
	s.ok = s.ok && s.have(word) && (len(s.rest) > 0 || word == "]}\n")
}

// text takes a text without signs that JSON escapes.
func (s *scan) text() string {
	s.word(`"`)
	text, rest, found := bytes.Cut(s.rest, []byte(`"`))
	if s.ok = s.ok && found && len(rest) > 0; !s.ok {
		return ""
	}
	for _, c := range text {
		if c < ' ' || c > '~' || c == '\\' {
			s.ok = false
		}
	}
	s.rest = rest
	return string(text)
}

// number takes a whole number.
func (s *scan) number() int64 {
	i := 0
	for i < len(s.rest) && (s.rest[i] == '-' || '0' <= s.rest[i] && s.rest[i] <= '9') {
		i++
	}
	n, err := strconv.ParseInt(string(s.rest[:i]), 10, 64)
	digits := bytes.TrimPrefix(s.rest[:i], []byte("-"))
	if s.ok = s.ok && err == nil && i < len(s.rest) && (len(digits) == 1 || digits[0] != '0'); s.ok {
		s.rest = s.rest[i:]
	}
	return n
}
