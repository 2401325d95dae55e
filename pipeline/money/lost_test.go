package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }

// send notes requests in a new run of a plan, a second apart, and lands what body says
// was answered; nothing was where it is empty.
func send(t *testing.T, locked *store.Locked, plan store.Plan, at time.Time, requests []schemas.Request, body func(i int) string) string {
	t.Helper()
	planned, err := locked.Begin(store.Planned{Plan: plan}, "test", at)
	if err != nil {
		t.Fatal(err)
	}
	id := planned.Run.RunID
	w, err := landing.Open(locked, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := landing.NewSentLog(locked, id)
	for i, r := range requests {
		when := at.Add(time.Duration(i) * time.Second)
		err := sent.Write(landing.Sent{At: when, PageID: r.ID(), Endpoint: r.Endpoint, IDs: len(r.IDs), Members: landing.Members(r)})
		if text := body(i); err == nil && text != "" {
			planned.Run.Pages++
			err = w.Put(schemas.Page{RunID: id, ID: r.ID(), Request: r, Status: 200, FetchedAt: when, Body: json.RawMessage(text)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	planned.Run.Outcome = schemas.Done
	m := store.Manifest{Run: planned.Run, Plan: plan, Landed: w.Segments()}
	if err := errors.Join(sent.Close(), w.Close(), store.WriteJSON(locked.RunFile(id, "manifest.json"), m, nil)); err != nil {
		t.Fatal(err)
	}
	return id
}

// ask asks for the Spaces of some numbers, one by one, of which those are answered of
// which answered says so.
func ask(t *testing.T, locked *store.Locked, plan store.Plan, at time.Time, numbers []int, answered func(n int) bool) string {
	t.Helper()
	var requests []schemas.Request
	for _, n := range numbers {
		requests = append(requests, schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{fmt.Sprint("1space", n)}})
	}
	return send(t, locked, plan, at, requests, func(i int) string {
		if !answered(numbers[i]) {
			return ""
		}
		return fmt.Sprintf(`{"data":{"id":"%s","state":"live"}}`, requests[i].IDs[0])
	})
}

func newStore(t *testing.T) *store.Locked {
	t.Helper()
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(locked.Unlock)
	return locked
}

// statement brings the ledger up to date, holds it against one made anew, and adds
// it up.
func statement(t *testing.T, locked *store.Locked) Statement {
	t.Helper()
	read := func() *Ledger {
		if _, err := Update(t.Context(), locked); err != nil {
			t.Fatal(err)
		}
		l, err := Read(t.Context(), locked.Dir)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := read()
	if err := os.Remove(locked.File(fileName)); err != nil {
		t.Fatal(err)
	}
	again := read()
	text := func(l *Ledger) string {
		text, err := json.Marshal([]any{l.Lines, l.Runs, l.Lost})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if a, b := text(l), text(again); a != b {
		t.Errorf("made anew the ledger is\n%s\nnot\n%s", b, a)
	}
	return NewStatement(l, schemas.DefaultPrices())
}

// What a run lost, and a later one got by the same request, held the same: for a
// month, and if it can have held the same.
func TestALaterRunSaysWhatWasLost(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	price := schemas.DefaultPrices()[schemas.Space]
	whole, lean := store.Plan{Job: "test"}, store.Plan{Job: "test", NoExpand: true}
	most := schemas.DefaultPrices().Cost(schemas.Most(schemas.SpaceByID, 1, whole.Expansions(schemas.SpaceByID)))
	for name, c := range map[string]struct {
		plan  store.Plan
		after time.Duration
		lost  schemas.Money
	}{
		"the next day":            {whole, 24 * time.Hour, price},
		"32 days later":           {whole, 32 * 24 * time.Hour, most},
		"without people included": {lean, 24 * time.Hour, most},
	} {
		locked := newStore(t)
		ask(t, locked, whole, start, []int{1, 2, 3}, func(n int) bool { return n != 2 })
		if s := statement(t, locked); s.Lost != most || s.High != most+2*price {
			t.Errorf("%s: at first %s lost of %s, want %s and two Spaces", name, s.Lost, s.High, most)
		}
		ask(t, locked, c.plan, start.Add(time.Hour), []int{4}, func(int) bool { return true })
		ask(t, locked, c.plan, start.Add(c.after), []int{2, 5}, func(int) bool { return true })
		if s := statement(t, locked); s.Lost != c.lost || s.High != c.lost+5*price || s.Low != 5*price {
			t.Errorf("%s: %s lost of %s to %s; want %s and five Spaces", name, s.Lost, s.Low, s.High, c.lost)
		}
	}
}

// Damage whose pages have no name any more is not lost by a crash, and what a crash
// lost beside it still is.
func TestDamageIsNotLostByACrash(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	price := schemas.DefaultPrices()[schemas.Space]
	plan := store.Plan{Job: "test"}
	most := schemas.DefaultPrices().Cost(schemas.Most(schemas.SpaceByID, 1, plan.Expansions(schemas.SpaceByID)))
	for name, damage := range map[string]func(name string) (pages int, err error){
		"nothing": func(string) (int, error) { return 0, nil },
		"a header": func(name string) (int, error) {
			text, err := os.ReadFile(name)
			text[20] ^= 0xff
			return 1, errors.Join(err, os.WriteFile(name, text, 0o600))
		},
		"a segment": func(name string) (int, error) { return 4, os.Remove(name) },
		"cut":       func(name string) (int, error) { return 4, os.Truncate(name, 100) },
		"a folder":  func(name string) (int, error) { return 4, os.RemoveAll(filepath.Dir(name)) },
	} {
		locked := newStore(t)
		id := ask(t, locked, plan, start, []int{1, 2, 3, 4, 5}, func(n int) bool { return n != 5 })
		pages, err := damage(filepath.Join(locked.Raw(), id, "space-00001.ndjson.zst"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, locked, plan, start.Add(time.Hour), []int{6}, func(int) bool { return true })
		if s := statement(t, locked); s.Damaged != pages || s.Lost != most || s.High != most+schemas.Money(5-pages)*price {
			t.Errorf("%s: %d damaged, %s lost of %s; want %d, %s for the one, and the Spaces that can be read", name, s.Damaged, s.Lost, s.High, pages, most)
		}
	}
}

// A look-up of several that was lost held no more of each than later ones of some of
// them do, whatever else those have.
func TestALostLookUpIsSettledMemberByMember(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	plan := store.Plan{Job: "test"}
	prices := schemas.DefaultPrices()
	space, user := prices[schemas.Space], prices[schemas.User]
	each := prices.Cost(schemas.Most(schemas.Spaces, 1, plan.Expansions(schemas.Spaces)))
	look := func(locked *store.Locked, at time.Time, answered bool, ids ...string) {
		send(t, locked, plan, at, []schemas.Request{{Endpoint: schemas.Spaces, IDs: ids}}, func(int) string {
			if !answered {
				return ""
			}
			var data []string
			for _, id := range ids {
				data = append(data, fmt.Sprintf(`{"id":"%s","state":"live","creator_id":"7"}`, id))
			}
			return `{"data":[` + strings.Join(data, ",") + `],"includes":{"users":[{"id":"7","name":"n","username":"u"}]}}`
		})
	}
	locked := newStore(t)
	look(locked, start, false, "1a", "1b", "1c")
	for i, c := range []struct {
		ids  []string
		lost schemas.Money
	}{
		{[]string{"1x"}, 3 * each},
		{[]string{"1b", "1y"}, 2*each + space + 2*user}, // one more than came with it
		{[]string{"1b", "1a"}, each + 2*space + 4*user}, // b is known already
		{[]string{"1c"}, 3*space + 6*user},
		{[]string{"1a", "1b", "1c"}, 3*space + 6*user},
	} {
		look(locked, start.Add(time.Duration(i+1)*time.Hour), true, c.ids...)
		if s := statement(t, locked); s.Lost != c.lost {
			t.Errorf("after %v %s are lost, want %s", c.ids, s.Lost, c.lost)
		}
	}
}

// A Space that ended before its search was repeated came with people, whom the repetition
// does not show: as many as come with one at most, as far as the store knows.
func TestWhatEndedBeforeARepetitionCameWithItsPeople(t *testing.T) {
	locked := newStore(t)
	search := []schemas.Request{{Endpoint: schemas.Search, Query: "x", State: "all"}}
	at := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	answer := func(people int) func(int) string {
		var users []string
		for i := range people {
			users = append(users, fmt.Sprintf(`{"id":"%d"}`, 100+i))
		}
		return func(int) string {
			return `{"data":[{"id":"1a","state":"live"}],"includes":{"users":[` + strings.Join(users, ",") + `]}}`
		}
	}
	high := func() schemas.Money { return statement(t, locked).High }
	for i, people := range []int{5, 9, 2, 6, 4} {
		send(t, locked, store.Plan{Job: "test"}, at.Add(time.Duration(i)*time.Hour), search, answer(people))
	}
	before := high()
	send(t, locked, store.Plan{Job: "test"}, at.Add(6*time.Hour), search, func(int) string { return "" })
	lost := high()
	send(t, locked, store.Plan{Job: "test"}, at.Add(7*time.Hour), search, func(int) string { return `{"meta":{"result_count":0}}` })
	prices := schemas.DefaultPrices()
	least, most := prices.Cost(schemas.ByKind{schemas.Space: 1, schemas.User: 9}), prices.Cost(schemas.ByKind{schemas.Space: 1, schemas.User: 20})
	if got := high() - before; got < least || got > most || got >= lost-before {
		t.Errorf("what was lost cost at most %s, want %s to %s, below %s that nobody knew better", got, least, most, lost-before)
	}
}
