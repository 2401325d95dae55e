package imports

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// asked says what an answer was asked for with: as recorded, as given, or as what it
// holds shows. Or why nobody knows.
func (r answers) asked(a answer, data json.RawMessage) (request schemas.Request, params schemas.Params, why string) {
	if a.request != nil {
		return *a.request, a.params, ""
	}
	path := ""
	if a.address != "" {
		u, err := url.Parse(a.address)
		if err != nil {
			return request, nil, "its address cannot be read"
		}
		path = apiPath(u)
		query := u.Query()
		params = schemas.Params{}
		for name, values := range query {
			put(params, name, values)
		}
		if request = sound(ofPath(path, query)); whole(request) {
			return request, params, ""
		}
	}
	switch request = r.given(data); {
	case request.Endpoint == "" && path != "":
		return request, nil, "it is an answer of " + path[:min(len(path), 100)] + ", which is not taken, and what it holds does not say what it is: name that with --endpoint"
	case request.Endpoint == "":
		return request, nil, "neither an address nor what it holds says what was asked: name that with --endpoint"
	case !whole(request):
		return request, nil, "nobody knows which Space it is of: say it with --ids"
	}
	return request, params, ""
}

// given is what was asked as the flags say, or else as the objects of an answer show: those
// of other addresses of the API, such as a search for tweets, are taken as looked up.
func (r answers) given(data json.RawMessage) schemas.Request {
	request := schemas.Request{Endpoint: r.cfg.Endpoint, IDs: r.cfg.IDs, Query: r.cfg.Query}
	if request.Endpoint == "" {
		kind, _ := shape(data)
		request.Endpoint = lookups[kind]
	}
	if e := request.Endpoint; len(request.IDs) == 0 && e != "" && e == lookups[e.Spec().Data] {
		_, request.IDs = shape(data)
	}
	return sound(request)
}

// lookups are the endpoints that give objects of a kind and say no more of them.
var lookups = map[schemas.Object]schemas.Endpoint{schemas.Space: schemas.Spaces, schemas.User: schemas.Users, schemas.Tweet: schemas.Posts}

// shape is the kind of the objects in an answer's data, as the keys that every object of
// its kind has tell them apart, and their ids.
func shape(data json.RawMessage) (kind schemas.Object, ids []string) {
	var objects []map[string]json.RawMessage
	if json.Unmarshal(data, &objects) != nil {
		var one map[string]json.RawMessage
		if json.Unmarshal(data, &one) != nil {
			return "", nil
		}
		objects = []map[string]json.RawMessage{one}
	}
	for _, o := range objects {
		var of schemas.Object
		switch _, username := o["username"]; {
		case username && o["text"] == nil && o["state"] == nil:
			of = schemas.User
		case o["text"] != nil && o["state"] == nil && !username:
			of = schemas.Tweet
		case o["state"] != nil && o["text"] == nil && !username:
			of = schemas.Space
		}
		if of == "" || kind != "" && kind != of {
			return "", nil
		}
		kind = of
		var id string
		if json.Unmarshal(o["id"], &id) == nil {
			ids = append(ids, id)
		}
	}
	return kind, ids
}

// apiPath is the part of an address's path that the API knows, whoever the host is;
// empty where there is none.
func apiPath(u *url.URL) string {
	if i := strings.Index(u.Path, "/2/"); i >= 0 {
		return strings.TrimSuffix(u.Path[i:], "/")
	}
	return ""
}

// others are paths of the API that give what an endpoint does.
var others = []struct {
	path string
	e    schemas.Endpoint
}{{"/2/users/by/username/{id}", schemas.Usernames}, {"/2/users/{id}", schemas.Users}, {"/2/tweets/{id}", schemas.Posts}}

// ofPath is the request that a path and a query are; its endpoint is empty for those that
// are none of ours.
func ofPath(path string, query url.Values) schemas.Request {
	r := schemas.Request{}
	for _, s := range schemas.Specs() {
		if id, ok := within(s.Path, path); ok && (r.Endpoint == "" || id == "") { // a path itself before a pattern
			r = schemas.Request{Endpoint: s.Endpoint, IDs: idsOf(id, query[s.IDParam])}
		}
	}
	for _, o := range others {
		if id, ok := within(o.path, path); ok && r.Endpoint == "" && o.e.Takes(id) {
			r = schemas.Request{Endpoint: o.e, IDs: []string{id}}
		}
	}
	r.Query, r.State, r.Token = query.Get("query"), query.Get("state"), query.Get("pagination_token")
	r.Max, _ = strconv.Atoi(query.Get("max_results"))
	return r
}

// within is what stands in a path in the place of {id}.
func within(pattern, path string) (id string, ok bool) {
	before, after, one := strings.Cut(pattern, "{id}")
	if !one {
		return "", pattern == path
	}
	id, ok = strings.CutPrefix(path, before)
	if ok {
		id, ok = strings.CutSuffix(id, after)
	}
	return id, ok && id != "" && !strings.Contains(id, "/")
}

func idsOf(id string, lists []string) (ids []string) {
	if id != "" {
		return []string{id}
	}
	for _, list := range lists {
		ids = append(ids, strings.Split(list, ",")...)
	}
	return ids
}

const (
	maxToken = 8 << 10 // bytes
	maxQuery = 8 << 10 // bytes
)

// sound leaves of a request what the API takes of one.
func sound(r schemas.Request) schemas.Request {
	if r.Endpoint == "" {
		return r
	}
	spec := r.Endpoint.Spec()
	seen := map[string]bool{}
	r.IDs = slices.DeleteFunc(slices.Clone(r.IDs), func(id string) bool {
		leave := seen[id] || !r.Endpoint.Takes(id)
		seen[id] = true
		return leave
	})
	if len(r.IDs) == 0 || len(r.IDs) > schemas.MaxIDs || r.Endpoint == schemas.Search || r.Endpoint == schemas.Me {
		r.IDs = nil
	}
	if r.Endpoint != schemas.Search {
		r.Query, r.State = "", ""
	}
	r.Query = strings.ToValidUTF8(r.Query[:min(len(r.Query), maxQuery)], "")
	if !slices.Contains([]string{"live", "scheduled", "all"}, r.State) {
		r.State = ""
	}
	if !spec.Paged || len(r.Token) > maxToken || strings.ToValidUTF8(r.Token, "") != r.Token {
		r.Token = ""
	}
	if !spec.Paged {
		r.Offset = 0
	}
	if !spec.Paged && r.Endpoint != schemas.Search || r.Max < 0 || r.Max >= schemas.MaxResults {
		r.Max = 0
	}
	return r
}

// whole reports whether a request says which Space it is of, where it is of one.
func whole(r schemas.Request) bool {
	return r.Endpoint != "" && (!strings.Contains(r.Endpoint.Spec().Path, "{id}") || len(r.IDs) == 1)
}

// mostNames bounds a list of fields.
const mostNames = 200

// put takes a list of fields or expansions of an address, and of its other parameters none.
func put(params schemas.Params, name string, lists []string) {
	if name != "expansions" && schemas.FieldsObject(name) == "" {
		return
	}
	var names []string
	for _, list := range lists {
		for _, one := range strings.Split(list, ",") {
			if len(names) < mostNames && isField(one) && !slices.Contains(names, one) {
				names = append(names, one)
			}
		}
	}
	if len(names) > 0 {
		params[name] = names
	}
}

// isField reports whether a text has the form of a field's or an expansion's name.
func isField(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}
