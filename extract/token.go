package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// Token is a bearer token of the API. It prints, logs and marshals as
// "[token]", so that it cannot leak by accident.
type Token string

const redacted = "[token]"

// String returns "[token]".
func (Token) String() string { return redacted }

// GoString returns "[token]".
func (Token) GoString() string { return redacted }

// Format writes "[token]" whatever the verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "[token]".
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns the JSON string "[token]".
func (Token) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue returns "[token]".
func (Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// check rejects what was pasted wrongly. Its errors never show the token.
func (t Token) check(variable string) error {
	if lower := strings.ToLower(string(t)); strings.HasPrefix(lower, "bearer ") || strings.HasPrefix(lower, "authorization:") {
		return fmt.Errorf("%s begins with the name of the header: leave only the token itself", variable)
	}
	for i := range len(t) {
		if what := misplaced(t[i]); what != "" {
			return fmt.Errorf("%s has %s at position %d of %d: copy the token again, without quotes or spaces", variable, what, i+1, len(t))
		}
	}
	if trimmed := strings.Trim(string(t), "[]<>{}"); strings.EqualFold(trimmed, "token") {
		return errors.New(variable + " holds a placeholder, not a token: set the real one")
	}
	return nil
}

// misplaced names a byte that no token has; tokens are URL-encoded base64.
func misplaced(b byte) string {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', strings.IndexByte("-._~+/=%:", b) >= 0:
		return ""
	case b == ' ' || b == '\t':
		return "a space"
	case b == '\n' || b == '\r':
		return "a line break"
	case b == '"' || b == '\'' || b == '`':
		return "a quotation mark"
	default:
		return "a character that no token has"
	}
}

// minScrubbed is the shortest token looked for in texts; a shorter one is a
// test's and would hide ordinary words.
const minScrubbed = 8 // bytes

// bearer finds any other token by the word before it; words are shorter.
var bearer = regexp.MustCompile(`(?i)\b(bearer\s+)(?:[A-Za-z0-9%\-._~+/=]|\\/){20,}`)

// scrubber takes tokens out of texts that came from outside.
type scrubber struct {
	replacer *strings.Replacer
	tokens   [][]byte
}

func newScrubber(tokens ...Token) scrubber {
	var s scrubber
	var pairs []string
	for _, t := range tokens {
		if len(t) < minScrubbed {
			continue
		}
		s.tokens = append(s.tokens, []byte(t))
		for _, form := range spellings(string(t)) {
			pairs = append(pairs, form, redacted)
		}
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
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

func (s scrubber) text(text string) string {
	return bearer.ReplaceAllString(s.replacer.Replace(text), "${1}"+redacted)
}

// page returns the body of a good answer, which is not searched for more than
// the tokens as they were sent.
func (s scrubber) page(body []byte) []byte {
	for _, t := range s.tokens {
		if bytes.Contains(body, t) { // ReplaceAll copies in any case
			body = bytes.ReplaceAll(body, t, []byte(redacted))
		}
	}
	return body
}
