package browse

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
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
	s.download(w, r, name, form, func(t *held) (answer.Question, error) {
		relation := t.catalog.byName[r.PathValue("table")]
		if relation == nil {
			return answer.Question{}, &problem{http.StatusNotFound, fmt.Sprintf("there is no table %q", name)}
		}
		l, err := parseListing(relation, r.URL.Query())
		if err != nil {
			return answer.Question{}, err
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
		q := answer.Question{SQL: "SELECT " + schemas.Quote(names...) + from + l.order(), Ours: true}
		for _, arg := range args {
			q.Args = append(q.Args, fmt.Sprint(arg))
		}
		return q, nil
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
	s.download(w, r, "result", form, func(*held) (answer.Question, error) { return answer.Question{SQL: text}, nil })
}

// download writes a result to the scratch folder and sends it from there: no
// byte is sent of a result that fails.
func (s *Server) download(w http.ResponseWriter, r *http.Request, name string, form answer.Form, what func(*held) (answer.Question, error)) {
	file, err := os.CreateTemp(s.folder.Path, "result-*."+form.Name)
	if err != nil {
		fail(w, s.told(r.Context(), err))
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	size := &sized{file, s.cfg.MaxDownload, 0}
	var reply answer.Reply
	err = s.inBox(r, func(ctx context.Context, t *held, b *box.Box) error {
		q, err := what(t)
		if err != nil {
			return err
		}
		q.Form, q.Most = form.Name, s.cfg.MaxRows
		reply, err = b.Ask(ctx, q, size)
		return err
	})
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		fail(w, err)
		return
	}
	if reply.Cut {
		name += fmt.Sprintf("-first-%d-rows", s.cfg.MaxRows)
		w.Header().Set("X-Result-Cut", fmt.Sprintf("%d rows", s.cfg.MaxRows))
	}
	w.Header().Set("Content-Type", form.MIME)
	w.Header().Set("Content-Length", fmt.Sprint(size.n))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + form.Name}))
	_, _ = io.Copy(w, file) // the reader may have gone
}

// sized takes so many bytes and no more.
type sized struct {
	to      io.Writer
	most, n int64
}

func (s *sized) Write(data []byte) (int, error) {
	if s.n += int64(len(data)); s.n > s.most {
		return 0, &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the file would be larger than %d MB: choose fewer rows or columns", s.most>>20)}
	}
	return s.to.Write(data)
}
