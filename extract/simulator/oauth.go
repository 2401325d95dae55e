package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

// TokenPair is an answer of the user token endpoint. RefreshToken is empty
// without the scope offline.access.
type TokenPair struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	AccessToken  string `json:"access_token"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// defaultScope is what the Spaces endpoints and refreshing need.
const defaultScope = "tweet.read users.read space.read offline.access"

// Tokens the server issues begin so, to be told from configured ones.
const (
	issuedPrefix  = "simuser-"
	refreshPrefix = "simrefresh-"
)

// codeLife is how long an authorization code may be exchanged.
const codeLife = 30 * time.Second

// oauth issues tokens. All tokens that descend from one login are a family; a
// refresh token used twice revokes its family.
type oauth struct {
	config   Config
	mu       sync.Mutex
	count    uint64 // tokens issued
	appTurn  uint64 // grows when the app token is invalidated
	dead     map[string]bool
	access   map[string]grant
	refresh  map[string]grant
	codes    map[string]code
	families uint64
	revoked  map[uint64]bool
}

// grant is what a token stands for.
type grant struct {
	user, scope string
	family      uint64
	expires     time.Time
	used        bool // refresh tokens: rotated
}

// code is a login that waits to be exchanged.
type code struct {
	user, scope, challenge, method, redirect string
	expires                                  time.Time
}

func newOAuth(config Config) *oauth {
	return &oauth{config: config, dead: map[string]bool{}, access: map[string]grant{},
		refresh: map[string]grant{}, codes: map[string]code{}, revoked: map[uint64]bool{}}
}

// identity is who sends a request.
type identity struct {
	kind  string
	token string
	user  string
}

// owner is the unit of the one-per-second rule: all users of the app share it.
func (i identity) owner() string {
	if i.kind == TokenUser {
		return TokenUser
	}
	return i.token
}

// identify reads the Authorization header.
func (o *oauth) identify(req *http.Request) identity {
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return identity{kind: TokenNone}
	}
	if user, ok := o.config.UserTokens[token]; ok {
		return identity{TokenUser, token, user}
	}
	if user, ok := o.user(token); ok {
		return identity{TokenUser, token, user}
	}
	if o.isApp(token) {
		return identity{kind: TokenApp, token: token}
	}
	return identity{kind: TokenNone}
}

// user finds the user of an issued token that is still good.
func (o *oauth) user(token string) (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g, ok := o.access[token]
	return g.user, ok && !o.revoked[g.family] && o.config.Now().Before(g.expires)
}

// isApp: the issued app token and the configured ones are good; without
// configuration any text is that is not a dead token or one encoded twice.
func (o *oauth) isApp(token string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.dead[token] || strings.HasPrefix(token, issuedPrefix) || strings.HasPrefix(token, refreshPrefix):
		return false
	case token == o.appToken():
		return true
	}
	for _, t := range o.config.AppTokens {
		if t == token {
			return true
		}
	}
	return len(o.config.AppTokens) == 0 && o.config.APIKey == "" && !strings.Contains(token, "%25")
}

// appToken is the first configured token, or one of the usual look, whose
// percent signs belong to it.
func (o *oauth) appToken() string {
	if len(o.config.AppTokens) > 0 && !o.dead[o.config.AppTokens[0]] {
		return o.config.AppTokens[0]
	}
	h := mix(o.config.Seed ^ o.appTurn<<32)
	return "AAAAAAAAAAAAAAAAAAAAA" + encode(h, base62, 11) + "%2B" + encode(mix(h), base62, 11) + "%2F" + encode(mix(h^1), base62, 11) + "%3D"
}

// kill ends an app token; the app is told another one from then on.
func (o *oauth) kill(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if token == o.appToken() {
		o.appTurn++
	}
	o.dead[token] = true
}

// IssueUserToken logs a user in without a browser, with all scopes.
func (o *oauth) IssueUserToken(userID string) TokenPair {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.families++
	return o.issue(userID, defaultScope, o.families)
}

// AuthorizationCode is what a user's consent yields: a code to exchange
// within 30 seconds. Challenge and method are those of PKCE; method S256 or
// plain.
func (o *oauth) AuthorizationCode(userID, challenge, method, redirectURI string) string {
	return o.newCode(code{user: userID, scope: defaultScope, challenge: challenge, method: method, redirect: redirectURI})
}

func (o *oauth) newCode(c code) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.expires = o.config.Now().Add(codeLife)
	name := o.secret("simcode-")
	o.codes[name] = c
	return name
}

// issue needs the lock.
func (o *oauth) issue(user, scope string, family uint64) TokenPair {
	now := o.config.Now()
	p := TokenPair{TokenType: "bearer", ExpiresIn: int(o.config.AccessTTL / time.Second), Scope: scope, AccessToken: o.secret(issuedPrefix)}
	o.access[p.AccessToken] = grant{user: user, scope: scope, family: family, expires: now.Add(o.config.AccessTTL)}
	if strings.Contains(scope, "offline.access") {
		p.RefreshToken = o.secret(refreshPrefix)
		o.refresh[p.RefreshToken] = grant{user: user, scope: scope, family: family, expires: now.AddDate(0, 6, 0)}
	}
	return p
}

// secret needs the lock.
func (o *oauth) secret(prefix string) string {
	o.count++
	h := mix(o.config.Seed ^ mix(o.count))
	return prefix + encode(h, base62, 11) + encode(mix(h), base62, 11)
}

// rotate exchanges a refresh token for a new pair.
func (o *oauth) rotate(token string) (TokenPair, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g, ok := o.refresh[token]
	switch {
	case !ok || o.revoked[g.family] || !o.config.Now().Before(g.expires):
		return TokenPair{}, false
	case g.used:
		o.revoked[g.family] = true
		return TokenPair{}, false
	}
	g.used = true
	o.refresh[token] = g
	return o.issue(g.user, g.scope, g.family), true
}

// exchange turns a code into a pair, once.
func (o *oauth) exchange(name, verifier, redirect string) (TokenPair, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.codes[name]
	delete(o.codes, name)
	if !ok || !o.config.Now().Before(c.expires) || c.redirect != redirect || !c.verifies(verifier) {
		return TokenPair{}, false
	}
	o.families++
	return o.issue(c.user, c.scope, o.families), true
}

func (c code) verifies(verifier string) bool {
	if c.method == "plain" {
		return verifier == c.challenge
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == c.challenge
}

// revoke kills one access token, or the family of a refresh token.
func (o *oauth) revoke(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if g, ok := o.refresh[token]; ok {
		o.revoked[g.family] = true
	}
	delete(o.access, token)
}
