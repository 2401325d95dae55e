package health

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// A derived file that is not what was written is made again: it holds nothing
// that the pages do not.
func TestDerivedFilesInDoubtAreMadeAgain(t *testing.T) {
	locked := newStore(t)
	id := fill(t, locked, time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC), 3)
	planned, err := locked.Planned(id)
	if err != nil {
		t.Fatal(err)
	}
	planned.Run.Outcome, planned.Run.Pages = schemas.Done, 3
	if err := store.WriteJSON(locked.RunFile(id, "manifest.json"), &store.Manifest{Run: planned.Run, Plan: planned.Plan}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Settle(t.Context(), locked, nil); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(string) string{
		"state.json": func(text string) string { return `{"runs":["` + id + `"],"spaces":{"s0":null}}` },
		"ledger.json": func(text string) string {
			return text[:strings.Index(text, `"lines": [`)+len(`"lines": [`)] + "null," + text[strings.Index(text, `"lines": [`)+len(`"lines": [`):]
		},
	} {
		for what, damage := range map[string]func(string) string{
			"nulls": damage, "a null": func(string) string { return "null" }, "nothing": func(string) string { return "" }, "half": func(text string) string { return text[:len(text)/2] },
			"another version": func(string) string { return `{"version":1,"runs":[],"lines":[],"spaces":{}}` },
			"null rates":      func(text string) string { return strings.Replace(text, `"history": {`, `"history": {"x": null,`, 1) },
		} {
			whole, err := os.ReadFile(locked.File(name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(locked.File(name), []byte(damage(string(whole))), 0o600); err != nil {
				t.Fatal(err)
			}
			g, err := lookAt(t, locked.Dir)
			if err != nil || len(g.state.Spaces) != 3 || len(g.ledger.Lines) != 1 || g.ledger.Lines[0].Returned != 3 {
				t.Errorf("%s in %s: %d Spaces and %d lines, %v; want what the pages say", what, name, len(g.state.Spaces), len(g.ledger.Lines), err)
			}
			if err := Settle(t.Context(), locked, nil); err != nil {
				t.Errorf("%s in %s: %v", what, name, err)
			}
			if again, err := os.ReadFile(locked.File(name)); err != nil || string(again) != string(whole) {
				t.Errorf("%s in %s: made again it is\n%s\nwant\n%s", what, name, again, whole)
			}
		}
	}
}
