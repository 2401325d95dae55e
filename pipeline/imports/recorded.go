package imports

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// exchange is a recorded request with its answer.
type exchange struct {
	what    string
	n       int
	method  string
	address string
	status  int
	time    string
	body    []byte
	err     error // of the body
}

// exchange takes the answer of a recorded request, if it was one to the API.
func (r forms) exchange(x exchange) error {
	u, err := url.Parse(x.address)
	switch {
	case err != nil || apiPath(u) == "":
		r.found.Passed["requests to no address of API v2"]++
		return nil
	case !strings.EqualFold(x.method, "GET"):
		r.found.Passed["requests that are no GET"]++
		return nil
	}
	if x.err == nil && bytes.HasPrefix(x.body, []byte{0x1f, 0x8b}) {
		x.body, x.err = gunzip(x.body)
	}
	switch {
	case x.err != nil:
		r.unread(x.what, x.n, "its body cannot be read: %v", x.err)
		return nil
	case len(x.body) == 0 && x.status == 200 && ofPath(apiPath(u), nil).Endpoint != "":
		r.unread(x.what, x.n, "it was recorded without its body")
		return nil
	}
	if r.cfg.Endpoint == "" && ofPath(apiPath(u), nil).Endpoint == "" && !known(x.body) {
		r.found.Passed["answers of other addresses"]++ // a session has many
		return nil
	}
	return r.answer(answer{what: x.what, n: x.n, status: x.status, body: x.body, address: x.address, time: x.time})
}

// known reports whether what an answer holds shows what it is.
func known(body []byte) bool {
	var of struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &of) != nil {
		return false
	}
	kind, _ := shape(of.Data)
	return kind != ""
}

func gunzip(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(z, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errLarge
	}
	return body, err
}

// harEntry takes one of a HAR file.
func (r forms) harEntry(n int, raw []byte) error {
	var entry struct {
		Started string `json:"startedDateTime"`
		Request struct {
			Method, URL string
		} `json:"request"`
		Response struct {
			Status  int `json:"status"`
			Content struct {
				Text     string `json:"text"`
				Encoding string `json:"encoding"`
			} `json:"content"`
		} `json:"response"`
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		r.unread("entry", n, "it is no request as HAR files have them")
		return nil
	}
	x := exchange{what: "entry", n: n, method: entry.Request.Method, address: entry.Request.URL, status: entry.Response.Status, time: entry.Started}
	x.body, x.err = decoded(entry.Response.Content.Text, strings.EqualFold(entry.Response.Content.Encoding, "base64"))
	return r.exchange(x)
}

// decoded is a text of a recording as bytes.
func decoded(text string, encoded bool) ([]byte, error) {
	if !encoded {
		return []byte(text), nil
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// interaction takes one of a cassette in JSON.
func (r forms) interaction(n int, raw []byte) error {
	var one interaction
	if err := json.Unmarshal(raw, &one); err != nil {
		r.unread("entry", n, "it is no request as cassettes have them")
		return nil
	}
	return r.exchange(one.exchange(n))
}

// interaction is a request and its answer as VCR, vcrpy and Betamax record them.
type interaction struct {
	Request struct {
		Method string `json:"method" yaml:"method"`
		URI    string `json:"uri" yaml:"uri"`
		URL    string `json:"url" yaml:"url"`
	} `json:"request" yaml:"request"`
	Response struct {
		Status     any            `json:"status" yaml:"status"` // a number, or an object with its code
		StatusCode any            `json:"status_code" yaml:"status_code"`
		Headers    map[string]any `json:"headers" yaml:"headers"`
		Body       any            `json:"body" yaml:"body"` // a text, or an object with it
		Content    any            `json:"content" yaml:"content"`
	} `json:"response" yaml:"response"`
	RecordedAt string `json:"recorded_at" yaml:"recorded_at"`
}

func (i *interaction) exchange(n int) exchange {
	x := exchange{what: "entry", n: n, method: i.Request.Method, address: i.Request.URI, time: i.RecordedAt}
	if x.address == "" {
		x.address = i.Request.URL
	}
	status := i.Response.Status
	if of, ok := status.(map[string]any); ok {
		status = of["code"]
	}
	for _, one := range []any{status, i.Response.StatusCode} {
		if code, ok := number(one); ok {
			x.status = code
		}
	}
	if x.time == "" {
		x.time = i.date()
	}
	x.body, x.err = body(i.Response.Body)
	if i.Response.Body == nil {
		x.body, x.err = body(i.Response.Content)
	}
	return x
}

// date is the time in the answer's Date header.
func (i *interaction) date() string {
	for name, value := range i.Response.Headers {
		if !strings.EqualFold(name, "date") {
			continue
		}
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		if text, ok := value.(string); ok {
			return text
		}
	}
	return ""
}

func number(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		return int(v), true
	case uint64:
		return int(v), true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}

// body is that of an answer: a text, bytes, or an object that has it.
func body(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	case map[string]any:
		if text, ok := v["base64_string"].(string); ok {
			return decoded(text, true)
		}
		_, nested := v["string"].(map[string]any)
		if text, there := v["string"]; there && !nested {
			return body(text)
		}
	}
	return nil, errors.New("it is neither a text nor in base64")
}
