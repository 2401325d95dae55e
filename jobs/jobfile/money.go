package jobfile

import (
	"maps"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/schemas"
)

// users reads expand, batch or none; false, as of old, looks nobody up.
func (r *reader) users(key string, n ast.Node) {
	switch text, _ := scalar(n); text {
	case UsersExpand, UsersBatch, UsersNone:
		r.spec.Users = text
	case "true", "false":
		r.spec.NoUsers = text == "false"
	default:
		r.mistake(line(n), "%s: %s is not one of expand, batch, none%s", key, r.shown(n, text), r.meant(n, text, UsersExpand, UsersBatch, UsersNone))
	}
}

// budget reads the bounds of a job's cost.
func (r *reader) budget(key string, n ast.Node) {
	into := map[string]*schemas.Money{}
	for _, k := range budgetKeys() {
		into[k.Name] = k.into(&r.spec).(*schemas.Money)
	}
	r.amounts(key, n, into)
	for name, amount := range into {
		if at, given := r.spec.lines[key+"."+name]; given && *amount == 0 {
			r.mistake(at, "%s: %s is nothing: leave it out for no bound", key, name)
		}
	}
}

// prices reads the prices that replace the published ones.
func (r *reader) prices(key string, n ast.Node) {
	into := map[string]*schemas.Money{}
	for _, o := range schemas.Priced() {
		into[string(o)] = new(schemas.Money)
	}
	r.amounts(key, n, into)
	for name, amount := range into {
		if _, given := r.spec.lines[key+"."+name]; given {
			if r.spec.Prices == nil {
				r.spec.Prices = schemas.Prices{}
			}
			r.spec.Prices[schemas.Object(name)] = *amount
		}
	}
}

// amounts reads dollars by name, and notes the line of each.
func (r *reader) amounts(key string, n ast.Node, into map[string]*schemas.Money) {
	m, ok := n.(ast.MapNode)
	names := slices.Sorted(maps.Keys(into))
	if !ok {
		r.mistake(line(n), "%s: wants amounts in dollars, such as {%s: 5}", key, names[0])
		return
	}
	for i := m.MapRange(); i.Next(); {
		name := i.Key().GetToken().Value
		amount, known := into[name]
		if !known {
			r.mistake(line(i.Key()), "unknown key %q in %s%s", outside.Clip(name), key, didYouMean(name, names))
			continue
		}
		if i.Value().Type() == ast.NullType {
			continue // left out
		}
		text, _ := scalar(i.Value())
		var err error
		if *amount, err = schemas.ParseMoney(text); err != nil {
			r.mistake(line(i.Value()), "%s: %s %s is %v", key, name, r.shown(i.Value(), text), err)
			continue
		}
		r.spec.lines[key+"."+name] = line(i.Key())
	}
}

// keep reads how long what is old is kept.
func (r *reader) keep(key string, n ast.Node) {
	m, ok := n.(ast.MapNode)
	if !ok {
		r.mistake(line(n), "%s: wants how long what is kept, such as {raw: 90d, parquet: 2y}", key)
		return
	}
	for i := m.MapRange(); i.Next(); {
		name := i.Key().GetToken().Value
		text, _ := scalar(i.Value())
		null := i.Value().Type() == ast.NullType
		if null {
			text = "" // left out; but what goes without the archive that was meant is lost
		}
		if err := r.spec.Keep.Set(name, text); err != nil && (!null || name == "archive") {
			r.mistake(line(i.Key()), "%s: %s %v", key, outside.Clip(name), err)
		}
	}
}

// watch reads how often a watch asks.
func (r *reader) watch(key string, n ast.Node) {
	m, ok := n.(ast.MapNode)
	if !ok {
		r.mistake(line(n), "%s: wants how often it asks, such as {every: 30s, discover: 5m}", key)
		return
	}
	for i := m.MapRange(); i.Next(); {
		name := i.Key().GetToken().Value
		at := slices.IndexFunc(watchKeys(), func(k Key) bool { return k.Name == name })
		switch {
		case at < 0:
			r.mistake(line(i.Key()), "unknown key %q in %s%s", outside.Clip(name), key, didYouMean(name, names(watchKeys())))
		case i.Value().Type() != ast.NullType: // else it is left out
			r.spec.lines[key+"."+name] = line(i.Key())
			r.duration(key+": "+name, i.Value(), watchKeys()[at].into(&r.spec).(*time.Duration))
		}
	}
}
