package simulator

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestIDsRoundTrip(t *testing.T) {
	w := newWorld(7, 1_000_000, defaultEpoch())
	spaceForm := regexp.MustCompile(`^[a-zA-Z0-9]{13}$`)
	number := regexp.MustCompile(`^[0-9]{10,19}$`)
	for index := uint64(0); index < w.spaces; index += 9973 {
		id := w.spaceID(index)
		if got, ok := w.spaceIndex(id); !ok || got != index || !spaceForm.MatchString(id) {
			t.Fatalf("space %d: id %s reads as %d, %v", index, id, got, ok)
		}
		id = w.userID(index)
		if got, ok := w.userIndex(id); !ok || got != index || !number.MatchString(id) {
			t.Fatalf("user %d: id %s reads as %d, %v", index, id, got, ok)
		}
		name := w.username(index)
		if got, ok := w.usernameIndex(strings.ToUpper(name)); !ok || got != index || !validUsername(name) {
			t.Fatalf("user %d: name %s reads as %d, %v", index, name, got, ok)
		}
		if !slices.Contains(w.spacesOf(w.creator(index)), index) {
			t.Fatalf("space %d is not among those of its creator", index)
		}
	}
	for _, wrong := range []string{"", "1", "zzzzzzzzzzzzz", w.spaceID(w.spaces), strings.ToLower(w.spaceID(3))} {
		if index, ok := w.spaceIndex(wrong); ok {
			t.Errorf("%q reads as space %d", wrong, index)
		}
	}
}

func TestEverySpaceHasOneCreator(t *testing.T) {
	for _, n := range []int{10, 11, 997, 1000} {
		w := newWorld(3, n, defaultEpoch())
		seen := map[uint64]int{}
		for c := range w.creators {
			for _, index := range w.spacesOf(c) {
				seen[index]++
			}
		}
		equal(t, "spaces with a creator", len(seen), n)
		for index, times := range seen {
			equal(t, "creators of a space", times, 1)
			_ = index
		}
	}
}

func TestTweetsLeadToTweets(t *testing.T) {
	w := newWorld(1, 1000, defaultEpoch())
	var withMedia, withPoll, withEdits, withNote, referenced int
	for i := range uint64(250) {
		tw := w.tweet(spot{owner: 1, ordinal: i})
		at, ok := w.tweetSpot(tw.ID)
		if !ok || !reflect.DeepEqual(w.tweet(at), tw) {
			t.Fatalf("tweet %s does not lead back to itself", tw.ID)
		}
		for _, ref := range tw.References {
			referenced++
			if _, ok := w.tweetSpot(ref.ID); !ok {
				t.Errorf("tweet %s refers to nothing: %v", tw.ID, ref)
			}
		}
		for _, id := range tw.EditHistoryIDs {
			if at, ok := w.tweetSpot(id); !ok || !slices.Equal(w.tweet(at).EditHistoryIDs, tw.EditHistoryIDs) {
				t.Errorf("version %s of %s has another history", id, tw.ID)
			}
		}
		for _, key := range tw.MediaKeys {
			withMedia++
			if m, ok := w.media(key); !ok || m.Key != key {
				t.Errorf("tweet %s shows no media %s", tw.ID, key)
			}
		}
		for _, id := range tw.PollIDs {
			withPoll++
			if _, ok := w.pollSpot(id); !ok {
				t.Errorf("tweet %s has no poll %s", tw.ID, id)
			}
		}
		if len(tw.EditHistoryIDs) > 1 {
			withEdits++
		}
		if tw.NoteText != nil {
			withNote++
			if utf8.RuneCountInString(*tw.NoteText) <= 280 {
				t.Errorf("note of %s is short", tw.ID)
			}
		}
		checkEntities(t, tw.Text, tw.Entities)
	}
	for what, n := range map[string]int{"media": withMedia, "polls": withPoll, "edits": withEdits, "notes": withNote, "references": referenced} {
		if n == 0 {
			t.Errorf("no tweet has %s", what)
		}
	}
}

// checkEntities slices the text by code points.
func checkEntities(t *testing.T, text string, e *Entities) {
	t.Helper()
	if e == nil {
		return
	}
	runes := []rune(text)
	for _, h := range e.Hashtags {
		equal(t, "hashtag", string(runes[h.Start:h.End]), "#"+h.Tag)
	}
	for _, m := range e.Mentions {
		equal(t, "mention", string(runes[m.Start:m.End]), "@"+m.Username)
	}
	for _, a := range e.Annotations {
		equal(t, "annotation", string(runes[a.Start:a.End+1]), a.NormalizedText)
	}
	for _, u := range e.URLs {
		equal(t, "link", string(runes[u.Start:u.End]), u.URL)
	}
}

func TestWorldDependsOnSeedAlone(t *testing.T) {
	one, same, other := New(Config{Seed: 5}), New(Config{Seed: 5}), New(Config{Seed: 6})
	describe := func(s *Simulator) string {
		var out []any
		for _, id := range s.SpaceIDs(50) {
			sp, _ := s.Space(id)
			u, _ := s.User(sp.CreatorID)
			out = append(out, sp, u, s.Buyers(id), s.SpaceTweets(id))
		}
		text, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	equal(t, "same seed, same world", describe(one) == describe(same), true)
	equal(t, "other seed, other world", describe(one) == describe(other), false)
}

func TestWorldIsMixed(t *testing.T) {
	s := New(Config{})
	r := s.World()
	for state, want := range map[string]int{stateLive: 200, stateScheduled: 200, stateEnded: 600} {
		if got := r.States[state]; got < want*8/10 || got > want*12/10 {
			t.Errorf("%s: got %d, want about %d", state, got, want)
		}
	}
	if r.Ticketed < 50 || r.Ticketed > 100 {
		t.Errorf("ticketed: got %d, want 50 to 100", r.Ticketed)
	}
	if r.Tweeted < 70 || r.Tweeted > 130 {
		t.Errorf("with tweets: got %d, want about 100", r.Tweeted)
	}
	if n := len(s.hits(s.SearchWord(), "all", 100, 0)); n < 10 || n > 90 {
		t.Errorf("search word %q: got %d hits, want 10 to 90", s.SearchWord(), n)
	}
	user, spaces := s.TicketedCreator()
	if _, ok := s.User(user); !ok || len(spaces) == 0 || len(s.Buyers(spaces[0])) <= 100 && len(s.Buyers(s.SpaceIDs(1)[0])) <= 100 {
		t.Errorf("ticketed creator %s: got spaces %v", user, spaces)
	}
	if len(s.SuspendedUserIDs(5)) == 0 {
		t.Error("nobody is suspended")
	}
}

func TestBigWorldIsBuiltAtOnce(t *testing.T) {
	from := time.Now()
	s := New(Config{Spaces: 1_000_000})
	id := s.world.spaceID(999_999)
	if _, ok := s.Space(id); !ok {
		t.Fatal("last space is missing")
	}
	s.hits("nosuchword", "all", 100, 0)
	if took := time.Since(from); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestEvolvingSpacesEnd(t *testing.T) {
	c := newClock()
	s := New(Config{Evolve: true, Now: c.now})
	id := s.SpaceIDsByState(stateScheduled, 1)[0]
	before, _ := s.Space(id)
	c.advance(10 * time.Minute)
	after, _ := s.Space(id)
	equal(t, "state before", before.State, stateScheduled)
	equal(t, "state after", after.State, stateEnded)
	if before.StartedAt != nil || after.StartedAt == nil || after.EndedAt == nil || after.EndedAt.Before(*after.StartedAt) {
		t.Errorf("times: before %+v, after %+v", before, after)
	}
}
