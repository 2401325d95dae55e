package ready

import (
	"strings"
	"testing"
)

func TestAnswersAreChecked(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{CheckSeeds("creators", []string{"@a", "12"}), ""},
		{CheckSeeds("creators", []string{"a"}), `"a" is neither a user id (digits) nor a username: write @a`},
		{CheckSeeds("creators", nil), "nothing to do"},
		{CheckSeeds("ids", []string{"https://x.com/i/spaces/1nAJErvvVXgxL"}), ""},
		{CheckSeeds("ids", []string{"a/b"}), "is not a Space id"},
		{CheckSeeds("search", []string{"a", strings.Repeat("a", 2049)}), "1 to 2048 characters"},
		{CheckWith([]string{"tweets", "buyers"}), ""},
		{CheckWith([]string{"tweet"}), `did you mean "tweets"`},
		{CheckBudget("0.5"), ""},
		{CheckBudget("0"), `"0" is nothing`},
		{CheckBudget("many"), `"many" is not an amount`},
	} {
		if c.want == "" && c.err != nil || c.want != "" && (c.err == nil || !strings.Contains(c.err.Error(), c.want)) {
			t.Errorf("error %v, want %q in it", c.err, c.want)
		}
	}
}
