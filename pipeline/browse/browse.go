// Package browse serves a store's tables to a browser, live and read-only: a
// table with search, sort, filters and paging, the page of a Space and of a
// user, a box for SQL, and downloads. The server renders every page; scripts
// only add comfort. It opens the database that runs publish (or the Parquet
// files where there is none), sees one state of it in each request, and lets
// go of it when nobody looks, so that a run can merge in place.
package browse

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/pipeline"
)

// Config says what to serve and within which bounds. Only Store is needed.
type Config struct {
	Store pipeline.Store

	// Token, if not empty, must be in the address first opened, as
	// ?token=TOKEN; a cookie has it from then on. Without it the server answers
	// on loopback addresses only.
	Token string

	Timeout time.Duration // of the queries of a request; 0 for 10 s
	Idle    time.Duration // after which the database is closed; 0 for 5 s
	Memory  string        // that the SQL box's queries together, and all pages, may take; "" for 1GB

	SQLQueries  int   // of the SQL box, and downloads, at a time; 0 for 2
	Pages       int   // other requests at a time; 0 for 4
	MaxRows     int   // of a download; 0 for 1,000,000
	MaxDownload int64 // bytes of a download; 0 for 256 MiB
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Idle = cmp.Or(c.Idle, 5*time.Second)
	c.Memory = cmp.Or(c.Memory, "1GB")
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
	scratch string
	pages   slots
	queries slots
	running sync.WaitGroup // queries that may outlive their request
}

// New returns a server. It fails with an fs.ErrNotExist when the store has no
// table yet. Close it.
func New(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	scratch, err := os.MkdirTemp("", "spacesetl-browse-")
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, scratch: scratch, pages: make(slots, cfg.Pages), queries: make(slots, cfg.SQLQueries)}
	s.holder = &holder{cfg: cfg, scratch: scratch}
	s.handler = s.guarded(s.routes())
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

// closing is how long Close waits for queries that cannot be interrupted.
const closing = 2 * time.Second

// Close ends what is under way and removes what was written for downloads. The
// HTTP server must have been stopped.
func (s *Server) Close() error {
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	select {
	case <-ended:
		s.holder.close()
	case <-time.After(closing): // its process ends soon
	}
	return os.RemoveAll(s.scratch)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.overview))
	mux.HandleFunc("GET /find", s.page(s.find))
	mux.HandleFunc("GET /table/{table}", s.page(s.table))
	mux.HandleFunc("GET /table/{table}/{file}", s.downloadTable)
	mux.HandleFunc("GET /row/{table}", s.page(s.row))
	mux.HandleFunc("GET /space/{id}", s.page(s.space))
	mux.HandleFunc("GET /user/{id}", s.page(s.user))
	mux.HandleFunc("GET /sql", s.page(s.sqlForm))
	mux.HandleFunc("POST /sql", s.runSQL)
	mux.HandleFunc("POST /sql/{file}", s.downloadSQL)
	mux.HandleFunc("GET /state", s.state)
	mux.HandleFunc("GET /static/{file}", static)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		s.fail(w, &problem{http.StatusNotFound, "there is no such page"})
	})
	return mux
}
