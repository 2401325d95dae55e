package browse

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
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
	Saved    []schemas.Query // that ship
	Question string          // that the statement answers, of one of those
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

// viewSQL is the page with a statement in the box that has not run.
func (s *Server) viewSQL(_ context.Context, t *held, r *http.Request) (view, error) {
	p := newSQLPage(s.cfg, t.catalog.relations)
	if name := r.URL.Query().Get("table"); t.catalog.byName[name] != nil {
		p.SQL = example(t.catalog.byName[name])
	}
	return view{Title: "SQL", Nav: "sql", Template: "sql.html", Data: p}, nil
}

// newSQLPage is the page with an empty box, and the queries that the relations can
// answer; these may be nil, of which nothing is known.
func newSQLPage(cfg Config, relations []*relation) sqlPage {
	can := saved()
	if relations != nil {
		can = slices.DeleteFunc(can, func(q schemas.Query) bool {
			return slices.ContainsFunc(q.Tables, func(name string) bool {
				name, _, _ = strings.Cut(name, "(") // of a macro
				return !slices.ContainsFunc(relations, func(r *relation) bool { return r.Name == name })
			})
		})
	}
	return sqlPage{Saved: can, Relation: relations, MaxRows: cfg.MaxRows, Timeout: cfg.Timeout}
}

// runSaved answers with the result of a query that ships: only those run by a link.
func (s *Server) runSaved(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	all := saved()
	i := slices.IndexFunc(all, func(q schemas.Query) bool { return q.Name == name })
	if i < 0 {
		fail(w, &problem{http.StatusNotFound, fmt.Sprintf("there is no saved query %q", bounded(name, 80))})
		return
	}
	s.showResult(w, r, all[i].SQL, all[i].Question)
}

// runSQL answers with the page and the result of a statement in it.
func (s *Server) runSQL(w http.ResponseWriter, r *http.Request) {
	text, err := statementOf(w, r, s.cfg.Timeout)
	if err != nil {
		fail(w, err)
		return
	}
	s.showResult(w, r, text, "")
}

// showResult runs a statement and answers with its page.
func (s *Server) showResult(w http.ResponseWriter, r *http.Request, text, question string) {
	title := cmp.Or(question, "SQL")
	var v view
	err := s.inBox(r, func(ctx context.Context, t *held, b *box.Box) error {
		result, err := selectGrid(ctx, b, text)
		p := newSQLPage(s.cfg, t.catalog.relations)
		p.SQL, p.Question, p.Result = text, question, result
		v = s.viewOf(t, view{Title: title, Nav: "sql", Template: "sql.html", Data: p})
		return err
	})
	status := http.StatusOK
	if err != nil {
		told := asProblem(err)
		status = told.Status
		p := newSQLPage(s.cfg, nil)
		p.SQL, p.Question, p.Problem = text, question, told.Text
		v = view{Title: title, Nav: "sql", Template: "sql.html", Data: p}
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

// statementOf reads a form with SQL.
func statementOf(w http.ResponseWriter, r *http.Request, timeout time.Duration) (string, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout))
	r.Body = http.MaxBytesReader(w, r.Body, longestSQL+longestSQL/2)
	if err := r.ParseForm(); err != nil {
		return "", &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the form cannot be read; a statement can have %d KiB", longestSQL>>10)}
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
