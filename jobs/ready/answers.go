package ready

import (
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/schemas"
)

// CheckSeeds says what is wrong with creators, searches or ids.
func CheckSeeds(key string, seeds []string) error {
	s := jobs.Spec{}
	switch key {
	case "creators":
		s.Creators = seeds
	case "ids":
		s.IDs = slices.Clone(seeds) // Check cuts links
	default:
		for _, query := range seeds {
			s.Search = append(s.Search, jobs.Search{Query: query})
		}
	}
	return asError(s.Check())
}

// CheckWith says what is wrong with a job's with.
func CheckWith(with []string) error {
	s := jobs.Spec{IDs: []string{"a"}, With: with}
	return asError(s.Check())
}

// CheckBudget says what is wrong with an amount of dollars.
func CheckBudget(usd string) error {
	amount, err := schemas.ParseMoney(usd)
	if err == nil && amount == 0 {
		err = fmt.Errorf("nothing")
	}
	if err != nil {
		return fmt.Errorf("%q is %w", outside.Clip(usd), err)
	}
	return nil
}

func asError(problems []jobs.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &jobs.InvalidError{Problems: problems}
}
