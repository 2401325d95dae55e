package schemas

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Query is a question that analysts have, and the SQL that answers it.
type Query struct {
	Name     string   // of the file in schemas/queries, without .sql: 01-liveliest-spaces
	Question string   // one sentence
	Tables   []string // the tables, views, macros and files it reads
	// Runs: only a store of several runs has an answer worth reading.
	Runs bool
	// Text is the whole file. SQL is the statement in it, with a semicolon: one
	// SELECT of DuckDB's dialect, the same rows in the same order each time.
	Text, SQL string
}

//go:embed queries/*.sql
var queryFiles embed.FS

// Queries returns the queries in the order of their names. They name no
// database and no schema: they run where the tables are found by name. The one
// that reads Parquet files runs in the store's folder.
func Queries() []Query {
	files, err := fs.Glob(queryFiles, "queries/*.sql")
	if err != nil {
		panic(err) // the pattern is ours
	}
	queries := make([]Query, 0, len(files))
	for _, file := range files {
		text, err := queryFiles.ReadFile(file)
		if err != nil {
			panic(err) // it is embedded
		}
		q, err := parseQuery(strings.TrimSuffix(path.Base(file), ".sql"), string(text))
		if err != nil {
			panic(err) // a mistake in our own file
		}
		queries = append(queries, q)
	}
	return queries
}

// parseQuery reads a file: lines of "-- key: value", then remarks and SQL.
func parseQuery(name, text string) (Query, error) {
	q := Query{Name: name, Text: text}
	rest := text
	for {
		line, after, _ := strings.Cut(rest, "\n")
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
		if !ok || !strings.HasPrefix(line, "-- ") || strings.Contains(key, " ") {
			break
		}
		switch rest = after; key {
		case "question":
			q.Question = value
		case "tables":
			q.Tables = strings.Split(value, ", ")
		case "runs":
			q.Runs = value == "several"
		default:
			return q, fmt.Errorf("query %s: the key %q is not one of question, tables, runs", name, key)
		}
	}
	q.SQL = strings.TrimSpace(rest)
	if q.Question == "" || len(q.Tables) == 0 || !strings.HasSuffix(q.SQL, ";") || strings.Count(q.SQL, ";") != 1 {
		return q, fmt.Errorf("query %s: a file is the lines -- question: and -- tables:, and one statement with a semicolon", name)
	}
	return q, nil
}
