package ready

import (
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
)

// The tokens that the demo's world takes.
const (
	DemoAppToken  = "demo-app-token"
	DemoUserToken = "demo-user-token"
)

// demoSeeds bounds how many of the world's Spaces the demo asks for by id.
const demoSeeds = 400

// DemoWorld is the simulated world of the demo, and the id of the creator whose
// user token DemoUserToken is.
func DemoWorld(seed uint64, spaces int) (cfg simulator.Config, creator string) {
	cfg = simulator.Config{
		Seed: seed, Spaces: spaces, Quirks: true,
		Window: time.Second, CreatorSpacing: 100 * time.Millisecond,
	}
	creator, _ = simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{DemoUserToken: creator}
	return cfg, creator
}

// Demo is a job that asks a demo world, served at a URL, for something of
// everything.
func Demo(world *simulator.Simulator, creator, store, url string) jobs.Spec {
	spec := jobs.Spec{
		Name: "demo", Store: store, BaseURL: url, With: schemas.Companions(),
		IDs:      slices.Concat(world.SpaceIDs(demoSeeds), world.MissingSpaceIDs(2)),
		Creators: append(world.CreatorIDs(40), creator),
		Search:   []jobs.Search{{Query: world.SearchWord()}},
	}
	for _, name := range world.Usernames(20) {
		spec.Creators = append(spec.Creators, "@"+name)
	}
	spec.Defaults()
	return spec
}

// demoLife is how long a Space of a demo of days is live at most.
const demoLife = 6 * time.Hour

// DemoDays is a world whose Spaces come and go over some days until now, on a clock that
// stands where it is set.
func DemoDays(seed uint64, spaces, days int, clock func() time.Time) simulator.Config {
	return simulator.Config{
		Seed: seed, Spaces: spaces, Epoch: clock(), Quirks: true, NoRateLimits: true, Now: clock,
		Evolve: true, EvolveOver: time.Duration(days) * 24 * time.Hour, Life: demoLife, Crowds: true, Change: true,
	}
}

// DemoHourly is a job that looks at such a world every hour.
func DemoHourly(world *simulator.Simulator, store, url string) jobs.Spec {
	spec := jobs.Spec{
		Name: "demo", Store: store, BaseURL: url, With: []string{string(schemas.Tweets)}, Follow: jobfile.FollowOpen,
		Creators: world.CreatorIDs(40), Search: []jobs.Search{{Query: world.SearchWord()}},
	}
	spec.Defaults()
	return spec
}
