package simulator

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// walk reads all pages and returns the ids, the tokens and the page sizes.
func (s server) walk(token, path, size string) (ids, tokens []string, sizes []int) {
	s.t.Helper()
	query := []string{"max_results", size}
	for {
		r := s.getAs(token, path, query...)
		if r.status != 200 {
			s.t.Fatalf("%s %v: got %d %s", path, query, r.status, r.body)
		}
		for _, o := range r.data() {
			ids = append(ids, o["id"].(string))
		}
		sizes = append(sizes, len(r.data()))
		next, _ := r.meta("next_token").(string)
		if next == "" || slices.Contains(tokens, next) {
			return ids, tokens, sizes
		}
		tokens = append(tokens, next)
		query = []string{"max_results", size, "pagination_token", next}
	}
}

func TestPagesHoldEverythingOnce(t *testing.T) {
	for _, paging := range []string{PagingNormal, PagingQuirks, PagingRepeat, PagingExpired} {
		s := serve(t, Config{NoRateLimits: true, Paging: paging})
		creator, spaces := s.TicketedCreator()
		token := s.IssueUserToken(creator).AccessToken
		for _, id := range spaces {
			ids, _, _ := s.walk(token, "/2/spaces/"+id+"/buyers", "100")
			if !slices.Equal(ids, s.Buyers(id)) {
				t.Errorf("%s: buyers of %s: got %d, want %d", paging, id, len(ids), len(s.Buyers(id)))
			}
		}
		for _, id := range s.TweetedSpaceIDs(10) {
			ids, _, _ := s.walk("app", "/2/spaces/"+id+"/tweets", "40")
			if paging == PagingRepeat { // the last page came twice
				ids = slices.Compact(ids)
				ids = ids[:min(len(ids), len(s.SpaceTweets(id)))]
			}
			if !slices.Equal(ids, s.SpaceTweets(id)) {
				t.Errorf("%s: tweets of %s: got %d, want %d", paging, id, len(ids), len(s.SpaceTweets(id)))
			}
		}
	}
}

func TestQuirkyPages(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, Paging: PagingQuirks})
	var tokens []string
	empty, short := 0, 0
	for _, id := range s.TweetedSpaceIDs(30) {
		_, some, sizes := s.walk("app", "/2/spaces/"+id+"/tweets", "12")
		tokens = append(tokens, some...)
		for _, n := range sizes[:len(sizes)-1] {
			switch {
			case n == 0:
				empty++
			case n < 12:
				short++
			}
		}
	}
	if empty == 0 || short == 0 {
		t.Errorf("got %d empty and %d short pages", empty, short)
	}
	for _, form := range []string{`^[0-9A-V]{13}ZZZ$`, `^[0-9a-z]{12}$`, `^[0-9]{19}$`, `^7140dibdnow9c7[0-9a-z]{31}$`, `^[0-9A-V]{19}0ZZZZ$`} {
		if !slices.ContainsFunc(tokens, regexp.MustCompile(form).MatchString) {
			t.Errorf("no token like %s", form)
		}
	}
}

func TestRepeatingToken(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, Paging: PagingRepeat})
	path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets"
	_, tokens, _ := s.walk("app", path, "100")
	last := tokens[len(tokens)-1]
	for range 3 {
		equal(t, "token", s.get(path, "pagination_token", last).meta("next_token"), any(last))
	}
}

func TestTokensExpireAndBelongToOneList(t *testing.T) {
	c := newClock()
	s := serve(t, Config{NoRateLimits: true, Now: c.now, Paging: PagingExpired})
	path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets"
	token := s.get(path).meta("next_token").(string)
	c.advance(59 * time.Second)
	r := s.get(path, "pagination_token", token)
	equal(t, "in time", r.status, 200)
	if r.meta("previous_token") == nil || s.get(path).meta("previous_token") != nil {
		t.Error("previous_token belongs on all pages but the first")
	}
	equal(t, "other list", s.get("/2/spaces/"+s.TweetedSpaceIDs(2)[0]+"/tweets", "pagination_token", token).status == 200, s.TweetedSpaceIDs(2)[0] == s.SpaceIDs(2)[1])
	c.advance(2 * time.Second)
	equal(t, "late", s.get(path, "pagination_token", token).status, 400)
}
