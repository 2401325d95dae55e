package observe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/schemas"
)

// pinger tells a heartbeat service, as healthchecks.io knows it, that a run
// begins and how it ends. Its address is a secret: who knows it can ping.
type pinger struct {
	address *url.URL
	client  *http.Client
	rid     string        // what start and end of a run have in common
	pause   time.Duration // between two tries
	started chan error    // what became of the first ping
	give    func()        // gives it up
}

const (
	pingTimeout = 10 * time.Second // of one try
	pingTries   = 3
	pingPause   = time.Second
	// hurry bounds all tries of a run that was interrupted: who sent the signal
	// waits for its end.
	hurry = 10 * time.Second
)

// newPinger returns a pinger for a checked address.
func newPinger(address string) *pinger {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // was checked
	}
	return &pinger{address: u, client: &http.Client{Timeout: pingTimeout, CheckRedirect: stay}, rid: uuid.NewString(), pause: pingPause, started: make(chan error, 1)}
}

// begin pings that a run begins. It does not wait for the answer; end does.
func (p *pinger) begin(ctx context.Context) {
	ctx, p.give = context.WithCancel(context.WithoutCancel(ctx))
	go func() { p.started <- p.ping(ctx, "start", "") }()
}

// end pings how a run has ended, after the ping of begin, which is given up if
// it takes longer than one try from now.
func (p *pinger) end(ctx context.Context, what, body string) error {
	patience := pingTimeout
	if what == "130" || what == "143" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, hurry)
		defer cancel()
		patience = hurry / 2
	}
	timer := time.AfterFunc(patience, p.give)
	defer timer.Stop()
	err := <-p.started
	p.give()
	if err != nil {
		err = fmt.Errorf("at the start: %w", err)
	}
	return errors.Join(err, p.ping(ctx, what, body))
}

// suffix is what the end of a run is pinged as: its exit code, which is a failure for
// the service, and nothing for success. A run that stopped at a rate window or its
// deadline did what it was to do, and the next goes on; one that got nothing in
// an outage did not.
func suffix(end End) string {
	nothing := end.Outcome.Ending().Exit == end.Code && end.Manifest == nil
	if end.Code == 0 || schemas.ExitOf(end.Code).Resumes != "" && !nothing {
		return ""
	}
	return strconv.Itoa(end.Code)
}

// ping sends one ping, in several tries.
func (p *pinger) ping(ctx context.Context, what, body string) error {
	u := *p.address
	if what != "" {
		u = *u.JoinPath(what)
	}
	query := u.Query()
	query.Set("rid", p.rid)
	u.RawQuery = query.Encode()
	for try := 1; ; try++ {
		retry, err := p.try(ctx, u.String(), body)
		if err == nil || !retry || try == pingTries {
			return err
		}
		select {
		case <-time.After(p.pause):
		case <-ctx.Done():
			return err
		}
	}
}

// try sends a ping once, and reports whether another try is worth it.
func (p *pinger) try(ctx context.Context, address, body string) (retry bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return false, withoutAddress(err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := p.client.Do(req)
	if err != nil {
		return true, withoutAddress(err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		return res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, fmt.Errorf("status %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	return false, nil
}

// maxBody bounds what is sent with the last ping; services keep 10 to 100 kB.
const maxBody = 8 << 10 // bytes

// pingBody is what a ping says of a run: how it ended, and the last of its log.
func pingBody(job string, end End, took time.Duration, s state, log *tail) string {
	var b strings.Builder
	_ = printable.To(&b, "%s: %s, exit code %d, after %s\n", job, end.Outcome, end.Code, took.Round(time.Millisecond))
	if end.Err != nil {
		fmt.Fprintln(&b, end.Err)
	}
	if m := end.Manifest; m != nil && m.Run.Outcome == schemas.DoneWithGaps {
		fmt.Fprintf(&b, "missing: %v, collections cut: %d\n", m.Gaps(), len(m.Cut))
	}
	fmt.Fprintf(&b, "%d pages, %d fetched now, cost %s to %s\n\n", s.Pages, s.Fetched, s.Low.Cents(), s.High.Cents())
	head := printable.Text(b.String())
	head = strings.ToValidUTF8(head[:min(len(head), maxBody/2)], "")
	return head + log.last(maxBody-len(head))
}
