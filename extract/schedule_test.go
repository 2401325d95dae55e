package extract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Of a schedule's excess over the bound, more than both of these is a failure:
// resets are told in whole seconds, so that each wait is up to two longer than
// the window, and programs that share a token spread their return over one.
const (
	excessPercent = 2
	excessTime    = 3 * time.Second
)

// result is how one setting went.
type result struct {
	setting
	bound           time.Duration
	took            time.Duration
	sent            int
	refused, needed int // 429s, and those that were to be foreseen
}

// play runs a setting with the client, in time that does not pass.
func play(t *testing.T, s setting, seed uint64) (r result) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Duration(seed*7919%1000) * time.Millisecond) // windows do not begin on whole seconds
		m := newModel(&s, seed)
		cfg := Config{Transport: m, CreatorSpacing: s.spacing}
		for _, h := range s.tokens {
			c := Credential{Name: h.name, Kind: AppCredential, App: h.app, Owner: h.owner, Source: secret(h.name)}
			if h.owner != "" {
				c.Kind = UserCredential
			}
			cfg.Credentials = append(cfg.Credentials, c)
		}
		retry := NewRetry(newClient(t, cfg))
		lanes := map[string][]schemas.Request{}
		for e, n := range s.work {
			for _, creator := range s.creators(e) {
				for i := range n {
					request := numbered(e, creator, i)
					lanes[retry.Lane(request)] = append(lanes[retry.Lane(request)], request)
				}
			}
		}
		var wait sync.WaitGroup
		for _, requests := range lanes {
			wait.Go(func() {
				fetchAll(t, retry, s.workers, len(requests), func(i int) schemas.Request { return requests[i] })
			})
		}
		wait.Wait()
		r = result{s, s.bound(), m.finish, m.sent, m.refused, m.needed}
	})
	return r
}

// numbered is the i-th request to an endpoint; of buyers one for a creator's
// Space.
func numbered(e schemas.Endpoint, creator string, i int) schemas.Request {
	r := oneOf(e)
	switch {
	case e == schemas.Buyers:
		return buyersOf(fmt.Sprintf("1%c%07d", 'a'+creator[1]-'1', i))
	case len(r.IDs) > 0 && e != schemas.Usernames:
		r.IDs = []string{fmt.Sprintf("1%07d", i)}
	}
	return r
}

func (r result) check(t *testing.T) {
	t.Helper()
	if r.needed > 0 || r.took < r.bound || r.excess() > 1 {
		t.Errorf("%s: took %s, the bound is %s, %d avoidable 429s: %+v", r.name, r.took, r.bound, r.needed, r.setting)
	}
}

// excess is how far a result is over the bound, 1 being as far as it may be.
func (r result) excess() float64 {
	return float64(r.took-r.bound) / float64(max(excessTime, r.bound*excessPercent/100))
}

const header = "setting\ttokens\trequests\tbound\ttook\tover\t\t429s\tavoidable\t"

func (r result) line() string {
	over, tenth := r.took-r.bound, 100*time.Millisecond
	return fmt.Sprintf("%s\t%d\t%d\t%s\t%s\t%s\t%.2f %%\t%d\t%d\t", r.name, len(r.tokens), r.sent, r.bound.Round(tenth),
		r.took.Round(tenth), over.Round(tenth), 100*over.Seconds()/max(r.bound.Seconds(), 0.001), r.refused, r.needed)
}

func TestScheduleMeetsTheBound(t *testing.T) {
	slow(t)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	if testing.Verbose() {
		fmt.Fprintln(table, header)
	}
	show := func(r result) {
		if testing.Verbose() {
			fmt.Fprintln(table, r.line())
		}
	}
	for i, s := range documented() {
		r := play(t, s, uint64(i))
		r.check(t)
		show(r)
	}
	n := 30
	if testing.Short() {
		n = 10
	}
	show(worst(t, fmt.Sprintf("worst of %d random settings", n), n, randomSetting))
	show(worst(t, fmt.Sprintf("worst of %d small ones, bound = optimum", 2*n), 2*n, smallSetting))
}

// worst plays n settings and returns the one furthest over its bound, in per
// cent or, of short ones, in seconds; with the requests and 429s of all.
func worst(t *testing.T, name string, n int, make func(*rand.Rand) setting) (worst result) {
	var all result
	for i := range n {
		s := make(rand.New(rand.NewPCG(uint64(i), 7)))
		s.name = name
		r := play(t, s, uint64(i))
		if s.latency == tiny {
			best := s.optimum()
			if r.bound > best+time.Second || best > r.bound {
				t.Errorf("%s: the bound is %s, the optimum %s: %+v", s.name, r.bound, best, s)
			}
			r.bound = best
		}
		r.check(t)
		all.sent, all.refused, all.needed = all.sent+r.sent, all.refused+r.refused, all.needed+r.needed
		if i == 0 || r.excess() > worst.excess() {
			worst = r
		}
	}
	worst.sent, worst.refused, worst.needed = all.sent, all.refused, all.needed
	return worst
}

func TestCancellingEndsEveryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setting{tokens: []holder{{"a", "", ""}}, limits: everywhere(5), latency: 100 * time.Millisecond}
		retry := NewRetry(newClient(t, Config{Transport: newModel(&s, 1), Credentials: []Credential{appKey("a")}}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				if _, err := retry.Fetch(ctx, spaceNumber(i), nil); err != nil && ctx.Err() == nil {
					t.Errorf("got %v before the end", err)
				}
			})
		}
		wait.Wait()
		if took := time.Since(start); took != time.Minute {
			t.Errorf("took %s, want the minute until the end", took)
		}
	})
}
