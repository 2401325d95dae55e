package show

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/spacesetl/spacesetl/pipeline/answer"
)

func TestAGridFitsItsTerminal(t *testing.T) {
	columns := []answer.Column{{Name: "title", Type: "VARCHAR"}, {Name: "people", Type: "BIGINT"}, {Name: "more\x1b", Type: "VARCHAR"}}
	rows := [][]answer.Cell{
		{{Text: "日本語 👩‍👩‍👧 open mic\x1b[2J"}, {Text: "7"}, {Null: true}},
		{{Text: "a"}, {Text: "123"}, {Text: "two\nlines, and a text that goes on"}},
	}
	for width, want := range map[int]string{
		0: "title                       | people | more\\u001b\n" +
			"--------------------------- | ------ | ---------------------------------------\n" +
			"日本語 👩‍👩‍👧 open mic\\u001b[2J |      7 | NULL\n" +
			"a                           |    123 | two\\u000alines, and a text that goes on\n",
		32: "title      | people | more\\u001b\n" +
			"---------- | ------ | ----------\n" +
			"日本語 👩‍👩‍👧… |      7 | NULL\n" +
			"a          |    123 | two\\u000a…\n",
		20: "title      | 日本語 …\npeople     | 7\nmore\\u001b | NULL\n\n" +
			"title      | a\npeople     | 123\nmore\\u001b | two\\u00…\n",
	} {
		var b strings.Builder
		if err := Grid(&b, columns, rows, width); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%d wide:\n%s\nwant\n%s", width, b.String(), want)
		}
		for line := range strings.Lines(b.String()) {
			if n := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); width >= 32 && n > width {
				t.Errorf("%d wide: a line takes %d", width, n)
			}
		}
	}
}
