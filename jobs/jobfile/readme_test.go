package jobfile

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	keysBegin = "<!-- keys: go test ./jobs/jobfile -update -->\n"
	keysEnd   = "<!-- end of keys -->\n"
)

func TestReferenceIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), keysBegin)
	_, after, ok2 := strings.Cut(rest, keysEnd)
	if !ok || !ok2 {
		t.Fatalf("no %q and %q in the README", keysBegin, keysEnd)
	}
	generated(t, "../README.md", []byte(before+keysBegin+reference()+keysEnd+after))
	if n := strings.Count(string(text), "\n"); n > 200 {
		t.Errorf("%d lines, want at most 200", n)
	}
}

// reference is a table of the declared keys.
func reference() string {
	var b strings.Builder
	b.WriteString("| key | meaning | default | example |\n|---|---|---|---|\n")
	for _, k := range Keys() {
		row(&b, k.Name, k)
		if k.shape&listed != 0 {
			continue // what a search consists of is in its meaning
		}
		for _, part := range k.Keys {
			row(&b, k.Name+"."+part.Name, part)
		}
	}
	return b.String()
}

func row(b *strings.Builder, name string, k Key) {
	doc := k.Doc
	if len(k.Values) > 1 {
		doc = strings.TrimSuffix(doc, ".") + ": `" + strings.Join(k.Values, "`, `") + "`."
	}
	if strings.Count(k.Doc, "`") > 1 {
		doc = k.Doc // it names them
	}
	def := k.Otherwise
	if k.Default != "" {
		def = "`" + k.Default + "`"
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | `%s` |\n", name, doc, def, k.Example)
}

func TestReadmeShowsEditorsTheSchema(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "$schema="+SchemaURL+"\n") {
		t.Errorf("no %s in the README", SchemaURL)
	}
}
