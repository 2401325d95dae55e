package answer

import "strings"

// withoutEnd cuts a statement at its semicolon, so that it can stand in
// parentheses. It is for statements of which DuckDB knows that they are one.
func withoutEnd(text string) string {
	for i := 0; i < len(text); i = tokenEnd(text, i) {
		if text[i] == ';' {
			return text[:i]
		}
	}
	return text
}

// Encloses reports whether parentheses around a text hold all of it. It is for conditions:
// one that closes what stands before it would be more than that.
func Encloses(text string) bool {
	depth := 0
	for i := 0; i < len(text); i = tokenEnd(text, i) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return true
}

// tokenEnd is where the token ends that begins at i: a string, a comment, a word, a
// parameter such as $name, or a single byte of anything else.
func tokenEnd(text string, i int) int {
	switch c := text[i]; {
	case (c == 'e' || c == 'E') && strings.HasPrefix(text[i+1:], "'"):
		return afterQuote(text, i+1, true)
	case c == '\'' || c == '"':
		return afterQuote(text, i, false)
	case strings.HasPrefix(text[i:], "--"):
		return i + through(text[i:], "\n")
	case strings.HasPrefix(text[i:], "/*"):
		return afterComment(text, i)
	case c == '$':
		return afterDollar(text, i)
	case isWord(c):
		for i < len(text) && (isWord(text[i]) || text[i] == '$') {
			i++
		}
		return i
	}
	return i + 1
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// through is the length of a text up to the end of a word in it.
func through(text, word string) int {
	if at := strings.Index(text, word); at >= 0 {
		return at + len(word)
	}
	return len(text)
}

func afterQuote(text string, i int, escapes bool) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		if escapes && text[i] == '\\' {
			i++
		} else if text[i] == quote {
			return i + 1 // of a doubled one the second begins anew
		}
	}
	return len(text)
}

// afterComment skips a comment; they nest.
func afterComment(text string, i int) int {
	depth := 0
	for i < len(text) {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth, i = depth+1, i+2
		case strings.HasPrefix(text[i:], "*/"):
			depth, i = depth-1, i+2
		default:
			i++
		}
		if depth == 0 {
			break
		}
	}
	return i
}

// afterDollar skips $tag$ text $tag$, or a parameter.
func afterDollar(text string, i int) int {
	end := i + 1
	for end < len(text) && isWord(text[end]) {
		end++
	}
	digit := end > i+1 && text[i+1] >= '0' && text[i+1] <= '9'
	if end == len(text) || text[end] != '$' || digit {
		return end
	}
	tag := text[i : end+1]
	return i + len(tag) + through(text[i+len(tag):], tag)
}
