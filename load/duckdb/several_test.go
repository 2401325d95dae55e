package duckdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// someRun is a run of a world at random: a few Spaces and people, of which it is told
// this and that, in one page or two.
func someRun(r *rand.Rand, hours int) map[string][]row {
	tables := map[string][]row{}
	add := func(table string, values row) { tables[table] = append(tables[table], values) }
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for _, id := range []string{"1", "2", "3", "4"} {
		if r.IntN(3) == 0 {
			continue
		}
		user := func(page string, asked ...string) row {
			values := row{"user_id": id, "name": pick("One", "Two")}
			if r.IntN(4) == 0 {
				values["description"] = pick("this", "that")
			}
			values["_columns"] = telling("users", values, asked...)
			return seenOn(page+id, hours, values)
		}
		switch r.IntN(4) {
		case 0:
			add("users", user("p"))
		case 1:
			add("users", user("p", "name"))
		case 2:
			add("users", user("q", "name"))
			older := user("p", "name", "description")
			older["_columns"] = "0" + older["_columns"].(string)[1:]
			add("users", older)
		default:
			add("users", user("p", "name", "description"))
		}
	}
	for _, id := range []string{"A", "B", "C"} {
		if r.IntN(2) == 0 {
			if r.IntN(3) == 0 {
				add("space_absences", on("p", hours, row{"space_id": id, "observed_at": hour(hours)}))
			}
			continue
		}
		lists := []byte(strings.Repeat("0", len(schemas.Lookup("spaces").Lists())))
		for i, l := range schemas.Lookup("spaces").Lists() {
			if l.Table.Name == "space_users" && r.IntN(2) == 0 {
				lists[i] = '1'
			}
		}
		space := row{"space_id": id, "title": pick("one", "two"), "state": pick("live", "ended"), "_lists": string(lists)}
		space["_columns"] = telling("spaces", space, strings.Fields(pick("lang", ""))...)
		add("spaces", seenOn("p"+id, hours, space))
		for i, l := range schemas.Lookup("spaces").Lists() {
			if l.Table.Name != "space_users" || lists[i] == '0' && r.IntN(4) > 0 {
				continue
			}
			for _, user := range []string{"1", "2", "3"} {
				if r.IntN(2) == 0 {
					add("space_users", on("p"+id, hours, row{"space_id": id, "user_id": user, "role": l.Set["role"]}))
				}
			}
		}
		if r.IntN(3) == 0 {
			add("space_users", on("b", hours, row{"space_id": id, "user_id": pick("1", "2"), "role": "buyer"}))
		}
	}
	return tables
}

// Runs merged at once make what they make one after the other, whatever is stored, and
// whatever else a database remembers.
func TestSeveralRunsAtOnceAreAsOneByOne(t *testing.T) {
	seeds := []int{4}
	if long() {
		seeds = []int{1, 3, 7}
	}
	for _, seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			severalAtOnce(t, seed)
		})
	}
}

func severalAtOnce(t *testing.T, seed int) {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	one, several := newStore(t), newStore(t)
	var runs []schemas.Load
	for i := range 7 {
		id, hours := fmt.Sprintf("r%d", i), i
		if seed%4 == 3 && i == 5 {
			hours = 2 // a clock that went wrong
		}
		runs = append(runs, schemas.Load{RunID: id, Content: "c", Parts: several.commit(id, batchesOf(t, id, someRun(r, hours)))})
	}
	begin := r.IntN(3)
	for step, some := range [][]schemas.Load{runs[:begin], runs[begin:6], runs[6:], runs[2:4]} {
		if len(some) == 0 {
			continue
		}
		ctx := context.Background()
		for _, s := range []store{one, several} {
			d := New(Config{Path: s.path, InPlace: seed%2 == 1})
			err := d.Prepare(ctx, schemas.Load{}, several.dir)
			if s == several {
				err = errors.Join(err, d.PrepareAll(ctx, some, several.dir))
				some = nil
			}
			for _, l := range some {
				err = errors.Join(err, d.Prepare(ctx, l, several.dir))
			}
			if err := errors.Join(err, d.Commit(ctx)); err != nil {
				t.Fatal(err)
			}
		}
		looks := []string{"FROM _loads"}
		for _, table := range append(schemas.Tables(), schemas.EndedTables()...) {
			looks = append(looks, "FROM "+table.Name)
		}
		for _, table := range schemas.SightingTables() { // of the rest the object's row has the truth
			looks = append(looks, "SELECT COLUMNS(name -> name NOT IN ('first_seen_at', 'last_seen_at', 'unavailable_at')) FROM "+table.Name)
		}
		for _, look := range looks {
			if d := cmp.Diff(one.query("%s ORDER BY ALL", look), several.query("%s ORDER BY ALL", look)); d != "" {
				t.Errorf("step %d: %s (-one by one +at once):\n%s", step, look, d)
			}
		}
	}
}
