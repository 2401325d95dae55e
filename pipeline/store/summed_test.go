package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file with a checksum is whole or it is not, wherever in it the sum stands; one
// without is taken as it is.
func TestASummedFileIsWholeOrNot(t *testing.T) {
	type last struct {
		Name     string            `json:"name"`
		More     map[string]string `json:"more"`
		Checksum string            `json:"checksum,omitempty"`
	}
	type middle struct {
		Name     string            `json:"name"`
		Checksum string            `json:"checksum,omitempty"`
		More     map[string]string `json:"more"`
	}
	more := map[string]string{"checksum": "of another", "a": "b"}
	end, between := last{Name: "n", More: more}, middle{Name: "n", More: more}
	end.Checksum, between.Checksum = Checksum(end), Checksum(between)
	for name, v := range map[string]any{"last": end, "between": between} {
		path := filepath.Join(t.TempDir(), "file.json")
		if err := WriteJSON(path, v, nil); err != nil {
			t.Fatal(err)
		}
		var into map[string]any
		if summed, err := ReadSummed(path, &into); !summed || err != nil || into["name"] != "n" {
			t.Errorf("%s: summed %v, %v, %v", name, summed, into, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range text {
			changed := append([]byte(nil), text...)
			changed[i] ^= 1
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			var damaged *CorruptError
			if summed, err := ReadSummed(path, &into); summed && !errors.As(err, &damaged) {
				t.Errorf("%s: byte %d changed: %v", name, i, err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "old.json")
	if err := WriteJSON(path, last{Name: "n"}, nil); err != nil {
		t.Fatal(err)
	}
	if summed, err := ReadSummed(path, &last{}); summed || err != nil {
		t.Errorf("without a sum: %v, %v", summed, err)
	}
}
