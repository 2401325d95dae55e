package extract

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

// minScrubbed is the shortest token looked for in texts; a shorter one is a
// test's and would hide ordinary words.
const minScrubbed = 8 // bytes

// bearer finds any other token by the word before it; words are shorter.
var bearer = regexp.MustCompile(`(?i)\b(bearer\s+)(?:[A-Za-z0-9%\-._~+/=]|\\/){20,}`)

// scrubber takes tokens out of texts that came from outside: those that it has
// been told of, since tokens are renewed.
type scrubber struct{ known atomic.Pointer[secrets] }

type secrets struct {
	replacer *strings.Replacer
	tokens   []string
}

func newScrubber(tokens ...string) *scrubber {
	s := &scrubber{}
	s.known.Store(&secrets{replacer: strings.NewReplacer()})
	for _, t := range tokens {
		s.learn(t)
	}
	return s
}

// learn adds a token.
func (s *scrubber) learn(token string) {
	for {
		old := s.known.Load()
		if len(token) < minScrubbed || slices.Contains(old.tokens, token) {
			return
		}
		next := &secrets{tokens: append(slices.Clone(old.tokens), token)}
		var pairs []string
		for _, t := range next.tokens {
			for _, form := range spellings(t) {
				pairs = append(pairs, form, redacted)
			}
		}
		next.replacer = strings.NewReplacer(pairs...)
		if s.known.CompareAndSwap(old, next) {
			return
		}
	}
}

// spellings are the ways an echoed token can be written.
func spellings(t string) []string {
	forms := []string{t, url.QueryEscape(t)}
	if plain, err := url.PathUnescape(t); err == nil && plain != t {
		forms = append(forms, plain)
	}
	for _, f := range forms {
		if strings.Contains(f, "/") {
			forms = append(forms, strings.ReplaceAll(f, "/", `\/`))
		}
	}
	return forms
}

func (s *scrubber) text(text string) string {
	return bearer.ReplaceAllString(s.known.Load().replacer.Replace(text), "${1}"+redacted)
}

// line is an error of another package as part of a message.
func (s *scrubber) line(err error) string { return shorten(s.text(err.Error()), 300) }

// scrubbed is an error of another package without tokens in its text.
type scrubbed struct {
	error
	text string
}

func (e scrubbed) Error() string { return e.text }
func (e scrubbed) Unwrap() error { return e.error }

// error is an error of the network, which can quote what a server sent, as one line.
func (s *scrubber) error(err error) error { return scrubbed{err, s.line(err)} }

// page returns the body of a good answer, which is not searched for more than
// the tokens as they were sent.
func (s *scrubber) page(body []byte) []byte {
	for _, t := range s.known.Load().tokens {
		if bytes.Contains(body, []byte(t)) { // ReplaceAll copies in any case
			body = bytes.ReplaceAll(body, []byte(t), []byte(redacted))
		}
	}
	return body
}
