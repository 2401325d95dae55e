package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// Leaves counts the values in a page's JSON and those found again in the rows
// made of it.
type Leaves struct {
	Seen, Found int
	Lost        string // path and value of the first that was not found
}

// leavesOf looks for the values of a page among the rows made of it.
func leavesOf(p schemas.Page, batches []schemas.Batch) (Leaves, error) {
	c := cells{map[string]map[string]bool{}, map[string]bool{}}
	for _, b := range batches {
		c.add(b)
	}
	decoder := json.NewDecoder(bytes.NewReader(p.Body))
	decoder.UseNumber()
	var body any
	if err := decoder.Decode(&body); err != nil {
		return Leaves{}, fmt.Errorf("page %s of %s: %w", p.ID, p.Request.Endpoint, err)
	}
	s := search{cells: c, owner: pageOwner, kind: schemas.PageObject}
	page, isObject := body.(map[string]any)
	if !p.OK() || !isObject {
		s.kind = schemas.Problem
		s.visit("", body)
		return s.leaves, nil
	}
	s.objects("data", page["data"], p.Request.Endpoint.Spec().Data, pageOwner)
	delete(page, "data")
	if includes, ok := page["includes"].(map[string]any); ok {
		for key, kind := range schemas.Included() {
			s.objects("includes."+key, includes[key], kind, pageOwner)
			delete(includes, key)
		}
	}
	s.visit("", page)
	return s.leaves, nil
}

// pageOwner owns what belongs to no object: the page itself and its errors.
const pageOwner = ""

// cells holds the texts of all cells, and by the key of the object they belong to.
type cells struct {
	of  map[string]map[string]bool
	all map[string]bool
}

func (c cells) put(owner, text string) {
	if c.of[owner] == nil {
		c.of[owner] = map[string]bool{}
	}
	c.of[owner][text], c.all[text] = true, true
}

// add takes the cells of a table.
func (c cells) add(b schemas.Batch) {
	owners := ownerColumn(b.Table)
	for i := range int(b.Record.NumRows()) {
		owner := pageOwner
		if owners >= 0 && b.Record.Column(owners).IsValid(i) {
			owner = strings.Clone(b.Record.Column(owners).(*array.String).Value(i))
		}
		for j, column := range b.Record.Columns() {
			if column.IsNull(i) {
				continue
			}
			switch column := column.(type) {
			case *array.String:
				text := strings.Clone(column.Value(i))
				c.put(owner, text)
				if declared := b.Table.Columns[j]; declared.Type == schemas.JSON || declared.Name == "value" || declared.Name == "detail" {
					c.addJSON(owner, text)
				}
			case *array.Int64:
				c.put(owner, strconv.FormatInt(column.Value(i), 10))
			case *array.Float64:
				c.put(owner, strconv.FormatFloat(column.Value(i), 'g', -1, 64))
			case *array.Boolean:
				c.put(owner, strconv.FormatBool(column.Value(i)))
			case *array.Timestamp:
				c.put(owner, timeText(int64(column.Value(i))))
			}
		}
	}
}

// ownerColumn is the column with the key of the object a row belongs to, or -1.
func ownerColumn(t *schemas.Table) int {
	for i, c := range t.Columns {
		if c.From == schemas.ParentKey {
			return i
		}
	}
	switch t.Object {
	case schemas.PageObject, "":
		return -1
	case schemas.Problem:
		return t.Column("resource_id") // of an unreadable value; other errors have their own words
	}
	return t.Column(t.Key[0])
}

// addJSON takes the values inside a JSON cell.
func (c cells) addJSON(owner, text string) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) == nil {
		eachLeaf("", v, func(_, leaf string) {
			c.put(owner, leaf)
			// Of copies in several forms one is kept: a number is found in any.
			if n, ok := parseInt([]byte(leaf)); ok {
				c.put(owner, strconv.FormatInt(n, 10))
			}
			if f, ok := parseFloat([]byte(leaf)); ok {
				c.put(owner, strconv.FormatFloat(f, 'g', -1, 64))
			}
			if is, ok := parseBool([]byte(leaf)); ok {
				c.put(owner, strconv.FormatBool(is))
			}
			if t, ok := parseTime([]byte(leaf)); ok {
				c.put(owner, timeText(t))
			}
		})
	}
}

// eachLeaf calls f for every value that is not null, an object or an array.
func eachLeaf(path string, v any, f func(path, leaf string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			eachLeaf(strings.TrimPrefix(path+"."+key, "."), v[key], f)
		}
	case []any:
		for i, item := range v {
			eachLeaf(fmt.Sprintf("%s[%d]", path, i), item, f)
		}
	case string:
		f(path, strings.ReplaceAll(v, "\x00", string(replacement)))
	case json.Number:
		f(path, v.String())
	case bool:
		f(path, strconv.FormatBool(v))
	}
}

// search looks for the leaves of a page.
type search struct {
	cells  cells
	owner  string
	within string // owner of the object that holds this one, which may keep it
	kind   schemas.Object
	leaves Leaves
}

// objects looks for the leaves of each object in a list. What has no key has no rows,
// and is kept with those of an owner.
func (s *search) objects(path string, v any, kind schemas.Object, owner string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	table := schemas.EntityTable(kind)
	keyName := table.Columns[table.Column(table.Key[0])].Paths()[0]
	for i, item := range list {
		of := search{cells: s.cells, owner: owner, within: owner, kind: kind}
		if object, ok := item.(map[string]any); ok {
			switch key := object[keyName].(type) {
			case map[string]any, []any, nil: // none
			default:
				eachLeaf("", key, func(_, leaf string) { of.owner = cmp.Or(leaf, owner) })
			}
			for _, key := range schemas.Ignored(kind) {
				delete(object, key)
			}
			if of.owner != owner { // else it is kept as it is
				s.nested(fmt.Sprintf("%s[%d]", path, i), object, kind, of.owner)
			}
		}
		of.visit(fmt.Sprintf("%s[%d]", path, i), item)
		s.leaves.Seen += of.leaves.Seen
		s.leaves.Found += of.leaves.Found
		if s.leaves.Lost == "" {
			s.leaves.Lost = of.leaves.Lost
		}
	}
}

// nested takes whole objects inside an object out of it and looks for their
// leaves among their own rows.
func (s *search) nested(path string, object map[string]any, kind schemas.Object, owner string) {
	for _, n := range schemas.NestedObjects() {
		if n.In == kind && object[n.Path] != nil {
			s.objects(path+"."+n.Path, object[n.Path], n.Kind, owner)
			delete(object, n.Path)
		}
	}
}

func (s *search) visit(path string, v any) {
	eachLeaf(path, v, func(path, leaf string) {
		if leaf == "" {
			return
		}
		s.leaves.Seen++
		if s.found(leaf) {
			s.leaves.Found++
			return
		}
		if s.leaves.Lost == "" {
			s.leaves.Lost = fmt.Sprintf("%s: %.200q", path, leaf)
		}
	})
}

// found looks for a leaf as it stands and as the columns' types read it.
func (s *search) found(leaf string) bool {
	has := func(text string) bool {
		if s.kind != schemas.PageObject && s.kind != schemas.Problem {
			return s.cells.of[s.owner][text] || s.within != pageOwner && s.cells.of[s.within][text]
		}
		return s.cells.all[text] // errors are kept under what they are about
	}
	if has(leaf) {
		return true
	}
	raw := []byte(leaf)
	if t, ok := parseTime(raw); ok && has(timeText(t)) {
		return true
	}
	if n, ok := parseInt(raw); ok && has(strconv.FormatInt(n, 10)) {
		return true
	}
	if f, ok := parseFloat(raw); ok && has(strconv.FormatFloat(f, 'g', -1, 64)) {
		return true
	}
	if b, ok := parseBool(raw); ok && has(strconv.FormatBool(b)) {
		return true
	}
	return has(leaf[strings.LastIndexByte(leaf, '/')+1:])
}

func timeText(micros int64) string { return "t:" + strconv.FormatInt(micros, 10) }
