package browse

import (
	"context"
	"net/http"
)

// themeOf is a group of relations.
type themeOf struct {
	Name      string
	Relations []*relation
}

// viewTables lists everything that can be looked at.
func viewTables(_ context.Context, t *held, _ *http.Request) (view, error) {
	return view{Title: "Tables", Nav: "tables", Template: "tables.html", Data: byTheme(t.catalog.relations)}, nil
}

// byTheme groups relations, which are sorted by it.
func byTheme(relations []*relation) []themeOf {
	var all []themeOf
	for _, r := range relations {
		if len(all) == 0 || all[len(all)-1].Name != r.Theme {
			all = append(all, themeOf{Name: r.Theme})
		}
		last := &all[len(all)-1]
		last.Relations = append(last.Relations, r)
	}
	return all
}
