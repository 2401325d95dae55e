package money

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/schemas"
)

// A line is read as all JSON is, or left to who reads that.
func TestClosedLinesAreReadAsJSON(t *testing.T) {
	line := &Line{Day: "2026-08-01", RunID: "20260801T100000Z-abc", Endpoint: schemas.Search, Object: schemas.Space, Returned: 12, Included: 3, New: [views]int64{1, 2, 3, 4}}
	lost := *line
	lost.Lost, lost.More = true, 7
	run := Run{RunID: line.RunID, Job: "hourly", Pages: 4, Ended: true, Mark: landing.Mark{Bytes: 1234}}
	odd := run
	odd.Job = "täglich \"x\" <&>"
	open := run
	open.Ended = false
	damaged := run
	damaged.Damaged, damaged.Touched = 2, 99
	planless := run
	planless.Planless = true
	for name, c := range map[string]struct {
		closedRun
		quick bool
	}{
		"no lines":           {closedRun{run, []*Line{}}, true},
		"a line":             {closedRun{run, []*Line{line}}, true},
		"lost answers":       {closedRun{run, []*Line{line, &lost, line}}, true},
		"null":               {closedRun{run, nil}, false},
		"a name with escape": {closedRun{odd, []*Line{line}}, false},
		"never ended":        {closedRun{open, []*Line{line}}, false},
		"damaged":            {closedRun{damaged, []*Line{line}}, false},
		"without a plan":     {closedRun{planless, []*Line{line}}, false},
	} {
		text, err := json.Marshal(c.closedRun)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		var quick, slow closedRun
		if got := quick.read(text); got != c.quick {
			t.Errorf("%s: read %v, want %v", name, got, c.quick)
		}
		if err := json.Unmarshal(text, &slow); err != nil {
			t.Fatal(err)
		}
		if len(slow.Lines) == 0 && len(quick.Lines) == 0 {
			slow.Lines, quick.Lines = nil, nil
		}
		if c.quick && !reflect.DeepEqual(quick, slow) {
			t.Errorf("%s: read as %+v, want %+v", name, quick, slow)
		}
		for i := range text { // cut off or damaged anywhere: no panic, and nothing that is no JSON
			var none closedRun
			if none.read(text[:i]) {
				t.Errorf("%s: its first %d bytes were read", name, i)
			}
			changed := append([]byte(nil), text...)
			changed[i] ^= 0x15
			none.read(changed)
		}
	}
}

// What is read quickly is what any reader of JSON reads.
func FuzzClosedLine(f *testing.F) {
	line := &Line{Day: "2026-08-01", RunID: "20260801T100000Z-abc", Endpoint: schemas.Search, Object: schemas.Space, Returned: 12, New: [views]int64{1, 2, 3, 4}}
	lost := *line
	lost.Lost, lost.More = true, 7
	for _, lines := range [][]*Line{{}, {line}, {line, &lost}} {
		text, err := json.Marshal(closedRun{Run{RunID: line.RunID, Job: "hourly", Pages: 4, Ended: true, Mark: landing.Mark{Bytes: 1234}}, lines})
		if err != nil {
			f.Fatal(err)
		}
		text = append(text, '\n')
		f.Add(text)
		f.Add(bytes.Replace(text, []byte(`"pages":4`), []byte(`"pages":04`), 1))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var quick, slow closedRun
		if !quick.read(text) {
			return
		}
		if err := json.Unmarshal(text, &slow); err != nil {
			t.Fatalf("%q is read, and no JSON: %v", text, err)
		}
		if len(slow.Lines) == 0 && len(quick.Lines) == 0 {
			slow.Lines, quick.Lines = nil, nil
		}
		if !reflect.DeepEqual(quick, slow) {
			t.Errorf("%q: read as %+v, want %+v", text, quick, slow)
		}
	})
}
