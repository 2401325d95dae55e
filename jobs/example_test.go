package jobs_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
)

// A job from Go code. Without BaseURL it asks X's API; here that is simulated.
func ExampleOpen() {
	world := simulator.New(simulator.Config{Spaces: 100})
	api := httptest.NewServer(world)
	defer api.Close()
	store, _ := os.MkdirTemp("", "spaces-*")
	defer os.RemoveAll(store)

	spec := jobs.Spec{IDs: world.SpaceIDs(20), Store: store, BaseURL: api.URL}
	result, err := jobs.Open(spec, jobs.Options{Tokens: jobs.Tokens{App: "the-bearer-token-of-the-app"}}).Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	table := result.Manifest.Tables[0]
	fmt.Println(result.Manifest.Run.Outcome, table.Name, table.Rows)
	// Output: done spaces 20
}
