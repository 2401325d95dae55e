package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The index of a bundle may be a stranger's: what it says is bounded, leads nowhere else,
// and what cannot be is damage.
func TestIndexOfAStranger(t *testing.T) {
	d := Dir(t.TempDir())
	const run = "20261101T000000Z-aaaaaa"
	const page = " spaces-00001.ndjson.zst 5 5 0 1"
	name := filepath.Join(d.Raw(), "202611-1.ndjson.zst")
	if err := os.Mkdir(d.Raw(), 0o755); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		lines string
		found bool
		bad   bool
	}{
		"as written":         {run + " 0 1" + page + "\n", true, false},
		"no line":            {"", false, false},
		"only empty lines":   {strings.Repeat("\n", 1000), false, false},
		"among others":       {"a 0 1\n" + run + " 0 1" + page + "\nz 0 1\n", false, false}, // out of order, it need not be found
		"without a file":     {run + " 0 1\n", true, false},
		"nothing but an id":  {run + "\n", false, true},
		"half a file":        {run + " 0 1 spaces-00001.ndjson.zst 5\n", false, true},
		"a number that is -": {run + " 0 1 spaces-00001.ndjson.zst -5 5 0 1\n", false, true},
		"a large number":     {run + " 0 1 spaces-00001.ndjson.zst 5 9223372036854775807 0 1\n", false, true},
		"begins far away":    {run + " 9223372036854775807 1" + page + "\n", false, true},
		"outside":            {run + " 0 1 ../../x-00001.ndjson.zst 5 5 0 1\n", false, true},
		"twice":              {run + " 0 1" + page + page + "\n", false, true},
	} {
		text := fmt.Sprintf("%s%d\n%s", indexBegins, time.Now().Unix(), c.lines)
		le := binary.LittleEndian
		frame := append(le.AppendUint32(le.AppendUint32(nil, indexMagic), uint32(len(text)+indexTail)), text...)
		frame = le.AppendUint32(frame, crc32.Checksum([]byte(text), castagnoli))
		frame = le.AppendUint32(frame, uint32(len(text)+indexTail))
		if err := os.WriteFile(name, slices.Concat(frame, []byte("pages"), frame), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := d.Pages(run)
		var corrupt *CorruptError
		if what != "among others" && (f != nil) != c.found || errors.As(err, &corrupt) != c.bad {
			t.Errorf("%s: %+v, %v", what, f, err)
		}
		if _, err := d.Runs(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, text := range map[string][]byte{"empty": nil, "short": []byte("abc"), "zeros": make([]byte, 100), "long": bytes.Repeat([]byte{0xff}, 100)} {
		var corrupt *CorruptError
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Pages(run); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
