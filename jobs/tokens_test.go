package jobs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract"
)

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
