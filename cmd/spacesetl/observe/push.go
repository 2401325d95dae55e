package observe

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
)

// telling is how long each of the places that are told of the end has for it.
const telling = 5 * time.Second

// pushMetrics sends metrics to a Pushgateway, in the group of the job and the
// machine. When a job succeeded last stays there when a run has failed, since
// only what is sent is replaced.
func pushMetrics(ctx context.Context, gateway, job, host string, metrics prometheus.Gatherer) error {
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	address, user := withoutUser(gateway)
	p := push.New(address, job).Grouping("instance", host).Gatherer(metrics).Client(&http.Client{Timeout: telling, CheckRedirect: stay, Transport: brief{}})
	if user != nil {
		password, _ := user.Password()
		p = p.BasicAuth(user.Username(), password)
	}
	return withoutAddress(p.AddContext(ctx))
}

// withoutUser takes the user and the password out of an address, which then can
// be shown.
func withoutUser(address string) (string, *url.Userinfo) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil // was checked
	}
	user := u.User
	u.User = nil
	return u.String(), user
}
