package forecast

import (
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// estimate is a forecast being made.
type estimate struct {
	Forecaster
	plan store.Plan
	all  map[schemas.Endpoint]*outlay
	// split are the endpoints whose requests the budget may split.
	split map[schemas.Endpoint]bool
}

// outlay is what one endpoint is guessed to return.
type outlay struct {
	requests, objects guess
	included          map[schemas.Object]guess
	paid              int64

	ids   guess // asked for, in all requests
	batch int   // most ids of a request
	alone guess // users included when each Space is asked for alone
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
		n = of(e.Ledger.History, rate, x)
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
		part.included[kind] = part.included[kind].plus(of(e.Ledger.History, rate, data))
	}
}

// addSpaces is add for Spaces, which bring people in.
func (e *estimate) addSpaces(name schemas.Endpoint, x guess, rate string) guess {
	n := e.add(name, x, rate)
	e.include(name, schemas.User, facts.RatePeople, n)
	if part := e.part(name); part.included[schemas.User].mean > 0 {
		part.alone = part.alone.plus(of(e.Ledger.History, facts.RateAlone, n))
	}
	return n
}

// spaces adds what finds Spaces and returns how many different ones that is.
func (e *estimate) spaces(seeds []schemas.Request) guess {
	var distinct guess
	creators, named := known(len(e.plan.Creators)), guess{}
	for _, r := range seeds {
		part := e.part(r.Endpoint)
		part.requests = part.requests.plus(known(1))
		part.ids, part.batch = part.ids.plus(known(len(r.IDs))), max(part.batch, len(r.IDs))
		switch n := known(len(r.IDs)); r.Endpoint {
		case schemas.Usernames:
			named = named.plus(e.add(r.Endpoint, n, facts.RateResolved))
		case schemas.Spaces, schemas.SpaceByID:
			distinct = distinct.plus(e.addSpaces(r.Endpoint, n, facts.RateFound))
			part.paid += e.paid(r.IDs)
		case schemas.Search:
			distinct = distinct.plus(e.addSpaces(r.Endpoint, known(1), facts.RateHits))
		case schemas.Posts: // with what comes with others
			rates := facts.RatesOf(schemas.Tweets.Spec())
			n = e.add(r.Endpoint, n, "")
			e.include(r.Endpoint, schemas.User, rates.Users, n)
			e.include(r.Endpoint, schemas.Tweet, rates.Tweets, n)
		}
	}
	if e.plan.Self {
		e.part(schemas.Me).requests = known(1)
		e.add(schemas.Me, known(1), "")
	}
	if all := creators.plus(named); all.mean > 0 {
		distinct = distinct.plus(e.addSpaces(schemas.Creators, all, facts.RateLive))
		e.ask(schemas.Creators, all)
		if creators.mean > 0 && named.mean > 0 { // those with names come later
			e.part(schemas.Creators).requests = e.batches(creators).plus(e.batches(named))
		}
	}
	return distinct
}

// ask asks for ids by the hundred.
func (e *estimate) ask(name schemas.Endpoint, ids guess) {
	part := e.part(name)
	part.requests, part.ids = e.batches(ids), ids
	part.batch = int(min(ids.Range().High, schemas.MaxIDs))
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
	n.variance += n.mean * n.mean / 36 // down to two thirds of them, at two deviations
	return n
}

// followUp adds what is asked of each Space, or of each of some.
func (e *estimate) followUp(spec schemas.Spec, spaces guess) {
	if !e.plan.Follows(spec.Endpoint) {
		return
	}
	name, rates := spec.Endpoint, facts.RatesOf(spec)
	if rates.Some != "" {
		spaces = of(e.Ledger.History, rates.Some, spaces)
	} else {
		spaces = overlapping(spaces)
	}
	n := e.add(name, spaces, rates.Objects)
	e.part(name).requests = spaces.plus(of(e.Ledger.History, rates.Pages, spaces))
	e.include(name, schemas.User, rates.Users, n)
	e.include(name, schemas.Tweet, rates.Tweets, n)
}

// lookups adds the users asked for by id: those that no answer includes, or
// all that no earlier run of the day has seen.
func (e *estimate) lookups(spaces guess) {
	if !e.plan.Users || spaces.mean == 0 {
		return
	}
	var asked guess
	if e.plan.NoExpand {
		asked = of(e.Ledger.History, facts.RateNew, spaces)
		if e.plan.Dialect == schemas.PostDialect {
			asked.likely = 0 // its Spaces name nobody that they do not expand
		}
		for _, spec := range schemas.FollowUps() {
			if rates := facts.RatesOf(spec); rates.New != "" && e.plan.Follows(spec.Endpoint) {
				asked = asked.plus(of(e.Ledger.History, rates.New, e.part(spec.Endpoint).objects))
			}
		}
		// The same people are in many Spaces, how many nobody knows without
		// history, and with it of a job of another size; some are known today.
		part := asked.mean / 3
		if knows(e.Ledger.History, facts.RateNew) {
			part = asked.mean / 6
		}
		asked.variance += part * part
		known := min(float64(len(e.Ledger.Paid(e.Today, schemas.User, true))), asked.mean)
		asked.variance += known * known / 9
	} else {
		asked = of(e.Ledger.History, facts.RateMissing, spaces)
	}
	e.ask(schemas.Users, asked)
	e.add(schemas.Users, asked, facts.RateLookupsFound)
}
