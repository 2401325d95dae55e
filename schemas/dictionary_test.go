package schemas

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite README.md")

// README.md in this folder is the data dictionary; go test ./schemas -update
// rewrites it.
func TestDataDictionaryIsCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile("README.md", []byte(Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil || string(text) != Markdown() {
		t.Errorf("README.md is not what Markdown returns (%v): go test ./schemas -update", err)
	}
}
