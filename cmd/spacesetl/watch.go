package main

import (
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
)

// watchFlags say what is told of a run while it goes.
func watchFlags() []cli.Flag {
	return usage.In(usage.Watch,
		usage.OneOf(text("progress", "auto", "bar, log, json, none, or auto: bar on a terminal; `HOW`"), observe.Progresses...),
		usage.OneOf(text("log-level", "info", "least that is logged: debug, info, warn, error; `LEVEL`"), observe.Levels...),
		flag("verbose", "log all there is, as --log-level debug", "v"),
		flag("quiet", "print nothing but warnings and errors", "q"),
		usage.OneOf(text("log-format", "auto", "text, json, or auto: text on a terminal only; `FORMAT`"), observe.Formats...),
	)
}

// tellFlags say who is told of a run, beside who looks on.
func tellFlags() []cli.Flag {
	return usage.In(usage.Watch,
		text("metrics-file", "", "write metrics to `FILE`.prom for the node exporter's textfile collector"),
		text("pushgateway", "", "send metrics to the Pushgateway at `URL`"),
		text("ping-url", "", "ping `URL` at the start and the end, as healthchecks.io has it"),
		text("otlp-endpoint", "", "send traces and metrics to the OpenTelemetry collector at `URL`"),
	)
}

// secretFlags are those whose values can hold a secret.
func secretFlags() []string { return []string{"pushgateway", "otlp-endpoint", "ping-url"} }

// dumb reports whether a terminal would show control sequences as they are:
// those of old Windows do.
func dumb() bool {
	return os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows" && os.Getenv("WT_SESSION") == ""
}

// collector is where OpenTelemetry goes: to the address given, or where the
// environment has it for all programs.
func collector(address string) observe.OTLP {
	to := observe.OTLP{Traces: telemetryTo("TRACES", "/v1/traces", address), Metrics: telemetryTo("METRICS", "/v1/metrics", address)}
	for _, signal := range []string{"", "TRACES_", "METRICS_"} {
		to.Headers = to.Headers || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"HEADERS") != ""
	}
	if address == "" && (os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc") {
		return observe.OTLP{} // meant for others
	}
	return to
}

// telemetryTo is the address of one signal.
func telemetryTo(signal, path, address string) string {
	own, all := os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	switch {
	case address != "":
		return strings.TrimRight(address, "/") + path
	case os.Getenv("OTEL_"+signal+"_EXPORTER") == "none":
		return ""
	case own != "":
		return own
	case all != "":
		return strings.TrimRight(all, "/") + path
	}
	return ""
}

// watch returns the observer of a command with watchFlags and maybe tellFlags.
func watch(c *console, ctx *cli.Context) (*observe.Observer, error) {
	progress, level := ctx.String("progress"), ctx.String("log-level")
	switch {
	case ctx.Bool("verbose") && ctx.Bool("quiet"):
		return nil, usage.Errorf("--verbose or --quiet: choose one")
	case ctx.Bool("verbose") && !ctx.IsSet("log-level"):
		level = "debug"
	case ctx.Bool("quiet") && !ctx.IsSet("log-level"):
		level = "warn"
	}
	if ctx.Bool("quiet") && !ctx.IsSet("progress") {
		progress = "none"
	}
	host, _ := os.Hostname() // empty is a name, too
	w, err := observe.New(observe.Options{
		Stderr: c.stderr, Dumb: dumb(), Version: version, Host: host,
		Progress: progress, Level: level, Format: ctx.String("log-format"),
		MetricsFile: ctx.String("metrics-file"), Pushgateway: ctx.String("pushgateway"), OTLP: collector(ctx.String("otlp-endpoint")), Ping: ctx.String("ping-url"), Insecure: insecure(ctx),
	})
	if err != nil {
		return nil, usage.Of(err)
	}
	c.libraries.to.Store(w)
	return w, nil
}

// listener tells an observer of a run.
func listener(w *observe.Observer) jobs.Listener {
	return jobs.Listener{
		Log: w.Log(), Started: w.Run, Event: w.Event, Notice: w.Notice, Progress: w.Progress,
		Gauges: func(g jobs.Gauges) { w.Source(observe.Source(g)) },
	}
}
