package simulator

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBadSpaceIDs(t *testing.T) {
	s, c := ruled(t, Rule{Fault: FaultBadSpaceIDs, Share: 0.3, Extra: 2})
	word := s.SearchWord()
	r := s.get("/2/spaces/search", "query", word, "max_results", "90")
	var good []string
	kinds := map[string]int{}
	for _, sp := range r.data() {
		switch id := sp["id"].(type) {
		case float64:
			kinds["number"]++
		case string:
			switch {
			case id == "":
				kinds["empty"]++
			case len(id) == 16:
				kinds["long"]++
			case len(id) == 13:
				good = append(good, id)
			default:
				contains(t, "word", id, "space: ")
				kinds["word"]++
			}
		}
	}
	if len(kinds) < 3 || len(good) == 0 {
		t.Errorf("bad ids: got %v beside %d good ones", kinds, len(good))
	}
	equal(t, "visible", strings.Join(s.Visible(Question{Query: word}, c.now()), " "), strings.Join(good, " "))
	equal(t, "served", len(s.Served().Spaces), len(good))
	equal(t, "billed", s.Billing().Counts[kindSpace], len(good)+len(s.Served().BadSpaceIDs))
	hits := len(s.hits(word, "all", 100, 0))
	equal(t, "with the extra ones", len(r.data()), hits+2)
	for _, id := range s.Befallen(FaultBadSpaceIDs)[:3] {
		if _, ok := s.Space(id); ok {
			equal(t, "asked for by its true id", s.get("/2/spaces/" + id).data()[0]["id"], any(id))
		}
	}
}

func TestBadUserIDs(t *testing.T) {
	s, _ := ruled(t, Rule{Fault: FaultBadUserIDs, Share: 0.5})
	bad := s.Befallen(FaultBadUserIDs)
	var shown []any
	for _, id := range s.SpaceIDs(30) {
		truth, _ := s.Space(id)
		sp := s.get("/2/spaces/"+id, "space.fields", "creator_id,host_ids,speaker_ids").data()[0]
		equal(t, "creator of "+id, sp["creator_id"] == any(truth.CreatorID), !slices.Contains(bad, id))
		if slices.Contains(bad, id) {
			hosts, _ := sp["host_ids"].([]any)
			if n := len(hosts); n > 0 && (hosts[n-1] == any(truth.HostIDs[n-1]) || n > 1 && hosts[0] != any(truth.HostIDs[0])) {
				t.Errorf("hosts: got %v of %v", hosts, truth.HostIDs)
			}
			shown = append(shown, sp["creator_id"])
		}
	}
	if len(shown) < 5 || len(s.Served().BadUserIDs) < 5 {
		t.Errorf("bad users: got %v, served %v", shown, s.Served().BadUserIDs)
	}
}

func TestLostMembers(t *testing.T) {
	ids := New(Config{}).SpaceIDs(6)
	s, _ := ruled(t, Rule{Fault: FaultLost, IDs: ids[:1]})
	r := s.get("/2/spaces", "ids", strings.Join(ids, ","))
	equal(t, "lost", len(r.data()), 5)
	equal(t, "errors", len(r.problems()), 0)
	equal(t, "first", r.data()[0]["id"], any(ids[1]))

	s, _ = ruled(t, Rule{Fault: FaultLost, Rate: 0.5})
	counts := map[int]int{}
	for range 40 {
		counts[len(s.get("/2/spaces", "ids", strings.Join(ids, ",")).data())]++
	}
	if counts[5] < 10 || counts[6] < 10 || len(counts) != 2 {
		t.Errorf("answers by length: got %v, want 5 and 6", counts)
	}
}

// Pages without progress have ever new tokens, until the rule is over.
func TestPagesWithoutProgress(t *testing.T) {
	for _, fault := range []Fault{FaultRepeatedPages, FaultEmptyPages} {
		for _, paging := range []string{PagingNormal, PagingQuirks} {
			c := newClock()
			id := New(Config{}).SpaceIDs(2)[1]
			s := serve(t, Config{Now: c.now, Paging: paging, Faults: Faults{Rules: []Rule{{Fault: fault, IDs: []string{id}, To: time.Hour}}}})
			path, tokens, pages := "/2/spaces/"+id+"/tweets", map[any]bool{}, map[string]bool{}
			query := []string{"max_results", "20"}
			for range 10 {
				r := s.get(path, query...)
				data, _ := json.Marshal(r.json["data"])
				pages[string(data)] = true
				token := r.meta("next_token")
				if token == nil || tokens[token] {
					t.Fatalf("%s: token %v again", fault, token)
				}
				tokens[token] = true
				query = []string{"max_results", "20", "pagination_token", token.(string)}
			}
			equal(t, "pages", len(pages), 1)
			equal(t, "empty", pages["null"], fault == FaultEmptyPages)
			c.advance(time.Hour)
			r := s.get(path, query...)
			equal(t, "afterwards", r.status, 200)
			equal(t, "with data", len(r.data()) > 0, true)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	const asked = "creator_id,host_ids,invited_user_ids,speaker_ids,topic_ids"
	path := "/2/spaces/" + New(Config{}).SpaceIDs(1)[0]
	ask := func(rule Rule, unknown, expansions string) response {
		s := serve(t, Config{UnknownFields: unknown, Faults: Faults{Rules: []Rule{rule}}})
		if expansions == "" {
			return s.get(path)
		}
		return s.get(path, "expansions", expansions)
	}
	for fault, want := range map[Fault]string{
		FaultValuesForeign: "value [creator_id] is not one of [audience,recording,guest_list]",
		FaultValuesListed:  "value [host_ids] is not one of [creator_id,invited_user_ids,topic_ids]",
		FaultValuesCut:     "value [host_ids] is not one of [creator_id,invited",
		FaultValuesBare:    "value [host_ids] is not valid",
	} {
		rule := Rule{Fault: fault}
		if fault != FaultValuesForeign {
			rule.Values = []string{"host_ids", "speaker_ids"}
		}
		r := ask(rule, "", asked)
		equal(t, string(fault), r.status, 400)
		contains(t, string(fault), string(r.body), want)
		r = ask(rule, UnknownRejectIndexed, asked)
		if fault != FaultValuesBare {
			contains(t, string(fault), string(r.body), "at index ")
		}
		equal(t, "without", ask(rule, "", "").status, 200)
		if fault != FaultValuesForeign {
			equal(t, "the others", ask(rule, "", "creator_id,topic_ids").status, 200)
		}
	}
	s, _ := ruled(t, Rule{Fault: FaultValuesListed, Params: []string{"space.fields"}})
	r := s.get(path, "space.fields", spaceScalars)
	if n := len(r.problems()); r.status != 400 || n < 2 || n > 10 {
		t.Errorf("half of the fields: got %d with %d refused", r.status, n)
	}
}
