package interop

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
	"github.com/prometheus/pushgateway/handler"
	"github.com/prometheus/pushgateway/storage"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// gateway is a Pushgateway, with its own handlers and store.
func gateway(t *testing.T) (address string, store storage.MetricStore) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	kept := storage.NewDiskMetricStore("", time.Hour, nil, log)
	r := route.New()
	for suffix, isBase64 := range map[string]bool{"": false, "@base64": true} {
		r.Post("/metrics/job"+suffix+"/:job/*labels", handler.Push(kept, false, true, isBase64, log))
	}
	server := httptest.NewServer(r)
	t.Cleanup(func() { server.Close(); _ = kept.Shutdown() })
	return server.URL, kept
}

// tellBoth pushes the metrics of a run of a job that ends so, and writes them to
// a file; the file's are returned.
func tellBoth(t *testing.T, address, job string, end observe.End) map[string]float64 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "metrics.prom")
	var log bytes.Buffer
	o, err := observe.New(observe.Options{Stderr: &log, Level: "warn", Pushgateway: address, MetricsFile: path, Version: "v1.2.3", Host: "machine"})
	if err != nil {
		t.Fatal(err)
	}
	o.Job(job)
	tally := extract.Tally{Requests: 3, Bytes: 5000, Status: map[int]int64{200: 2, 0: 1}, Limited: map[extract.LimitKind]int64{extract.LimitWindow: 4}}
	o.Source(observe.Source{
		Stats: func() extract.Stats {
			return extract.Stats{Tally: tally, Endpoints: map[schemas.Endpoint]extract.Tally{schemas.Tweets: tally}}
		},
		Windows: func() []extract.Window {
			return []extract.Window{{Endpoint: schemas.Tweets, Token: "app-only token (a)", Limit: 300, Remaining: 12}}
		},
	})
	o.Finish(context.Background(), end)
	if log.Len() > 0 {
		t.Errorf("log: %s", log.String())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		collect(values, family)
	}
	return values
}

// collect adds the values of a family, by name and labels but for those of the
// job and the machine.
func collect(values map[string]float64, family *dto.MetricFamily) {
	for _, m := range family.GetMetric() {
		name := family.GetName()
		for _, l := range m.GetLabel() {
			if n := l.GetName(); n != "job_name" && n != "job" && n != "instance" {
				name += "," + n + "=" + l.GetValue()
			}
		}
		values[name] = m.GetGauge().GetValue()
	}
}

// kept is what a Pushgateway has of a job on the machine.
func kept(t *testing.T, store storage.MetricStore, job string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, group := range store.GetMetricFamiliesMap() {
		if group.Labels["job"] != job || group.Labels["instance"] != "machine" || len(group.Labels) != 2 {
			t.Errorf("a group %v", group.Labels)
		}
		for name, family := range group.Metrics {
			if !strings.HasPrefix(name, "push_") { // when it was, which is the gateway's to say
				collect(values, family.GetMetricFamily())
			}
		}
	}
	return values
}

// What a Pushgateway has is what the file of metrics says, whatever the job is
// called, and when a run last succeeded stays known.
func TestAPushgatewayTakesTheMetrics(t *testing.T) {
	for _, job := range []string{"watch", "a/b é"} {
		address, pushed := gateway(t)
		manifest := &store.Manifest{Tables: []store.TableRows{{Name: "spaces", Rows: 12}}, Errors: map[string]int{"partial resource-not-found": 3}}
		want := tellBoth(t, address, job, observe.End{Outcome: schemas.Done, Manifest: manifest})
		success := want["spacesetl_success_timestamp_seconds"]
		sameMetrics(t, kept(t, pushed, job), want)
		want = tellBoth(t, address, job, observe.End{Outcome: schemas.Failed, Code: 1, Err: errors.New("no")})
		want["spacesetl_success_timestamp_seconds"] = success
		got := kept(t, pushed, job)
		if success == 0 || got["spacesetl_run_exit_code"] != 1 {
			t.Errorf("%s: last success %v, exit code %v, want 1", job, success, got["spacesetl_run_exit_code"])
		}
		sameMetrics(t, got, want)
	}
}

// sameMetrics fails unless all that is wanted is there.
func sameMetrics(t *testing.T, got, want map[string]float64) {
	t.Helper()
	if len(want) < 15 {
		t.Errorf("%d metrics, want more", len(want))
	}
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s: got %v (there: %t), want %v", name, v, ok, value)
		}
	}
}
