package browse

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var readmeQuery = regexp.MustCompile("(?s)```sql\n(.*?)\n```\n```\n")

// The saved queries begin with the README's; each has a link, and a result.
func TestSavedQueriesRunByALink(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := readmeQuery.FindAllStringSubmatch(string(text), -1)
	if len(queries) != len(readme) {
		t.Fatalf("%d queries in the README, want %d", len(queries), len(readme))
	}
	s := newSite(t, Config{})
	box := s.get("/sql")
	for i, q := range saved() {
		if i < len(readme) && q.SQL != queries[i][1] {
			t.Errorf("%s:\ngot  %s\nwant %s", q.Name, q.SQL, queries[i][1])
		}
		link := "/sql/" + q.Name
		if page := s.get(link); !strings.Contains(box, `href="`+link+`"`) || !strings.Contains(page, "<td") || !q.Runs && strings.Contains(page, "No rows.") {
			t.Errorf("%s: no link, or no rows", q.Name)
		}
	}
	if status, _, _ := s.do(s.request("GET", "/sql/nope", nil)); status != http.StatusNotFound {
		t.Errorf("GET /sql/nope: status %d, want 404", status)
	}
}

func TestSQLBoxTakesOneSelect(t *testing.T) {
	s := newSite(t, Config{})
	for text, want := range map[string]string{
		"SELECT 41 + 1 AS answer": "42", "SELECT 42;": "42", "SELECT 42; -- done": "42", "SELECT 42 -- ; done": "42",
		"FROM (VALUES (42))": "42", "WITH a AS (SELECT 42) FROM a": "42", "(SELECT 42)": "42", "SELECT '4''2;'": "4&#39;2;",
		"SELECT $$4;2$$;": "4;2", "SELECT /* ; /* ; */ */ 42 /* */;": "42", `SELECT 42 AS "a;b"`: "a;b", `SELECT E'4\';2' AS a;`: "4&#39;;2",
		"DESCRIBE spaces": "participant_count", "SHOW TABLES": "space_users", "SUMMARIZE topics": "topic_id",
		"SELECT 1 AS a, 2 AS a": "dir=\"auto\" class=\"n\">2", "SELECT NULL": ">NULL<", "SELECT ''": ">empty<", "SELECT 'a' || chr(0) || 'b'": "U+0000",
		"SELECT {'a': [1, NULL]}, MAP {'k': 1}, INTERVAL 3 DAYS, 1.50::DECIMAL(9,2)": "3 days", "FROM spaces WHERE false": "No rows.",
		"SELECT TIMESTAMPTZ '2026-01-02 03:04:05.6+02'": `title="2026-01-02 01:04:05.6 UTC"`, "FROM spaces_as_of(now()) SELECT count(*) > 0": "true",
	} {
		if status, result := s.sql(text); status != http.StatusOK || !strings.Contains(result, want) {
			t.Errorf("%s: status %d, want 200 and %q in\n%s", text, status, want, result)
		}
	}
}

func TestSQLBoxRefusesTheRest(t *testing.T) {
	s := newSite(t, Config{})
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("a\nhidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(s.cfg.Store.DuckDB())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"SELECT 1; SELECT 2": "one SELECT", "SELECT 1; DROP TABLE spaces": "one SELECT", "DELETE FROM spaces": "one SELECT",
		"UPDATE spaces SET title = ''": "one SELECT", "INSERT INTO spaces (space_id) VALUES ('x')": "one SELECT", "CREATE TABLE t (a INT)": "one SELECT",
		"CREATE TEMP TABLE t (a INT)": "one SELECT", "DROP TABLE spaces": "one SELECT", "ATTACH 'x.duckdb'": "", "COPY spaces TO 'x.csv'": "",
		"COPY (SELECT 1) TO '" + secret + "'": "", "EXPORT DATABASE 'x'": "", "SET threads = 1": "one SELECT", "PRAGMA enable_profiling": "",
		"SET enable_external_access = true": "", "RESET lock_configuration": "", "INSTALL httpfs": "", "LOAD httpfs": "", "CALL pragma_version()": "one SELECT",
		"EXPLAIN ANALYZE DELETE FROM spaces": "", "VACUUM": "one SELECT", "CHECKPOINT": "", "BEGIN": "one SELECT", "-- nothing": "nothing to run",
		"SELECT ?": "parameter", "SELECT $1": "parameter", "FROM duckdb_settings()": "cannot be called", "SELECT current_setting('threads')": "cannot be called", "SELECT 1) TO 'x.csv'; --": "syntax error", "SELECT 1) UNION (SELECT 2": "syntax error",
		"FROM read_csv('" + secret + "')": "Permission Error", "FROM '" + secret + "'": "", "SELECT content FROM read_text('" + secret + "')": "Permission Error",
		"FROM read_blob('/etc/passwd')": "Permission Error", "FROM glob('/etc/*')": "Permission Error", "FROM read_parquet('/x/*.parquet')": "Permission Error",
		"FROM read_csv('https://example.com/x.csv')": "", "FROM query('FROM read_text(''/etc/passwd'')')": "cannot be called",
		"SELEC 1": "LINE 1", "SELECT\n  nope\nFROM spaces": "LINE 2", "SELECT 'x'::INT": "Could not convert",
	} {
		status, result := s.sql(text)
		if status != http.StatusBadRequest || !strings.Contains(result, want) || strings.Contains(result, "hidden") {
			t.Errorf("%s: status %d, want 400 and %q in\n%s", text, status, want, result)
		}
		if strings.Contains(result, s.folder.Path) {
			t.Errorf("%s: the answer names the scratch folder", text)
		}
	}
	if status, body, _ := s.post("/sql", "sql", " \n"); status != http.StatusBadRequest || !strings.Contains(body, "nothing to run") {
		t.Errorf("an empty statement: status %d, want 400", status)
	}
	after, err := os.ReadFile(s.cfg.Store.DuckDB())
	if err != nil || string(after) != string(before) {
		t.Errorf("the database changed (%v)", err)
	}
}

// Functions with effects are refused by the plan, whatever hides their names. A
// log to a file that nobody may write would end the process.
func TestSelectCallsNoFunctionWithEffects(t *testing.T) {
	s := newSite(t, Config{})
	for _, text := range []string{
		"FROM enable_logging('QueryLog', storage = 'file', storage_config = {'path': '/nowhere'})", "FROM enable_logging()", `FROM "enable_logging"()`,
		"FROM system.main.enable_logging()", "FROM query('FROM enable' || '_logging()')", "WITH a AS MATERIALIZED (FROM enable_logging()) SELECT (SELECT count(*) FROM a)",
		"SELECT * FROM range(3) WHERE EXISTS (FROM enable_logging())", "FROM disable_logging()", "FROM truncate_duckdb_logs()", "FROM force_checkpoint()",
		"FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))",
	} {
		if status, result := s.sql(text); status != http.StatusBadRequest || !strings.Contains(result, "cannot be called here") {
			t.Errorf("%s: status %d, want 400\n%s", text, status, result)
		}
		if status, body, _ := s.post("/sql/result.csv", "sql", text); status != http.StatusBadRequest {
			t.Errorf("download of %s: status %d, want 400\n%s", text, status, message(body))
		}
		if _, result := s.sql("SELECT count(*) || ' lines' FROM duckdb_logs"); strings.Contains(result, " lines") && !strings.Contains(result, "0 lines") {
			t.Errorf("%s turned logging on", text)
		}
	}
}

func TestLongResultsAreShownInPart(t *testing.T) {
	s := newSite(t, Config{})
	for text, want := range map[string]string{
		"FROM range(1000)":          "<b>1,000</b> rows <span",
		"FROM range(1001)":          "<b>more</b> are there",
		"FROM range(1000000000000)": "<b>more</b> are there",
		"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) FROM t": "<b>more</b> are there",
		"SELECT repeat('x', 10000) FROM range(10)":                               `class="cut"`,
		"SELECT repeat(chr(233), 2000) FROM range(10)":                           `class="cut"`,
	} {
		status, body, _ := s.post("/sql", "sql", text)
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: status %d, want 200 and %q", text, status, want)
		}
		if len(body) > 6<<20 {
			t.Errorf("%s: a page of %d bytes", text, len(body))
		}
	}
}

// runaways are queries without an end.
var runaways = []string{
	"SELECT count(*) FROM range(10000000000) a, range(1000000000) b",
	"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
	"SELECT a.range + b.range AS n FROM range(1000000000) a, range(1000000000) b ORDER BY n DESC",
	"SELECT sum(range) FROM range(1000000000000)",
}

// A query without an end is stopped, and the rest of the server answers
// meanwhile and afterwards.
func TestRunawayQueryEndsAndTheServerAnswers(t *testing.T) {
	slow(t)
	s := newSite(t, Config{Timeout: 300 * time.Millisecond})
	for _, text := range runaways {
		done := make(chan struct{})
		go func() {
			defer close(done)
			status, result := s.sql(text)
			// The memory can be used up before the time is.
			if status != http.StatusGatewayTimeout && !strings.Contains(result, "does not fit") {
				t.Errorf("%s: status %d, want 504\n%s", text, status, result)
			}
		}()
		s.post("/state")
		<-done
	}
	patient := newSite(t, Config{})
	if status, result := patient.sql("SELECT 42"); status != http.StatusOK {
		t.Errorf("afterwards: status %d\n%s", status, result)
	}
}

// The statements under way are bounded; pages have slots of their own.
func TestTooManyQueriesAreRefused(t *testing.T) {
	s := newSite(t, Config{SQLQueries: 2, Timeout: 20 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			req := s.request("POST", "/sql", strings.NewReader("sql="+strings.ReplaceAll(runaways[3], " ", "+")))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if res, err := http.DefaultTransport.RoundTrip(req.WithContext(ctx)); err == nil {
				res.Body.Close()
			}
		})
	}
	for len(s.querySlots) < 2 {
		time.Sleep(time.Millisecond)
	}
	status, _, header := s.post("/sql", "sql", "SELECT 42")
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "" && header.Get("Retry-After") != "3" {
		t.Errorf("a third query: status %d, want 503", status)
	}
	s.get("/table/spaces")
	cancel() // as a browser that goes away does
	running.Wait()
	for len(s.querySlots) > 0 {
		time.Sleep(time.Millisecond)
	}
	if status, _ := s.sql("SELECT 42"); status != http.StatusOK {
		t.Errorf("after the browsers have gone: status %d, want 200", status)
	}
}

// What takes gigabytes while it is planned has an answer at once, however many ask, and
// whoever asks next has theirs.
func TestQueriesOfGigabytesBlockNobody(t *testing.T) {
	s := newSite(t, Config{Memory: 256 << 20})
	var asked sync.WaitGroup
	for range 5 {
		asked.Go(func() {
			status, result := s.sql("SELECT len([printf('%2000000000d', 1), printf('%2000000000d', 2)])")
			if status != http.StatusInsufficientStorage && status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 507, or 503 for who has waited\n%s", status, result)
			}
		})
	}
	s.get("/table/spaces?n=1")
	asked.Wait()
	if status, result := s.sql("SELECT 42"); status != http.StatusOK {
		t.Errorf("afterwards: status %d\n%s", status, result)
	}
}

// What needs more memory than there may be is an error, and harms nobody.
func TestResultThatDoesNotFitIsAnError(t *testing.T) {
	s := newSite(t, Config{Memory: 64 << 20})
	status, result := s.sql("SELECT range, count(*) AS n, list(range) AS l FROM range(3000000) GROUP BY range ORDER BY l DESC")
	if status != http.StatusInsufficientStorage || !strings.Contains(result, "192 MiB that a query may take") {
		t.Errorf("status %d, want 507\n%s", status, result)
	}
	if status, result := s.sql("SELECT 42"); status != http.StatusOK {
		t.Errorf("afterwards: status %d\n%s", status, result)
	}
}

func TestLongStatementsAreRefused(t *testing.T) {
	s := newSite(t, Config{})
	for _, n := range []int{longestSQL + 1, 4 << 20} {
		if status, _, _ := s.post("/sql", "sql", "SELECT '"+strings.Repeat("x", n)+"'"); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d bytes: status %d, want 413", n, status)
		}
	}
}

// readBack reads a download with DuckDB: rows and columns.
func readBack(t *testing.T, format, data string) (rows, columns int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "download."+format)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(fmt.Sprintf("SELECT (SELECT count(*) FROM '%[1]s'), (SELECT count(*) FROM (DESCRIBE FROM '%[1]s'))", path)).Scan(&rows, &columns); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return rows, columns
}

func TestDownloadsHaveAllThatMatches(t *testing.T) {
	s, dir := newSite(t, Config{}), storeDir(t)
	var users, live int
	fmt.Sscan(one(t, dir, "SELECT count(*)::VARCHAR FROM users"), &users)
	fmt.Sscan(one(t, dir, "SELECT count(*)::VARCHAR FROM spaces WHERE state = 'live'"), &live)
	for _, format := range downloads {
		status, data, header := s.do(s.request("GET", "/table/spaces/spaces."+format+"?c=state&o=eq&v=live&col=title&col=space_id&sort=-title&page=2", nil))
		if rows, columns := readBack(t, format, data); status != 200 || rows != live || columns != 2 {
			t.Errorf("%s of the live Spaces: status %d, %d rows and %d columns, want %d and 2", format, status, rows, columns, live)
		}
		if got, want := header.Get("Content-Disposition"), "attachment; filename=spaces."+format; got != want {
			t.Errorf("%s: Content-Disposition %q, want %q", format, got, want)
		}
		status, data, _ = s.post("/sql/result."+format, "sql", "SELECT user_id, username FROM users; -- all")
		if rows, columns := readBack(t, format, data); status != 200 || rows != users || columns != 2 {
			t.Errorf("%s of all users: status %d, %d rows and %d columns, want %d and 2", format, status, rows, columns, users)
		}
		if status, body, _ := s.post("/sql/result."+format, "sql", "SELECT nope"); status != http.StatusBadRequest || !strings.Contains(body, "LINE 1") {
			t.Errorf("%s of a wrong statement: status %d, want 400 and DuckDB's words", format, status)
		}
	}
	if left := s.leftOvers(); len(left) > 0 {
		t.Errorf("left in the scratch folder: %q", left)
	}
}

// leftOvers lists files of results.
func (s *site) leftOvers() []string {
	left, err := filepath.Glob(filepath.Join(s.folder.Path, "result-*"))
	if err != nil {
		s.Fatal(err)
	}
	return left
}

func TestDownloadsAreBounded(t *testing.T) {
	s := newSite(t, Config{MaxRows: 10, MaxDownload: 1 << 20})
	for text, cut := range map[string]bool{"FROM range(11)": true, "FROM range(10)": false, "FROM range(9)": false} {
		status, data, header := s.post("/sql/result.csv", "sql", text)
		records, err := csv.NewReader(strings.NewReader(data)).ReadAll()
		if err != nil || status != 200 || len(records) > 11 || (header.Get("X-Result-Cut") != "") != cut {
			t.Errorf("%s: status %d, %d lines, cut %q, %v; want cut %v", text, status, len(records), header.Get("X-Result-Cut"), err, cut)
		}
		if named := strings.Contains(header.Get("Content-Disposition"), "result-first-10-rows.csv"); named != cut {
			t.Errorf("%s: Content-Disposition %q, want cut %v", text, header.Get("Content-Disposition"), cut)
		}
	}
	large := newSite(t, Config{MaxDownload: 1 << 20})
	status, body, _ := large.post("/sql/result.csv", "sql", "SELECT repeat('x', 1000) FROM range(10000000)")
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "larger than 1 MB") {
		t.Errorf("10 GB: status %d, want 413 and a word about it\n%s", status, message(body))
	}
	if left := large.leftOvers(); len(left) > 0 {
		t.Errorf("left in the scratch folder: %q", left)
	}
}
