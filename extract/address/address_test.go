package address

import (
	"net/url"
	"testing"
)

func TestWhereSecretsMayGo(t *testing.T) {
	for address, want := range map[string]struct{ closed, loopback, api bool }{
		"https://api.x.com":                {true, false, true},
		"https://API.X.com:443/gate":       {true, false, true},
		"https://api.twitter.com/":         {true, false, true},
		"http://api.x.com":                 {false, false, false},
		"https://api.x.com:8443":           {true, false, false},
		"https://api.x.com.evil.example":   {true, false, false},
		"https://api.x.com@evil.example":   {true, false, false},
		"https://evil.example/api.x.com":   {true, false, false},
		"https://evil.example?api.x.com":   {true, false, false},
		"https://x.com":                    {true, false, false},
		"http://127.0.0.1:8080":            {true, true, false},
		"http://127.9.9.9":                 {true, true, false},
		"http://localhost:1/x":             {true, true, false},
		"http://LocalHost:1/x":             {false, false, false}, // net/http gives it to a proxy
		"http://[::1]:8080":                {true, true, false},
		"http://[::ffff:127.0.0.1]":        {true, true, false},
		"http://127.1":                     {false, false, false},
		"http://0.0.0.0":                   {false, false, false},
		"http://[::]":                      {false, false, false},
		"http://2130706433":                {false, false, false},
		"http://127.0.0.1.evil.example":    {false, false, false},
		"http://localhost.evil.example":    {false, false, false},
		"http://127.0.0.1@evil.example":    {false, false, false},
		"http://127.0.0.1:80@evil.example": {false, false, false},
		"http://10.0.0.1":                  {false, false, false},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if closed, loopback, api := Closed(u), Loopback(u), API(address); closed != want.closed || loopback != want.loopback || api != want.api {
			t.Errorf("%s: closed %v, loopback %v, the API's %v; want %+v", address, closed, loopback, api, want)
		}
	}
	if !API("") || API("%") || API("api.x.com") {
		t.Error("no address is the API's, and what is none is not")
	}
	if !OfX("X.com") || !OfX("a.twitter.com") || OfX("notx.com") {
		t.Error("X's hosts")
	}
	for address, want := range map[string]string{"https://h:1/secret?x": "https://h:1", "https://u:p@h": "https://h", "%": "the address", "h": "the address"} {
		if got := Shown(address); got != want {
			t.Errorf("%s is shown as %s", address, got)
		}
	}
}
