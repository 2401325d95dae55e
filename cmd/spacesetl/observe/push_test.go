package observe

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// gateway stands in for a Pushgateway that wants a password: of what is posted
// to a group it keeps a family until another of its name comes. A real one takes
// the metrics in cmd/spacesetl/interop.
type gateway struct {
	mu     sync.Mutex
	groups map[string]map[string]map[string]float64 // by path and name of the family
}

func newGateway(t *testing.T) (address string, g *gateway) {
	t.Helper()
	g = &gateway{groups: map[string]map[string]map[string]float64{}}
	server := httptest.NewServer(authorised(g))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "://", "://robot:s3cret-password@", 1), g
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	format, path := expfmt.ResponseFormat(r.Header), r.URL.EscapedPath()
	switch {
	case r.Method != http.MethodPost: // PUT takes away the families that are not sent
		http.Error(w, "POST adds", http.StatusMethodNotAllowed)
		return
	case format.FormatType() == expfmt.TypeUnknown:
		http.Error(w, "what is "+r.Header.Get("Content-Type"), http.StatusUnsupportedMediaType)
		return
	}
	for decoder := expfmt.NewDecoder(r.Body, format); ; {
		var family dto.MetricFamily
		err := decoder.Decode(&family)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if g.groups[path] == nil {
			g.groups[path] = map[string]map[string]float64{}
		}
		g.groups[path][family.GetName()] = valuesOf(&family)
	}
}

// authorised lets in who has the password.
func authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "robot" || password != "s3cret-password" {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// kept is what the gateway has of its only group.
func (g *gateway) kept(t *testing.T, path string) map[string]float64 {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	values := map[string]float64{}
	for _, family := range g.groups[path] {
		maps.Copy(values, family)
	}
	if len(g.groups) != 1 || len(values) == 0 {
		t.Errorf("groups %v, want one, %s", slices.Collect(maps.Keys(g.groups)), path)
	}
	return values
}

func TestAPushgatewayTakesTheMetrics(t *testing.T) {
	const group = "/metrics/job/watch/instance/machine"
	url, g := newGateway(t)
	if log := ranFor(t, Options{Pushgateway: url}, End{Outcome: schemas.Done, Manifest: manifest()}); strings.Contains(log, "WARN") {
		t.Errorf("log: %s", log)
	}
	wantMetrics(t, g.kept(t, group), theRun)
	ranFor(t, Options{Pushgateway: url}, End{Outcome: schemas.Failed, Code: 1})
	wantMetrics(t, g.kept(t, group), map[string]float64{"spacesetl_run_exit_code{}": 1, "spacesetl_success_timestamp_seconds{}": float64(noon.Unix() + 60)})
}

// A name that a path cannot have as it is goes as base64.
func TestAnyNameOfAJobIsAGroup(t *testing.T) {
	url, g := newGateway(t)
	o, log := observer(t, Options{Pushgateway: url, Host: "ma/chine"})
	o.Job("a/b é")
	o.Finish(context.Background(), End{Outcome: schemas.Done})
	if strings.Contains(log.String(), "WARN") {
		t.Errorf("log: %s", log)
	}
	g.kept(t, "/metrics/job@base64/YS9iIMOp/instance@base64/bWEvY2hpbmU")
}

// The address holds a password, which no log shows, whatever goes wrong.
func TestAPushgatewayThatDoesNotListenIsAWarningWithoutItsPassword(t *testing.T) {
	url, _ := newGateway(t)
	for _, address := range []string{
		strings.Replace(url, "s3cret-password", "other-s3cret", 1), "http://robot:s3cret@127.0.0.1:1", "http://robot:s3cret@127.0.0.1:1/%zz", "ftp://robot:s3cret@h", "robot:s3cret@host",
	} {
		var log string
		if o, err := New(Options{Pushgateway: address}); err != nil {
			log = err.Error()
		} else {
			o.Stop()
			log = ranFor(t, Options{Pushgateway: address}, End{Outcome: schemas.Done})
		}
		if strings.Contains(log, "s3cret") || strings.Contains(log, "robot") || !strings.Contains(log, "the Pushgateway did not take the metrics") && !strings.Contains(log, "--pushgateway: it must be") {
			t.Errorf("%s: %s", address, log)
		}
	}
}
