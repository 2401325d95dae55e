package extract

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// problem is what could be read of an error body, whichever of the API's
// forms it has: a problem object, the legacy errors list, OAuth's error.
// Everything is text, so that ids keep their digits.
type problem struct {
	API             bool   // the body has a form that the API's own have
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
	Said            []string // every title, sentence and message
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
		API: ofAPI(object), Type: lastSegment(text(object["type"])),
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
	p.hear(object)
	p.fillFromFaults(object)
	return p
}

// hear takes down whatever an object says.
func (p *problem) hear(object map[string]json.RawMessage) {
	for _, name := range []string{"detail", "message", "title", "error_description", "error"} {
		if said := text(object[name]); said != "" {
			p.Said = append(p.Said, said)
		}
	}
}

// ofAPI reports whether an object is a problem as the API words them. Other
// servers have objects with a title and a status, too.
func ofAPI(object map[string]json.RawMessage) bool {
	kind := text(object["type"])
	return strings.Contains(kind, "/problems/") || kind == "about:blank" && text(object["title"]) != ""
}

func (p *problem) addFault(fields map[string]json.RawMessage) {
	legacy := text(fields["code"]) != "" && text(fields["message"]) != ""
	p.API = p.API || ofAPI(fields) || legacy || fields["parameters"] != nil
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
	p.hear(fields)
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

// caps are the ways to say that a meter has run out. A rate limit is none.
var caps = []struct {
	kind CapKind
	said *regexp.Regexp
}{
	{CapUsage, regexp.MustCompile(`(?i)usage[ -]?cap|\b(daily|monthly|product|project|post|tweet|read)s? (usage |product |project |account |post |tweet |read )*(cap|quota)\b`)},
	{CapSpend, regexp.MustCompile(`(?i)\bspend(ing)?[ -]?(cap|limit)`)},
	{CapCredits, regexp.MustCompile(`(?i)\bcredits?[ -]?((is|are|has been|have been) )?(depleted|exhausted|used up)|\b(out of|no|any|insufficient|not enough)( \w+)? credits?\b`)},
}

// cap tells which meter has run out, if the problem says so, and in which words.
func (p *problem) cap() (kind CapKind, said string) {
	for _, c := range caps {
		if i := slices.IndexFunc(p.Said, c.said.MatchString); i >= 0 {
			kind, said = c.kind, p.Said[i]
			break
		}
	}
	switch {
	case p.Type == "usage-capped":
		kind = CapUsage
	case kind == "" && p.ResetDate != "":
		kind = CapSpend
	case kind == "" && p.Type == "credits":
		kind = CapCredits
	}
	return kind, orElse(said, p.Detail)
}

// appCodes are the legacy codes that are about the app behind a token: not
// permitted (87, 93, 220, 261), suspended (416), without access (453).
var appCodes = []string{"87", "93", "220", "261", "416", "453"}

var ownApp = regexp.MustCompile(`(?i)\b(your|this) (client )?(app|application|project|credentials|access level|plan)\b|\baccess level\b`)

// ofApp reports whether a 403 is about the app behind the token, and so about
// whatever is asked for with it.
func (p *problem) ofApp() bool {
	return slices.Contains(appCodes, p.Code) || strings.HasPrefix(p.Reason, "client-") || strings.HasSuffix(p.Reason, "-not-enrolled") ||
		ownApp.MatchString(p.Detail)
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

// isPage tells whether a JSON object has what a page of the API has: data, which
// is an object or a list with one or without anything, or else errors or meta, since an empty page has no data.
func isPage(body []byte) bool {
	var page struct{ Data, Errors, Meta json.RawMessage }
	if json.Unmarshal(body, &page) != nil {
		return false
	}
	switch first(page.Data) {
	case '{':
		return true
	case '[':
		return hasObject(page.Data)
	case 0, 'n':
		return first(page.Errors) == '[' || first(page.Meta) == '{'
	}
	return false
}

// hasObject tells whether a list is empty or holds an object.
func hasObject(list json.RawMessage) bool {
	if c := first(bytes.TrimSpace(list)[1:]); c == '{' || c == ']' {
		return true
	}
	var items []json.RawMessage
	_ = json.Unmarshal(list, &items) // it is a list
	return slices.ContainsFunc(items, func(item json.RawMessage) bool { return first(item) == '{' })
}

// first is the first byte of a value, which tells its kind; 0 where there is none.
func first(raw json.RawMessage) byte {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 {
		return raw[0]
	}
	return 0
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
