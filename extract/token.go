package extract

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
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
