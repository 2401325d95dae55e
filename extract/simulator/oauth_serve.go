package simulator

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// maxForm bounds the body of a token request.
const maxForm = 64 << 10 // bytes

// reply is an answer of a token endpoint.
type reply struct {
	status int
	body   object
}

// oauthEndpoint serves the token endpoints; false if the path is none.
func (s *Simulator) oauthEndpoint(w http.ResponseWriter, req *http.Request, seq uint64) bool {
	names := map[string]string{
		"/oauth2/token":            "app_token",
		"/oauth2/invalidate_token": "invalidate_token",
		"/2/oauth2/token":          "user_token",
		"/2/oauth2/revoke":         "revoke",
		"/2/oauth2/authorize":      "authorize",
		"/i/oauth2/authorize":      "authorize",
	}
	name, ok := names[req.URL.Path]
	if !ok {
		return false
	}
	record := RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: name, URL: req.URL.Path, TokenKind: TokenNone}
	if fault := s.faults.take(name, seq); fault != FaultNone {
		record.Fault = fault
		s.serveFault(w, req, &record, &endpoint{name: name, appLimit: 300})
		return true
	}
	if name == "authorize" {
		record.Status = s.authorize(w, req)
		s.log.add(record)
		return true
	}
	out := s.tokenReply(name, w, req)
	record.Status = out.status
	s.log.add(record)
	s.write(w, req, out.status, s.encode(out.body, &quirk{}))
	return true
}

func (s *Simulator) tokenReply(name string, w http.ResponseWriter, req *http.Request) reply {
	req.Body = http.MaxBytesReader(w, req.Body, maxForm)
	if req.Method != http.MethodPost || req.ParseForm() != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "Value passed for the token was invalid.")
	}
	form := req.PostForm
	switch name {
	case "app_token":
		return s.appToken(req, form)
	case "invalidate_token":
		return s.invalidate(req, form)
	}
	if !s.clientKnown(req, form) {
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "Missing valid authorization header")
	}
	if name == "revoke" {
		s.oauth.revoke(form.Get("token"))
		return reply{http.StatusOK, obj("revoked", true)}
	}
	return s.userToken(form)
}

func oauthError(status int, name, description string) reply {
	return reply{status, obj("error", name, "error_description", description)}
}

// basic decodes Basic credentials, whose parts are percent-encoded.
func basic(req *http.Request) (key, secret string, ok bool) {
	scheme, text, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return "", "", false
	}
	key, secret, ok = strings.Cut(string(raw), ":")
	key, errKey := url.QueryUnescape(key)
	secret, errSecret := url.QueryUnescape(secret)
	return key, secret, ok && errKey == nil && errSecret == nil && key != ""
}

// appKeys checks the credentials of the app.
func (s *Simulator) appKeys(req *http.Request) bool {
	key, secret, ok := basic(req)
	if s.config.APIKey == "" {
		return ok && secret != ""
	}
	return ok && key == s.config.APIKey && secret == s.config.APISecret
}

func badKeys() reply {
	return reply{http.StatusForbidden, obj("errors", []object{obj("code", 99, "label", "authenticity_token_error",
		"message", "Unable to verify your credentials")})}
}

// appToken answers with the same token until it is invalidated.
func (s *Simulator) appToken(req *http.Request, form url.Values) reply {
	if !s.appKeys(req) || form.Get("grant_type") != "client_credentials" {
		return badKeys()
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	return reply{http.StatusOK, obj("token_type", "bearer", "access_token", s.oauth.appToken())}
}

func (s *Simulator) invalidate(req *http.Request, form url.Values) reply {
	if !s.appKeys(req) {
		return badKeys()
	}
	token := form.Get("access_token")
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.dead[token] = true
	s.oauth.appTurn++
	return reply{http.StatusOK, obj("access_token", token)}
}

// clientKnown: confidential clients use Basic, public ones name themselves in
// the form.
func (s *Simulator) clientKnown(req *http.Request, form url.Values) bool {
	key, secret, ok := basic(req)
	if s.config.ClientSecret != "" {
		return ok && key == s.config.ClientID && secret == s.config.ClientSecret
	}
	id := form.Get("client_id")
	if ok {
		id = key
	}
	return id != "" && (s.config.ClientID == "" || id == s.config.ClientID)
}

func (s *Simulator) userToken(form url.Values) reply {
	var pair TokenPair
	ok := false
	switch form.Get("grant_type") {
	case "authorization_code":
		pair, ok = s.oauth.exchange(form.Get("code"), form.Get("code_verifier"), form.Get("redirect_uri"))
	case "refresh_token":
		pair, ok = s.oauth.rotate(form.Get("refresh_token"))
	}
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "Value passed for the token was invalid.")
	}
	body := obj("token_type", pair.TokenType, "expires_in", pair.ExpiresIn, "access_token", pair.AccessToken, "scope", pair.Scope)
	if pair.RefreshToken != "" {
		body.add("refresh_token", pair.RefreshToken)
	}
	return reply{http.StatusOK, body}
}

// authorize is the consent page of a user who always agrees: it redirects
// with a code at once. The user is the query parameter user_id, or the
// creator of TicketedCreator.
func (s *Simulator) authorize(w http.ResponseWriter, req *http.Request) int {
	q := req.URL.Query()
	target, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || target.Host == "" || q.Get("response_type") != "code" || q.Get("code_challenge") == "" {
		page(w, http.StatusBadRequest, "text/html", loginPage)
		return http.StatusBadRequest
	}
	user := q.Get("user_id")
	if user == "" {
		user, _ = s.TicketedCreator()
	}
	name := s.oauth.newCode(code{user: user, scope: q.Get("scope"), challenge: q.Get("code_challenge"),
		method: q.Get("code_challenge_method"), redirect: q.Get("redirect_uri")})
	back := target.Query()
	back.Set("code", name)
	back.Set("state", q.Get("state"))
	target.RawQuery = back.Encode()
	http.Redirect(w, req, target.String(), http.StatusFound)
	return http.StatusFound
}
