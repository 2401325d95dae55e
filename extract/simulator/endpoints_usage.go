package simulator

import (
	"strconv"
	"strings"
	"time"
)

const (
	projectID     = "100000000001"
	clientAppID   = "10000001"
	monthlyPosts  = 3_000_000
	cycleResetDay = 1
	freeCredit    = 1000.0 // dollars shown when credit is unlimited
)

// usage counts tweets only, as billed: those of expansions where these are. It
// answers with the four recorded keys, and the daily ones on demand.
// Numbers are texts, except in the tweet dialect.
func usage(c *call) (any, object, *failure) {
	days, fail := c.query.number("days", 1, 90, 7)
	if fail != nil {
		return nil, nil, fail
	}
	number := func(n int) any {
		if c.s.config.Dialect == dialectTweet {
			return n
		}
		return strconv.Itoa(n)
	}
	limit := monthlyPosts
	if n := c.s.config.Billing.PostCap; n > 0 {
		limit = n
	}
	data := obj("cap_reset_day", cycleResetDay, "project_cap", number(limit), "project_id", projectID,
		"project_usage", number(c.s.ledger.postsOfCycle(c.s.config.Now())))
	asked := setOf(strings.Split(c.query.Get("usage.fields"), ",")...)
	daily := daily(c, days, number)
	if asked["daily_project_usage"] {
		var id any = projectID
		if c.s.config.Dialect == dialectTweet {
			id = literal(projectID)
		}
		data.add("daily_project_usage", obj("project_id", id, "usage", daily))
	}
	if asked["daily_client_app_usage"] {
		data.add("daily_client_app_usage", []object{obj("client_app_id", clientAppID, "usage", daily, "usage_result_count", len(daily))})
	}
	return data, nil, nil
}

func daily(c *call, days int, number func(int) any) []object {
	var list []object
	today := c.s.config.Now().UTC().Truncate(24 * time.Hour)
	for i := range days {
		day := today.AddDate(0, 0, i-days+1)
		list = append(list, obj("date", day.Format(timeLayout), "usage", number(c.s.ledger.postsOn(day.Format(time.DateOnly)))))
	}
	return list
}

// credits shows what is left to spend.
func credits(c *call) (any, object, *failure) {
	left := c.s.config.Billing.CreditUSD
	if left == 0 {
		left = freeCredit
	}
	left -= c.s.ledger.report().Dollars
	return obj("free_balance", 0.0, "free_grants", []object{}, "prepaid_balance", left, "total_balance", left), nil, nil
}
