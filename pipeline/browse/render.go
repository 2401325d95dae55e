package browse

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates static
var files embed.FS

// templates are those of the pages by file; each is the layout with its own
// content.
var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	parsed := map[string]*template.Template{}
	for _, name := range names {
		parsed[path.Base(name)] = template.Must(template.Must(base.Clone()).ParseFS(files, name))
	}
	return parsed
}

// view is what a template shows.
type view struct {
	Title    string
	Nav      string // the place in the navigation; it has its own script
	Template string
	Data     any

	Run     record // that the data is of
	Version string // of the data
	Source  string // where it is read
	Search  string // in the box at the top
	Refresh int    // seconds after which the page is asked for again; 0 for never
}

func render(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := templates[name].ExecuteTemplate(&page, "layout.html", v); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.ToValidUTF8(page.Bytes(), []byte("\uFFFD"))) // an address need be no text; the reader may have gone
}

// asProblem is an error as it is told.
func asProblem(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	return &problem{http.StatusInternalServerError, err.Error()}
}

func fail(w http.ResponseWriter, err error) {
	p := asProblem(err)
	v := view{Title: http.StatusText(p.Status), Nav: "problem", Data: p}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		v.Refresh = 3
		w.Header().Set("Retry-After", "3")
	}
	render(w, p.Status, "problem.html", v)
}

// static sends one of our own files.
func static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, err := files.ReadFile("static/" + name)
	kind, ok := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[path.Ext(name)]
	if err != nil || !ok || strings.Contains(name, "/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write(data) // the reader may have gone
}
