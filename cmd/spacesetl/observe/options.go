package observe

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// Options are what a user chose. The zero value tells nobody.
type Options struct {
	Stderr   io.Writer // of the program; default nowhere. What it gets is printable
	Dumb     bool      // Stderr is a terminal that knows no control sequences
	Level    string    // of the log: debug, info (default), warn, error
	Format   string    // of the log: auto (default), text, json
	Progress string    // auto (default), bar, log, json, none

	Version string // of the program
	Host    string // the machine's name
	// MetricsFile is where metrics are written, for the node exporter.
	MetricsFile string
	// Pushgateway is the address metrics are sent to. Its user and password are
	// a secret.
	Pushgateway string
	OTLP        OTLP
	Ping        string // address that is pinged, a secret
	Insecure    bool   // let secrets go unencrypted

	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Levels, Formats and Progresses are what the options of these names can be.
var (
	Levels     = []string{"debug", "info", "warn", "error"}
	Formats    = []string{"auto", "text", "json"}
	Progresses = []string{"auto", "bar", "log", "json", "none"}
)

// OptionError is an option that is not one of its values.
type OptionError struct {
	Option, Value string
	Values        []string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("--%s: %q is not one of %s", e.Option, e.Value, strings.Join(e.Values, ", "))
}

// Source is what a run can be asked while it goes; each may be nil.
type Source struct {
	Stats   func() extract.Stats
	Windows func() []extract.Window
	Budget  func() map[string]schemas.Money // what is left of it, by period
}

// withDefaults fills in what the zero value leaves out.
func (opts Options) withDefaults() Options {
	if opts.Stderr == nil {
		opts.Stderr = io.Discard
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return opts
}

// check checks values and addresses.
func (opts Options) check() error {
	for _, option := range []struct {
		name, value string
		values      []string
	}{
		{"log-level", opts.Level, Levels}, {"log-format", opts.Format, Formats}, {"progress", opts.Progress, Progresses},
	} {
		if option.value != "" && !slices.Contains(option.values, option.value) {
			return &OptionError{option.name, option.value, option.values}
		}
	}
	return opts.checkAddresses()
}

// checkAddresses checks those of the servers that are told. Of a ping the whole
// address is a secret, of the others a user and a password, and a collector's headers.
func (opts Options) checkAddresses() error {
	if !opts.Insecure {
		if err := errors.Join(
			checkSecret("ping-url", opts.Ping, true), checkSecret("pushgateway", opts.Pushgateway, false),
			checkSecret("otlp-endpoint", opts.OTLP.Traces, opts.OTLP.Headers), checkSecret("otlp-endpoint", opts.OTLP.Metrics, opts.OTLP.Headers),
		); err != nil {
			return err
		}
	}
	return errors.Join(
		checkAddress("ping-url", opts.Ping, "https://hc-ping.com/your-uuid"),
		checkAddress("pushgateway", opts.Pushgateway, "http://pushgateway:9091"),
		checkAddress("otlp-endpoint", opts.OTLP.Traces, "http://collector:4318"),
		checkAddress("otlp-endpoint", opts.OTLP.Metrics, "http://collector:4318"),
	)
}

// mode decides how progress is shown: a bar needs a terminal that can move its
// cursor, and is lines of the log elsewhere.
func (opts Options) mode() string {
	able := printable.Terminal(opts.Stderr) != nil && !opts.Dumb
	switch opts.Progress {
	case "json", "none", "log":
		return opts.Progress
	}
	if able {
		return "bar"
	}
	return "log"
}
