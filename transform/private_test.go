package transform

import (
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// Pages of a store from before have the e-mail address; no row that is made of them
// has it, and nothing else is missing.
func TestNoRowHasAnEMailAddress(t *testing.T) {
	const mail = `"confirmed_email":"me@example.com"`
	for _, page := range []schemas.Page{
		answered(200, `{"data":{"id":"7","username":"n",`+mail+`,"zz":"kept"}}`, schemas.Me),
		answered(200, `{"data":[{`+mail+`,"zz":"no id"},"x",{"id":"7",`+mail+`}]}`, schemas.Users, "7"),
		answered(200, `{"data":[],"includes":{"users":[{"id":"7","affiliation":{"zz":[{"confirmed\u005femail":"me@example.com","n":1}]}}]}}`, schemas.Search),
		answered(200, `{"data":[{"id":"1","text":"t","entities":{`+mail+`,"urls":[{`+mail+`,"url":"u"}]}}],"errors":[{`+mail+`,"detail":"d"}],"meta":{`+mail+`}}`, schemas.Tweets, "1a"),
		answered(200, `{`+mail+`}`, schemas.Me),
		answered(200, `[{`+mail+`}]`, schemas.Me),
		answered(200, `{"data":"oops",`+mail+`,"includes":{"users":{`+mail+`}}}`, schemas.Me),
		answered(403, `{"detail":"no",`+mail+`}`, schemas.Me),
		answered(403, `[{`+mail+`}]`, schemas.Me),
	} {
		batches, err := NewDecoder().Pages([]schemas.Page{page}, Everything{})
		if err != nil {
			t.Errorf("%s: %v", page.Body, err)
			continue
		}
		for _, b := range batches {
			for i, c := range b.Record.Columns() {
				if text := c.String(); strings.Contains(text, "me@example.com") {
					t.Errorf("%s: %s.%s is %s", page.Body, b.Table.Name, b.Table.Columns[i].Name, text)
				}
			}
		}
		release(batches)
		whole(t, page)
	}
}
