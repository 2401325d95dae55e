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

// guarded lets pass what a person at this machine asked for: not another site
// that the browser has open, by whatever name it reaches the server.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range map[string]string{
			"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			header.Set(name, value)
		}
		switch {
		case !s.ourHost(r):
			s.fail(w, &problem{http.StatusMisdirectedRequest, "this server answers to its own address only, not to " + bounded(r.Host, 80)})
		case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
			header.Set("Allow", "GET, HEAD, POST")
			s.fail(w, &problem{http.StatusMethodNotAllowed, "only GET, and POST for SQL"})
		case !s.admitted(w, r): // it has been answered
		case !ownSite(r):
			s.stranger(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ourHost reports whether a request names the address that it came to: a name
// that another site's DNS points here is not ours. With a token, which such a
// name would not have, any address will do.
func (s *Server) ourHost(r *http.Request) bool {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.Trim(r.Host, "[]"), "80"
	}
	ip, err := netip.ParseAddr(host)
	named := err == nil || host == "localhost"
	if s.cfg.Token != "" {
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
func (s *Server) stranger(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		s.render(w, http.StatusForbidden, "stranger.html", view{Title: "Another site linked here", Data: "/" + strings.TrimLeft(r.URL.RequestURI(), "/")})
		return
	}
	s.fail(w, &problem{http.StatusForbidden, "another site asked for this"})
}

// admitted checks the token, if there is one, and takes it out of the address.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) bool {
	if s.cfg.Token == "" {
		return true
	}
	name := cookieName(r)
	if c, err := r.Cookie(name); err == nil && s.isToken(c.Value) {
		return true
	}
	if s.isToken(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: s.cfg.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		w.Header().Set("Location", r.URL.EscapedPath())
		w.WriteHeader(http.StatusSeeOther)
		return false
	}
	s.fail(w, &problem{http.StatusUnauthorized, "open the address that spacesetl browse printed: it has a token"})
	return false
}

func (s *Server) isToken(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(s.cfg.Token)) == 1
}

// cookieName tells servers on several ports of one host apart.
func cookieName(r *http.Request) string {
	_, port, _ := net.SplitHostPort(r.Host)
	return "spacesetl-" + port
}
