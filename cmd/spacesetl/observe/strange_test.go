package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// strange is every character that does something, in a sequence that would.
var strange = func() string {
	text := "strange\x1b]52;c;cm0gLXJm\a\u009b31m\nforged"
	for _, span := range [][2]rune{{1, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}} {
		for r := span[0]; r <= span[1]; r++ {
			text += string(r)
		}
	}
	return text + "\xff"
}()

// tame fails on a text that does something, or in which there is nothing strange.
func tame(t *testing.T, what, text string) {
	t.Helper()
	does := func(r rune) bool {
		return r != '\t' && r != '\n' && strings.ContainsRune(strings.ToValidUTF8(strange, "")[len("strange"):], r) && !unicode.IsPrint(r)
	}
	if strings.ContainsFunc(text, does) || !utf8.ValidString(text) || !strings.Contains(text, "strange") {
		t.Errorf("%s: got %q", what, text)
	}
	if strings.Contains(text, "\nforged") {
		t.Errorf("%s: a line is forged: %q", what, text)
	}
}

// Names, reasons and problems are only text for everybody who is told of a run.
func TestStrangeTextsAreOnlyText(t *testing.T) {
	for _, opts := range []Options{{Format: "json"}, {Format: "text"}, {Format: "text", Progress: "json"}} {
		r, pings := newReceiver(t), &checks{}
		service := httptest.NewServer(pings)
		path := filepath.Join(t.TempDir(), "m.prom")
		opts.Level, opts.MetricsFile, opts.Ping, opts.Host = "debug", path, service.URL, strange
		opts.OTLP = OTLP{Traces: r.url + "/v1/traces", Metrics: r.url + "/v1/metrics"}
		o, log := observer(t, opts)
		o.Start(t.Context())
		o.Job(strange)
		o.Run(strange)
		o.Source(Source{Windows: func() []extract.Window {
			return []extract.Window{{Endpoint: schemas.Endpoint(strange), Token: strange, Limit: 3, Reset: noon}}
		}})
		o.Progress(fetching())
		for _, e := range everything() {
			e.Endpoint, e.Token, e.Reason, e.Dropped = schemas.Endpoint(strange), strange, strange, extract.Dropped{Param: strange, Value: strange}
			e.Until, e.Limit, e.Sent.PageID = noon.Add(time.Hour), extract.LimitKind(strange), strange
			o.Event(e)
		}
		o.tell(noon)
		o.Log().Warn(strange, strange, strange, "after", errors.New(strange))
		m := manifest()
		m.Errors = map[string]int{strange: 3, printable.Text(strange): 4}
		o.Finish(context.Background(), End{Outcome: schemas.Failed, Code: 1, Manifest: m, Err: errors.New(strings.ReplaceAll(strange, "\n", " "))})
		service.Close()

		tame(t, "log", log.String())
		if opts.Format == "json" {
			for line := range strings.Lines(log.String()) {
				var fields map[string]any
				if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["run"] != strings.ToValidUTF8(strange, "\ufffd") {
					t.Errorf("%v: a line of JSON that is not what was logged: %s", err, line)
				}
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v: %s", err, log)
		}
		tame(t, "metrics", string(text))
		if !strings.Contains(string(text), "} 7\n") {
			t.Errorf("two problems that are written alike are not one of 7:\n%s", text)
		}
		tame(t, "ping", pings.body)
		for _, s := range r.spans {
			all := texts(s.GetAttributes())
			tame(t, "span", "strange "+s.GetName()+fmt.Sprint(all))
		}
		if len(r.spans) < 4 || len(r.metrics) < 4 {
			t.Errorf("%d spans, %d metrics", len(r.spans), len(r.metrics))
		}
		tame(t, "resource", r.resource["host.name"])
		for name := range r.metrics {
			tame(t, "metric", "strange "+strings.ReplaceAll(name, "\nforged", "")) // a label can have lines
		}
	}
}

// A server that names a thousand problems has fifty series and one for the rest.
func TestProblemsAreBounded(t *testing.T) {
	m := manifest()
	m.Errors = map[string]int{strings.Repeat("é", 1000): 5000}
	for i := range 1000 {
		m.Errors[fmt.Sprint("problem ", i)] = i + 1
	}
	path := filepath.Join(t.TempDir(), "m.prom")
	ranFor(t, Options{MetricsFile: path}, End{Outcome: schemas.Done, Manifest: m})
	sum, series := 0.0, 0
	for name, value := range read(t, path) {
		if strings.HasPrefix(name, "spacesetl_run_api_errors") {
			sum, series = sum+value, series+1
			if len(name) > longestLabel+100 {
				t.Errorf("a label of %d bytes", len(name))
			}
		}
	}
	if series != mostProblems+1 || sum != 500500+5000 {
		t.Errorf("%d series with %g errors, want %d with 505500", series, sum, mostProblems+1)
	}
}

// A server that is told of a run can answer without end: a line of the log says so.
func TestAnAnswerWithoutEndIsALine(t *testing.T) {
	sent := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		n := 0
		for r.Context().Err() == nil {
			more, err := io.WriteString(w, strings.Repeat(strange, 100))
			if n += more; err != nil {
				break
			}
		}
		sent <- n
	}))
	defer server.Close()
	log := ranFor(t, Options{Pushgateway: server.URL}, End{Outcome: schemas.Done})
	tame(t, "log", log)
	if n := <-sent; len(log) > 10*longestText || !strings.Contains(log, "the Pushgateway did not take the metrics") || n > 64<<20 {
		t.Errorf("a log of %d bytes of %d: %.300s", len(log), n, log)
	}
}

// The live line's own sequences reach the terminal, those of a text do not.
func TestTheScreenShowsOnlyItsOwnSequences(t *testing.T) {
	var out strings.Builder
	s := &screen{out: &out}
	s.draw("wave 1")
	_, _ = s.Write([]byte("a " + strange + "\n"))
	s.draw("wave " + strange)
	s.draw("")
	rest := out.String()
	for _, own := range []string{eraseLine, eraseRest, lineStart} {
		if !strings.Contains(rest, own) {
			t.Errorf("%q is not there", own)
		}
		rest = strings.ReplaceAll(rest, own, "")
	}
	tame(t, "screen", strings.ReplaceAll(rest, "\nforged", "")) // of what is given as lines
}
