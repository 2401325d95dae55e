package extract

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// problem is what could be read of an error body, whichever of the API's
// forms it has: a problem object, the legacy errors list, OAuth's error.
// Everything is text, so that ids keep their digits.
type problem struct {
	JSON            bool   // the body is a JSON object
	Type            string // last path segment of the type URI
	Title           string
	Detail          string
	Reason          string
	RegistrationURL string
	ResetDate       string
	Period          string
	AccountID       string
	Code            string // of the first legacy error
	Faults          []fault
}

// fault is one entry of a problem's errors list.
type fault struct {
	Message    string
	Parameters map[string][]string
}

func parseProblem(body []byte) problem {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || object == nil {
		return problem{}
	}
	p := problem{
		JSON: true, Type: lastSegment(text(object["type"])),
		Title: text(object["title"]), Detail: text(object["detail"]),
		Reason: text(object["reason"]), RegistrationURL: text(object["registration_url"]),
		ResetDate: text(object["reset_date"]), Period: text(object["period"]), AccountID: text(object["account_id"]),
	}
	var list []json.RawMessage
	_ = json.Unmarshal(object["errors"], &list) // no list, no faults
	for _, entry := range list {
		var fields map[string]json.RawMessage
		if json.Unmarshal(entry, &fields) == nil && fields != nil {
			p.addFault(fields)
		}
	}
	if text(object["parameter"]) != "" {
		p.addFault(object)
	}
	p.fillFromFaults(object)
	return p
}

func (p *problem) addFault(fields map[string]json.RawMessage) {
	f := fault{Message: orElse(text(fields["message"]), text(fields["detail"])), Parameters: map[string][]string{}}
	var parameters map[string]json.RawMessage
	_ = json.Unmarshal(fields["parameters"], &parameters)
	for name, values := range parameters {
		f.Parameters[name] = texts(values)
	}
	if name := text(fields["parameter"]); name != "" {
		f.Parameters[name] = append(f.Parameters[name], texts(fields["value"])...)
	}
	if p.Type == "" {
		p.Type = lastSegment(text(fields["type"]))
	}
	if p.Code == "" {
		p.Code = text(fields["code"])
	}
	p.Faults = append(p.Faults, f)
}

// fillFromFaults finds a sentence to show where the object itself has none.
func (p *problem) fillFromFaults(object map[string]json.RawMessage) {
	if len(p.Faults) > 0 && p.Faults[0].Message != "" && (p.Detail == "" || p.Type == "invalid-request") {
		p.Detail = p.Faults[0].Message
	}
	if p.Detail == "" {
		p.Detail = orElse(text(object["error_description"]), orElse(text(object["error"]), p.Title))
	}
}

var ownAccount = regexp.MustCompile(`(?i)\byour account (is|has been) (suspended|(temporarily )?locked)\b`)

// suspended reports whether a 403 is about the account behind the token: it is
// suspended (64) or locked until its owner logs in (326). Of somebody else's
// account the API says that the user has been suspended.
func (p *problem) suspended() bool {
	return p.Code == "64" || p.Code == "326" || ownAccount.MatchString(p.Detail)
}

// text reads a string, or a number digit by digit; anything else is empty.
func text(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	var s string
	switch c := raw[0]; {
	case c == '"' && json.Unmarshal(raw, &s) == nil:
		return s
	case c == '-' || c >= '0' && c <= '9':
		return string(raw)
	}
	return ""
}

// texts reads a list of strings or a single one.
func texts(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var all []string
	for _, entry := range list {
		if s := text(entry); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// lastSegment is what problem types are told apart by: the host of the URI
// varies.
func lastSegment(uri string) string {
	uri = strings.TrimRight(uri, "/")
	return uri[strings.LastIndexByte(uri, '/')+1:]
}

// isObject tells whether a body is a JSON object, complete and correct.
func isObject(body []byte) bool {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed)
}

// nextToken reads meta.next_token of a page; empty when there is none.
func nextToken(body []byte) string {
	var page struct {
		Meta json.RawMessage `json:"meta"`
	}
	var meta map[string]json.RawMessage
	_ = json.Unmarshal(body, &page) // nothing read, no token
	_ = json.Unmarshal(page.Meta, &meta)
	return text(meta["next_token"])
}
