package jobs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
)

// A bound that the smallest first request of a kind does not fit into is a mistake,
// and one that it fits into is none.
func TestBoundsThatNothingFitsIntoAreMistakes(t *testing.T) {
	t.Parallel()
	search := []jobs.Search{{Query: "q"}}
	for name, c := range map[string]struct {
		spec  jobs.Spec
		least schemas.Money
		says  string
	}{
		"search":          {jobs.Spec{Search: search}, 60_000, "search"},
		"search, ids":     {jobs.Spec{Search: search, IDs: []string{"1a"}}, 60_000, "search"},
		"ids":             {jobs.Spec{IDs: []string{"1a", "1b"}}, 5_000, "spaces"},
		"creators":        {jobs.Spec{Creators: []string{"11"}}, 55_000, "creators"},
		"names":           {jobs.Spec{Creators: []string{"@a"}}, 55_000, "creators"},
		"users: none":     {jobs.Spec{IDs: []string{"1a"}, Users: jobfile.UsersNone}, 5_000, "space"},
		"dearer Spaces":   {jobs.Spec{IDs: []string{"1a"}, Prices: schemas.Prices{schemas.Space: 1_000_000}}, 1_000_000, "space"},
		"Spaces for free": {jobs.Spec{IDs: []string{"1a"}, Prices: schemas.Prices{schemas.Space: 0}}, 0, ""},
	} {
		for _, bound := range []string{"run", "day", "month"} {
			for _, usd := range []schemas.Money{c.least - 1, c.least, 5 * schemas.Dollar} {
				if usd <= 0 {
					continue
				}
				spec := c.spec
				spec.Store = t.TempDir()
				switch bound {
				case "run":
					spec.Budget.Run = usd
				case "day":
					spec.Budget.Day = usd
				default:
					spec.Budget.Month = usd
				}
				_, err := jobs.Open(spec, jobs.Options{}).Plan(t.Context())
				var invalid *jobs.InvalidError
				switch wrong := usd < c.least; {
				case wrong != errors.As(err, &invalid), !wrong && err != nil:
					t.Errorf("%s, %s a %s: %v", name, usd, bound, err)
				case wrong && !(strings.Contains(err.Error(), "usd_per_"+bound+" "+usd.String()) && strings.Contains(err.Error(), "request to "+c.says+": the smallest can cost "+c.least.String())):
					t.Errorf("%s, %s a %s: %v names not both", name, usd, bound, err)
				}
			}
		}
	}
}

// With a budget a price says also what is set aside, which is far more than what is likely.
func TestPriceSaysWhatIsSetAside(t *testing.T) {
	spec := jobs.Spec{Search: []jobs.Search{{Query: "q"}}, Store: t.TempDir()}
	for _, usd := range []schemas.Money{0, 5 * schemas.Dollar} {
		spec.Budget.Day = usd
		got := spec.Price()
		if strings.Contains(got, "sets up to $44.50 aside for one request") != (usd > 0) || !strings.Contains(got, "likely $") {
			t.Errorf("budget %s: %s", usd, got)
		}
		f, err := jobs.Open(spec, jobs.Options{}).Plan(t.Context())
		if err != nil || f.Aside != 44_500_000 {
			t.Errorf("aside %s, %v; want $44.50", f.Aside, err)
		}
	}
}
