package main

import (
	stdflag "flag"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
)

// The accounts of the token file have the app they were logged in with.
func TestAccountsHaveTheirApps(t *testing.T) {
	t.Setenv("X_BEARER_TOKEN", "")
	t.Setenv("X_USER_TOKEN", "")
	s := newExpiring(t)
	path := tokenFile(t, s.account("host", s.creator, "one"), s.account("guest", s.guest, "two"))
	flags := stdflag.NewFlagSet("run", stdflag.ContinueOnError)
	flags.String("token-file", path, "")
	found, err := findTokens(cli.NewContext(nil, flags, nil), jobs.Spec{BaseURL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	apps := map[string]string{}
	for _, a := range found.accounts {
		apps[a.Name] = a.App
	}
	if diff := cmp.Diff(map[string]string{"host": "one", "guest": "two"}, apps); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
}

func TestAppsAreToldApartWhereThereAreSeveral(t *testing.T) {
	for _, c := range []struct {
		name      string
		app, want []string
	}{
		{"none", nil, nil},
		{"one app, whose bearer token may be in the environment", []string{"one", "one"}, []string{"", ""}},
		{"one and an app-only token that may be its", []string{"one", ""}, []string{"", ""}},
		{"two", []string{"one", "two", "one", ""}, []string{"one", "two", "one", ""}},
	} {
		var accounts []extract.Credential
		for _, app := range c.app {
			accounts = append(accounts, extract.Credential{App: app})
		}
		tellApart(accounts)
		var got []string
		for _, a := range accounts {
			got = append(got, a.App)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
