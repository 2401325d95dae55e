package observe

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// OTLP is where OpenTelemetry goes, by HTTP: addresses with their paths, each
// empty for none. A user and a password in them are a secret.
type OTLP struct {
	Traces, Metrics string
	Headers         bool // the environment has headers for them, which are secrets, too
}

// telemetry is what goes to an OpenTelemetry collector.
type telemetry struct {
	traces  *sdktrace.TracerProvider // nil for none
	metrics *sdkmetric.MeterProvider
}

// newTelemetry connects to nobody yet. The headers, certificates and timeouts
// of OTEL_EXPORTER_OTLP_* are the libraries' to read.
func newTelemetry(ctx context.Context, opts Options, metrics prometheus.Gatherer, log *slog.Logger) (*telemetry, error) {
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "spacesetl"), attribute.String("service.version", opts.Version),
		label("host.name", opts.Host)), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	t := &telemetry{}
	if opts.OTLP.Traces != "" {
		address, header := splitAddress(opts.OTLP.Traces)
		options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(address), otlptracehttp.WithProxy(proxy)}
		if header != nil {
			options = append(options, otlptracehttp.WithHeaders(header))
		}
		exporter, err := otlptracehttp.New(ctx, options...)
		if err != nil {
			return nil, err
		}
		t.traces = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithBatcher(&spanExporter{SpanExporter: exporter, warning: warning{log: log}}))
	}
	if opts.OTLP.Metrics != "" {
		address, header := splitAddress(opts.OTLP.Metrics)
		options := []otlpmetrichttp.Option{otlpmetrichttp.WithEndpointURL(address), otlpmetrichttp.WithProxy(proxy)}
		if header != nil {
			options = append(options, otlpmetrichttp.WithHeaders(header))
		}
		exporter, err := otlpmetrichttp.New(ctx, options...)
		if err != nil {
			return nil, err
		}
		producer := bridge.NewMetricProducer(bridge.WithGatherer(metrics))
		t.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithResource(about), sdkmetric.WithReader(
			sdkmetric.NewPeriodicReader(&metricExporter{Exporter: exporter, warning: warning{log: log}}, sdkmetric.WithProducer(producer))))
	}
	return t, nil
}

// proxy is the environment's. A request that a redirect has led to gets none, and is
// not sent: the libraries would follow it, with the headers of OTEL_EXPORTER_OTLP_HEADERS.
func proxy(req *http.Request) (*url.URL, error) {
	if req.Response != nil {
		return nil, errors.New("the collector redirects, which is not followed")
	}
	return http.ProxyFromEnvironment(req)
}

// splitAddress takes user and password out of an address and makes a header of them.
func splitAddress(address string) (bare string, header map[string]string) {
	bare, user := withoutUser(address)
	if user == nil {
		return bare, nil
	}
	password, _ := user.Password()
	return bare, map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))}
}

// shutdown sends what is left, within a short time. Who is still at it then is left
// behind: the libraries wait for a collector that answers with another protocol
// (status 101) as long as that wants, whatever ctx says.
func (t *telemetry) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	var ends []func(context.Context) error
	if t.traces != nil {
		ends = append(ends, t.traces.Shutdown)
	}
	if t.metrics != nil {
		ends = append(ends, t.metrics.Shutdown)
	}
	ended := make(chan error, len(ends))
	for _, end := range ends {
		go func() { ended <- end(ctx) }()
	}
	var first error
	for range ends {
		select {
		case err := <-ended:
			first = cmp.Or(first, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return withoutAddress(first)
}

// warning tells once that a collector does not listen. What it does not take is
// lost, and no reason to print more, which is what the libraries would do.
type warning struct {
	log  *slog.Logger
	once sync.Once
}

func (w *warning) about(what string, err error) {
	if err != nil {
		w.once.Do(func() {
			w.log.Warn("the OpenTelemetry collector did not take the "+what, "after", withoutAddress(err))
		})
	}
}

type spanExporter struct {
	sdktrace.SpanExporter
	warning
}

// ExportSpans never fails.
func (e *spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.about("traces", e.SpanExporter.ExportSpans(ctx, spans))
	return nil
}

type metricExporter struct {
	sdkmetric.Exporter
	warning
}

// Export never fails.
func (e *metricExporter) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	e.about("metrics", e.Exporter.Export(ctx, metrics))
	return nil
}
