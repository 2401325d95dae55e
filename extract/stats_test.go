package extract

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// The tokens' numbers are the client's, split: two apps share ten requests of
// windows of three, and both wait.
func TestStatsTellTheTokensApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New(simulator.Config{Spaces: 50, Limits: map[string]int{"*": 3}})
		client := newClient(t, Config{Transport: inProcess{sim}, Credentials: []Credential{appKey("a"), appKey("b")}})
		retry := NewRetry(client)
		var wait sync.WaitGroup
		for _, id := range sim.SpaceIDs(10) {
			request := oneOf("space")
			request.IDs = []string{id}
			wait.Go(func() {
				if _, err := retry.Fetch(t.Context(), request, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		s := client.Stats()
		var sum Tally
		for name, n := range s.Tokens {
			if n.Pages < 4 || n.Requests < n.Pages || n.Status[200] != n.Pages || n.Bytes == 0 {
				t.Errorf("%s: %+v", name, n)
			}
			sum.Pages, sum.Requests, sum.Waited, sum.Bytes = sum.Pages+n.Pages, sum.Requests+n.Requests, sum.Waited+n.Waited, sum.Bytes+n.Bytes
		}
		if len(s.Tokens) != 2 || sum.Pages != 10 || sum.Requests != s.Requests || sum.Waited != s.Waited || s.Waited == 0 || sum.Bytes != s.Bytes {
			t.Errorf("the tokens' sum is %+v, all are %+v", sum, s.Tally)
		}
	})
}
