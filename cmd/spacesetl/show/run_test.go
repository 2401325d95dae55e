package show

import (
	"bytes"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
)

func TestTokensAreListedWhereThereAreSeveral(t *testing.T) {
	all := map[string]extract.Tally{"user token (host)": {Requests: 1234, Pages: 1200, Waited: 90 * time.Second}}
	want := ""
	for _, name := range []string{"", "app-only token (app)"} {
		if name != "" {
			all[name] = extract.Tally{Requests: 7, Pages: 7}
			want = "\n" +
				"                 token  requests  pages  waited\n" +
				"  app-only token (app)         7      7      0s\n" +
				"     user token (host)     1,234  1,200   1m30s\n"
		}
		var out bytes.Buffer
		if err := printTokens(&out, extract.Stats{Tokens: all}); err != nil || out.String() != want {
			t.Errorf("%d tokens: got\n%s\nwant\n%s", len(all), out.String(), want)
		}
	}
}
