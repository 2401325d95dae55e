package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// names are the paths of all values in a JSON text, lists as [].
func names(value any, path string, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, below := range v {
			names(below, strings.TrimPrefix(path+"."+name, "."), into)
		}
	case []any:
		for _, below := range v {
			names(below, path+"[]", into)
		}
	default:
		into[path] = true
	}
}

// What programs read of plan and cost keeps its names: one that is missing
// breaks somebody's report.
func TestJSONNamesOfMoneyStay(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	world := simulator.New(simulator.Config{Spaces: 200, NoRateLimits: true, CreatorSpacing: -1})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "names", BaseURL: server.URL, IDs: world.SpaceIDs(30), With: []string{"tweets"}, To: []string{"parquet"}}
	spec.Store = newStore(t, spec)
	for want, args := range map[string][]string{
		"job endpoints[].endpoint endpoints[].requests.low endpoints[].requests.high endpoints[].objects.low endpoints[].objects.high " +
			"endpoints[].included.low endpoints[].included.high endpoints[].paid endpoints[].windows.low endpoints[].windows.high endpoints[].minutes.low " +
			"endpoints[].minutes.high endpoints[].usd.low endpoints[].usd.high requests.low requests.high minutes.low minutes.high usd.low usd.high " +
			"usd_likely.low usd_likely.high posts_month.low posts_month.high split.requests split.usd split.usd_enough runs usd_aside tokens.app tokens.user wide[].assumption wide[].usd wide[].advice " +
			"budget.usd_per_run batch.saving_percent batch.usd.low batch.usd.high batch.usd_likely.low batch.usd_likely.high": {
			"plan", "--name", "names", "--ids", strings.Join(spec.IDs, ","), "--with", "tweets", "--budget-run", "1"},
		"days[].name days[].returned days[].repeated days[].included days[].usd_low days[].usd_high endpoints[].name resources[].name runs[].name jobs[].name " +
			"usd_low usd_high usd_lost": {"cost"},
		"project cap resource usd_each days[].name days[].low days[].high days[].api days[].difference total.name total.low total.high total.api total.difference " +
			"cycle.name cycle.low cycle.high cycle.api cycle.difference fits[].expansions_billed fits[].repeats_billed apps[].app apps[].api " +
			"credits.usd credits.usd_free credits.usd_prepaid": {"cost", "--reconcile", "--base-url", spec.BaseURL},
	} {
		var value any
		if err := json.Unmarshal(printedJSON(t, append(args, "--store", spec.Store, "--output", "json")), &value); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		names(value, "", got)
		for name := range strings.FieldsSeq(want) {
			if !got[name] {
				t.Errorf("%v: there is no %s among %v", args[:1], name, slices.Sorted(maps.Keys(got)))
			}
		}
	}
}

// printedJSON is what the program prints, run as a child with an app token.
func printedJSON(t *testing.T, args []string) []byte {
	t.Helper()
	program, err := exec.LookPath("spacesetl") // the test binary, see TestMain
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "X_BEARER_TOKEN=token-of-the-names-test", "X_USER_TOKEN=", "XDG_CONFIG_HOME="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, stderr.String())
	}
	return stdout.Bytes()
}
