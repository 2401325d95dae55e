package pipeline

import (
	"github.com/spacesetl/spacesetl/schemas"
)

// Forecast is what a plan will ask for and cost, before its first request.
type Forecast struct {
	Endpoints []EndpointForecast `json:"endpoints"` // those asked, in the order of a run
	Requests  Range              `json:"requests"`
	Minutes   Range              `json:"minutes"`
	Cost      MoneyRange         `json:"usd"`
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
	Ledger *Ledger // of the store; nil without history
	Today  string  // UTC day of the run, YYYY-MM-DD
	// Pace is what the run's tokens may send to an endpoint; nil is one app
	// token at the documented limits.
	Pace    func(schemas.Endpoint) Pace
	Workers int // requests under way at a time; 0 means 4
}

// Forecast says what a plan with these first requests will cost.
func (f Forecaster) Forecast(plan Plan, seeds []schemas.Request) Forecast {
	e := &estimate{Forecaster: f, plan: plan, all: map[schemas.Endpoint]*outlay{}}
	var out Forecast
	var seconds Range // endpoints are asked side by side at best, one by one at worst
	if e.Ledger == nil {
		e.Ledger = newLedger()
	}
	for _, run := range e.Ledger.runs {
		if run.Pages > 0 {
			out.Runs++
		}
	}
	spaces := e.spaces(seeds)
	e.tweets(spaces)
	e.buyers(spaces)
	e.lookups(spaces)
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
	}
	out.Minutes = seconds.minutes()
	return out
}

// estimate is a forecast being made.
type estimate struct {
	Forecaster
	plan Plan
	all  map[schemas.Endpoint]*outlay
}

// outlay is what one endpoint is guessed to return.
type outlay struct {
	requests, objects guess
	included          map[schemas.Object]guess
	paid              int64
}

func (e *estimate) part(name schemas.Endpoint) *outlay {
	if e.all[name] == nil {
		e.all[name] = &outlay{included: map[schemas.Object]guess{}}
	}
	return e.all[name]
}

// add adds the objects that come with x.
func (e *estimate) add(name schemas.Endpoint, x guess, rate string) guess {
	n := x
	if rate != "" {
		n = e.Ledger.history.of(rate, x)
	}
	part := e.part(name)
	part.objects = part.objects.plus(n)
	return n
}

// include adds what the expansions of objects bring in. The rate counts all
// that is referred to, of which includes hold a part.
func (e *estimate) include(name schemas.Endpoint, kind schemas.Object, rate string, data guess) {
	if schemas.MostIncluded(e.plan.Expansions(name))[kind] > 0 {
		part := e.part(name)
		part.included[kind] = part.included[kind].plus(e.Ledger.history.of(rate, data))
	}
}

// found is add for Spaces, which bring people in.
func (e *estimate) found(name schemas.Endpoint, x guess, rate string) guess {
	n := e.add(name, x, rate)
	e.include(name, schemas.User, ratePeople, n)
	return n
}

// spaces adds what finds Spaces and returns how many different ones that is.
func (e *estimate) spaces(seeds []schemas.Request) guess {
	var distinct guess
	creators := known(len(e.plan.Creators))
	for _, r := range seeds {
		part := e.part(r.Endpoint)
		part.requests = part.requests.plus(known(1))
		switch n := known(len(r.IDs)); r.Endpoint {
		case schemas.Usernames:
			creators = creators.plus(e.add(r.Endpoint, n, rateResolved))
		case schemas.Spaces, schemas.SpaceByID:
			distinct = distinct.plus(e.found(r.Endpoint, n, rateFound))
			part.paid += e.paid(r.IDs)
		case schemas.Search:
			distinct = distinct.plus(e.found(r.Endpoint, known(1), rateHits))
		}
	}
	if e.plan.Self {
		e.part(schemas.Me).requests = known(1)
		e.add(schemas.Me, known(1), "")
	}
	if creators.mean > 0 {
		distinct = distinct.plus(e.found(schemas.Creators, creators, rateLive))
		e.part(schemas.Creators).requests = e.batches(creators)
	}
	return distinct
}

// batches is how many requests it takes to ask for so many.
func (e *estimate) batches(n guess) guess {
	size := float64(schemas.MaxIDs)
	if n.variance == 0 {
		return known(int(n.mean+size-1) / schemas.MaxIDs)
	}
	return guess{mean: n.mean/size + 0.5, variance: n.variance/(size*size) + 0.1, most: n.most/size + 1}
}

// paid counts the Spaces among ids that today's pages had in data.
func (e *estimate) paid(ids []string) (n int64) {
	today := e.Ledger.Paid(e.Today, schemas.Space, false)
	for _, id := range ids {
		if today[id] {
			n++
		}
	}
	return n
}

// overlapping is a guess of different things of which so many were counted at
// several places: a part may be the same.
func overlapping(n guess) guess {
	n.variance += n.mean * n.mean / 36 // down to half of them, at three deviations
	return n
}

func (e *estimate) tweets(spaces guess) {
	if !e.plan.Tweets {
		return
	}
	spaces = overlapping(spaces)
	n := e.add(schemas.Tweets, spaces, rateTweets)
	e.part(schemas.Tweets).requests = spaces.plus(e.Ledger.history.of(rateTweetPages, spaces))
	e.include(schemas.Tweets, schemas.User, rateTweetPeople, n)
	e.include(schemas.Tweets, schemas.Tweet, rateTweetTweets, n)
}

func (e *estimate) buyers(spaces guess) {
	if !e.plan.Buyers {
		return
	}
	ticketed := e.Ledger.history.of(rateTicketed, spaces)
	n := e.add(schemas.Buyers, ticketed, rateBuyers)
	e.part(schemas.Buyers).requests = ticketed.plus(e.Ledger.history.of(rateBuyerPages, ticketed))
	e.include(schemas.Buyers, schemas.User, rateBuyerUsers, n)
	e.include(schemas.Buyers, schemas.Tweet, rateBuyerTweets, n)
}

// lookups adds the users asked for by id: those that no answer includes, or
// all that no earlier run of the day has seen.
func (e *estimate) lookups(spaces guess) {
	if !e.plan.Users || spaces.mean == 0 {
		return
	}
	var asked guess
	if e.plan.NoExpand {
		asked = e.Ledger.history.of(ratePeople, spaces)
		if e.plan.Tweets {
			asked = asked.plus(e.Ledger.history.of(rateTweetPeople, e.part(schemas.Tweets).objects))
		}
		// The same people are in many Spaces, and some are known today.
		asked.variance += asked.mean * asked.mean / 9
		known := min(float64(len(e.Ledger.Paid(e.Today, schemas.User, true))), asked.mean)
		asked.variance += known * known / 9
	} else {
		asked = e.Ledger.history.of(rateMissing, spaces)
	}
	e.part(schemas.Users).requests = e.batches(asked)
	e.add(schemas.Users, asked, rateLookupsFound)
}

// finish adds money and time.
func (e *estimate) finish(spec schemas.Spec, o *outlay) EndpointForecast {
	part := EndpointForecast{
		Endpoint: spec.Endpoint, Requests: o.requests.Range(), Objects: o.objects.Range(), Paid: o.paid,
		included: map[schemas.Object]Range{},
	}
	price := e.Prices[spec.Data]
	part.Cost.High = price * schemas.Money(part.Objects.High)
	for kind, n := range o.included {
		part.included[kind] = Range{0, n.Range().High}
		part.Included = part.Included.plus(part.included[kind])
		part.Cost.High += e.Prices[kind] * schemas.Money(part.included[kind].High)
	}
	part.Cost.Low = price * schemas.Money(e.fresh(spec, part))
	pace := e.pace(spec)
	part.Windows = pace.windows(part.Requests)
	part.seconds = pace.seconds(part.Requests, spec.Endpoint == schemas.Creators, e.Workers)
	part.Minutes = part.seconds.minutes()
	return part
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
	if spec.Endpoint != schemas.Spaces && spec.Endpoint != schemas.SpaceByID {
		seen = int64(len(e.Ledger.Paid(e.Today, spec.Data, false)))
	}
	n := part.Objects.Low
	if spec.Data == schemas.Tweet {
		n = (n + 1) / 2 // a tweet can have been shared in several Spaces
	}
	return max(0, n-seen)
}
