package browse

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/schemas"
)

// downloads are the forms that results can be downloaded in.
var downloads = []string{"csv", answer.Sheet, "parquet"}

// formOf takes the form from the name of a file: what stands behind its first dot.
func formOf(file string) (answer.Form, error) {
	_, name, _ := strings.Cut(file, ".")
	form, ok := answer.FormNamed(name)
	if !ok || !slices.Contains(downloads, name) {
		return form, &problem{http.StatusNotFound, "there are downloads as ." + strings.Join(downloads, ", .")}
	}
	return form, nil
}

// downloadTable sends all rows of a listing, in its order and columns.
func (s *Server) downloadTable(w http.ResponseWriter, r *http.Request) {
	form, err := formOf(r.PathValue("file"))
	if err != nil {
		fail(w, err)
		return
	}
	name := bounded(r.PathValue("table"), 80)
	s.download(w, r, name, form, func(ctx context.Context, t *held, _ *reader) (string, []any, error) {
		relation := t.catalog.byName[r.PathValue("table")]
		if relation == nil {
			return "", nil, &problem{http.StatusNotFound, fmt.Sprintf("there is no table %q", name)}
		}
		l, err := parseListing(relation, r.URL.Query())
		if err != nil {
			return "", nil, err
		}
		if l.Kind == "macro" && l.AsOf == "" {
			l.AsOf = time.Now().UTC().Format("2006-01-02 15:04:05Z")
		}
		columns := l.Shown
		if !l.Chosen {
			columns = l.Columns
		}
		var names []string
		for _, c := range columns {
			names = append(names, c.Name)
		}
		from, args := l.from()
		return "SELECT " + schemas.Quote(names...) + from + l.order(), args, nil
	})
}

// downloadSQL sends the result of a statement of the person's.
func (s *Server) downloadSQL(w http.ResponseWriter, r *http.Request) {
	form, err := formOf(r.PathValue("file"))
	if err != nil {
		fail(w, err)
		return
	}
	text, err := statementOf(w, r, s.cfg.Timeout)
	if err != nil {
		fail(w, err)
		return
	}
	s.download(w, r, "result", form, func(ctx context.Context, _ *held, reader *reader) (string, []any, error) {
		inner, err := answer.Check(ctx, reader.Reader, text)
		return inner, nil, err
	})
}

// asked says what to download.
type asked func(context.Context, *held, *reader) (query string, args []any, err error)

// download writes a result to the scratch folder and sends it from there: no
// byte is sent of a result that fails.
func (s *Server) download(w http.ResponseWriter, r *http.Request, name string, form answer.Form, what asked) {
	result, err := withinLimits(r.Context(), s, func(ctx context.Context, t *held, reader *reader) (copied, error) {
		text, args, err := what(ctx, t, reader)
		if err != nil {
			return copied{}, err
		}
		c := copied{rows: s.cfg.MaxRows, bytes: s.cfg.MaxDownload}
		err = c.write(ctx, reader, text, args, form)
		return c, err
	})
	if err != nil {
		fail(w, err)
		return
	}
	defer result.file.Close()
	if result.cut {
		name += fmt.Sprintf("-first-%d-rows", s.cfg.MaxRows)
		w.Header().Set("X-Result-Cut", fmt.Sprintf("%d rows", s.cfg.MaxRows))
	}
	w.Header().Set("Content-Type", form.MIME)
	w.Header().Set("Content-Length", fmt.Sprint(int64(len(form.Begin))+result.size))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + form.Name}))
	_ = form.Send(w, result.file) // the reader may have gone
}

// copied is a result in a file whose name is gone already.
type copied struct {
	rows  int   // the most
	bytes int64 // the most
	file  *os.File
	size  int64
	cut   bool
}

func (c *copied) write(ctx context.Context, r *reader, text string, args []any, form answer.Form) error {
	file, err := os.CreateTemp(r.scratch, "result-*."+form.Name)
	if err != nil {
		return err
	}
	path := file.Name()
	_ = file.Close()
	defer os.Remove(path)
	if err := c.copyTo(ctx, r, path, text, args, form); err != nil {
		return err
	}
	if c.file, err = os.Open(path); err != nil {
		return err
	}
	info, err := c.file.Stat()
	if err != nil {
		_ = c.file.Close()
		return err
	}
	c.size = info.Size()
	return nil
}

// copyTo has DuckDB write the file, up to the limits.
func (c *copied) copyTo(ctx context.Context, r *reader, path, text string, args []any, form answer.Form) error {
	limited := fmt.Sprintf("SELECT * FROM (\n%s\n) LIMIT %d", text, c.rows)
	statement, err := form.Copy(ctx, r, limited, path, args...)
	if err != nil {
		return err
	}
	n, err := c.watched(ctx, r, path, statement, args)
	if err != nil || n < int64(c.rows) {
		return err
	}
	var all int
	probe := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (\n%s\n) LIMIT %d)", text, c.rows+1)
	err = r.QueryRowContext(ctx, probe, args...).Scan(&all)
	c.cut = all > c.rows
	return err
}

// watched runs a COPY, ends it when its file has become too large, and returns
// how many rows it has.
func (c *copied) watched(ctx context.Context, r *reader, path, statement string, args []any) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); watch(ctx, path, c.bytes, cancel) }()
	done, err := r.ExecContext(ctx, statement, args...)
	if tooLarge := context.Cause(ctx); err != nil && tooLarge != nil {
		err = tooLarge
	}
	cancel(nil)
	<-ended
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// watching is how often a growing file is looked at.
const watching = 20 * time.Millisecond

// watch ends a COPY whose file has become too large.
func watch(ctx context.Context, path string, most int64, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(watching)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if info, err := os.Stat(path); err == nil && info.Size() > most {
				cancel(&problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the file would be larger than %d MB: choose fewer rows or columns", most>>20)})
				return
			}
		}
	}
}
