package transform

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// reference reads the text columns of a page's objects by encoding/json, the
// slow and plain way: table and key to column and value. ok is false for
// bodies it has no opinion on.
func reference(body []byte, data schemas.Object) (rows map[string]map[string]string, ok bool) {
	var page map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if !json.Valid(body) || decoder.Decode(&page) != nil || page == nil || repeatsKey(body) {
		return nil, false
	}
	rows = map[string]map[string]string{}
	readObjects(rows, page["data"], data)
	includes, _ := page["includes"].(map[string]any)
	kinds := schemas.Included()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		readObjects(rows, includes[name], kinds[name])
	}
	return rows, true
}

// readObjects adds the rows of the objects in v, unless an earlier one has the
// same key.
func readObjects(rows map[string]map[string]string, v any, kind schemas.Object) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	table := schemas.EntityTable(kind)
	if table.Mode != schemas.Latest {
		return
	}
	for _, item := range list {
		object, _ := item.(map[string]any)
		key := columnText(object, table, table.Key[0])
		if key == nil {
			continue
		}
		name := table.Name + " " + *key
		if rows[name] != nil {
			continue
		}
		rows[name] = map[string]string{}
		for _, c := range table.Columns {
			if c.From != schemas.Value || c.Type != schemas.Text && c.Type != schemas.ID {
				continue
			}
			if text := columnText(object, table, c.Name); text != nil {
				rows[name][c.Name] = *text
			}
		}
	}
}

// columnText is the text of a column's value, nil for NULL.
func columnText(object map[string]any, table *schemas.Table, name string) *string {
	c := table.Columns[table.Column(name)]
	var found any
	for _, path := range c.Paths() {
		at := any(object)
		for step := range strings.SplitSeq(path, ".") {
			parent, _ := at.(map[string]any)
			at = parent[step]
		}
		if found = at; found != nil {
			break
		}
	}
	var text string
	switch found := found.(type) {
	case string:
		text = strings.ReplaceAll(found, "\x00", "\ufffd")
	case json.Number:
		text = found.String()
	case bool:
		text = map[bool]string{true: "true", false: "false"}[found]
	default:
		return nil
	}
	_, quoted := found.(string)
	if c.Type == schemas.ID && (text == "" || !quoted && strings.Trim(text, "0123456789") != "") {
		return nil
	}
	return &text
}

// repeatsKey reports whether an object of the text has a key twice: there the
// two decoders differ on purpose.
func repeatsKey(body []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	return repeats(decoder)
}

func repeats(d *json.Decoder) bool {
	token, err := d.Token()
	if err == io.EOF || err != nil {
		return false
	}
	open, ok := token.(json.Delim)
	if !ok {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil || seen[name.(string)] {
				return true
			}
			seen[name.(string)] = true
		}
		if repeats(d) {
			return true
		}
	}
	_, err = d.Token()
	return err != nil
}
