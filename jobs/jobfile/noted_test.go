package jobfile

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatAStoreAdvisesRunsAJob(t *testing.T) {
	for _, c := range []struct{ words, want, doubt string }{
		{"run --ids 1SLjjRYNejbKM --store /s", "run --ids 1SLjjRYNejbKM --store /s", ""},
		{"run --ids a --strict --no-users=false --store /old", "run --ids a --strict --no-users=false --store /s", ""},
		{"run --search --base-url --store /s", "run --search --base-url --store /s", ""}, // what follows --search is searched for
		{"run --base-url http://127.0.0.1:80 --ids a", "run --base-url http://127.0.0.1:80 --ids a", ""},
		{"run --base-url https://api.x.com", "run --base-url https://api.x.com", ""},
		{"run --base-url https://evil.example --ids a", "", "to https://evil.example"},
		{"run --base-url https://user:word@evil.example/path", "", "to https://evil.example"},
		{"run --base-url=https://evil.example", "", "no value"},
		{"run -base-url https://evil.example", "", "-base-url is not"},
		{"run --base-url", "", "no value"},
		{"run --ids a --ping-url https://evil.example/p", "", "--ping-url is not"},
		{"run --ids a --metrics-file /home/me/.profile", "", "--metrics-file is not"},
		{"run --file /s/job.yaml --allow-files", "", "--allow-files is not"},
		{"run /s/job.yaml", "", "/s/job.yaml is not"},
		{"run --token-file /s/tokens.json", "", "--token-file is not"},
		{"auth logout", "", "no run"},
		{"", "", "no run"},
	} {
		command, doubt := Noted(strings.Fields(c.words), func(string) string { return "/s" })
		if !slices.Equal(command, strings.Fields(c.want)) || !strings.Contains(doubt, c.doubt) || (doubt == "") != (c.doubt == "") {
			t.Errorf("%q: %q, %q; want %q, %q", c.words, command, doubt, c.want, c.doubt)
		}
	}
}
