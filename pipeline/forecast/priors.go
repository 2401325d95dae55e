package forecast

import (
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/schemas"
)

// priors are what a forecast assumes of a store without history: no more than
// a guess, and wide.
var priors = map[string]prior{
	facts.RateFound:        {mean: 0.8, unknown: 0.3, spread: 0.4, most: 1},
	facts.RateResolved:     {mean: 0.9, unknown: 0.2, spread: 0.3, most: 1},
	facts.RateLive:         {mean: 1, unknown: 0.7, spread: 1.5, most: schemas.SpacesPerCreator},
	facts.RateHits:         {mean: 50, unknown: 25, spread: 30, most: schemas.MaxResults},
	facts.RatePeople:       {mean: 7, unknown: 3, spread: 6, most: 44},
	facts.RateNew:          {mean: 7, unknown: 3, spread: 6, most: 44},
	facts.RateTweetNew:     {mean: 1.5, unknown: 0.7, spread: 1, most: 25},
	facts.RateAlone:        {mean: 9, unknown: 4, spread: 7, most: 44}, // ten speakers, hosts among them, and some invited
	facts.RateMissing:      {mean: 0.2, unknown: 0.2, spread: 1, most: 44},
	facts.RateTicketed:     {mean: 0.05, unknown: 0.05, spread: 0.3, most: 1},
	facts.RateTweets:       {mean: 5, unknown: 4, spread: 40, most: 400},
	facts.RateTweetPages:   {mean: 0.05, unknown: 0.1, spread: 0.5, most: 4},
	facts.RateTweetPeople:  {mean: 1.5, unknown: 0.7, spread: 1, most: 25},
	facts.RateTweetTweets:  {mean: 0.8, unknown: 0.6, spread: 1, most: 13},
	facts.RateBuyers:       {mean: 50, unknown: 40, spread: 100, most: 400},
	facts.RateBuyerPages:   {mean: 0.5, unknown: 0.5, spread: 1, most: 4},
	facts.RateBuyerUsers:   {mean: 0.1, unknown: 0.2, spread: 0.5, most: 5},
	facts.RateBuyerTweets:  {mean: 1, unknown: 0.4, spread: 1, most: 2},
	facts.RateLookupsFound: {mean: 0.95, unknown: 0.1, spread: 0.3, most: 1},
}

// knows reports whether a rate was observed often enough to count.
func knows(h facts.History, name string) bool { return h[name] != nil && h[name].N >= fewest }

// of returns how many come with x.
func of(h facts.History, name string, x guess) guess { return priors[name].of(h[name], x) }
