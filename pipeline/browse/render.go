package browse

import (
	"bytes"
	"context"
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

// pages are the templates by file; each is the layout with its own content.
var pages = parsePages()

func parsePages() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	found := map[string]*template.Template{}
	for _, name := range names {
		found[path.Base(name)] = template.Must(template.Must(base.Clone()).ParseFS(files, name))
	}
	return found
}

// view is what a template shows.
type view struct {
	Title    string
	Page     string // for the navigation and for scripts
	Template string
	Data     any

	Run     record // that the data is of
	Version string // of the data
	Source  string // where it is read
	Search  string // in the box at the top
	Refresh int    // seconds after which the page is asked for again; 0 for never
}

// viewOf says in a view which data it shows.
func (s *Server) viewOf(t *held, v view) view {
	v.Run, v.Version = t.catalog.run, t.mark.version
	v.Source = s.cfg.Store.DuckDB()
	if t.mark.file == nil {
		v.Source = s.cfg.Store.Parquet()
	}
	return v
}

// page answers with what show makes of one state of the tables.
func (s *Server) page(show func(context.Context, *held, *http.Request) (view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeout)
		defer cancel()
		v, err := s.show(ctx, r, show)
		if err != nil {
			told := asProblem(s.told(ctx, err))
			// What follows is a picture of our own SQL.
			words, _, _ := strings.Cut(told.Text, "\n\nLINE ")
			s.fail(w, &problem{told.Status, words})
			return
		}
		s.render(w, http.StatusOK, v.Template, v)
	}
}

func (s *Server) show(ctx context.Context, r *http.Request, show func(context.Context, *held, *http.Request) (view, error)) (view, error) {
	if err := s.pages.take(ctx, patience); err != nil {
		return view{}, err
	}
	defer s.pages.give()
	t, err := s.holder.acquire(ctx)
	if err != nil {
		return view{}, err
	}
	defer s.holder.release(t)
	v, err := show(ctx, t, r)
	return s.viewOf(t, v), err
}

func (s *Server) render(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "layout.html", v); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the reader may have gone
}

// asProblem is an error as it is told.
func asProblem(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	return &problem{http.StatusInternalServerError, err.Error()}
}

// fail answers with an error.
func (s *Server) fail(w http.ResponseWriter, err error) {
	p := asProblem(err)
	v := view{Title: http.StatusText(p.Status), Page: "problem", Data: p}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		v.Refresh = 3
		w.Header().Set("Retry-After", "3")
	}
	s.render(w, p.Status, "problem.html", v)
}

// state tells scripts which data there is, without opening it.
func (s *Server) state(w http.ResponseWriter, _ *http.Request) {
	m, err := look(s.cfg.Store)
	if err != nil {
		s.fail(w, s.told(context.Background(), err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(m.version))
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
