package transform

import (
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// byHand decodes the users in a page's data with code written for nothing else,
// from the same building blocks: what the compiled plan is measured against.
type byHand struct {
	table   *schemas.Table
	pool    pool
	b       *builder
	text    []byte
	columns struct {
		id, username, name, created, description, location, url, protected, verified, verifiedType, verifiedFollowers,
		identity, parody, subscription, subscribesNested, subscribes, dm, image, banner, pinned, recent,
		followers, following, tweets, listed, likes, media, affiliation, affiliationURL, badge, withheld, run, page, fetched,
		first, last *vector
	}
}

func newByHand() *byHand {
	h := &byHand{table: schemas.EntityTable(schemas.User)}
	h.b = newBuilder(h.table, &h.pool)
	column := func(name string) *vector { return &h.b.columns[h.table.Column(name)] }
	c := &h.columns
	c.id, c.username, c.name, c.created = column("user_id"), column("username"), column("name"), column("created_at")
	c.description, c.location, c.url = column("description"), column("location"), column("url")
	c.protected, c.verified, c.verifiedType = column("protected"), column("verified"), column("verified_type")
	c.verifiedFollowers, c.identity, c.parody = column("verified_followers_count"), column("is_identity_verified"), column("parody")
	c.subscription, c.subscribesNested, c.subscribes = column("subscription_type"), column("subscription_subscribes_to_you"), column("subscribes_to_you")
	c.dm, c.image, c.banner = column("receives_your_dm"), column("profile_image_url"), column("profile_banner_url")
	c.pinned, c.recent = column("pinned_tweet_id"), column("most_recent_tweet_id")
	c.followers, c.following, c.tweets = column("followers_count"), column("following_count"), column("tweet_count")
	c.listed, c.likes, c.media = column("listed_count"), column("like_count"), column("media_count")
	c.affiliation, c.affiliationURL, c.badge = column("affiliation_description"), column("affiliation_url"), column("affiliation_badge_url")
	c.withheld, c.run, c.page, c.fetched = column("withheld_scope"), column("_run_id"), column("_page_id"), column("_fetched_at")
	c.first, c.last = column("first_seen_at"), column("last_seen_at")
	return h
}

func (h *byHand) decode(p *schemas.Page, claims Claims) bool {
	b := p.Body
	from := h.b.rows
	ok := h.object(b, skipSpace(b, 0), func(key string, at int) int {
		if key != "data" || b[at] != '[' {
			return skipValue(b, at)
		}
		at = skipSpace(b, at+1)
		for at < len(b) && b[at] == '{' {
			if at = h.user(b, at, claims); at < 0 {
				return -1
			}
			if at = skipSpace(b, at); b[at] == ',' {
				at = skipSpace(b, at+1)
			}
		}
		return at + 1
	}) > 0
	c, fetched := &h.columns, p.FetchedAt.UnixMicro()
	c.run.repeatText(from, h.b.rows, []byte(p.RunID))
	c.page.repeatText(from, h.b.rows, []byte(p.ID))
	c.fetched.repeatWord(from, h.b.rows, fetched)
	c.first.repeatWord(from, h.b.rows, fetched)
	c.last.repeatWord(from, h.b.rows, fetched)
	return ok
}

// object calls member for each key, which returns the index after its value.
func (h *byHand) object(b []byte, i int, member func(key string, at int) int) int {
	for i = objectStart(b, i); i >= 0 && b[i] != '}'; {
		k, at := key(b, i)
		if at < 0 {
			return -1
		}
		if at = member(string(k.of(b)), at); at < 0 {
			return -1
		}
		i = nextMember(b, at)
	}
	return i + 1
}

// user finds the id first: most users lose their claim.
func (h *byHand) user(b []byte, i int, claims Claims) int {
	var id []byte
	end := objectStart(b, i)
	for end >= 0 && b[end] != '}' {
		k, at := key(b, end)
		if at < 0 {
			return -1
		}
		if end = skipValue(b, at); end < 0 {
			return -1
		}
		if string(k.of(b)) == "id" {
			id = b[at+1 : end-1]
		}
		end = nextMember(b, end)
	}
	if end < 0 || !claims.Keep(h.table, id) {
		return end + 1
	}
	row, c := h.b.rows, &h.columns
	h.b.rows++
	for i = objectStart(b, i); b[i] != '}'; {
		k, at := key(b, i)
		end := skipValue(b, at)
		v := b[at:end]
		switch string(k.of(b)) {
		case "id":
			h.setText(c.id, row, v)
		case "username":
			h.setText(c.username, row, v)
		case "name":
			h.setText(c.name, row, v)
		case "created_at":
			h.setTime(c.created, row, v)
		case "description":
			h.setText(c.description, row, v)
		case "location":
			h.setText(c.location, row, v)
		case "url":
			h.setText(c.url, row, v)
		case "protected":
			h.setBool(c.protected, row, v)
		case "verified":
			h.setBool(c.verified, row, v)
		case "verified_type":
			h.setText(c.verifiedType, row, v)
		case "verified_followers_count":
			h.setInt(c.verifiedFollowers, row, v)
		case "is_identity_verified":
			h.setBool(c.identity, row, v)
		case "parody":
			h.setBool(c.parody, row, v)
		case "subscription_type":
			h.setText(c.subscription, row, v)
		case "subscribes_to_you":
			h.setBool(c.subscribes, row, v)
		case "receives_your_dm":
			h.setBool(c.dm, row, v)
		case "profile_image_url":
			h.setText(c.image, row, v)
		case "profile_banner_url":
			h.setText(c.banner, row, v)
		case "pinned_tweet_id":
			h.setText(c.pinned, row, v)
		case "most_recent_tweet_id":
			h.setText(c.recent, row, v)
		case "public_metrics":
			h.metrics(b, at, row)
		case "affiliation", "withheld", "subscription":
			h.rare(b, at, row)
		}
		i = nextMember(b, end)
	}
	return end + 1
}

func (h *byHand) metrics(b []byte, i, row int) {
	c := &h.columns
	for i = objectStart(b, i); b[i] != '}'; {
		k, at := key(b, i)
		end := skipValue(b, at)
		v := b[at:end]
		switch string(k.of(b)) {
		case "followers_count":
			h.setInt(c.followers, row, v)
		case "following_count":
			h.setInt(c.following, row, v)
		case "tweet_count":
			h.setInt(c.tweets, row, v)
		case "listed_count":
			h.setInt(c.listed, row, v)
		case "like_count":
			h.setInt(c.likes, row, v)
		case "media_count":
			h.setInt(c.media, row, v)
		}
		i = nextMember(b, end)
	}
}

func (h *byHand) rare(b []byte, i, row int) {
	c := &h.columns
	for i = objectStart(b, i); b[i] != '}'; {
		k, at := key(b, i)
		end := skipValue(b, at)
		v := b[at:end]
		switch string(k.of(b)) {
		case "description":
			h.setText(c.affiliation, row, v)
		case "url":
			h.setText(c.affiliationURL, row, v)
		case "badge_url":
			h.setText(c.badge, row, v)
		case "scope":
			h.setText(c.withheld, row, v)
		case "subscribes_to_you":
			h.setBool(c.subscribesNested, row, v)
		}
		i = nextMember(b, end)
	}
}

func (h *byHand) setText(v *vector, row int, raw []byte) {
	if raw[0] != '"' {
		return
	}
	text := raw[1 : len(raw)-1]
	if !plain(text) {
		text, h.text, _ = unquote(raw, h.text)
	}
	v.text(row, text)
}

func (h *byHand) setInt(v *vector, row int, raw []byte) {
	if n, ok := parseInt(raw); ok {
		v.word(row, n)
	}
}

func (h *byHand) setBool(v *vector, row int, raw []byte) {
	if is, ok := parseBool(raw); ok {
		v.bool(row, is)
	}
}

func (h *byHand) setTime(v *vector, row int, raw []byte) {
	if t, ok := parseTime(raw[1 : len(raw)-1]); ok {
		v.word(row, t)
	}
}

// usersOnly is a page of users with nothing that belongs to another table.
func usersOnly(tb testing.TB) schemas.Page {
	sim := simulator.New(simulator.Config{Spaces: 5000, NoRateLimits: true})
	ids := slices.DeleteFunc(sim.CreatorIDs(120), sim.Suspended)
	r := schemas.Request{Endpoint: schemas.Users, IDs: ids[:100]}
	return simulated(tb, sim, "app", r, "entities", "affiliation", "withheld",
		"pinned_tweet_id", "most_recent_tweet_id", "affiliation.user_id")
}

// The comparison counts only if both give the same rows.
func TestPlanEqualsCodeByHand(t *testing.T) {
	page := usersOnly(t)
	plan, hand := newDecoder([]*schemas.Table{schemas.EntityTable(schemas.User)}), newByHand()
	if err := plan.Page(&page, firstClaims{}); err != nil || !hand.decode(&page, firstClaims{}) {
		t.Fatal(err)
	}
	batches := []schemas.Batch{plan.Take()[0], hand.b.take()}
	defer release(batches)
	got, want := rowTexts(batches[0]), rowTexts(batches[1])
	if len(want) < 90 || !slices.Equal(got, want) {
		t.Fatalf("%d rows by the plan, %d by hand; the first by the plan and by hand:\n%s\n%s", len(got), len(want), got[0], want[0])
	}
}

// BenchmarkUsers compares the plan with code by hand, for the users table
// alone.
func BenchmarkUsers(b *testing.B) {
	page := usersOnly(b)
	for _, claims := range []struct {
		name string
		Claims
	}{{"won", Everything{}}, {"lost", nothing{}}} {
		b.Run("plan/"+claims.name, func(b *testing.B) {
			d := newDecoder([]*schemas.Table{schemas.EntityTable(schemas.User)})
			b.SetBytes(int64(len(page.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Page(&page, claims); err != nil {
					b.Fatal(err)
				}
				if d.Size() > batchSize {
					release(d.Take())
				}
			}
		})
		b.Run("by hand/"+claims.name, func(b *testing.B) {
			h := newByHand()
			b.SetBytes(int64(len(page.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if !h.decode(&page, claims) {
					b.Fatal("broken page")
				}
				if h.b.size() > batchSize {
					batch := h.b.take()
					batch.Record.Release()
				}
			}
		})
	}
}
