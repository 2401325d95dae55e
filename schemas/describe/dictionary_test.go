package describe

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite README.md and ER.md")

// The pages in this folder are made from the declarations; go test ./schemas
// -update rewrites them.
func TestPagesAreCurrent(t *testing.T) {
	for file, page := range map[string]string{"README.md": Markdown(), "ER.md": DiagramPage()} {
		if *update {
			if err := os.WriteFile("../"+file, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile("../" + file)
		if err != nil || string(text) != page {
			t.Errorf("%s is not what its function returns (%v): go test ./schemas/... -update", file, err)
		}
	}
}
