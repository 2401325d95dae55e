package main

import (
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
)

// The variables that programs with OpenTelemetry have in common are heard, and
// the flag wins.
func TestTheCollectorIsTheFlagsOrTheEnvironments(t *testing.T) {
	const all, traces, metrics = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	for _, c := range []struct {
		flag string
		env  map[string]string
		want observe.OTLP
	}{
		{"", nil, observe.OTLP{}},
		{"http://c:4318/", nil, observe.OTLP{Traces: "http://c:4318/v1/traces", Metrics: "http://c:4318/v1/metrics"}},
		{"", map[string]string{all: "http://c:4318"}, observe.OTLP{Traces: "http://c:4318/v1/traces", Metrics: "http://c:4318/v1/metrics"}},
		{"", map[string]string{traces: "http://t/x"}, observe.OTLP{Traces: "http://t/x"}},
		{"", map[string]string{all: "http://c:4318", metrics: "http://m/y"}, observe.OTLP{Traces: "http://c:4318/v1/traces", Metrics: "http://m/y"}},
		{"", map[string]string{all: "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, observe.OTLP{Metrics: "http://c:4318/v1/metrics"}},
		{"", map[string]string{all: "http://c:4318", "OTEL_SDK_DISABLED": "true"}, observe.OTLP{}},
		{"", map[string]string{all: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, observe.OTLP{}},
		{"http://f", map[string]string{all: "http://c", traces: "http://t", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, observe.OTLP{Traces: "http://f/v1/traces", Metrics: "http://f/v1/metrics"}},
	} {
		t.Run("", func(t *testing.T) {
			for _, name := range []string{all, traces, metrics, "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
				t.Setenv(name, c.env[name])
			}
			if got := collector(c.flag); got != c.want {
				t.Errorf("--otlp-endpoint %q with %v: got %+v, want %+v", c.flag, c.env, got, c.want)
			}
		})
	}
}
