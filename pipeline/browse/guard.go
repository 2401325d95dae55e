package browse

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// contentPolicy lets a page load our own files and nothing else: what a text of
// the data could smuggle in would neither run nor reach another host.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard lets pass what a person at this machine asked for: not another site
// that the browser has open, by whatever name it reaches the server.
type guard struct {
	token string // may be empty
	next  http.Handler
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, value := range map[string]string{
		"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		header.Set(name, value)
	}
	switch {
	case !g.ourHost(r):
		fail(w, &problem{http.StatusMisdirectedRequest, "this server answers to its own address only, not to " + bounded(r.Host, 80)})
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		header.Set("Allow", "GET, HEAD, POST")
		fail(w, &problem{http.StatusMethodNotAllowed, "only GET, and POST for SQL"})
	case !g.admitted(w, r): // it has been answered
	case !ownSite(r):
		stranger(w, r)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// ourHost reports whether a request names the address that it came to: a name
// that another site's DNS points here is not ours. With a token, which such a
// name would not have, any address will do.
func (g *guard) ourHost(r *http.Request) bool {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.Trim(r.Host, "[]"), "80"
	}
	ip, err := netip.ParseAddr(host)
	named := err == nil || host == "localhost"
	if g.token != "" {
		return named
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !named {
		return false
	}
	_, ours, _ := net.SplitHostPort(local.String())
	return port == ours && (host == "localhost" || ip.IsLoopback())
}

// ownSite reports whether a person, one of our pages, or a program that is no
// browser asked: any other page is another site, on this machine, too.
func ownSite(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	ours := origin == "" || origin == "http://"+r.Host
	switch r.Header.Get("Sec-Fetch-Site") {
	case "none", "same-origin":
		// Our own forms say null, since our pages are not to be named.
		return ours || origin == "null"
	case "":
		return ours
	}
	return false
}

// stranger answers what another site asked for: nothing, or to a person who
// followed a link, a question.
func stranger(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		render(w, http.StatusForbidden, "stranger.html", view{Title: "Another site linked here", Data: "/" + strings.TrimLeft(r.URL.RequestURI(), "/")})
		return
	}
	fail(w, &problem{http.StatusForbidden, "another site asked for this"})
}

// admitted checks the token, if there is one, and takes it out of the address.
func (g *guard) admitted(w http.ResponseWriter, r *http.Request) bool {
	if g.token == "" {
		return true
	}
	name := cookieName(r)
	if c, err := r.Cookie(name); err == nil && g.isToken(c.Value) {
		return true
	}
	if g.isToken(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		w.Header().Set("Location", r.URL.EscapedPath())
		w.WriteHeader(http.StatusSeeOther)
		return false
	}
	fail(w, &problem{http.StatusUnauthorized, "open the address that spacesetl browse printed: it has a token"})
	return false
}

func (g *guard) isToken(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(g.token)) == 1
}

// cookieName tells servers on several ports of one host apart.
func cookieName(r *http.Request) string {
	_, port, _ := net.SplitHostPort(r.Host)
	return "spacesetl-" + port
}
