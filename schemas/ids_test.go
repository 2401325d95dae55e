package schemas

import (
	"strings"
	"testing"
)

func TestFormsOfIDs(t *testing.T) {
	for id, want := range map[string][3]bool{ // of a Space, of a user, a username
		"": {}, "1SLjjRYNejbKM": {true, false, true}, "1SLjjRYNejbKMx": {false, false, true},
		"9999999999999999999": {false, true, true}, "99999999999999999999": {false, false, true},
		"7": {true, true, true}, "1.5e12": {}, "-5": {}, "a_b": {false, false, true}, "x y": {}, "7\n": {}, "é": {}, "@jack": {},
		strings.Repeat("a", 50): {false, false, true}, strings.Repeat("a", 51): {},
	} {
		if got := [3]bool{IsSpaceID(id), IsUserID(id), IsUsername(id)}; got != want {
			t.Errorf("%q: got %v, want %v", id, got, want)
		}
	}
	for e, want := range map[Endpoint]Object{Spaces: Space, Tweets: Space, Creators: User, Usernames: User, Users: User} {
		if got := e.Asks(); got != want {
			t.Errorf("%s asks for a %s, want %s", e, got, want)
		}
	}
}
