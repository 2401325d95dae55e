package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestConfigurationIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want string // part of the error; empty for none
	}{
		"defaults":        {Config{AppToken: appToken}, ""},
		"only user token": {Config{UserToken: userToken}, ""},
		"path prefix":     {Config{AppToken: appToken, BaseURL: "http://127.0.0.1:8080/proxy/"}, ""},
		"no token":        {Config{}, "X_BEARER_TOKEN"},
		"space":           {Config{AppToken: "AAAA secret"}, "X_BEARER_TOKEN has a space at position 5"},
		"line break":      {Config{UserToken: "AAAAsecret\n"}, "X_USER_TOKEN has a line break"},
		"quotes":          {Config{AppToken: `"AAAAsecret"`}, "quotation mark"},
		"header":          {Config{AppToken: "Bearer AAAAsecret"}, "leave only the token"},
		"non-ASCII":       {Config{AppToken: "AAAAsecreté"}, "no token has"},
		"dialect":         {Config{AppToken: appToken, Dialect: "toot"}, `dialect "toot"`},
		"no scheme":       {Config{AppToken: appToken, BaseURL: "api.x.com"}, "base URL"},
		"ftp":             {Config{AppToken: appToken, BaseURL: "ftp://api.x.com"}, "base URL"},
		"query":           {Config{AppToken: appToken, BaseURL: "https://api.x.com?a=b"}, "nothing else"},
		"password":        {Config{AppToken: appToken, BaseURL: "https://u:secret@api.x.com"}, "nothing else"},
		"plain text":      {Config{AppToken: appToken, BaseURL: "http://api.x.com"}, "write https"},
		"plain elsewhere": {Config{AppToken: appToken, BaseURL: "http://gate.example/secret"}, "write https, or give --insecure-http"},
		"plain, let":      {Config{AppToken: appToken, BaseURL: "http://gate.example", Insecure: true}, ""},
		"plain X, let":    {Config{AppToken: appToken, BaseURL: "http://API.x.com", Insecure: true}, "write https"},
		"control":         {Config{AppToken: appToken, BaseURL: "https://a\x7f"}, "base URL"},
	} {
		_, err := New(c.cfg)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got %v, want no error", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		case err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %q shows the token or is more than one line", name, err)
		}
	}
}

func TestTokensDoNotPrint(t *testing.T) {
	cfg := Config{AppToken: appToken, UserToken: userToken, Credentials: []Credential{appKey("a"), userKey("u", "11")}}
	client := newClient(t, cfg)
	var out bytes.Buffer
	for _, v := range []any{cfg, &cfg, cfg.AppToken, &cfg.AppToken, cfg.Credentials, &cfg.Credentials[0], client, NewRetry(client)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("a", "token", cfg.AppToken, "client", client)
	slog.New(slog.NewTextHandler(&out, nil)).Info("a", "token", cfg.AppToken, "key", cfg.UserToken)
	text, err := json.Marshal(struct{ A, B any }{cfg.AppToken, struct {
		T Token
		C []Credential
	}{cfg.UserToken, cfg.Credentials}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, leak := range []string{appToken, userToken, fmt.Sprintf("%x", appToken), "secret"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("output shows %q:\n%s", leak, out.String())
		}
	}
	if got := cfg.AppToken.String() + cfg.AppToken.GoString(); got != "[token][token]" {
		t.Errorf("got %q, want [token] twice", got)
	}
}

func TestEchoedTokensAreTakenOut(t *testing.T) {
	s := newScrubber(appToken, userToken)
	for _, text := range []string{
		appToken, userToken, `{"a":"AAAAsecretApp\/token=AAAA"}`, "AAAAsecretApp/token=AAAA", "authorization: bearer AAAAsecretOtherToken123",
		"AAAAsecretApp%252Ftoken%253DAAAA",
	} {
		if got := s.text("x " + text + " y"); strings.Contains(got, "secret") || !strings.Contains(got, redacted) {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := string(s.page([]byte(`{"a":"` + userToken + `"}`))); got != `{"a":"[token]"}` {
		t.Errorf("got %s", got)
	}
	if got := s.text("use bearer authentication"); got != "use bearer authentication" {
		t.Errorf("got %q, want the text as it was", got)
	}
}
