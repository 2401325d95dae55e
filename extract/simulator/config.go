package simulator

import "time"

// Values of Config.UnknownFields.
const (
	UnknownIgnore        = "ignore"  // leave unknown values out, answer 200
	UnknownReject        = "reject"  // 400, one error per value, allowed values separated by commas
	UnknownRejectIndexed = "reject2" // 400, the first wrong value by index, allowed values separated by blanks
)

// Values of Config.Ended and Config.Missing.
const (
	GoneReturn   = "return"   // Ended only: serve ended Spaces
	GoneError    = "error"    // 200 with errors[]
	GoneOmit     = "omit"     // Missing only: say nothing
	GoneNotFound = "notfound" // 404 for one Space, errors[] in lists
)

// Values of Config.Paging.
const (
	PagingNormal  = "normal"
	PagingQuirks  = "quirks"  // short pages, an empty page with a token, tokens of every recorded form
	PagingRepeat  = "repeat"  // the last page names its own token again, for ever
	PagingExpired = "expired" // tokens older than TokenTTL get 400
)

// Values of Config.DateZone.
const (
	ZoneGMT = "GMT"
	ZoneUTC = "UTC"
)

// Config describes a server. The zero value is a world of 1000 Spaces, seed
// 1, documented rate limits, no faults and free credit.
type Config struct {
	Seed   uint64
	Spaces int // 10 .. 1,000,000
	// Epoch is when the world is as its seed says: live Spaces started in the
	// hours before, scheduled ones start in the two weeks after. Another one moves
	// times and nothing else. 0 is 12:00 UTC on 1 September 2026.
	Epoch time.Time

	Window             time.Duration  // of the rate limits; 0 is 15 minutes
	Limits             map[string]int // requests per window by endpoint name; "*" for all others
	CreatorSpacing     time.Duration  // between by/creator_ids requests; 0 is 1 s, negative is off
	SharedLookupBucket bool           // space, spaces and creators share one window
	NoRateLimits       bool           // no limits, no spacing, no x-rate-limit headers

	Dialect       string   // "both" (default), "tweet" or "post"
	UnknownFields string   // see the Unknown constants
	SpaceFields   []string // if set, the only space.fields values known
	FieldErrors   bool     // a partial error for each private field that is not shown
	Ended         string   // see the Gone constants; default GoneReturn
	Missing       string   // see the Gone constants; default GoneError
	Quirks        bool     // render values in every shape seen in the wild

	Paging   string        // see the Paging constants
	TokenTTL time.Duration // pagination tokens expire if positive; PagingExpired sets 1 minute by default
	DateZone string        // zone text of the Date header

	Faults Faults

	AppTokens      []string          // accepted app-only tokens; empty accepts any that is not a user token
	UserTokens     map[string]string // user token -> user id
	APIKey         string            // if set, what /oauth2/token demands
	APISecret      string
	ClientID       string        // if set, what /2/oauth2/token demands
	ClientSecret   string        // if set, the client is confidential and must use Basic
	AccessTTL      time.Duration // life of issued user tokens; 0 is 2 hours
	TweetsUserOnly bool          // /tweets refuses app-only tokens

	Billing Billing

	Evolve     bool          // scheduled Spaces start and live ones end as time goes by
	EvolveOver time.Duration // within which all have ended; 0 is 10 minutes
	Start      time.Time     // when that began; zero is when the server is made
	// Life makes an evolving world go on: its Spaces come one after the other over
	// all of EvolveOver, half of them announced, and each is live for at most so
	// long. At the start there are two. 0 is a world whose Spaces are all there then.
	Life time.Duration
	// Crowds lets people come to a live Space of an evolving world and go again, which
	// else has about as many all the time.
	Crowds bool

	// Change makes accounts and lists others every hour: names change, profiles,
	// affiliations, what is withheld and people in Spaces come and go.
	Change bool

	Now        func() time.Time // default time.Now
	Latency    time.Duration    // before each answer under /2/
	Trickle    time.Duration    // how long FaultSlow keeps a reader waiting; 0 is 2 s
	ForgetSeen bool             // keep no list of what was served, for very long runs
}

// Billing says what costs money and when it runs out.
type Billing struct {
	ExpansionsBilled bool    // expanded users and tweets cost as much as others
	NoDedup          bool    // the same thing costs again on the same UTC day
	CreditUSD        float64 // 402 once spent; 0 is unlimited
	SpendCapUSD      float64 // 403 once spent; 0 is unlimited
	PostCap          int     // 429 usage-capped once so many tweets were read; 0 is unlimited
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	if c.Seed == 0 {
		c.Seed = 1
	}
	if c.Spaces == 0 {
		c.Spaces = defaultSpaces
	}
	if c.Epoch.IsZero() {
		c.Epoch = defaultEpoch()
	}
	c.Epoch = c.Epoch.UTC().Truncate(time.Second) // as exact as the API's times
	duration := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	duration(&c.Window, 15*time.Minute)
	duration(&c.CreatorSpacing, time.Second)
	duration(&c.AccessTTL, 2*time.Hour)
	duration(&c.EvolveOver, 10*time.Minute)
	duration(&c.Trickle, 2*time.Second)
	if c.Paging == PagingExpired {
		duration(&c.TokenTTL, time.Minute)
	}
	text := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	text(&c.Dialect, dialectBoth)
	text(&c.UnknownFields, UnknownIgnore)
	text(&c.Ended, GoneReturn)
	text(&c.Missing, GoneError)
	text(&c.Paging, PagingNormal)
	text(&c.DateZone, ZoneGMT)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
