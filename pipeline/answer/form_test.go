package answer

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

func newDB(t testing.TB) *sql.DB {
	t.Helper()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET TimeZone = 'America/New_York'"); err != nil {
		t.Fatal(err)
	}
	return db
}

// written is a result in a form, as it is sent.
func written(t testing.TB, db *sql.DB, form, inner string, args ...any) string {
	t.Helper()
	f, ok := FormNamed(form)
	if !ok {
		t.Fatalf("there is no form %s", form)
	}
	path := filepath.Join(t.TempDir(), "result")
	statement, err := f.copy(t.Context(), db, inner, path, 0, args)
	if err != nil {
		t.Fatalf("%s of %s: %v", form, inner, err)
	}
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s of %s: %v", form, inner, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f.Begin + string(data)
}

// everything has a column of each kind.
const everything = `SELECT TIMESTAMPTZ '2026-01-02 03:04:05.000006+02' AS at, TIMESTAMP '2026-01-02 03:04:05' AS naive, NULL AS gone, '' AS empty,
 'a"b,' || chr(10) || 'c' AS text, 'nan'::DOUBLE AS odd, 12345678901234567::BIGINT AS big, -5 AS below, [1, NULL] AS list, {'a': 1} AS part,
 '1016156991946263296' AS id, '=1+1' AS formula, true AS yes, DATE '2026-01-02' AS day, 2 AS id -- one more`

func TestFormsWriteEveryKindOfValue(t *testing.T) {
	db := newDB(t)
	for form, want := range map[string]string{
		"csv": "at,naive,gone,empty,text,odd,big,below,list,part,id,formula,yes,day,id_1\n" +
			"2026-01-02T01:04:05.000006Z,2026-01-02 03:04:05,,\"\",\"a\"\"b,\nc\",nan,12345678901234567,-5,\"[1, NULL]\",{'a': 1},1016156991946263296,=1+1,true,2026-01-02,2\n",
		"jsonl": `{"at":"2026-01-02T01:04:05.000006Z","naive":"2026-01-02 03:04:05","gone":null,"empty":"","text":"a\"b,\nc","odd":null,"big":12345678901234567,` +
			`"below":-5,"list":[1,null],"part":{"a":1},"id":"1016156991946263296","formula":"=1+1","yes":true,"day":"2026-01-02","id_1":2}` + "\n",
		Sheet: "\ufeffat,naive,gone,empty,text,odd,big,below,list,part,id,formula,yes,day,id_1\r\n" +
			"2026-01-02 01:04:05,2026-01-02 03:04:05,,\"\",\"a\"\"b,\nc\",nan,'12345678901234567,-5,\"[1, NULL]\",{'a': 1},'1016156991946263296,'=1+1,true,2026-01-02,2\r\n",
	} {
		if got := written(t, db, form, everything); got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", form, got, want)
		}
	}
	if got := written(t, db, "json", "FROM range(2)"); !json.Valid([]byte(got)) {
		t.Errorf("json: %q", got)
	}
	if got := written(t, db, "ids", "SELECT unnest(['a', 'b'])"); got != "a\nb\n" {
		t.Errorf("ids: %q", got)
	}
	if got := written(t, db, "parquet", everything); !strings.HasPrefix(got, "PAR1") {
		t.Errorf("parquet: begins with %q", got[:4])
	}
	lists := `SELECT [TIMESTAMP '2026-01-02 03:04:05'] AS a, [TIMESTAMPTZ '2026-01-02 03:04:05+00'] AS b, [1.5] AS c, [1.5]::DECIMAL(2,1)[1] AS d`
	for _, form := range []string{"csv", Sheet} {
		if got := written(t, db, form, lists); !strings.Contains(got, "['2026-01-02 03:04:05'],") || !strings.Contains(got, ",[1.5],[1.5]") {
			t.Errorf("%s of lists: %q", form, got)
		}
	}
	deep := `SELECT ['nan'::DOUBLE, 1, NULL] AS a, {'at here': TIMESTAMPTZ '2026-01-02 03:04:05+00', 'b': ['inf'::FLOAT]} AS b, MAP {'k': 'nan'::DOUBLE} AS c, NULL::STRUCT(x DOUBLE) AS d,
 [{'t': [TIMESTAMPTZ '2026-01-02 03:04:05+00']}] AS e, NULL::MAP(VARCHAR, TIMESTAMPTZ) AS f, ['nan'::DOUBLE]::DOUBLE[1] AS g, row('nan'::VARCHAR, 1) AS h, [NULL, [1.5::DOUBLE]] AS i, union_value(a := 'nan'::DOUBLE) AS j`
	if got, want := written(t, db, "jsonl", deep), `{"a":[null,1.0,null],"b":{"at here":"2026-01-02T03:04:05.000000Z","b":[null]},"c":{"k":null},"d":null,`+
		`"e":[{"t":["2026-01-02T03:04:05.000000Z"]}],"f":null,"g":[null],"h":{"":"nan","":1},"i":[null,[1.5]],"j":"nan"}`+"\n"; got != want {
		t.Errorf("what is in others:\ngot  %s\nwant %s", got, want)
	}
	if got := written(t, db, Sheet, `SELECT 1 AS "=cmd"`); !strings.HasPrefix(got, "\ufeff'=cmd\r\n") {
		t.Errorf("a title that is a formula: %q", got)
	}
}

// The exact CSV holds every text, and tells NULL from an empty one.
func TestExactCSVIsReadBack(t *testing.T) {
	db := newDB(t)
	path := filepath.Join(t.TempDir(), "back.csv")
	inner := `SELECT unnest(['', NULL, '=1', ' x ', '"', 'a' || chr(10) || chr(13) || 'b', ',', '1E12345678901', '007', '👩‍💻', '\', 'NULL']) AS text, 1 AS n`
	if err := os.WriteFile(path, []byte(written(t, db, "csv", inner)), 0o600); err != nil {
		t.Fatal(err)
	}
	var lost int
	err := db.QueryRow("SELECT count(*) FROM ((" + inner + ") EXCEPT FROM read_csv('" + path + "', all_varchar = false, types = {'text': 'VARCHAR', 'n': 'INTEGER'}, allow_quoted_nulls = false))").Scan(&lost)
	if err != nil || lost > 0 {
		t.Errorf("%d rows are not read back, %v", lost, err)
	}
}

// sheetOf is a text as a cell of a sheet.
func sheetOf(t testing.TB, db *sql.DB, text string) string {
	t.Helper()
	data := written(t, db, Sheet, "SELECT 'x' AS x, CAST(? AS VARCHAR) AS text", text)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(data, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%q: %d rows of %q, %v", text, len(rows), data, err)
	}
	return rows[1][1]
}

var sheetTexts = map[string]bool{ // whether a spreadsheet would take it for something else
	"=HYPERLINK(\"http://x\")": true, "+1": true, "-1": true, "@SUM(1)": true, "\t=1": true, "\r=1": true, "\ttab": true, " =1": true, "\u200b=1": true, "\ufeff@x": true, "＝1": true, "'quoted": true,
	"1016156991946263296": true, "1E12345678901": true, "007": true, "1SLjjRYNejbKM": true, "10/12": true, ".5": true, "$5": true, "(5)": true, "Mar1": true, "SEPT 2": true, "2026-01-02": true,
	"": false, "open mic": false, "música": false, "👩‍💻 =1": false, "marathon": false, "a=1": false, "日本": false, "may be": false, "\"x\"": false, "a,b\nc": false,
}

func TestSheetsLeaveTextsAsTheyAre(t *testing.T) {
	db := newDB(t)
	for text, armed := range sheetTexts {
		want := strings.ReplaceAll(text, "\r\n", "\n")
		if armed {
			want = "'" + want
		}
		if got := sheetOf(t, db, text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := sheetOf(t, db, strings.Repeat("x", 40_000)); len(got) != longestCell {
		t.Errorf("a text longer than a cell has %d characters, want %d", len(got), longestCell)
	}
}

// No text begins a cell with what begins a formula, and each comes back.
func FuzzSheet(f *testing.F) {
	for text := range sheetTexts {
		f.Add(text)
	}
	db := newDB(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > longestCell || strings.Contains(text, "\x00") { // a parameter ends at a NUL
			t.Skip()
		}
		got := sheetOf(t, db, text)
		if got != "" && strings.Contains("=+-@\t\r", got[:1]) {
			t.Errorf("%q begins with %q", text, got[:1])
		}
		if back := strings.TrimPrefix(got, "'"); back != strings.ReplaceAll(text, "\r\n", "\n") {
			t.Errorf("%q comes back as %q", text, back)
		}
	})
}

// An error is of the person's own lines, with a mark below the place.
func TestErrorsNameThePersonsLine(t *testing.T) {
	err := moved(errors.New("Conversion Error: Could not convert string 'x\ny' to INT32\n\nLINE 10: SELECT 'x'\n                ^"), 1)
	var wrong *StatementError
	if !errors.As(Wrong(err), &wrong) || wrong.Where != "LINE 9: SELECT 'x'\n               ^" || wrong.Message != "Conversion Error: Could not convert string 'x\ny' to INT32" {
		t.Errorf("got %+v", wrong)
	}
	for _, other := range []string{"IO Error: disk full", "x\n\nLINE 1: a\nforged"} {
		if err := Wrong(errors.New(other)); errors.As(err, &wrong) || err.Error() != other {
			t.Errorf("%q is %q", other, err)
		}
	}
}
