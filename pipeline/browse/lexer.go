package browse

import "strings"

// withoutEnd cuts a statement at its semicolon, so that it can stand in
// parentheses. It is for statements of which DuckDB knows that they are one.
func withoutEnd(text string) string {
	for i := 0; i < len(text); {
		switch {
		case text[i] == ';':
			return text[:i]
		case text[i] == '\'' || text[i] == '"':
			escapes := text[i] == '\'' && i > 0 && (text[i-1] == 'e' || text[i-1] == 'E')
			i = afterQuote(text, i, escapes)
		case strings.HasPrefix(text[i:], "--"):
			i += through(text[i:], "\n")
		case strings.HasPrefix(text[i:], "/*"):
			i = afterComment(text, i)
		case text[i] == '$':
			i = afterDollar(text, i)
		default:
			i++
		}
	}
	return text
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
	return i
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

// afterDollar skips $tag$ text $tag$.
func afterDollar(text string, i int) int {
	end := strings.IndexByte(text[i+1:], '$')
	if end < 0 {
		return i + 1
	}
	tag := text[i : i+end+2]
	for _, c := range tag[1 : len(tag)-1] {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c < 0x80 {
			return i + 1
		}
	}
	return i + len(tag) + through(text[i+len(tag):], tag)
}
