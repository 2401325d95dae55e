// Package policy says how long a store keeps what.
package policy

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Shortest is how long anything is kept at least: until then a run can go on, an answer
// that was lost can be repeated, and a member that was refused is not asked for again.
const Shortest = 40 * 24 * time.Hour

// Age reads how long something is kept: a number of days, weeks or years, such as 90d,
// 26w or 2y, and Shortest at least.
func Age(text string) (time.Duration, error) {
	span, err := Span(text)
	if err == nil && span < Shortest {
		return 0, fmt.Errorf("is too short: runs need what those of the last %d days have left", Shortest/(24*time.Hour))
	}
	return span, err
}

// Span reads a number of days, weeks or years, such as 7d.
func Span(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	units := map[byte]time.Duration{'d': day, 'w': 7 * day, 'y': 365 * day}
	var n int
	var err error = strconv.ErrSyntax
	if text != "" && units[text[len(text)-1]] > 0 {
		n, err = strconv.Atoi(text[:len(text)-1])
	}
	if err != nil || n < 0 || n > 36500 {
		return 0, errors.New("is not a number of days, weeks or years, such as 90d, 26w or 2y")
	}
	return time.Duration(n) * units[text[len(text)-1]], nil
}

// Policy says what is removed, and when.
type Policy struct {
	Raw     time.Duration // pages of runs of months that have been over for longer; see Age
	Parquet time.Duration // Parquet files of the same; 0 of either keeps them for good
	History time.Duration // versions of rows that ended so long ago, in the database; 0 keeps them for good
	Archive string        // folder that pages and files go into before; empty for none
}

// Set takes in a key of a job's keep. The error goes on from the key.
func (p *Policy) Set(key, text string) (err error) {
	switch key {
	case "raw":
		p.Raw, err = Age(text)
	case "parquet":
		p.Parquet, err = Age(text)
	case "history":
		p.History, err = Age(text)
	case "archive":
		if p.Archive = text; text == "" { // as of a variable that is not set: what goes would be gone
			err = errors.New("is no folder: leave it out for no archive")
		}
	default:
		return errors.New("is none of its keys, raw, parquet, history and archive")
	}
	if err != nil {
		err = fmt.Errorf("%.40q %w", text, err)
	}
	return err
}

// Removes reports whether there is anything that is not kept for good.
func (p Policy) Removes() bool { return p.Raw > 0 || p.Parquet > 0 || p.History > 0 }

// HistoriesSince is the time before which versions have ended that go now, the first of a
// month; the zero time where all stay.
func (p Policy) HistoriesSince(now time.Time) time.Time {
	if p.History == 0 {
		return time.Time{}
	}
	at := now.Add(-p.History).UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}
