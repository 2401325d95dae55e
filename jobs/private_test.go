package jobs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/spacesetl/spacesetl/schemas"
)

// A server that sends the user's e-mail address unasked, wherever it can, leaves it
// in no file of the store and in no line of the log.
func TestAnEMailAddressIsInNoFile(t *testing.T) {
	const mail = "me@private.example"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := 200, `{"data":[%[1]s"id":"%[2]s","state":"ended","k":{%[1]s"n":1}}],"includes":{"users":[{%[3]s"id":"7"},{%[1]s"x":1}]},"errors":[{%[1]s"detail":"d"}],%[1]s"meta":{}}`
		if strings.HasSuffix(r.URL.Path, "/tweets") || strings.HasSuffix(r.URL.Path, "/posts") {
			status, body = 403, `{%[1]s"title":"Forbidden","detail":"no","errors":[{%[3]s"message":"m"}]}`
		}
		body = strings.Replace(body, `[%[1]s"id"`, `[{%[1]s"id"`, 1)
		w.WriteHeader(status)
		fmt.Fprintf(w, body, `"confirmed_email":"`+mail+`",`, "1SLjjRYNejbKM", `"confirmed\u005femail":"`+mail+`",`)
	}))
	t.Cleanup(server.Close)
	for _, dialect := range []schemas.Dialect{schemas.TweetDialect, schemas.PostDialect} {
		dir := t.TempDir()
		var log bytes.Buffer
		spec := Spec{IDs: []string{"1SLjjRYNejbKM"}, With: []string{"tweets"}, Dialect: string(dialect), BaseURL: server.URL, Store: dir, NoUsers: true}
		o := Options{Tokens: Tokens{App: "AAAAAAAAAAAAAAAA"}, Listener: Listener{Log: slog.New(slog.NewTextHandler(&log, nil))}}
		result, err := Open(spec, o).Run(t.Context())
		if result.Manifest == nil {
			t.Fatalf("%s: %v", dialect, err)
		}
		if strings.Contains(log.String()+fmt.Sprint(err), mail) {
			t.Errorf("%s: the log has it: %s, %v", dialect, log.String(), err)
		}
		marked := false
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && strings.HasSuffix(path, ".zst") {
				decoder, newErr := zstd.NewReader(bytes.NewReader(text))
				if newErr != nil {
					return newErr
				}
				defer decoder.Close()
				text, err = io.ReadAll(decoder)
				marked = marked || bytes.Contains(text, []byte(`"removed":6`))
			}
			if bytes.Contains(text, []byte(mail)) || bytes.Contains(text, []byte("_email")) {
				t.Errorf("%s: %s has it", dialect, path)
			}
			return err
		})
		if err != nil || !marked {
			t.Errorf("%s: %v, marked: %v", dialect, err, marked)
		}
	}
}
