package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// MaxUsageDays is how far back the API tells what was read.
const MaxUsageDays = 90

const usageParam = "usage.fields"

func usageFields() []string {
	return []string{"cap_reset_day", "daily_client_app_usage", "daily_project_usage", "project_cap", "project_id", "project_usage"}
}

// Usage is the API's own count of what a project has read: posts (tweets) of
// all its apps together, and nothing else. The API has no count of Spaces and
// users.
type Usage struct {
	Project  string // its id
	Posts    int64  // read in the cycle
	Cap      int64  // posts of a cycle; 0 when the API does not say
	ResetDay int    // day of the month on which a cycle begins; 0 when the API does not say
	// Days are the posts read on each UTC day, oldest first; nil when the API
	// does not say. Apps are the same by app.
	Days []DayUsage
	Apps []AppUsage
}

// DayUsage is how many posts were read on a UTC day.
type DayUsage struct {
	Day   string // YYYY-MM-DD
	Posts int64
}

// AppUsage is what one app of the project has read.
type AppUsage struct {
	ID   string // of the client app
	Days []DayUsage
}

// Usage asks what the project of the app tokens has read in the last days, of
// which there can be 1 to MaxUsageDays; today is one. It waits and tries again
// as Fetch does and returns the same errors, or a *StatusError for a refusal.
func (r *Retry) Usage(ctx context.Context, days int) (Usage, error) {
	body, err := r.account(ctx, schemas.Request{Endpoint: schemas.Usage, Query: strconv.Itoa(days)})
	if err != nil {
		return Usage{}, err
	}
	var data usageData
	if err := json.Unmarshal(body, &data); err != nil {
		return Usage{}, fmt.Errorf("%s: the answer cannot be read: %w", schemas.Usage, err)
	}
	if data.Usage == nil && data.Daily == nil && data.Apps == nil {
		return Usage{}, fmt.Errorf("%s: the answer has no number of posts", schemas.Usage)
	}
	return data.usage(), nil
}

// Credits is what the account can still spend, in dollars.
type Credits struct {
	Total, Free, Prepaid float64
}

// Credits asks what the account can still spend. Some accounts have no such
// answer: the error is then a *StatusError with status 404.
func (r *Retry) Credits(ctx context.Context) (Credits, error) {
	body, err := r.account(ctx, schemas.Request{Endpoint: schemas.Credits})
	if err != nil {
		return Credits{}, err
	}
	var data struct {
		Total   *decimal `json:"total_balance"`
		Free    decimal  `json:"free_balance"`
		Prepaid decimal  `json:"prepaid_balance"`
	}
	if err := json.Unmarshal(body, &data); err != nil {
		return Credits{}, fmt.Errorf("%s: the answer cannot be read: %w", schemas.Credits, err)
	}
	if data.Total == nil {
		return Credits{}, fmt.Errorf("%s: the answer has no balance", schemas.Credits)
	}
	return Credits{float64(*data.Total), float64(data.Free), float64(data.Prepaid)}, nil
}

// account fetches an answer about the account and returns its data.
func (r *Retry) account(ctx context.Context, req schemas.Request) (json.RawMessage, error) {
	page, err := r.Fetch(ctx, req, nil)
	if err != nil {
		return nil, err
	}
	if !page.OK() {
		p := parseProblem(page.Body)
		return nil, &StatusError{Endpoint: req.Endpoint, Server: r.client.server(), Status: page.Status, Detail: r.client.scrub.text(p.Detail), Body: page.Text}
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(page.Body, &answer); err != nil {
		return nil, fmt.Errorf("%s: the answer cannot be read: %w", req.Endpoint, err)
	}
	if !isObject(answer.Data) {
		return nil, fmt.Errorf("%s: the answer has no data", req.Endpoint)
	}
	return answer.Data, nil
}

// usageData is the answer. Its numbers come as numbers and as texts.
type usageData struct {
	ResetDay decimal    `json:"cap_reset_day"`
	Project  identifier `json:"project_id"`
	Cap      decimal    `json:"project_cap"`
	Usage    *decimal   `json:"project_usage"`
	Daily    *struct {
		Usage []dayData `json:"usage"`
	} `json:"daily_project_usage"`
	Apps []struct {
		ID    identifier `json:"client_app_id"`
		Usage []dayData  `json:"usage"`
	} `json:"daily_client_app_usage"`
}

type dayData struct {
	Date  string  `json:"date"`
	Usage decimal `json:"usage"`
}

func (d *usageData) usage() Usage {
	u := Usage{Project: string(d.Project), Cap: int64(d.Cap), ResetDay: int(d.ResetDay)}
	if d.Usage != nil {
		u.Posts = int64(*d.Usage)
	}
	var all []dayData
	for _, app := range d.Apps {
		u.Apps = append(u.Apps, AppUsage{string(app.ID), byDay(app.Usage)})
		all = append(all, app.Usage...)
	}
	if d.Daily != nil {
		all = d.Daily.Usage
	}
	u.Days = byDay(all)
	return u
}

// byDay adds up what is told of one day. A date that is none is left out.
func byDay(all []dayData) (days []DayUsage) {
	posts := map[string]int64{}
	for _, d := range all {
		day, _, _ := strings.Cut(d.Date, "T")
		if _, err := time.Parse(time.DateOnly, day); err == nil {
			posts[day] += int64(d.Usage)
		}
	}
	for _, day := range slices.Sorted(maps.Keys(posts)) {
		days = append(days, DayUsage{day, posts[day]})
	}
	return days
}

// decimal is a number, or a text that is one.
type decimal float64

// UnmarshalJSON reads both; null is 0.
func (d *decimal) UnmarshalJSON(text []byte) error {
	word := strings.Trim(string(text), `"`)
	if word == "null" {
		return nil
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || n != n || n < -1e15 || n > 1e15 {
		return errors.New(shorten(word, 40) + " is not a number")
	}
	*d = decimal(n)
	return nil
}

// identifier is a text, or a number that stands for one.
type identifier string

// UnmarshalJSON reads both.
func (id *identifier) UnmarshalJSON(text []byte) error {
	*id = identifier(shorten(strings.Trim(string(text), `"`), 40))
	return nil
}
