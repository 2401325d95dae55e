package main

import (
	stdflag "flag"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// scene is the simulator of one script.
type scene struct {
	server *httptest.Server
	world  atomic.Pointer[simulator.Simulator]
	config simulator.Config
}

type sceneKey struct{}

func sceneOf(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

func (s *scene) close() {
	if s.server != nil {
		s.server.Close()
	}
}

// ServeHTTP asks the world of the moment: a script may change it under way.
func (s *scene) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.world.Load().ServeHTTP(w, req)
}

// simulate starts a simulator, or puts another in its place at the same
// address, and tells the script about it by variables.
func simulate(ts *testscript.TestScript, neg bool, args []string) {
	s := sceneOf(ts)
	cfg, ids, err := simulatorConfig(args)
	if neg || err != nil {
		ts.Fatalf("simulate: %v", err)
	}
	creator, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{scriptUserToken: creator}
	s.config = cfg
	s.world.Store(simulator.New(cfg))
	if s.server == nil {
		s.server = httptest.NewServer(s)
	}
	s.tell(ts, ids)
}

// tell exports what a job can ask for.
func (s *scene) tell(ts *testscript.TestScript, ids int) {
	w := s.world.Load()
	creator, ticketed := w.TicketedCreator()
	sample := slices.Delete(w.SpaceIDs(ids+1), 1, 2) // that one has more tweets than most tests can use
	quiet := slices.DeleteFunc(w.SpaceIDs(2*ids), func(id string) bool { return len(w.SpaceTweets(id)) > 0 })
	others := slices.DeleteFunc(w.SpaceIDs(300), func(id string) bool {
		truth, _ := w.Space(id)
		return !truth.IsTicketed || truth.CreatorID == creator
	})
	for name, value := range map[string]string{
		"URL": s.server.URL, "ID": sample[0], "IDS": strings.Join(sample, ","),
		"QUIET":    strings.Join(quiet[:min(ids, len(quiet))], ","), // without tweets
		"MISSING":  strings.Join(w.MissingSpaceIDs(2), ","),
		"TWEETED":  w.SpaceIDs(2)[1], // 250 times
		"TICKETED": ticketed[0], "ALLTICKETED": strings.Join(ticketed, ","),
		"OTHERS":  strings.Join(others[:min(3, len(others))], ","), // ticketed, of other creators
		"CREATOR": creator, "CREATORS": strings.Join(w.CreatorIDs(9)[6:], ","),
		"NAME": w.Usernames(1)[0], "WORD": w.SearchWord(),
	} {
		ts.Setenv(name, value)
	}
}

// simulatorConfig reads the arguments of simulate.
func simulatorConfig(args []string) (cfg simulator.Config, ids int, err error) {
	cfg = simulator.Config{CreatorSpacing: -1, Faults: simulator.Faults{Script: map[string][]simulator.Fault{}}}
	set := stdflag.NewFlagSet("simulate", stdflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.IntVar(&ids, "ids", 3, "how many Spaces $IDS names")
	set.IntVar(&cfg.Spaces, "spaces", 300, "")
	set.DurationVar(&cfg.Window, "window", 0, "")
	set.DurationVar(&cfg.Latency, "latency", 0, "")
	set.BoolVar(&cfg.Quirks, "quirks", false, "")
	set.StringVar(&cfg.UnknownFields, "unknown", "", "")
	set.StringVar(&cfg.Paging, "paging", "", "")
	set.Float64Var(&cfg.Billing.CreditUSD, "credit", 0, "")
	set.Float64Var(&cfg.Billing.SpendCapUSD, "spendcap", 0, "")
	set.IntVar(&cfg.Billing.PostCap, "postcap", 0, "")
	set.Float64Var(&cfg.Faults.Rate, "rate", 0, "")
	set.Func("spacefields", "the only space.fields known", func(text string) error {
		cfg.SpaceFields = strings.Split(text, ",")
		return nil
	})
	set.Func("ahead", "how far the server's clock is ahead", func(text string) error {
		ahead, err := time.ParseDuration(text)
		cfg.Now = func() time.Time { return time.Now().Add(ahead) }
		return err
	})
	set.Func("apptokens", "the only app tokens accepted", func(text string) error {
		cfg.AppTokens = strings.Split(text, ",")
		return nil
	})
	set.Func("limit", "requests per window, of every endpoint", func(text string) error {
		n, err := strconv.Atoi(text)
		cfg.Limits = map[string]int{"*": n}
		return err
	})
	set.Func("fault", "endpoint=fault,fault…", func(text string) error {
		endpoint, faults, _ := strings.Cut(text, "=")
		for fault := range strings.SplitSeq(faults, ",") {
			cfg.Faults.Script[endpoint] = append(cfg.Faults.Script[endpoint], simulator.Fault(fault))
		}
		return nil
	})
	set.Func("rules", "a JSON list of rules", func(text string) error {
		faults, err := simulator.ParseFaults([]byte(`{"rules": ` + text + `}`))
		cfg.Faults.Rules = faults.Rules
		return err
	})
	return cfg, ids, set.Parse(args)
}
