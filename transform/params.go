package transform

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// paramTexts holds the JSON of what pages were asked with. It is the same from
// page to page of an endpoint, and sorting and quoting some hundred names took
// as long as a tenth of a small page.
type paramTexts map[schemas.Endpoint]paramText

type paramText struct {
	params schemas.Params
	json   []byte
}

// text returns the JSON of a page's Params.
func (t paramTexts) text(p *schemas.Page) ([]byte, error) {
	last, ok := t[p.Request.Endpoint]
	if ok && maps.EqualFunc(last.params, p.Params, slices.Equal) {
		return last.json, nil
	}
	text, err := json.Marshal(p.Params)
	if err == nil {
		t[p.Request.Endpoint] = paramText{p.Params, text}
	}
	return text, err
}
