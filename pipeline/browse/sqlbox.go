package browse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/schemas"
)

// Bounds of the SQL box.
const (
	longestSQL = 64 << 10 // bytes
	shownRows  = 1000
	shownBytes = 4 << 20
	shownCell  = 2000 // bytes
)

// sqlPage is the page with the box, and a result once one was asked for.
type sqlPage struct {
	SQL      string
	Starters []schemas.Query // shown at once
	More     []schemas.Query // shown when asked for
	Result   *result
	Problem  string
	Relation []*relation // what can be asked for
	MaxRows  int
	Timeout  time.Duration
}

// result is a grid with what is known of its columns.
type result struct {
	Columns []*column
	Rows    [][]cell
	More    bool
	Took    time.Duration
}

func (s *Server) viewSQL(_ context.Context, t *held, r *http.Request) (view, error) {
	p := newSQLPage(s.cfg, t.catalog.relations)
	if text, ok := starter(r.URL.Query().Get("starter")); ok {
		p.SQL = text
	} else if name := r.URL.Query().Get("table"); t.catalog.byName[name] != nil {
		p.SQL = example(t.catalog.byName[name])
	}
	return view{Title: "SQL", Nav: "sql", Template: "sql.html", Data: p}, nil
}

// newSQLPage is the page with an empty box; relations may be nil.
func newSQLPage(cfg Config, relations []*relation) sqlPage {
	all := starters()
	return sqlPage{Starters: all[:firstStarters], More: all[firstStarters:], Relation: relations, MaxRows: cfg.MaxRows, Timeout: cfg.Timeout}
}

// runSQL answers with the page and the result of a statement in it.
func (s *Server) runSQL(w http.ResponseWriter, r *http.Request) {
	text, err := statementOf(w, r, s.cfg.Timeout)
	if err != nil {
		fail(w, err)
		return
	}
	var v view
	err = s.inBox(r, func(ctx context.Context, t *held, b *box.Box) error {
		result, err := selectGrid(ctx, b, text)
		p := newSQLPage(s.cfg, t.catalog.relations)
		p.SQL, p.Result = text, result
		v = s.viewOf(t, view{Title: "SQL", Nav: "sql", Template: "sql.html", Data: p})
		return err
	})
	status := http.StatusOK
	if err != nil {
		told := asProblem(err)
		status = told.Status
		p := newSQLPage(s.cfg, nil)
		p.SQL, p.Problem = text, told.Text
		v = view{Title: "SQL", Nav: "sql", Template: "sql.html", Data: p}
	}
	render(w, status, v.Template, v)
}

// inBox does work with a box that has the tables as they are now, within the limits.
func (s *Server) inBox(r *http.Request, work func(context.Context, *held, *box.Box) error) error {
	if err := s.querySlots.acquire(r.Context(), patience); err != nil {
		return s.told(r.Context(), err)
	}
	defer s.querySlots.release()
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeout)
	defer cancel()
	t, err := s.holder.acquire(ctx)
	if err != nil {
		return s.told(ctx, err)
	}
	defer s.holder.release(t)
	b, err := s.holder.takeBox(ctx, t)
	if err != nil {
		return s.told(ctx, err)
	}
	defer s.holder.giveBox(t, b)
	return s.told(ctx, work(ctx, t, b))
}

// statementOf reads a form with SQL, or with the number of a starter.
func statementOf(w http.ResponseWriter, r *http.Request, timeout time.Duration) (string, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout))
	r.Body = http.MaxBytesReader(w, r.Body, longestSQL+longestSQL/2)
	if err := r.ParseForm(); err != nil {
		return "", &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the form cannot be read; a statement can have %d KiB", longestSQL>>10)}
	}
	if text, ok := starter(r.PostForm.Get("starter")); ok {
		return text, nil
	}
	text := strings.ReplaceAll(r.PostForm.Get("sql"), "\r\n", "\n")
	if len(text) > longestSQL {
		return "", &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("a statement can have %d KiB", longestSQL>>10)}
	}
	if strings.TrimSpace(text) == "" {
		return "", &problem{http.StatusBadRequest, "there is nothing to run: write a SELECT"}
	}
	return text, nil
}

// selectGrid runs a statement of the person's: its first rows, as text.
func selectGrid(ctx context.Context, b *box.Box, text string) (*result, error) {
	start := time.Now()
	reply, err := b.Ask(ctx, answer.Question{SQL: text, Bounds: answer.Bounds{Rows: shownRows, Bytes: shownBytes, Cell: shownCell}}, io.Discard)
	if err != nil {
		return nil, err
	}
	shown := &result{Rows: reply.Grid.Rows, More: reply.Grid.More, Took: time.Since(start)}
	for _, c := range reply.Columns {
		shown.Columns = append(shown.Columns, &column{Name: c.Name, Type: c.Type, Ref: entityOf[c.Name]})
	}
	return shown, nil
}
