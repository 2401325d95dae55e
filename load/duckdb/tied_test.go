package duckdb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// tiedStores are databases that one is attached to: each has other rows, or none, in every
// view and macro.
type tiedStores struct {
	newer   string            // attached to the others
	others  map[string]string // by what they are
	answers map[string]string // of newer, by view or macro
}

// tiedOnce are those that the first test to want them makes, in a folder that goes with
// the process.
var tiedOnce struct {
	sync.Once
	made tiedStores
}

// tied makes them, and asks the newer one alone. Nobody changes them.
func tied(t *testing.T) tiedStores {
	t.Helper()
	tiedOnce.Do(func() { tiedOnce.made = newTied(t) })
	if tiedOnce.made.answers == nil {
		t.Fatal("they were not made")
	}
	return tiedOnce.made
}

func newTied(t *testing.T) tiedStores {
	t.Helper()
	kept, err := os.MkdirTemp("", "tied-*")
	if err != nil {
		t.Fatal(err)
	}
	newer, other, empty := newStore(t), newStore(t), newStore(t)
	newer.holdSample()
	copied := func(s store, name string) string {
		data, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(kept, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	older := copied(newer, "older.duckdb")
	newer.publish("r2", everything(t, 30, "r2", noon.Add(time.Hour))...)
	other.publish("r1", everything(t, 7, "r1", noon)...)
	empty.publish("r0")
	before := copied(other, "before.duckdb")
	plain := []string{schemas.DuckDB(), "DROP MACRO _use_its_database_first"} // as a version made it that tied nothing
	for _, m := range schemas.Macros(time.Time{}) {
		plain = append(plain, "DROP VIEW _use_its_database_first_for_"+m.Name)
	}
	query(t, before, strings.Join(plain, ";\n"))
	s := tiedStores{newer: copied(newer, "big.duckdb"), answers: map[string]string{}, others: map[string]string{
		"an older copy": older, "another store": copied(other, "another.duckdb"), "one of an earlier version": before, "one without rows": copied(empty, "empty.duckdb"), "none": "",
	}}
	for _, relation := range tiedRelations() {
		s.answers[relation] = strings.Join(query(t, s.newer+readOnly, allOf(relation)), "\n")
		for what, path := range s.others {
			if path != "" && strings.Join(query(t, path+readOnly, allOf(relation)), "\n") == s.answers[relation] {
				t.Fatalf("%s: %s has the same rows, so nothing can be told", relation, what)
			}
		}
	}
	return s
}

func tiedRelations() []string {
	var relations []string
	for _, v := range schemas.Views() {
		relations = append(relations, v.Name)
	}
	for _, m := range schemas.Macros(time.Time{}) {
		relations = append(relations, m.Name+"(TIMESTAMPTZ '2100-01-01 00:00:00Z')")
	}
	return relations
}

// allOf asks for all rows of a view or macro.
func allOf(relation string) string {
	return fmt.Sprintf("SELECT coalesce(md5(string_agg(line, ',' ORDER BY line)), 'none') FROM (SELECT to_json(one)::VARCHAR AS line FROM %s AS one)", relation)
}

// saysUse reports whether an error says what to do.
func saysUse(text string) bool {
	return strings.Contains(text, "_use_its_database_first") || strings.Contains(strings.ToLower(text), "use its own first")
}

// A database that is attached to another answers from its own tables or says to USE it,
// whatever the other has, and however it is called.
func TestAttachedDatabasesAnswerFromTheirOwnTables(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	s := tied(t)
	attachedAs := func(t *testing.T, what, path, as string) {
		source := path
		if path != "" {
			source += readOnly
		}
		db, err := OpenSQL(source)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		ask := func(statements ...string) (answer string, err error) {
			for _, statement := range statements[:len(statements)-1] {
				if _, err := db.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			err = db.QueryRow(statements[len(statements)-1]).Scan(&answer)
			return answer, err
		}
		attach := fmt.Sprintf("ATTACH IF NOT EXISTS %s (READ_ONLY)", schemas.QuoteText(s.newer)) // by the file's name
		if as != "big" {
			attach = fmt.Sprintf("ATTACH IF NOT EXISTS %s AS %s (READ_ONLY)", schemas.QuoteText(s.newer), as)
		}
		first, err := ask(attach, "SELECT current_database()")
		if err != nil {
			t.Fatal(err)
		}
		for relation, want := range s.answers {
			isMacro := strings.Contains(relation, "(")
			for _, from := range []string{as + "." + relation, as + ".main." + relation} {
				got, err := ask("USE "+first, allOf(from))
				if isMacro && (err == nil || !saysUse(err.Error())) || !isMacro && (err != nil || got != want) {
					t.Errorf("%s, FROM %s: got %q, %v; want its own rows, of a macro to be told to USE it", what, from, got, err)
				}
				if got, err := ask(fmt.Sprintf("SET search_path = '%s,%s'", first, as), allOf(from)); (err != nil || got != want) && (err == nil || !saysUse(err.Error())) {
					t.Errorf("%s, FROM %s with both in the search path: got %q, %v", what, from, got, err)
				}
			}
			for _, use := range []string{"USE " + as, "USE " + as + ".main"} {
				if got, err := ask(use, allOf(relation)); err != nil || got != want {
					t.Errorf("%s, %s: %s: got %q, %v; want its own rows", what, use, relation, got, err)
				}
			}
		}
	}
	for what, path := range s.others {
		if !long() && (path == s.others["another store"] || path == s.others["one without rows"]) {
			continue // the older copy has other rows, too
		}
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			attachedAs(t, what, path, "other")
			if path == "" || long() {
				attachedAs(t, what, path, "big")
			}
		})
	}
}

// So it is in every version of DuckDB that reads it; before 1.2 of views, too.
func TestOtherVersionsAnswerFromTheirOwnTables(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	pythons := otherDuckDBs(t)
	s := tied(t)
	relations := tiedRelations()
	var queries []string
	for _, relation := range relations {
		queries = append(queries, allOf("other.main."+relation))
	}
	for _, relation := range relations {
		queries = append(queries, "USE other; "+allOf(relation))
	}
	for what, path := range s.others {
		for _, python := range pythons {
			if path == "" {
				path = ":memory:"
			}
			command := exec.CommandContext(t.Context(), python, "testdata/answers.py", path, s.newer)
			command.Stdin = strings.NewReader(strings.Join(queries, "\n") + "\n")
			command.Stderr = os.Stderr
			out, err := command.Output()
			if err != nil {
				t.Fatalf("%s: %v", python, err)
			}
			version, text, _ := strings.Cut(string(out), "\n")
			answers := strings.Split(text, "\n\n")
			for i, relation := range relations {
				attached, used, want := answers[i], answers[len(relations)+i], s.answers[relation]
				if used != want {
					t.Errorf("DuckDB %s, %s, USE: %s: got %q", version, what, relation, used)
				}
				if attached == want {
					continue
				}
				if !strings.HasPrefix(attached, "error:") || strings.Contains(relation, "(") && !saysUse(attached) {
					t.Errorf("DuckDB %s, %s: other.main.%s: got %q, want its own rows or to be told to USE it", version, what, relation, attached)
				}
			}
		}
	}
}

// A database of before has it from the next run on, made as a copy or in place, and each
// run makes it another.
func TestViewsAndMacrosAreTiedByTheNextRun(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		s.publishRows("r1", map[string][]row{"users": {seenOn("p", 1, row{"user_id": "1"})}})
		query(t, s.path, schemas.DuckDB())
		definition := func() string {
			return strings.Join(s.query("SELECT macro_definition FROM duckdb_functions() WHERE function_name = 'users_as_of' UNION ALL SELECT sql FROM duckdb_views() WHERE view_name = 'v_people'"), "\n")
		}
		before := definition()
		if saysUse(before) {
			t.Fatal("it is tied as it is")
		}
		seen := map[string]bool{before: true}
		for _, run := range []string{"r2", "r3"} {
			s.publishRows(run, map[string][]row{"users": {seenOn("p", 2, row{"user_id": "2"})}})
			if after := definition(); seen[after] || strings.Count(after, "_use_its_database_first") < 2 {
				t.Errorf("after %s: %s", run, after)
			}
			seen[definition()] = true
		}
		if got := s.query("SELECT count(*) FROM users_as_of(TIMESTAMPTZ '2100-01-01')"); got[0] != "2" {
			t.Errorf("users: %s", got)
		}
	})
}

// What ties them costs nothing when they run: it is in no plan.
func TestTiesAreInNoPlan(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.holdSample()
	steps := func(relation string) int {
		plan := strings.Join(s.query("EXPLAIN FROM %s", relation), "\n")
		if strings.Contains(plan, "_database") {
			t.Errorf("%s: %s", relation, plan)
		}
		return strings.Count(plan, "└")
	}
	tied := map[string]int{}
	for _, relation := range tiedRelations() {
		tied[relation] = steps(relation)
	}
	query(t, s.path, schemas.DuckDB())
	for relation, n := range tied {
		if plain := steps(relation); n == 0 || n > plain {
			t.Errorf("%s: %d steps, %d where it is not tied", relation, n, plain)
		}
	}
}
