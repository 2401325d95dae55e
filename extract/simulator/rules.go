package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rule lets a fault befall the requests to which all applies that the rule
// says; a field left zero says nothing. Of several rules the first whose fault
// answers does so; those that change an answer all do.
//
// IDs and Share choose members, who stay chosen: the ids, names and usernames in
// a request's list or path, and the query of a search. For a fault that answers, one
// chosen member is enough. For one that changes answers the members are the
// Spaces shown, or what is lost.
type Rule struct {
	Fault     Fault    `json:"fault"`
	Endpoints []string `json:"endpoints"` // names; default: those under /2/ that the fault can befall

	From  time.Duration `json:"from"`  // since the start of the server, by its clock
	To    time.Duration `json:"to"`    // 0 is for ever
	Every time.Duration `json:"every"` // from From to To, and again after each so long

	Rate  float64  `json:"rate"`  // share of the requests, by the seed, the request and how often it came; 0 is all
	IDs   []string `json:"ids"`   // these members
	Share float64  `json:"share"` // and this share of all members, by the seed and the fault
	Over  int      `json:"over"`  // requests with more members, or a larger max_results

	// Tokens are those that the requests carry. A FaultDeadToken without any kills
	// at From, and at each Every, all tokens that were seen before: they stay dead.
	Tokens []string `json:"tokens"`

	Extra  int      `json:"extra"`  // FaultBadSpaceIDs: so many more Spaces in each answer that has any
	Params []string `json:"params"` // FaultValues...: parameters; default expansions
	Values []string `json:"values"` // FaultValues...: values refused; default all (foreign) or half of them by the seed
}

// ParseFaults reads Faults in JSON. A time span is a text such as "36h"; a key,
// fault or endpoint that does not exist is an error.
func ParseFaults(data []byte) (Faults, error) {
	var f Faults
	if err := strictly(data, &f); err != nil {
		return Faults{}, err
	}
	return f, f.check()
}

// strictly decodes JSON of which every key is known.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// span is a duration as a text.
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

// UnmarshalJSON reads time spans as texts.
func (r *Rule) UnmarshalJSON(data []byte) error {
	type plain Rule
	raw := struct {
		*plain
		From  span `json:"from"`
		To    span `json:"to"`
		Every span `json:"every"`
	}{plain: (*plain)(r)}
	err := strictly(data, &raw)
	r.From, r.To, r.Every = time.Duration(raw.From), time.Duration(raw.To), time.Duration(raw.Every)
	return err
}

// check finds what could never befall anything.
func (f Faults) check() error {
	known := func(where string, fault Fault, rule bool) error {
		kind, ok := faultKinds[fault]
		if !ok {
			return fmt.Errorf("%s: no fault is called %q", where, fault)
		}
		if kind.twist && !rule {
			return fmt.Errorf("%s: %q is for rules only", where, fault)
		}
		return nil
	}
	if f.Rate < 0 || f.Rate > 1 {
		return fmt.Errorf("rate %g is not between 0 and 1", f.Rate)
	}
	for name, script := range f.Script {
		if !isEndpoint(name) {
			return fmt.Errorf("script: no endpoint is called %q", name)
		}
		for _, fault := range script {
			if fault == FaultNone {
				continue
			}
			if err := known("script of "+name, fault, false); err != nil {
				return err
			}
		}
	}
	for i, fault := range f.Kinds {
		if err := known(fmt.Sprintf("kind %d", i+1), fault, false); err != nil {
			return err
		}
	}
	for i, r := range f.Rules {
		where := fmt.Sprintf("rule %d", i+1)
		if err := known(where, r.Fault, true); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

// isEndpoint tells whether an endpoint has this name.
func isEndpoint(name string) bool {
	return slices.ContainsFunc(endpointTable(), func(e *endpoint) bool { return e.name == name }) ||
		slices.Contains(slices.Collect(maps.Values(tokenPaths)), name)
}

func (r *Rule) check() error {
	kind := faultKinds[r.Fault]
	for _, name := range r.Endpoints {
		if len(kind.endpoints) > 0 && !slices.Contains(slices.Concat(kind.endpoints, kind.also), name) {
			return fmt.Errorf("%q does not befall %q", r.Fault, name)
		}
		if !isEndpoint(name) {
			return fmt.Errorf("no endpoint is called %q", name)
		}
	}
	switch {
	case r.Extra != 0 && r.Fault != FaultBadSpaceIDs:
		return fmt.Errorf("extra is for %q", FaultBadSpaceIDs)
	case len(r.Params)+len(r.Values) > 0 && !strings.HasPrefix(string(r.Fault), "values-"):
		return errors.New("params and values are for the faults values-…")
	case r.Rate < 0 || r.Rate > 1 || r.Share < 0 || r.Share > 1:
		return fmt.Errorf("rate %g or share %g is not between 0 and 1", r.Rate, r.Share)
	case r.To != 0 && r.To <= r.From, r.From < 0:
		return fmt.Errorf("from %s to %s is no span of time", r.From, r.To)
	case r.Every < 0 || r.Every > 0 && r.To > 0 && r.To-r.From > r.Every:
		return fmt.Errorf("every %s is shorter than the span from %s to %s", r.Every, r.From, r.To)
	}
	return nil
}

// ask is a request as the rules see it.
type ask struct {
	endpoint string
	param    string   // where the members stand
	members  []string // ids, names, or the query of a search
	size     int      // members, or max_results of a page
	token    string
	request  uint64 // hash of method and URL
	nth      uint64 // how often it came before
	at       time.Duration
	login    bool // a token endpoint
	certain  bool // only what befalls every such request counts

	twists []*rule // that change the answer
}

// rule is a Rule made ready.
type rule struct {
	Rule
	kind faultKind
	ids  set
	salt uint64
}

func compile(list []Rule, seed uint64) []*rule {
	rules := make([]*rule, len(list))
	for i, r := range list {
		rules[i] = &rule{Rule: r, kind: faultKinds[r.Fault], ids: setOf(r.IDs...), salt: mix(seed ^ hashText(string(r.Fault)))}
	}
	return rules
}

func (r *rule) lasting() bool { return len(r.ids) > 0 || r.Share > 0 }

// holds looks at all but the members.
func (r *rule) holds(a *ask, tokens map[string]time.Duration) bool {
	since, ok := r.since(a.at)
	switch {
	case !ok || a.size <= r.Over:
		return false
	case len(r.Endpoints) > 0 && !slices.Contains(r.Endpoints, a.endpoint),
		len(r.Endpoints) == 0 && len(r.kind.endpoints) > 0 && !slices.Contains(r.kind.endpoints, a.endpoint),
		len(r.Endpoints) == 0 && a.login:
		return false
	case len(r.Tokens) > 0:
		if !slices.Contains(r.Tokens, a.token) {
			return false
		}
	case r.Fault == FaultDeadToken:
		if seen, ok := tokens[a.token]; !ok || a.token == "" || seen >= since {
			return false
		}
	}
	return r.Rate == 0 || !a.certain && chance(r.salt^mix(a.request^mix(a.nth)), r.Rate)
}

// since is when the span of time began that holds now.
func (r *rule) since(at time.Duration) (time.Duration, bool) {
	if at < r.From {
		return 0, false
	}
	since := r.From
	if r.Every > 0 {
		since += (at - r.From) / r.Every * r.Every
	}
	return since, r.To == 0 || r.Fault == FaultDeadToken || at-since < r.To-r.From
}

// picks tells whether a member is chosen.
func (r *rule) picks(member string) bool {
	return !r.lasting() || r.ids[member] || r.Share > 0 && chance(r.salt^hashText(member), r.Share)
}

// chosen are the members that a lasting rule picks.
func (r *rule) chosen(members []string) (list []string) {
	if !r.lasting() {
		return nil
	}
	for _, m := range members {
		if r.picks(m) {
			list = append(list, m)
		}
	}
	return list
}

// chance is true for a share of all numbers.
func chance(n uint64, share float64) bool {
	return float64(mix(n)>>11)/(1<<53) < share
}
