package landing

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Whatever is in a segment and in the notes of what was sent: what is read are pages that
// were landed, all that the manifest counts or an error, and no file is changed.
func FuzzSegment(f *testing.F) {
	pages := []schemas.Page{page(schemas.Search, 1), page(schemas.Tweets, 2), page(schemas.Tweets, 3)}
	dir, landed := f.TempDir(), map[string]string{}
	counted(f, dir, true, pages...)
	for _, p := range pages {
		landed[p.ID] = string(p.Body)
	}
	d := store.Dir(dir)
	segment, sent := filepath.Join(dir, "raw", "run", "tweets-00001.ndjson.zst"), SentPath(d, "run")
	whole, err := os.ReadFile(segment)
	if err != nil {
		f.Fatal(err)
	}
	note := []byte(`{"at":"2026-08-01T10:00:00Z","page_id":"` + pages[1].ID + `","endpoint":"tweets","ids":1,"members":["s2"]}` + "\n")
	f.Add(whole, note)
	f.Add(whole[:len(whole)-9], note[:20])
	f.Add(append(whole[:len(whole):len(whole)], whole...), append(note[:len(note):len(note)], note...))
	f.Add(append(whole[:len(whole):len(whole)], 0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255), []byte("[]\n\n{}\nnull\n"))
	f.Add(bytes.Repeat([]byte{0}, 100), []byte(nil))
	f.Fuzz(func(t *testing.T, text, notes []byte) {
		write(t, segment, text)
		write(t, sent, notes)
		if err := readAll(dir); err == nil {
			n := 0
			for _, e := range read(t, dir).Entries() {
				n++
				if landed[e.PageID] == "" {
					t.Errorf("page %s was never landed", e.PageID)
				}
			}
			if n < len(pages) {
				t.Errorf("%d pages are taken for all", n)
			}
		}
		if ids, _ := salvaged(t, dir); len(ids) == 0 {
			t.Error("a segment costs the pages of another")
		}
		if unanswered, err := Unanswered(d, "run", nil); err == nil && len(unanswered) > bytes.Count(notes, []byte("\n"))+1 {
			t.Errorf("%d requests in %d bytes of notes", len(unanswered), len(notes))
		}
		for name, want := range map[string][]byte{segment: text, sent: notes} {
			if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, want) {
				t.Errorf("%s was changed, %v", filepath.Base(name), err)
			}
		}
	})
}
