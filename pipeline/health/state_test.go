package health

import (
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestKnownLiveSpacesAreLookedUpFirst(t *testing.T) {
	st := &State{Spaces: map[string]*SpaceState{
		"1a": {State: "ended"}, "1b": {State: "scheduled"}, "1c": {State: "live"}, "1d": {State: "live"},
	}}
	plan := store.Plan{Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: []string{"1z", "1b", "1y"}}}}
	if got, want := strings.Join(st.Seeds(plan)[0].IDs, ","), "1c,1d,1b,1z,1y,1a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
