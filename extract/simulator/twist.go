package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// members reads a required list, without those that are lost: the chosen ones,
// or one of them where none is chosen.
func (c *call) members(param string, valid func(string) bool) ([]string, *failure) {
	ids, fail := c.query.list(param, valid)
	for _, rule := range c.ask.twists {
		switch {
		case rule.Fault != FaultLost || len(ids) == 0:
		case rule.lasting():
			ids = slices.DeleteFunc(ids, rule.picks)
		default:
			at := int(mix(rule.salt^c.ask.request^mix(c.ask.nth)) % uint64(len(ids)))
			ids = slices.Delete(ids, at, at+1)
		}
	}
	return ids, fail
}

// badID is what stands where an id should: one too long, a word, a number with
// an exponent, a number with too many digits, or nothing.
func badID(seed uint64, of, word, long string) any {
	h := mix(seed ^ hashText(of))
	switch n := mix(h); h % 5 {
	case 0:
		return long
	case 1:
		return word + ": " + encode(n, base36, 6) + "?"
	case 2:
		return literal(fmt.Sprintf("%d.%de12", 1+n%9, 1+n>>8%9))
	case 3:
		return literal(strconv.FormatUint(1e18+n>>4, 10) + "0")
	}
	return ""
}

// idText is an id as JSON shows it, without quotes.
func idText(id any) string {
	if l, ok := id.(literal); ok {
		return string(l)
	}
	return id.(string)
}

// spoils tells whether a rule makes the id of a Space bad.
func (r *rule) spoils(space string) bool {
	return r.Fault == FaultBadSpaceIDs && (r.Extra == 0 || r.lasting()) && r.picks(space)
}

// withExtra adds Spaces with bad ids to a list that is not empty, up to limit.
func (c *call) withExtra(list []object, limit int) []object {
	for _, rule := range c.ask.twists {
		for i := range rule.Extra {
			if rule.Fault != FaultBadSpaceIDs || len(list) == 0 || len(list) >= limit {
				break
			}
			index := c.w.hash(forFaults, hashText(c.query.Encode())+uint64(i)) % c.w.spaces
			sp := c.s.spaceNow(index)
			sp.State = stateLive
			list = append(list, c.spaceAs(sp, c.badSpace(sp.ID)))
		}
	}
	return list
}

// stuck is the page of a collection that makes no progress, if it is one.
func (c *call) stuck(t tokens, at cursor, size, total int) (pageSpan, bool) {
	empty := c.twisted(FaultEmptyPages, c.path)
	if !empty && (total == 0 || !c.twisted(FaultRepeatedPages, c.path)) {
		return pageSpan{}, false
	}
	span := pageSpan{to: min(size, total)}
	if empty {
		span.to = 0
	}
	next := cursor{resumed: true, issued: max(at.issued, t.now, tokenEpoch) + 1}
	span.meta = obj("result_count", span.to, "next_token", t.form(next))
	return span, true
}

// foreignValues are the allowed values that a server tells that knows none of
// the documented ones.
var foreignValues = []string{"audience", "recording", "guest_list"}

// refuseValues refuses values of a parameter as the rules say.
func refuseValues(twists []*rule, param, list string, known []string, unknown string) *failure {
	for _, r := range twists {
		told := known
		switch r.Fault {
		case FaultValuesForeign:
			told = foreignValues
		case FaultValuesListed, FaultValuesCut, FaultValuesBare:
			told = slices.DeleteFunc(slices.Clone(known), r.refuses)
		default:
			continue
		}
		if params := r.Params; len(params) > 0 && !slices.Contains(params, param) || len(params) == 0 && param != "expansions" {
			continue
		}
		asked := strings.Split(list, ",")
		wrong := slices.DeleteFunc(slices.Clone(asked), func(v string) bool { return !r.refuses(v) })
		if len(wrong) > 0 {
			return r.refusal(param, asked, wrong, told, unknown == UnknownRejectIndexed)
		}
	}
	return nil
}

// refuses tells whether a rule refuses a value.
func (r *rule) refuses(value string) bool {
	if len(r.Values) > 0 {
		return slices.Contains(r.Values, value)
	}
	return r.Fault == FaultValuesForeign || chance(r.salt^hashText(value), 0.5)
}

// refusal tells the wrong values, in either wording.
func (r *rule) refusal(param string, asked, wrong, told []string, indexed bool) *failure {
	if r.Fault == FaultValuesBare {
		var items []object
		for _, v := range wrong {
			items = append(items, notValidItem(param, v))
		}
		return &failure{http.StatusBadRequest, invalidBody(items)}
	}
	brackets := func(separator string) string {
		text := "[" + strings.Join(told, separator) + "]"
		if r.Fault == FaultValuesCut {
			return text[:len(text)/2]
		}
		return text
	}
	if indexed {
		return invalid(param, strings.Join(asked, ","), fmt.Sprintf("invalid value '%s' at index %d: value must be one of: %s",
			wrong[0], slices.Index(asked, wrong[0]), brackets(" ")))
	}
	var items []object
	for _, v := range wrong {
		items = append(items, invalidItem(param, v, fmt.Sprintf("The `%s` query parameter value [%s] is not one of %s", param, v, brackets(","))))
	}
	return &failure{http.StatusBadRequest, invalidBody(items)}
}
