package observe

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// source is what a run that saw a little of everything can be asked.
func source() Source {
	tally := extract.Tally{
		Requests: 3, Retries: 1, Bytes: 5000, Wire: 900, Waited: 1500 * time.Millisecond,
		Status: map[int]int64{200: 2, 0: 1}, Limited: map[extract.LimitKind]int64{extract.LimitWindow: 4},
	}
	return Source{
		Stats: func() extract.Stats {
			return extract.Stats{Tally: tally, Endpoints: map[schemas.Endpoint]extract.Tally{schemas.Tweets: tally}}
		},
		Windows: func() []extract.Window {
			return []extract.Window{{Endpoint: schemas.Tweets, Token: "app-only token (a)", Limit: 300, Remaining: 12, Reset: noon}}
		},
		Budget: func() map[string]schemas.Money { return map[string]schemas.Money{"day": 7_500_000} },
	}
}

// manifest is of a run that loaded something.
func manifest() *store.Manifest {
	return &store.Manifest{
		Tables: []store.TableRows{{Name: "spaces", Rows: 12}}, Drift: map[string]int{"space mood": 5, "user x": 2},
		Errors: map[string]int{"partial resource-not-found": 3}, Dropped: []store.Refusal{{Param: "p"}},
		Missing: []store.Missing{{Kind: schemas.GapRefused}, {Kind: schemas.GapRefused}, {Kind: schemas.GapNotFound, Known: true}}, Cut: []store.Cut{{Pages: 2}},
	}
}

// ranFor is an observer of a run that took a minute and has told of it.
func ranFor(t *testing.T, opts Options, end End) (log string) {
	t.Helper()
	at := noon
	opts.Now = func() time.Time { return at }
	opts.Version, opts.Host = "v1.2.3", "machine"
	o, out := observer(t, opts)
	o.Job("watch")
	o.Source(source())
	o.Progress(fetching())
	at = noon.Add(time.Minute)
	o.Finish(context.Background(), end)
	return out.String()
}

// read is a file of metrics as name{labels} and value.
func read(t *testing.T, path string) map[string]float64 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return parse(t, file)
}

func parse(t *testing.T, text io.Reader) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		maps.Copy(values, valuesOf(family))
	}
	return values
}

// valuesOf are a family's by name{labels}.
func valuesOf(family *dto.MetricFamily) map[string]float64 {
	values := map[string]float64{}
	for _, m := range family.GetMetric() {
		values[family.GetName()+labels(m)] = m.GetGauge().GetValue()
	}
	return values
}

// labels are those of a metric but for the job's and the machine's.
func labels(m *dto.Metric) string {
	var all []string
	for _, l := range m.GetLabel() {
		if n := l.GetName(); n != jobLabel && n != "job" && n != "instance" {
			all = append(all, n+"="+l.GetValue())
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

// theRun is what a successful run's metrics say, whoever they are told.
var theRun = map[string]float64{
	"spacesetl_build_info{version=v1.2.3}":                                          1,
	"spacesetl_run_start_timestamp_seconds{}":                                       float64(noon.Unix()),
	"spacesetl_run_end_timestamp_seconds{}":                                         float64(noon.Unix() + 60),
	"spacesetl_success_timestamp_seconds{}":                                         float64(noon.Unix() + 60),
	"spacesetl_run_duration_seconds{}":                                              60,
	"spacesetl_run_exit_code{}":                                                     0,
	"spacesetl_run_outcome{outcome=done}":                                           1,
	"spacesetl_run_outcome{outcome=failed}":                                         0,
	"spacesetl_run_pages{}":                                                         3310,
	"spacesetl_run_pages_fetched{}":                                                 310,
	"spacesetl_run_cost_dollars{bound=low}":                                         1.2,
	"spacesetl_run_cost_dollars{bound=high}":                                        4.5,
	"spacesetl_budget_left_dollars{period=day}":                                     7.5,
	"spacesetl_run_rows{table=spaces}":                                              12,
	"spacesetl_run_api_errors{problem=partial resource-not-found}":                  3,
	"spacesetl_run_drift_keys{}":                                                    2,
	"spacesetl_run_drift_values{}":                                                  7,
	"spacesetl_run_dropped_fields{}":                                                1,
	"spacesetl_run_requests{endpoint=tweets,status=200}":                            2,
	"spacesetl_run_requests{endpoint=tweets,status=none}":                           1,
	"spacesetl_run_rate_limited{endpoint=tweets,limit=window}":                      4,
	"spacesetl_run_retries{endpoint=tweets}":                                        1,
	"spacesetl_run_waited_seconds{endpoint=tweets}":                                 1.5,
	"spacesetl_run_received_bytes{endpoint=tweets}":                                 5000,
	"spacesetl_run_transferred_bytes{endpoint=tweets}":                              900,
	"spacesetl_window_limit_requests{endpoint=tweets,token=app-only token (a)}":     300,
	"spacesetl_window_remaining_requests{endpoint=tweets,token=app-only token (a)}": 12,
}

func wantMetrics(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s: got %v (there: %t), want %v", name, v, ok, value)
		}
	}
}

func TestTheFileOfMetricsIsWholeAndReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch.prom")
	if log := ranFor(t, Options{MetricsFile: path}, End{Outcome: schemas.Done, Manifest: manifest()}); strings.Contains(log, "WARN") {
		t.Errorf("log: %s", log)
	}
	wantMetrics(t, read(t, path), theRun)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v, want 0644", info.Mode(), err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	problems, err := promlint.New(file).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promtool would say: %v, %v", problems, err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left, want one", len(files))
	}
}

// A run that failed says so, and when the job last succeeded stays known.
func TestAFailedRunKeepsTheLastSuccess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch.prom")
	failed := End{Outcome: schemas.Capped, Code: 4, Err: errors.New("used up")}
	ranFor(t, Options{MetricsFile: path}, failed)
	if got := read(t, path); got["spacesetl_run_exit_code{}"] != 4 || got["spacesetl_run_outcome{outcome=capped}"] != 1 || got["spacesetl_success_timestamp_seconds{}"] != 0 {
		t.Errorf("the first: got %v", got)
	}
	ranFor(t, Options{MetricsFile: path}, End{Outcome: schemas.Done})
	for range 2 {
		ranFor(t, Options{MetricsFile: path}, failed)
	}
	wantMetrics(t, read(t, path), map[string]float64{"spacesetl_run_exit_code{}": 4, "spacesetl_run_outcome{outcome=done}": 0, "spacesetl_success_timestamp_seconds{}": float64(noon.Unix() + 60)})
}

func TestAnyNameOfAJobIsALabel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch.prom")
	o, log := observer(t, Options{MetricsFile: path})
	o.Job("a\xff\"\n\\b")
	o.Finish(context.Background(), End{Outcome: schemas.Done})
	text, err := os.ReadFile(path)
	if want := `spacesetl_run_exit_code{job_name="a\ufffd\"\n\\b"} 0`; err != nil || !strings.Contains(string(text), strings.ReplaceAll(want, `\ufffd`, "\uFFFD")) {
		t.Errorf("%v, log %s\n%s", err, log.String(), text)
	}
}

// The last success is found again whatever the job is called.
func TestTheLastSuccessOfAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watch.prom")
	for _, end := range []End{{Outcome: schemas.Done}, {Outcome: schemas.Failed, Code: 1}} {
		o, _ := observer(t, Options{MetricsFile: path})
		o.Job("a\xff\x1b\u009b\u202e\n\"")
		o.Finish(context.Background(), end)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "\nspacesetl_success_timestamp_seconds{") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestAFileThatCannotBeWrittenIsAWarning(t *testing.T) {
	log := ranFor(t, Options{MetricsFile: filepath.Join(t.TempDir(), "nowhere", "m.prom")}, End{Outcome: schemas.Done})
	if !strings.Contains(log, `"level":"WARN","msg":"the metrics could not be written"`) {
		t.Errorf("log: %s", log)
	}
}
