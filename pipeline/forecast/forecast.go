// Package forecast says what a plan will ask for and cost, before its first
// request, by what the store's runs got.
package forecast

import (
	"math"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Forecast is what a plan will ask for and cost, before its first request. Its
// JSON names are an interface of the program: they may be added to, not changed.
type Forecast struct {
	Endpoints []EndpointForecast `json:"endpoints"` // those asked, in the order of a run
	Requests  Range              `json:"requests"`  // of all endpoints
	Minutes   Range              `json:"minutes"`   // of the run, endpoints side by side at best
	Cost      MoneyRange         `json:"usd"`
	// Likely are the averages of what X charges when it bills least and when it
	// bills most.
	Likely MoneyRange `json:"usd_likely"`
	// Split is what the budget adds by splitting requests; nil when it splits
	// none.
	Split *Split `json:"split,omitempty"`
	// Stops are the endpoints that the budget does not let a single request to.
	Stops []Stop `json:"stops,omitempty"`
	// Runs is how many runs of the store the ranges come from; without any
	// they are what the API allows at most.
	Runs int `json:"runs"`
}

// EndpointForecast is one endpoint's part.
type EndpointForecast struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Requests Range            `json:"requests"` // pages, when nothing fails
	Objects  Range            `json:"objects"`  // in data
	Included Range            `json:"included"` // users and tweets in includes
	Paid     int64            `json:"paid"`     // of Objects, already paid for today
	Windows  Range            `json:"windows"`  // rate windows at the job's tokens
	Minutes  Range            `json:"minutes"`
	Cost     MoneyRange       `json:"usd"`
	included map[schemas.Object]Range
	likely   MoneyRange
	seconds  Range
}

// MoneyRange is a cost known to lie between the optimistic and the pessimistic
// model.
type MoneyRange struct {
	Low  schemas.Money `json:"low"`
	High schemas.Money `json:"high"`
}

// Forecaster knows what a forecast depends on.
type Forecaster struct {
	Prices schemas.Prices
	Ledger *money.Ledger // of the store; nil without history
	Today  string        // UTC day of the run, YYYY-MM-DD
	// Pace is what the run's tokens may send to an endpoint; nil is one app
	// token at the documented limits.
	Pace    func(schemas.Endpoint) Pace
	Workers int          // requests under way at a time; 0 means 4
	Budget  money.Budget // of the job: where it is tight, it splits requests
}

// Forecast says what a plan with these first requests will cost.
func (f Forecaster) Forecast(plan store.Plan, seeds []schemas.Request) Forecast {
	if f.Ledger == nil {
		f.Ledger = money.NewLedger()
	}
	e := f.estimate(plan, seeds)
	out := e.sum()
	if enough := e.tight(out.Cost.High); len(e.split) > 0 {
		whole := out
		out = e.sum()
		out.Split = &Split{Requests: out.Requests.High - whole.Requests.High, Cost: out.Cost.High - whole.Cost.High, Enough: enough}
	}
	out.Stops = f.stops(plan, out)
	return out
}

// estimate follows the plan from its first requests on.
func (f Forecaster) estimate(plan store.Plan, seeds []schemas.Request) *estimate {
	e := &estimate{Forecaster: f, plan: plan, all: map[schemas.Endpoint]*outlay{}, split: map[schemas.Endpoint]bool{}}
	spaces := e.spaces(seeds)
	for _, spec := range schemas.FollowUps() {
		e.followUp(spec, spaces)
	}
	e.lookups(spaces)
	return e
}

// sum adds the endpoints up.
func (e *estimate) sum() (out Forecast) {
	var seconds Range // endpoints are asked side by side at best, one by one at worst
	for _, run := range e.Ledger.Runs {
		if run.Pages > 0 {
			out.Runs++
		}
	}
	for _, spec := range schemas.Specs() {
		o := e.all[spec.Endpoint]
		if o == nil {
			continue
		}
		part := e.finish(spec, o)
		out.Endpoints = append(out.Endpoints, part)
		out.Requests = out.Requests.plus(part.Requests)
		seconds = Range{max(seconds.Low, part.seconds.Low), seconds.High + part.seconds.High}
		out.Cost.Low += part.Cost.Low
		out.Cost.High += part.Cost.High
		out.Likely.Low += part.likely.Low
		out.Likely.High += part.likely.High
	}
	out.Minutes = seconds.minutes()
	return out
}

// finish adds money and time.
func (e *estimate) finish(spec schemas.Spec, o *outlay) EndpointForecast {
	part := EndpointForecast{
		Endpoint: spec.Endpoint, Requests: o.requests.Range(), Objects: o.objects.Range(), Paid: o.paid,
		included: map[schemas.Object]Range{},
	}
	if e.split[spec.Endpoint] {
		part.Requests.High = max(part.Requests.High, o.ids.Range().High)
	}
	price := e.Prices[spec.Data]
	part.Cost.High = price * schemas.Money(part.Objects.High)
	part.likely = MoneyRange{times(price, max(0, o.objects.likely-float64(o.paid))), times(price, o.objects.likely)}
	for kind, n := range o.included {
		part.included[kind] = Range{0, n.Range().High}
		likely := n.likely
		if kind == schemas.User && e.split[spec.Endpoint] {
			part.included[kind] = Range{0, max(n.Range().High, o.alone.Range().High)}
			likely = max(likely, o.alone.likely)
		}
		part.likely.High += times(e.Prices[kind], likely)
		part.Included = part.Included.plus(part.included[kind])
		part.Cost.High += e.Prices[kind] * schemas.Money(part.included[kind].High)
	}
	part.Cost.Low = price * schemas.Money(e.fresh(spec, part))
	pace := paceOf(spec, e.Pace)
	part.Windows = pace.windows(part.Requests)
	part.seconds = pace.seconds(part.Requests, spec.Endpoint == schemas.Creators, e.Workers)
	part.Minutes = part.seconds.minutes()
	return part
}

func times(price schemas.Money, n float64) schemas.Money {
	return schemas.Money(math.Round(float64(price) * n))
}

// fresh is the fewest objects that are billed if each is once a day: those
// that today's pages had are free, and those that another endpoint of the plan
// may return, too. Of several endpoints the one that returns most counts.
func (e *estimate) fresh(spec schemas.Spec, part EndpointForecast) int64 {
	var best schemas.Endpoint
	var most int64
	for _, other := range schemas.Specs() {
		if o := e.all[other.Endpoint]; o != nil && other.Data == spec.Data && o.objects.Range().Low > most {
			best, most = other.Endpoint, o.objects.Range().Low
		}
	}
	if best != spec.Endpoint {
		return 0
	}
	seen := part.Paid
	if spec.Endpoint.Listed() != schemas.Spaces {
		seen = int64(len(e.Ledger.Paid(e.Today, spec.Data, false)))
	}
	n := part.Objects.Low
	if spec.Data == schemas.Tweet {
		n = (n + 1) / 2 // a tweet can have been shared in several Spaces
	}
	return max(0, n-seen)
}
