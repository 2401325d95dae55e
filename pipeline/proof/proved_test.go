package proof

import (
	"os"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// A proof counts for the same files, as proved by the same version, and for no more than
// was looked at.
func TestAProofIsOfWhatItWasMadeOf(t *testing.T) {
	of := sumOf(versions, "4", "content", "seen")
	one := proved{What: "run a", Of: of, Every: 2}
	for _, c := range []struct {
		of    string
		every int
		want  bool
	}{
		{of, 2, true},
		{of, 3, true},
		{of, 1, false},
		{sumOf("tables 5, proof 1", "4", "content", "seen"), 2, false},
		{sumOf(versions, "4", "content", "see", "n"), 2, false},
		{"", 2, false},
	} {
		if got := one.holds(c.of, c.every); got != c.want {
			t.Errorf("%.8s, every %d: got %v, want %v", c.of, c.every, got, c.want)
		}
	}
	if (proved{What: "run b"}).holds("", 1) {
		t.Error("what depends on nothing that could be said holds")
	}
}

// The file stays as small as what it tells, however often that changes.
func TestLinesThatCountNoMoreGo(t *testing.T) {
	d := store.Dir(t.TempDir())
	for i := range 5 {
		m := remembered(d)
		for n := range 400 {
			m.add(proved{What: "run " + string(rune('a'+n%4)), Of: sumOf(string(rune(i)), string(rune(n)))})
		}
		if m.remember(d); m.why != "" {
			t.Fatal(m.why)
		}
	}
	m := remembered(d)
	info, err := os.Stat(d.File(fileName))
	if err != nil || len(m.of) != 4 || m.lines > 1000 || info.Size() != m.bytes {
		t.Errorf("%d things in %d lines, %d of %v bytes, %v", len(m.of), m.lines, m.bytes, info, err)
	}
}
