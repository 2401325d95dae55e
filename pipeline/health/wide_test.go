package health

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// A page of many Spaces, none of which can be asked for, costs what its bytes cost.
func TestWidePagesAreTakenInInProportion(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	scratchtest.Proportional(t, "Spaces of no id", 10_000, func(n int) func() {
		var body strings.Builder
		for i := range n {
			fmt.Fprintf(&body, `,{"id":"a_%d","state":"live"}`, i)
		}
		r := schemas.Request{Endpoint: schemas.Search, Query: "x"}
		f, err := facts.Examine(t.Context(), schemas.Page{ID: r.ID(), Request: r, Status: 200, Body: json.RawMessage(`{"data":[` + body.String()[1:] + `]}`)})
		if err != nil || len(f.Unaskable) != n {
			t.Fatalf("%d of %d, %v", len(f.Unaskable), n, err)
		}
		st := &State{Spaces: map[string]*SpaceState{}}
		return func() { st.see(facts.Received{Facts: f, Counts: true}, &store.Manifest{}, lastLook{}) }
	})
}
