package extract

import (
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

func TestCapacityIsWhatTheTokensMaySend(t *testing.T) {
	user := func(name, owner string) Credential {
		return Credential{Name: name, Kind: UserCredential, Owner: owner, Source: secret(name)}
	}
	for _, c := range []struct {
		name     string
		cfg      Config
		endpoint schemas.Endpoint
		want     Capacity
	}{
		{"an app token", Config{AppToken: appToken}, schemas.Tweets, Capacity{1, 300, 300, 1}},
		{"an app token has no buyers", Config{AppToken: appToken}, schemas.Buyers, Capacity{}},
		{"the user token is kept for buyers", Config{AppToken: appToken, UserToken: userToken}, schemas.Tweets, Capacity{1, 300, 300, 1}},
		{"the user token has buyers", Config{AppToken: appToken, UserToken: userToken}, schemas.Buyers, Capacity{1, 300, 300, 1}},
		{"alone it has everything", Config{UserToken: userToken}, schemas.Users, Capacity{1, 900, 900, 1}},
		{"accounts work together", Config{AppToken: appToken, Credentials: []Credential{user("a", "11"), user("b", "12")}}, schemas.Tweets, Capacity{3, 900, 900, 1}},
		{"users' limits differ", Config{AppToken: appToken, Credentials: []Credential{user("a", "11"), user("b", "12")}}, schemas.Users, Capacity{3, 2100, 2100, 1}},
		{"buyers are one creator's", Config{AppToken: appToken, Credentials: []Credential{user("a", "11"), user("b", "12"), user("c", "12")}}, schemas.Buyers, Capacity{3, 900, 300, 1}},
		{"two tokens of the only creator", Config{Credentials: []Credential{user("b", "12"), user("c", "12")}}, schemas.Buyers, Capacity{2, 600, 600, 1}},
		{"unknown owners are two", Config{Credentials: []Credential{user("b", ""), user("c", "")}}, schemas.Buyers, Capacity{2, 600, 300, 1}},
		{"two apps", Config{AppToken: appToken, Credentials: []Credential{{Name: "y", Kind: AppCredential, App: "y", Source: secret("y")}}}, schemas.Creators, Capacity{2, 600, 600, 2}},
		{"usage is the app's", Config{AppToken: appToken, Credentials: []Credential{user("a", "11")}}, schemas.Usage, Capacity{1, 50, 50, 1}},
	} {
		if got := newClient(t, c.cfg).Capacity(c.endpoint); got != c.want {
			t.Errorf("%s: %s: got %+v, want %+v", c.name, c.endpoint, got, c.want)
		}
	}
}
