package watch

import (
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Forecast is how dense a watch can be and what it costs.
type Forecast struct {
	Pace
	Plan    store.Plan
	Live    int // Spaces that were live when last seen
	Planned int // that were scheduled
	Limit   int // lookups in 15 minutes, of all tokens together
	Prices  schemas.Prices
	Budget  money.Budget
}

// supposed is how many live Spaces are reckoned with where none is known.
const supposed = 10

// Most is how many Spaces can be looked at each time; 0 where no lookup fits so often.
func (f Forecast) Most() int {
	requests := int(f.Every * time.Duration(f.Limit*(100-spare)) / (windowLength * 100))
	return requests * schemas.MaxIDs
}

func (f Forecast) density() string {
	if n := f.Most(); n > 0 {
		return fmt.Sprintf("up to %d live Spaces at that pace", n)
	}
	return fmt.Sprintf("up to %d live Spaces every %s at best", schemas.MaxIDs, rounded(Window{Limit: f.Limit, Left: f.Limit}.fits(1, time.Time{})))
}

// hourly is what one live Space costs in an hour if X bills each answer that has it.
func (f Forecast) hourly() schemas.Money {
	times := RunLength/f.Every + RunLength/f.Discover
	return f.Prices[schemas.Space] * schemas.Money(times)
}

// Lines say it in sentences.
func (f Forecast) Lines() []string {
	live, known := f.Live, "live when last seen"
	if live == 0 {
		live, known = supposed, "say: the store has none that is live"
	}
	each, once := f.hourly(), f.Prices[schemas.Space]
	lines := []string{
		fmt.Sprintf("live Spaces are looked at every %s, new ones looked for every %s; each hour is a run", f.Every, f.Discover),
		fmt.Sprintf("%d lookups of %d Spaces in %d minutes are %d looks: %s, with %d%% to spare; more are looked at less often, evenly",
			f.Limit, schemas.MaxIDs, int(windowLength.Minutes()), f.Limit*schemas.MaxIDs, f.density(), spare),
		fmt.Sprintf("a live Space costs %s an hour if X bills each look, %s a day if it bills a Space once a day; people are looked up once a day", each, once),
		fmt.Sprintf("%d live Spaces (%s): %s to %s in an hour, %s to %s in a day, without what is new meanwhile",
			live, known, once*schemas.Money(live), each*schemas.Money(live), once*schemas.Money(live), 24*each*schemas.Money(live)),
	}
	if n := f.Planned; n > 0 {
		lines = append(lines, fmt.Sprintf("%d scheduled Spaces are looked at once an hour: %s, if X bills that", n, once*schemas.Money(n)))
	}
	if day := f.Budget.Day; day > 0 {
		lasts := time.Duration(float64(day) / float64(each*schemas.Money(live)) * float64(RunLength))
		lines = append(lines, fmt.Sprintf("usd_per_day %s counts each look: with %d live Spaces it lasts %s; then the watch waits for the next day",
			day, live, min(lasts, 24*time.Hour).Round(time.Minute)))
	}
	return lines
}
