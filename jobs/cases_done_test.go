package jobs_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// A refused batch costs the member for whose sake it was, and few more requests.
func TestRefusedMemberCostsItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    simulator.Fault
		endpoint string
		most     int // requests to the endpoint
	}{
		"creators, named":     {simulator.FaultNamed, "creators", 3},
		"creators, indexed":   {simulator.FaultIndexed, "creators", 3},
		"creators, anonymous": {simulator.FaultUnnamed, "creators", 1 + 2*5},
		"ids, named":          {simulator.FaultNamed, "spaces", 3},
		"ids, anonymous":      {simulator.FaultUnnamed, "spaces", 1 + 2*5},
		"ids, not allowed":    {simulator.FaultNotAuthorized, "spaces", 1 + 2*5},
		"names, named":        {simulator.FaultNamed, "usernames", 3},
		"names, anonymous":    {simulator.FaultUnnamed, "usernames", 1 + 2*5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{}, simulator.Config{Spaces: 200})
			all, bad := s.world.SpaceIDs(20), ""
			rule := simulator.Rule{Fault: c.fault, Endpoints: []string{c.endpoint}}
			switch c.endpoint {
			case "spaces":
				s.spec.IDs, bad = all, all[7]
				rule.Endpoints = append(rule.Endpoints, "space")
			case "creators":
				s.spec.Creators = s.world.CreatorIDs(20)
				bad = s.spec.Creators[7]
			case "usernames":
				for _, name := range s.world.Usernames(20) {
					s.spec.Creators = append(s.spec.Creators, "@"+name)
				}
				bad = strings.ToLower(s.spec.Creators[7][1:])
				rule.Endpoints = append(rule.Endpoints, "username")
			}
			rule.IDs = []string{bad}
			s.rules(rule)
			b := s.start()
			n := b.asked(c.endpoint)
			if c.endpoint == "spaces" {
				n += b.asked("space")
			}
			if b.outcome != schemas.DoneWithGaps || b.err != nil || n > c.most {
				t.Errorf("%s (%v) with %d requests, want at most %d", b.outcome, b.err, n, c.most)
			}
			others := slices.ContainsFunc(b.manifest.Missing, func(m store.Missing) bool { return !m.Known && m.Member != bad })
			if missing := b.missing(schemas.GapRefused); !slices.Equal(missing, []string{bad}) || others {
				t.Errorf("missing %v, want %q refused", b.manifest.Missing, bad)
			}
			e := schemas.Endpoint(c.endpoint)
			if e == "space" {
				e = schemas.Spaces
			}
			if came := b.manifest.Came[schemas.Spaces] + b.manifest.Came[schemas.SpaceByID]; c.endpoint == "spaces" && came != 19 ||
				c.endpoint != "spaces" && b.manifest.Came[e] != 19 {
				t.Errorf("came %v of asked %v", b.manifest.Came, b.manifest.Asked)
			}
			errors := 0
			for kind, n := range b.manifest.Errors {
				if strings.HasPrefix(kind, "refused ") {
					errors += n
				}
			}
			if errors == 0 {
				t.Errorf("no row of api_errors: %v", b.manifest.Errors)
			}
			s.verified()
		})
	}
}

// What a proxy finds too long is asked for in parts.
func TestTooLongRequestsAreAskedInParts(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{simulator.FaultBodyTooLarge, simulator.FaultURITooLong, simulator.FaultHeaderTooLarge} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{}, simulator.Config{Spaces: 200})
			s.spec.IDs = s.world.SpaceIDs(100)
			s.rules(simulator.Rule{Fault: fault, Over: 30})
			b := s.start()
			if n := b.asked("spaces"); b.outcome != schemas.Done || n > 3+2+4 || b.manifest.Came[schemas.Spaces] != 100 {
				t.Errorf("%s (%v): %d requests, came %v", b.outcome, b.err, n, b.manifest.Came)
			}
		})
	}
}

// A 404 that no problem explains is a gateway's: a Space is gone only by an answer
// that names it, and after a second look.
func TestGatewaysMakeNoSpaceGone(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{simulator.FaultNoRoute, simulator.FaultEmptyNotFound} {
		for _, times := range []int{2, -1} {
			t.Run(fmt.Sprint(fault, times), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, jobs.Spec{Follow: jobfile.FollowOpen, RetryFor: 5 * time.Minute}, simulator.Config{})
				s.spec.Search = []jobs.Search{{Query: s.world.SearchWord()}}
				s.spec.IDs = s.world.SpaceIDsByState("live", 1)
				s.start().wants(s, schemas.Done, "search", 1)
				s.clock.pass(time.Hour)
				if times > 0 {
					s.world.SetFaults(simulator.Faults{Script: map[string][]simulator.Fault{"space": {fault, fault}, "spaces": {fault, fault}}})
					s.start().wants(s, schemas.Done, "search", 1)
				} else {
					s.rules(simulator.Rule{Fault: fault, Endpoints: []string{"space", "spaces"}})
					if b := s.start(); b.outcome.Complete() && len(b.missing(schemas.GapTemporary)) == 0 || b.asked("search") != 1 {
						t.Errorf("%s (%v), missing %v", b.outcome, b.err, b.manifest.Missing)
					}
					s.rules()
				}
				s.clock.pass(time.Hour)
				b := s.start()
				b.wants(s, schemas.Done, "search", 1)
				if looked := slices.Concat(b.members("space"), b.members("spaces")); !slices.Contains(looked, s.spec.IDs[0]) {
					t.Errorf("live Space %s is looked at no more: %q", s.spec.IDs[0], looked)
				}
			})
		}
	}
}

// A server that has not once answered like the API is a wrong base URL, at once.
func TestWrongBaseURLIsOneOfConfiguration(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter){
		"no route": func(w http.ResponseWriter) { w.WriteHeader(404); _, _ = io.WriteString(w, `{"message":"no Route"}`) },
		"empty":    func(w http.ResponseWriter) { w.WriteHeader(404) },
	} {
		for _, spec := range []jobs.Spec{{IDs: []string{"1a"}}, {Search: []jobs.Search{{Query: "q"}}, With: []string{"tweets"}}, {Creators: []string{"@a", "11"}}} {
			s := newScene(t, spec, simulator.Config{})
			asked := 0
			s.instead = func(w http.ResponseWriter, _ *http.Request) bool { asked++; answer(w); return true }
			s.spec.Workers = 1
			b := s.start()
			c, ok := b.err.(interface{ Configuration() bool })
			for err := b.err; err != nil && !ok; {
				u, wraps := err.(interface{ Unwrap() error })
				if !wraps {
					break
				}
				err = u.Unwrap()
				c, ok = err.(interface{ Configuration() bool })
			}
			if !ok || !c.Configuration() || !strings.Contains(b.err.Error(), "base URL") || asked > 10 {
				t.Errorf("%s: %v after %d requests", name, b.err, asked)
			}
		}
	}
}

// A successful answer that is no page is said, once it has been asked for again.
func TestAnswersThatAreNoPageAreSaid(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{simulator.FaultDataText, simulator.FaultEmptyObject, simulator.FaultMessage, simulator.FaultDataMixed, simulator.FaultHTML} {
		for _, endpoint := range []string{"tweets", "spaces"} {
			t.Run(fmt.Sprint(fault, " ", endpoint), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, jobs.Spec{With: []string{"tweets"}, RetryFor: time.Minute}, simulator.Config{})
				s.spec.Search, s.spec.IDs = []jobs.Search{{Query: s.world.SearchWord()}}, s.world.SpaceIDs(4)
				s.rules(simulator.Rule{Fault: fault, Endpoints: []string{endpoint}})
				b := s.start()
				if b.outcome == schemas.Done || b.outcome == schemas.DoneWithGaps && len(b.manifest.Missing) == 0 {
					t.Errorf("%s, %v; missing %v", b.outcome, b.err, b.manifest.Missing)
				}
				if fault == simulator.FaultHTML {
					return // weather
				}
				errors := 0
				for kind, n := range b.manifest.Errors {
					if strings.HasPrefix(kind, "unreadable ") {
						errors += n
					}
				}
				if errors == 0 || b.manifest.Came[schemas.Search] != 1 {
					t.Errorf("errors %v, came %v", b.manifest.Errors, b.manifest.Came)
				}
			})
		}
	}
}

// A collection that brings nothing new ends, and is said to be cut; so is a name
// that nobody has.
func TestWhatIsCutOrUnknownIsSaid(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{simulator.FaultRepeatedPages, simulator.FaultEmptyPages, ""} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			config := simulator.Config{}
			if fault == "" {
				config.Paging = simulator.PagingRepeat
			}
			s := newScene(t, jobs.Spec{With: []string{"tweets"}}, config)
			s.spec.IDs = s.world.TweetedSpaceIDs(2)
			s.spec.Creators = []string{"@nobody_has_this"}
			if fault != "" {
				s.rules(simulator.Rule{Fault: fault, Endpoints: []string{"tweets"}})
			}
			b := s.start()
			if b.outcome != schemas.DoneWithGaps || b.err != nil || len(b.manifest.Cut) == 0 || b.asked("tweets") > 2*6 {
				t.Errorf("%s (%v): cut %v after %d requests", b.outcome, b.err, b.manifest.Cut, b.asked("tweets"))
			}
			unknown := slices.DeleteFunc(b.manifest.Missing, func(m store.Missing) bool { return m.Known })
			if len(unknown) != 1 || unknown[0].Member != "nobody_has_this" || unknown[0].Kind != schemas.GapNotFound {
				t.Errorf("missing %v", b.manifest.Missing)
			}
		})
	}
}

// What a server refuses of expansions and fields is learned once, by one worker, and
// known to the next run.
func TestRefusedValuesAreLearnedOnce(t *testing.T) {
	t.Parallel()
	slow(t)
	for i, param := range []string{"expansions", "tweet.fields"} {
		for j, fault := range []simulator.Fault{simulator.FaultValuesForeign, simulator.FaultValuesListed, simulator.FaultValuesCut, simulator.FaultValuesBare} {
			if !long() && i != j%2 || scratchtest.Racing && i > 0 { // in small, each of one of them
				continue
			}
			t.Run(fmt.Sprint(param, " ", fault), func(t *testing.T) {
				t.Parallel()
				var counts []int
				for _, workers := range []int{1, 16} {
					s := newScene(t, jobs.Spec{With: []string{"tweets"}, Workers: workers}, simulator.Config{})
					s.spec.IDs = s.world.SpaceIDs(8)
					s.rules(simulator.Rule{Fault: fault, Endpoints: []string{"tweets"}, Params: []string{param}})
					for n := range 2 {
						b := s.start()
						if !b.outcome.Complete() || b.manifest.Came[schemas.Tweets] != 8 {
							t.Errorf("%d workers: %s (%v), came %v", workers, b.outcome, b.err, b.manifest.Came)
						}
						refused := 0
						for _, r := range b.requests {
							if r.Status != 200 {
								refused++
							}
						}
						if n > 0 && refused > 0 {
							t.Errorf("%d workers: %d requests of the next run are refused", workers, refused)
						}
						if n == 0 {
							counts = append(counts, refused)
						}
						s.clock.pass(time.Hour)
					}
				}
				if counts[0] == 0 || counts[1] > counts[0]+1 {
					t.Errorf("%v requests are refused with 1 and 16 workers", counts)
				}
			})
		}
	}
}
