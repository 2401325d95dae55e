package observe

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracespb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// receiver is an OTLP/HTTP receiver.
type receiver struct {
	*testing.T
	url string

	mu       sync.Mutex
	spans    []*tracepb.Span
	resource map[string]string
	metrics  map[string]float64 // by name and labels
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{T: t, metrics: map[string]float64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, req *http.Request) {
		var got tracespb.ExportTraceServiceRequest
		r.decode(req, &got)
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, of := range got.GetResourceSpans() {
			r.resource = texts(of.GetResource().GetAttributes())
			for _, scope := range of.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, req *http.Request) {
		var got metricspb.ExportMetricsServiceRequest
		r.decode(req, &got)
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, of := range got.GetResourceMetrics() {
			for _, scope := range of.GetScopeMetrics() {
				for _, m := range scope.GetMetrics() {
					for _, p := range m.GetGauge().GetDataPoints() {
						r.metrics[m.GetName()+pairs(p.GetAttributes())] = p.GetAsDouble()
					}
				}
			}
		}
	})
	server := httptest.NewServer(authorised(mux))
	t.Cleanup(server.Close)
	r.url = strings.Replace(server.URL, "://", "://robot:s3cret-password@", 1)
	return r
}

func (r *receiver) decode(req *http.Request, into proto.Message) {
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		r.Errorf("%s: %v", req.URL, err)
	}
}

// texts are attributes as text.
func texts(attrs []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attrs {
		all[a.GetKey()] = strings.Trim(strings.TrimSpace(a.GetValue().String()), `"`)
		if s := a.GetValue().GetStringValue(); s != "" {
			all[a.GetKey()] = s
		}
	}
	return all
}

// pairs are the attributes of a metric as labels() has them.
func pairs(attrs []*commonpb.KeyValue) string {
	var all []string
	for _, a := range attrs {
		if a.GetKey() != jobLabel {
			all = append(all, a.GetKey()+"="+a.GetValue().GetStringValue())
		}
	}
	slices.Sort(all)
	return "{" + strings.Join(all, ",") + "}"
}

// aRun is a run of two waves with a request, a wait that is over and one that
// is cut short, which then loads and publishes.
func aRun(o *Observer, sleep func(time.Duration)) {
	o.Job("watch")
	o.Run("20261122T120000Z-abcdef")
	o.Source(source())
	p := fetching()
	step := func(seq int64, phase pipeline.Phase, wave int) {
		p.Seq, p.Phase, p.Wave = seq, phase, wave
		o.Progress(p)
		sleep(time.Second)
	}
	step(1, pipeline.FetchPhase, 1)
	o.Event(everything()[0])
	o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Tweets, Token: "app-only token (a)", Limit: extract.LimitWindow, Until: noon.Add(2 * time.Second)})
	step(2, pipeline.FetchPhase, 1)
	step(3, pipeline.FetchPhase, 2)
	o.Event(extract.Event{Kind: extract.EventRetry, Endpoint: schemas.SpaceByID, Until: noon.Add(time.Hour)})
	step(4, pipeline.LoadPhase, 2)
	step(5, pipeline.PublishPhase, 2)
}

// spansByName are the spans received, by name and number.
func (r *receiver) byName() map[string]*tracepb.Span {
	all := map[string]*tracepb.Span{}
	for _, s := range r.spans {
		name := s.GetName()
		if wave := texts(s.GetAttributes())["spacesetl.wave"]; wave != "" {
			name += " " + strings.TrimPrefix(wave, "int_value:")
		}
		all[name] = s
	}
	return all
}

func TestACollectorGetsTheTraceAndTheMetricsOfARun(t *testing.T) {
	r := newReceiver(t)
	at := noon
	o, log := observer(t, Options{OTLP: OTLP{Traces: r.url + "/v1/traces", Metrics: r.url + "/v1/metrics"}, Version: "v1.2.3", Host: "machine", Now: func() time.Time { return at }})
	o.Start(t.Context())
	aRun(o, func(d time.Duration) { at = at.Add(d) })
	at = noon.Add(time.Minute)
	o.Finish(context.Background(), End{Outcome: schemas.Done, Manifest: manifest()})
	if strings.Contains(log.String(), "collector") {
		t.Errorf("log: %s", log)
	}
	spans := r.byName()
	run := spans["run"]
	for name, want := range map[string]struct {
		parent   string
		from, to time.Duration
	}{
		"run": {"", 0, time.Minute}, "wave 1": {"run", 0, 2 * time.Second}, "wave 2": {"run", 2 * time.Second, 3 * time.Second},
		"load": {"run", 3 * time.Second, 4 * time.Second}, "publish": {"run", 4 * time.Second, time.Minute},
		"request tweets": {"wave 1", time.Second - 12*time.Millisecond, time.Second},
		"wait tweets":    {"wave 1", time.Second, 2 * time.Second}, "wait space": {"wave 2", 3 * time.Second, time.Minute},
	} {
		s := spans[name]
		if s == nil {
			t.Errorf("no span %q among %d", name, len(r.spans))
			continue
		}
		if want.parent != "" && string(s.GetParentSpanId()) != string(spans[want.parent].GetSpanId()) || string(s.GetTraceId()) != string(run.GetTraceId()) {
			t.Errorf("%s is not below %s", name, want.parent)
		}
		if from, to := time.Unix(0, int64(s.GetStartTimeUnixNano())).Sub(noon), time.Unix(0, int64(s.GetEndTimeUnixNano())).Sub(noon); from != want.from || to != want.to {
			t.Errorf("%s: from %s to %s, want %s to %s", name, from, to, want.from, want.to)
		}
	}
	if len(r.spans) != 8 {
		t.Errorf("%d spans, want 8", len(r.spans))
	}
	request := texts(spans["request tweets"].GetAttributes())
	if request["spacesetl.endpoint"] != "tweets" || request["http.response.status_code"] != "int_value:200" || request["spacesetl.token"] != "app-only token (a)" {
		t.Errorf("request: %v", request)
	}
	if got := texts(run.GetAttributes()); got["spacesetl.run"] != "20261122T120000Z-abcdef" || got["spacesetl.job"] != "watch" || got["spacesetl.outcome"] != "done" || r.resource["service.name"] != "spacesetl" {
		t.Errorf("run: %v of %v", got, r.resource)
	}
	want := map[string]float64{}
	for name, value := range theRun {
		want[name] = value
	}
	wantMetrics(t, r.metrics, want)
}

// A collector that does not listen costs a line and a few seconds at most.
func TestACollectorThatDoesNotListenIsAWarning(t *testing.T) {
	started := time.Now()
	for _, address := range []string{"http://robot:s3cret@127.0.0.1:1", strings.Replace(newReceiver(t).url, "s3cret-password", "s3cret-other", 1)} {
		o, log := observer(t, Options{OTLP: OTLP{Traces: address + "/v1/traces", Metrics: address + "/v1/metrics"}})
		o.Start(t.Context())
		aRun(o, func(time.Duration) {})
		o.Finish(context.Background(), End{Outcome: schemas.Done})
		for _, what := range []string{"traces", "metrics"} {
			if strings.Count(log.String(), "the OpenTelemetry collector did not take the "+what) > 1 {
				t.Errorf("more than one line of the %s: %s", what, log)
			}
		}
		if !strings.Contains(log.String(), "the OpenTelemetry collector did not take") || strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), "robot") {
			t.Errorf("%s: log %s", address, log)
		}
	}
	if took := time.Since(started); took > 4*telling {
		t.Errorf("it took %s", took)
	}
}

// Where a collector redirects to nothing is sent, least of all the headers.
func TestACollectorsRedirectsAreNotFollowed(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=s3cret")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere: %s, with %q", r.URL, r.Header.Get("x-team"))
	}))
	defer elsewhere.Close()
	asked := make(chan bool, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("x-team") == "s3cret"
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	o, log := observer(t, Options{OTLP: OTLP{Traces: server.URL + "/v1/traces", Metrics: server.URL + "/v1/metrics"}})
	o.Start(t.Context())
	aRun(o, func(time.Duration) {})
	o.Finish(context.Background(), End{Outcome: schemas.Done})
	if len(asked) == 0 || !<-asked || !strings.Contains(log.String(), "redirects, which is not followed") || strings.Contains(log.String(), "s3cret") {
		t.Errorf("asked %d times; log %s", len(asked), log)
	}
}

// A collector and a gateway that turn the connection into another protocol's do not
// hold the end of a run up.
func TestNobodyWaitsForACollectorsOtherProtocol(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"))
		<-release
	}))
	defer server.Close()
	defer close(release)
	o, _ := observer(t, Options{Ping: server.URL, Pushgateway: server.URL, OTLP: OTLP{Traces: server.URL + "/v1/traces", Metrics: server.URL + "/v1/metrics"}})
	started, ended := time.Now(), make(chan struct{})
	go func() {
		defer close(ended)
		o.Start(t.Context())
		aRun(o, func(time.Duration) {})
		o.Finish(context.Background(), End{Outcome: schemas.Done})
	}()
	select {
	case <-ended:
	case <-time.After(4 * telling):
		t.Fatalf("the run has not ended after %s", time.Since(started))
	}
}

func TestACollectorsHeadersComeFromTheEnvironment(t *testing.T) {
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20"+base64.StdEncoding.EncodeToString([]byte("robot:s3cret-password")))
	t.Setenv("OTEL_SERVICE_NAME", "nightly")
	bare, _ := withoutUser(r.url)
	o, log := observer(t, Options{OTLP: OTLP{Traces: bare + "/v1/traces"}})
	o.Start(t.Context())
	aRun(o, func(time.Duration) {})
	o.Finish(context.Background(), End{Outcome: schemas.Done})
	if len(r.spans) != 8 || len(r.metrics) > 0 || r.resource["service.name"] != "nightly" {
		t.Errorf("%d spans, %d metrics of %v: log %s", len(r.spans), len(r.metrics), r.resource, log.String())
	}
}
