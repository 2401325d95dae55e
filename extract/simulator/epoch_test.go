package simulator

import (
	"encoding/json"
	"testing"
	"time"
)

// A world of years later is as fresh as the fixed one.
func TestAWorldIsAroundItsEpoch(t *testing.T) {
	at := time.Date(2031, 3, 4, 17, 3, 59, 0, time.UTC)
	s := New(Config{Epoch: at})
	for _, id := range s.SpaceIDs(1000) {
		sp, _ := s.Space(id)
		var right bool
		switch sp.State {
		case stateLive:
			right = sp.EndedAt == nil && between(*sp.StartedAt, at.Add(-3*time.Hour), at)
		case stateScheduled:
			right = sp.StartedAt == nil && sp.EndedAt == nil && between(*sp.ScheduledStart, at, at.AddDate(0, 0, 15))
		case stateEnded:
			right = between(*sp.EndedAt, at.AddDate(0, 0, -30), at) && between(*sp.StartedAt, sp.EndedAt.Add(-4*time.Hour), *sp.EndedAt)
		}
		if !right || sp.CreatedAt.After(at) || sp.StartedAt != nil && sp.CreatedAt.After(*sp.StartedAt) ||
			sp.ScheduledStart != nil && sp.ScheduledStart.Second() != 0 {
			t.Errorf("at %s: %+v", at, sp)
		}
	}
}

// between reports whether a time lies within two, or is one.
func between(t, from, to time.Time) bool { return !t.Before(from) && !t.After(to) }

func TestAnEpochMovesTimesAndNothingElse(t *testing.T) {
	at := time.Date(2031, 3, 4, 17, 3, 59, 999, time.FixedZone("", 3600))
	fixed, moved := New(Config{}), New(Config{Epoch: at})
	shift := at.Truncate(time.Second).Sub(defaultEpoch())
	for _, kind := range []string{kindSpace, kindUser, kindTweet, kindPoll} {
		keys := keysOf(fixed, kind)
		if len(keys) < 5 {
			t.Errorf("%s: only %d looked at", kind, len(keys))
		}
		for _, key := range keys {
			if got, want := described(t, moved, kind, key, 0), described(t, fixed, kind, key, shift); got != want {
				t.Fatalf("%s %s:\n got %s\nwant %s", kind, key, got, want)
			}
		}
	}
}

// keysOf are things of the world, by kind.
func keysOf(s *Simulator, kind string) (keys []string) {
	spaces := s.SpaceIDs(1000)
	for _, tweet := range s.SpaceTweets(spaces[1]) {
		tw, _ := s.Tweet(tweet)
		switch kind {
		case kindTweet:
			keys = append(keys, tweet)
		case kindPoll:
			keys = append(keys, tw.PollIDs...)
		}
	}
	switch kind {
	case kindSpace:
		return spaces
	case kindUser:
		return append(s.CreatorIDs(200), s.Buyers(spaces[0])...)
	}
	return keys
}

// described writes a thing with its times moved on, but for when a Space was
// planned to start, which is rounded.
func described(t *testing.T, s *Simulator, kind, key string, by time.Duration) string {
	t.Helper()
	thing, ok := s.object(kind, key)
	text, err := json.Marshal(thing)
	var fields map[string]any
	if !ok && kind != kindTweet || err != nil || json.Unmarshal(text, &fields) != nil {
		t.Fatalf("%s %s: %s, %v", kind, key, text, err)
	}
	delete(fields, "scheduled_start")
	move(fields, by)
	text, _ = json.Marshal(fields) // it was JSON
	return string(text)
}

func move(fields map[string]any, by time.Duration) {
	for name, v := range fields {
		switch v := v.(type) {
		case map[string]any:
			move(v, by)
		case string:
			if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
				fields[name] = at.Add(by).Format(time.RFC3339Nano)
			}
		}
	}
}
