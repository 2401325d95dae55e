package extract

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// newRequest builds the HTTP request of an exchange. Lists are one comma-separated
// value: of repeated parameters the API may read only the last.
func newRequest(ctx context.Context, cfg *Config, x *exchange) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, cfg.BaseURL+target(x.request, x.params), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+x.token)
	req.Header.Set("User-Agent", cfg.UserAgent)
	req.Header.Set("Accept", "application/json")
	// Asking for gzip ourselves turns off the transport's own, which hides the
	// compressed size.
	req.Header.Set("Accept-Encoding", "gzip")
	return req, nil
}

// target is the path and query of r.
func target(r schemas.Request, p schemas.Params) string {
	spec := r.Endpoint.Spec()
	path := spec.Path
	if len(r.IDs) > 0 {
		path = strings.Replace(path, "{id}", url.PathEscape(r.IDs[0]), 1)
	}
	var q query
	if spec.IDParam != "" {
		q.add(spec.IDParam, r.IDs...)
	}
	if r.Endpoint == schemas.Usage {
		q.add("days", r.Query)
	} else {
		q.add("query", r.Query)
	}
	q.add("state", r.State)
	if sized(r.Endpoint) {
		q.add("max_results", strconv.Itoa(cmp.Or(r.Max, schemas.MaxResults)))
	}
	q.add("pagination_token", r.Token)
	for _, name := range sortedKeys(p) {
		q.add(name, p[name]...)
	}
	return path + q.String()
}

// sized tells the endpoints that take max_results.
func sized(e schemas.Endpoint) bool { return e.Spec().Paged || e == schemas.Search }

// query is a query string under construction.
type query struct{ parts []string }

func (q *query) add(name string, values ...string) {
	escaped := make([]string, len(values))
	for i, v := range values {
		// %20, not +: a plus sign is a space only to servers that parse forms.
		escaped[i] = strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	}
	if list := strings.Join(escaped, ","); list != "" {
		q.parts = append(q.parts, name+"="+list)
	}
}

func (q *query) String() string {
	if len(q.parts) == 0 {
		return ""
	}
	return "?" + strings.Join(q.parts, "&")
}

func sortedKeys(p schemas.Params) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
