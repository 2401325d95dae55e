package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// What runs had left is asked for once, however many of them had left it: a job that
// gets nothing for a year begins each run with the same few requests.
func TestWhatRunsLeftIsListedOnce(t *testing.T) {
	locked, err := Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	ids := func(from, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint("1a", from+i))
		}
		return all
	}
	tweets, search := schemas.Request{Endpoint: schemas.Tweets, IDs: []string{"1a1"}}, schemas.Request{Endpoint: schemas.Search, Query: "jazz"}
	p := Planned{Plan: Plan{Job: "test"}}
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for hour := range 50 {
		p.Left = append(p.Left, tweets, search, schemas.Request{Endpoint: schemas.Users, IDs: ids(500, 100)}, schemas.Request{Endpoint: schemas.Users, IDs: ids(550, 60)})
		p.Left = append(p.Left, Lookups(ids(100+hour%2, 101))...)
		if p, err = locked.Begin(p, "test", now.Add(time.Duration(hour)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	want := []schemas.Request{
		{Endpoint: schemas.Spaces, IDs: ids(100, 100)}, {Endpoint: schemas.Spaces, IDs: ids(200, 2)}, tweets, search,
		{Endpoint: schemas.Users, IDs: ids(500, 100)}, {Endpoint: schemas.Users, IDs: ids(600, 10)},
	}
	if diff := cmp.Diff(want, p.Left); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
