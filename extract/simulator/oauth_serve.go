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

func (o *oauth) tokenReply(name string, w http.ResponseWriter, req *http.Request) reply {
	req.Body = http.MaxBytesReader(w, req.Body, maxForm)
	if req.Method != http.MethodPost || req.ParseForm() != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "Value passed for the token was invalid.")
	}
	form := req.PostForm
	switch name {
	case "app_token":
		return o.tellAppToken(req, form)
	case "invalidate_token":
		return o.invalidate(req, form)
	}
	if !o.clientKnown(req, form) {
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "Missing valid authorization header")
	}
	if name == "revoke" {
		o.revoke(form.Get("token"))
		return reply{http.StatusOK, obj("revoked", true)}
	}
	return o.userToken(form)
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
func (o *oauth) appKeys(req *http.Request) bool {
	key, secret, ok := basic(req)
	if o.config.APIKey == "" {
		return ok && secret != ""
	}
	return ok && key == o.config.APIKey && secret == o.config.APISecret
}

func badKeys() reply {
	return reply{http.StatusForbidden, obj("errors", []object{obj("code", 99, "label", "authenticity_token_error",
		"message", "Unable to verify your credentials")})}
}

// tellAppToken answers with the same token until it is invalidated.
func (o *oauth) tellAppToken(req *http.Request, form url.Values) reply {
	if !o.appKeys(req) || form.Get("grant_type") != "client_credentials" {
		return badKeys()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return reply{http.StatusOK, obj("token_type", "bearer", "access_token", o.appToken())}
}

func (o *oauth) invalidate(req *http.Request, form url.Values) reply {
	if !o.appKeys(req) {
		return badKeys()
	}
	token := form.Get("access_token")
	o.kill(token)
	return reply{http.StatusOK, obj("access_token", token)}
}

// clientKnown: confidential clients use Basic, public ones name themselves in
// the form.
func (o *oauth) clientKnown(req *http.Request, form url.Values) bool {
	key, secret, ok := basic(req)
	if o.config.ClientSecret != "" {
		return ok && key == o.config.ClientID && secret == o.config.ClientSecret
	}
	id := form.Get("client_id")
	if ok {
		id = key
	}
	return id != "" && (o.config.ClientID == "" || id == o.config.ClientID)
}

func (o *oauth) userToken(form url.Values) reply {
	var pair TokenPair
	ok := false
	switch form.Get("grant_type") {
	case "authorization_code":
		pair, ok = o.exchange(form.Get("code"), form.Get("code_verifier"), form.Get("redirect_uri"))
	case "refresh_token":
		pair, ok = o.rotate(form.Get("refresh_token"))
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
// with a code at once. The user is the query parameter user_id, or usual.
func (o *oauth) authorize(w http.ResponseWriter, req *http.Request, usual string) int {
	q := req.URL.Query()
	target, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || target.Host == "" || q.Get("response_type") != "code" || q.Get("code_challenge") == "" {
		page(w, http.StatusBadRequest, "text/html", loginPage)
		return http.StatusBadRequest
	}
	user := q.Get("user_id")
	if user == "" {
		user = usual
	}
	name := o.newCode(code{user: user, scope: q.Get("scope"), challenge: q.Get("code_challenge"),
		method: q.Get("code_challenge_method"), redirect: q.Get("redirect_uri")})
	back := target.Query()
	back.Set("code", name)
	back.Set("state", q.Get("state"))
	target.RawQuery = back.Encode()
	http.Redirect(w, req, target.String(), http.StatusFound)
	return http.StatusFound
}
