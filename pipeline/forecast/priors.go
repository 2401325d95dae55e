package forecast

import (
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/schemas"
)

// priors are what a forecast assumes of a store without history: no more than
// a guess, and wide. Means and deviations are of the simulator's jobs at large, most
// is of the API's bounds and of those assumed where it has none. What is likely lies
// between jobs as different as can be, as many times over the least as under the
// most: of Spaces without a tweet and of those that all have some, of searches that
// find three and a hundred, of lists of which a tenth is there and all.
var priors = map[string]prior{
	facts.RateFound:                        {mean: 0.8, unknown: 0.3, spread: 0.4, most: 1, likely: 0.7},
	facts.RateResolved:                     {mean: 0.9, unknown: 0.2, spread: 0.3, most: 1, likely: 0.9},
	facts.RateLive:                         {mean: 1, unknown: 0.7, spread: 1.5, most: schemas.SpacesPerCreator, likely: 1.3},
	facts.RateHits:                         {mean: 50, unknown: 25, spread: 30, most: schemas.MaxResults, likely: 17},
	facts.RatePeople:                       {mean: 7, unknown: 3, spread: 6, most: 44, likely: 6},
	facts.RateNew:                          {mean: 7, unknown: 3, spread: 6, most: 44, likely: 5},
	"users per tweet not on earlier pages": {mean: 1.5, unknown: 0.7, spread: 1, most: 25, likely: 1},
	facts.RateAlone:                        {mean: 9, unknown: 4, spread: 7, most: 44, likely: 7}, // ten speakers, hosts among them, and some invited
	facts.RateMissing:                      {mean: 0.2, unknown: 0.2, spread: 1, most: 44, likely: 0.1},
	"spaces with buyers per space":         {mean: 0.05, unknown: 0.05, spread: 0.3, most: 1, likely: 0.03},
	"tweets per space":                     {mean: 5, unknown: 4, spread: 40, most: 400, likely: 6},
	"further pages of tweets per space":    {mean: 0.05, unknown: 0.1, spread: 0.5, most: 4, likely: 0.05},
	"users per tweet":                      {mean: 1.5, unknown: 0.7, spread: 1, most: 25, likely: 1.3},
	"included tweets per tweet":            {mean: 0.8, unknown: 0.6, spread: 1, most: 13, likely: 1},
	"buyers per space":                     {mean: 50, unknown: 40, spread: 100, most: 400, likely: 30},
	"further pages of buyers per space":    {mean: 0.5, unknown: 0.5, spread: 1, most: 4, likely: 0.5},
	"included users per buyer":             {mean: 0.1, unknown: 0.2, spread: 0.5, most: 5, likely: 0.1},
	"included tweets per buyer":            {mean: 1, unknown: 0.4, spread: 1, most: 2, likely: 1},
	facts.RateLookupsFound:                 {mean: 0.95, unknown: 0.1, spread: 0.3, most: 1, likely: 0.95},
}

// knows reports whether a rate was observed often enough to count.
func knows(h facts.History, name string) bool { return h[name] != nil && h[name].N >= fewest }

// of returns how many come with x.
func of(h facts.History, name string, x guess) guess { return priors[name].of(h[name], x) }
