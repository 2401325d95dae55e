package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxTape is a recorded request in YAML, in bytes: what it takes in memory is many
	// times that.
	maxTape = 8 << 20
	deepest = 64 // of its nesting
)

// cassettes reads cassettes in YAML.
type cassettes struct{ forms }

// list reads one. Its requests are cut apart at the lines that begin
// them, so that each is parsed by itself.
func (r cassettes) list(text *bufio.Reader) error {
	var one []byte
	var dash []byte // what stands before each request
	n, large := 0, false
	take := func() (err error) {
		if n > 0 {
			err = r.take(n, one, large)
		}
		one, large = nil, false
		return err
	}
	for listing := false; ; {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		next, err := line(text, maxTape)
		switch {
		case errors.Is(err, io.EOF):
			return take()
		case errors.Is(err, errLarge):
			large = n > 0
			continue
		case err != nil:
			r.unread("", 0, "%v", err)
			return nil
		}
		if !listing {
			listing = cassetteList.Match(next)
			continue
		}
		bare := bytes.TrimLeft(next, " ")
		if dash == nil && bytes.HasPrefix(bare, []byte("- ")) {
			dash = append(bytes.Clone(next[:len(next)-len(bare)]), "- "...)
		}
		switch {
		case dash != nil && bytes.HasPrefix(next, dash):
			if err := take(); err != nil {
				return err
			}
			n++
		case n > 0 && len(bare) > 0 && len(next)-len(bare) < len(dash)-1 && bare[0] != '#': // the list is over
			return take()
		}
		if large = large || len(one)+len(next) > maxTape; !large && n > 0 {
			one = append(append(one, next...), '\n')
		}
	}
}

// take takes one request of a cassette in YAML.
func (r cassettes) take(n int, text []byte, large bool) error {
	if large {
		r.unread("entry", n, "%v", errLarge)
		return nil
	}
	var all []interaction
	if err := parse(text, &all); err != nil || len(all) != 1 {
		r.unread("entry", n, "it is no request as cassettes have them")
		return nil
	}
	return r.exchange(all[0].exchange(n))
}

// parse reads YAML of strangers: flat enough for a parser that calls itself, and without
// aliases, of which a few lines can make gigabytes.
func parse(text []byte, into any) (err error) {
	defer func() {
		if wrong := recover(); wrong != nil { // the parser's
			err = fmt.Errorf("it is no YAML: %v", wrong)
		}
	}()
	depth, column, row := 0, 0, 0
	for _, t := range lexer.Tokenize(string(text)) {
		switch t.Type {
		case token.AliasType:
			return errors.New("it has aliases")
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType: // each nests, several on a line, too
			if t.Position.Line != row {
				row, column = t.Position.Line, 0
			}
			column++
			if t.Position.Column > 8*deepest {
				column = deepest + 1
			}
		}
		if depth > deepest || column > deepest {
			return errors.New("it is nested too deep")
		}
	}
	return yaml.Unmarshal(text, into)
}
