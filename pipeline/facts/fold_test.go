package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }

// lookup is the n-th page: a Space of its creator, ten seconds after the one
// before.
func lookup(n int) schemas.Page {
	r := schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{fmt.Sprint("1space", n)}}
	at := time.Date(2026, 8, 1, 10, 0, 10*n, 0, time.UTC)
	return schemas.Page{
		RunID: "run", ID: r.ID(), Request: r, Status: 200, FetchedAt: at, Headers: schemas.Headers{Date: at.Add(time.Hour).Format(time.RFC1123)},
		Body: json.RawMessage(fmt.Sprintf(`{"data":{"id":"%s","state":"live","creator_id":"%d","is_ticketed":true}}`, r.IDs[0], n)),
	}
}

// Every page received is shown once, oldest first, and of two of one id the
// later counts; what is known is not read.
func TestFoldShowsEveryPageInOrder(t *testing.T) {
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	w, err := landing.Open(locked, "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	again := lookup(1)
	again.FetchedAt = lookup(9).FetchedAt
	for _, page := range []schemas.Page{lookup(3), lookup(1), again, lookup(2)} {
		if err := w.Put(page); err != nil {
			t.Fatal(err)
		}
	}
	known := &Known{}
	page := lookup(2)
	known.Add(&page, &Facts{Spaces: []Space{{ID: "known"}}})
	var got []string
	take := func(p Received) { got = append(got, fmt.Sprint(p.Spaces[0].ID, " ", p.Counts)) }
	if damaged, err := Fold(t.Context(), w.Reader, known, take); err != nil || len(damaged) > 0 {
		t.Fatal(damaged, err)
	}
	if want := []string{"1space1 false", "known true", "1space3 true", "1space1 true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A page that cannot be read, or is no answer, costs itself only; what the system
// will not read is an error.
func TestFoldGoesOverPagesThatCannotBeRead(t *testing.T) {
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	w, err := landing.Open(locked, "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		page := lookup(n + 1)
		if err := w.Put(page); err != nil {
			t.Fatal(err)
		}
	}
	name := w.Received()[0].File()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[100] ^= 0xff // of the first page's body
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	pages, err := landing.OpenSalvage(locked.Dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	var got []string
	damaged, err := Fold(t.Context(), pages, nil, func(p Received) { got = append(got, p.Spaces[0].ID) })
	if err != nil || !slices.Equal(got, []string{"1space2", "1space3", "1space4"}) {
		t.Errorf("got %q, %v; want the pages that are whole", got, err)
	}
	if len(damaged) != 1 || damaged[0].Page != lookup(1).ID {
		t.Errorf("damaged %v, want the first page", damaged)
	}
	if err := errors.Join(os.Remove(name), os.Symlink(name, name)); err != nil {
		t.Fatal(err)
	}
	if _, err := Fold(t.Context(), pages, nil); err == nil {
		t.Error("pages that the system does not open are passed over")
	}
}

func TestFactsAreThoseOfThePage(t *testing.T) {
	f, err := Examine(t.Context(), lookup(7))
	if err != nil {
		t.Fatal(err)
	}
	want := Space{ID: "1space7", CreatorID: "7", State: "live", Ticketed: true}
	if len(f.Spaces) != 1 || f.Spaces[0] != want || f.Rows != 1 || !f.OK || f.Next != nil {
		t.Errorf("got %+v, want the Space %+v", f, want)
	}
	if at := lookup(7).FetchedAt.Add(time.Hour); !f.BilledAt.Equal(at) {
		t.Errorf("billed at %s, want %s, by the server's clock", f.BilledAt, at)
	}
	if price := f.Cost(schemas.DefaultPrices()); price != schemas.DefaultPrices()[schemas.Space] {
		t.Errorf("costs %s, want a Space", price)
	}
}

// What a process keeps in mind is bounded, however large its pages are.
func TestKnownIsBounded(t *testing.T) {
	known := &Known{}
	for n := range 100 {
		page := lookup(n)
		known.Add(&page, &Facts{Users: []string{strings.Repeat("x", knownBytes/10)}})
	}
	if known.bytes > knownBytes || len(known.facts) != 9 {
		t.Errorf("%d bytes of %d pages are kept, want up to %d", known.bytes, len(known.facts), knownBytes)
	}
}
