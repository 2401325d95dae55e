package printable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile are the characters that do something.
func hostile() (all []rune) {
	for _, span := range [][2]rune{{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x206f}, {0xfff9, 0xfffb}} {
		for r := span[0]; r <= span[1]; r++ {
			all = append(all, r)
		}
	}
	return all
}

func TestControlsAreShownByNumber(t *testing.T) {
	for _, r := range hostile() {
		number := fmt.Sprintf(`\u%04x`, r)
		want := number
		if r == '\n' || r == '\t' {
			want = string(r)
		}
		if got := Text("a" + string(r) + "b"); got != "a"+want+"b" {
			t.Errorf("text with %U: got %q, want %q", r, got, "a"+want+"b")
		}
		if got := Line("a" + string(r) + "b"); got != "a"+number+"b" {
			t.Errorf("line with %U: got %q, want %q", r, got, "a"+number+"b")
		}
	}
	for _, text := range []string{"", "plain\ttext\n", "日本語 عربى हिन्दी", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301 \ufeff\u200b", `\u001b`} {
		if got := Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got, want := Text("a\x9bb\xc3"), "a\ufffdb\ufffd"; got != want {
		t.Errorf("bad bytes: got %q, want %q", got, want)
	}
}

// JSON that a Writer writes is read as what it was made of.
func TestJSONStaysTheSame(t *testing.T) {
	want := string(hostile()) + "é 👩‍👩‍👧"
	text, err := json.MarshalIndent(map[string]string{want: want}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := New(&out).Write(text); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got[want] != want || len(got) != 1 {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if strings.ContainsFunc(out.String(), control) {
		t.Errorf("controls in %q", out.String())
	}
}

func TestCharactersComeInPieces(t *testing.T) {
	text := "aé\u009b\u202e日👩‍👩‍👧\xff\xf0\x9f\x1b]0;x\a\xe2\x80"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := New(&out)
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if n, err := w.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
				t.Fatal(n, err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != Text(text) || !utf8.ValidString(got) {
			t.Errorf("in pieces of %d: got %q, want %q", size, got, Text(text))
		}
	}
}

// What an argument brings neither ends a line nor a cell, whatever the verb.
func TestArgumentsStayInTheirLine(t *testing.T) {
	text := "x\nspacesetl: done\t\x1b[2J"
	for want, got := range map[string]string{
		`<x\u000aspacesetl: done\u0009\u001b[2J>` + "\n": sprintf("<%s>\n", text),
		`"x\nspacesetl: done\t\x1b[2J"`:                  sprintf("%q", text),
		`<   7><1.50><\u000a        >`:                   sprintf("<%4d><%.2f><%-9s>", 7, 1.5, "\n"),
		`\u001b, \u001b`:                                 sprintf("%[2]v, %[1]s", errors.New("\x1b"), stringer{}),
		`[\u001b]`:                                       sprintf("%v", []string{"\x1b"}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

type stringer struct{}

func (stringer) String() string { return "\x1b" }

func sprintf(format string, args ...any) string {
	var b strings.Builder
	_ = To(&b, format, args...)
	return b.String()
}

func TestAFailureIsTold(t *testing.T) {
	if _, err := New(broken{}).Write([]byte("x")); err == nil {
		t.Error("no error")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }
