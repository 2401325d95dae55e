// Package browse serves a store's tables to a browser, live and read-only: what
// is going on and went on as charts, tables with search, sort, filters and
// paging, the page of a Space, a user and a topic, saved queries, a box for SQL,
// and downloads. The server renders every page; scripts
// only add comfort. It opens the database that runs publish (or the Parquet
// files where there is none), sees one state of it in each request, and lets
// go of it when nobody looks, so that a run can merge in place.
package browse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Config says what to serve and within which bounds. Only Store is needed.
type Config struct {
	Store store.Dir

	// Token, if not empty, must be in the address first opened, as
	// ?token=TOKEN; a cookie has it from then on. Without it the server answers
	// on loopback addresses only.
	Token string

	Timeout time.Duration // of the queries of a request; 0 for 10 s
	Idle    time.Duration // after which the database is closed; 0 for 5 s
	Memory  int64         // bytes that each query of the SQL box, and all pages together, may take; 0 for 1 GiB

	SQLQueries  int   // of the SQL box, and downloads, at a time; 0 for 2
	Pages       int   // other requests at a time; 0 for 4
	MaxRows     int   // of a download; 0 for 1,000,000
	MaxDownload int64 // bytes of a download; 0 for 256 MiB
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Idle = cmp.Or(c.Idle, 5*time.Second)
	c.Memory = cmp.Or(c.Memory, 1<<30)
	c.SQLQueries = cmp.Or(c.SQLQueries, 2)
	c.Pages = cmp.Or(c.Pages, 4)
	c.MaxRows = cmp.Or(c.MaxRows, 1_000_000)
	c.MaxDownload = cmp.Or(c.MaxDownload, 256<<20)
	return c
}

// Server is an http.Handler over one store.
type Server struct {
	cfg     Config
	holder  *holder
	handler http.Handler
	folder  *scratch.Folder

	pageSlots  slots
	querySlots slots
}

// New returns a server. It fails with an fs.ErrNotExist when the store has no
// table yet. Close it.
func New(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	folder, err := scratch.New(os.TempDir(), "browse")
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, folder: folder, pageSlots: make(slots, cfg.Pages), querySlots: make(slots, cfg.SQLQueries)}
	s.holder = &holder{cfg: cfg}
	s.handler = &guard{cfg.Token, s.routes()}
	held, err := s.holder.acquire(ctx)
	if err != nil && !locked(err) {
		return nil, errors.Join(err, s.Close())
	}
	if err == nil {
		s.holder.release(held)
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends what is under way and removes what was written for downloads. The
// HTTP server must have been stopped.
func (s *Server) Close() error {
	s.holder.close()
	return s.folder.Remove()
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(viewOverview))
	mux.HandleFunc("GET /live", s.page(viewLive))
	mux.HandleFunc("GET /tables", s.page(viewTables))
	mux.HandleFunc("GET /find", s.page(viewFind))
	mux.HandleFunc("GET /table/{table}", s.page(func(ctx context.Context, t *held, r *http.Request) (view, error) {
		return viewTable(ctx, t, r, s.cfg.MaxRows)
	}))
	mux.HandleFunc("GET /table/{table}/{file}", s.downloadTable)
	mux.HandleFunc("GET /row/{table}", s.page(viewRow))
	mux.HandleFunc("GET /space/{id}", s.page(viewSpace))
	mux.HandleFunc("GET /user/{id}", s.page(viewUser))
	mux.HandleFunc("GET /topic/{id}", s.page(viewTopic))
	mux.HandleFunc("GET /sql", s.page(s.viewSQL))
	mux.HandleFunc("GET /sql/{name}", s.runSaved)
	mux.HandleFunc("POST /sql", s.runSQL)
	mux.HandleFunc("POST /sql/{file}", s.downloadSQL)
	mux.HandleFunc("GET /state", s.state)
	mux.HandleFunc("GET /static/{file}", static)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &problem{http.StatusNotFound, "there is no such page"})
	})
	return mux
}

// viewer makes a page of one state of the tables.
type viewer func(context.Context, *held, *http.Request) (view, error)

// page answers with what show makes.
func (s *Server) page(show viewer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeout)
		defer cancel()
		v, err := s.show(ctx, r, show)
		if err != nil {
			told := asProblem(s.told(ctx, err))
			// What follows is a picture of our own SQL.
			words, _, _ := strings.Cut(told.Text, "\n\nLINE ")
			fail(w, &problem{told.Status, words})
			return
		}
		render(w, http.StatusOK, v.Template, v)
	}
}

// show has a page made of the tables as they are now.
func (s *Server) show(ctx context.Context, r *http.Request, show viewer) (view, error) {
	if !utf8.ValidString(r.URL.Path) {
		return view{}, &problem{http.StatusNotFound, "there is no such page"}
	}
	if err := s.pageSlots.acquire(ctx, patience); err != nil {
		return view{}, err
	}
	defer s.pageSlots.release()
	t, err := s.holder.acquire(ctx)
	if err != nil {
		return view{}, err
	}
	defer s.holder.release(t)
	v, err := show(ctx, t, r)
	return s.viewOf(t, v), err
}

// viewOf says in a view which data it shows.
func (s *Server) viewOf(t *held, v view) view {
	v.Run, v.Version = t.catalog.run, t.mark.Version
	v.Source = s.cfg.Store.DuckDB()
	if t.mark.File == nil {
		v.Source = s.cfg.Store.Parquet()
	}
	return v
}

// told makes of an error what the person is told.
func (s *Server) told(ctx context.Context, err error) error {
	var known *problem
	var lock *duckdb.LockedError
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.As(err, &lock):
		return &problem{http.StatusServiceUnavailable, "a run is merging into the database in place, and nobody can read it meanwhile: this page tries again by itself"}
	case errors.Is(err, fs.ErrNotExist):
		return &problem{http.StatusServiceUnavailable, "the store has no tables: run the job first"}
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &problem{http.StatusGatewayTimeout, fmt.Sprintf("stopped after %s: ask for less, for example with a WHERE", s.cfg.Timeout)}
	case ctx.Err() != nil:
		return &problem{http.StatusRequestTimeout, "stopped"}
	}
	text := strings.TrimPrefix(err.Error(), "could not prepare query\n")
	var memory *box.MemoryError
	switch {
	case errors.As(err, &memory):
		return &problem{http.StatusInsufficientStorage, text}
	case strings.Contains(text, "Out of Memory"):
		return &problem{http.StatusInsufficientStorage, "this does not fit in " + humanize.IBytes(uint64(s.cfg.Memory)) + " of memory, or not beside what others ask: ask for less, for example with a filter, or again in a moment"}
	}
	return &problem{http.StatusBadRequest, bounded(text, 4000)}
}

// state tells scripts which data there is, without opening it.
func (s *Server) state(w http.ResponseWriter, _ *http.Request) {
	m, err := answer.Look(s.cfg.Store)
	if err != nil {
		fail(w, s.told(context.Background(), err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(m.Version))
}
