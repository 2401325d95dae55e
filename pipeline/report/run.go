package report

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// banner says that the run ended early, why, and what to do.
type banner struct {
	Title, Why, Advice, Command string
}

func (m *maker) banner() *banner {
	end := m.manifest.Run.Outcome.Ending()
	if end.Title == "" {
		return nil
	}
	return &banner{Title: end.Title, Why: m.manifest.Stopped, Advice: end.Advice, Command: m.Again}
}

// tile is a headline number.
type tile struct{ Name, Value, Detail, Tone string }

// totals are the sizes of the store's main tables.
type totals struct{ spaces, users int64 }

func (m *maker) tiles(ctx context.Context) ([]tile, error) {
	run := m.manifest.Run
	missing := 0
	for _, n := range m.manifest.Errors {
		missing += n
	}
	bill := m.bill(func(line *money.Line) bool { return line.RunID == run.RunID })
	tiles := []tile{
		{"Spaces", thousands(rowsOf(m.manifest, "spaces")), "in this run", ""},
		{"People", thousands(rowsOf(m.manifest, "users")), "accounts in this run", ""},
		{"Cost", span(bill.Low, bill.High), "of this run, as X may bill", ""},
		{"Fetching took", lasting(max(run.EndedAt.Sub(run.StartedAt), 0)), milliseconds(run.WaitedMS) + " waited, all workers", ""},
		{"Requests", thousands(int64(run.Requests)), plural(int64(run.Pages), "page", "pages") + ", " + bytesOf(run.Bytes), ""},
		{"Not given", thousands(int64(missing)), "things the API left out", ""},
	}
	if m.reader == nil {
		return tiles, nil
	}
	all, err := rows(ctx, m.reader, func(t *totals) []any { return []any{&t.spaces, &t.users} }, totalsSQL)
	if err != nil {
		return nil, err
	}
	tiles[0].Detail = fmt.Sprintf("in this run, %s in the store", thousands(all[0].spaces))
	tiles[1].Detail = fmt.Sprintf("accounts in this run, %s in the store", thousands(all[0].users))
	return tiles, nil
}

// rowsOf is the number of rows of a table in a run.
func rowsOf(manifest store.Manifest, name string) int64 {
	for _, t := range manifest.Tables {
		if t.Name == name {
			return t.Rows
		}
	}
	return 0
}

// loaded tells what became of the pages: rows, bytes, and what does not fit.
func (m *maker) loaded() section {
	return section{ID: "tables", Title: "What was loaded", Panels: []panel{tables(m.manifest), drift(m.manifest), notes(m.manifest), m.history()}}
}

func tables(manifest store.Manifest) panel {
	p := panel{ID: "rows", Tall: true, Title: "Rows and bytes per table", Table: table{Caption: "Rows and bytes of each table in this run",
		Columns: slices.Concat(words("Table"), numbers("Rows", "Parquet bytes", "Files"))}}
	size, files := map[string]int64{}, map[string]int64{}
	for _, part := range manifest.Files {
		size[part.Table] += part.Bytes
		files[part.Table]++
	}
	full := slices.DeleteFunc(slices.Clone(manifest.Tables), func(t store.TableRows) bool { return t.Rows == 0 })
	slices.SortStableFunc(full, func(a, b store.TableRows) int { return int(b.Rows - a.Rows) })
	var rows, sum int64
	var bars []bar
	for _, t := range full {
		p.Table.Rows = append(p.Table.Rows, []cell{said(t.Name), countOf(t.Rows, full[0].Rows), amount(bytesOf(size[t.Name])), count(files[t.Name])})
		bars = append(bars, bar{t.Name, float64(t.Rows), thousands(t.Rows)})
		rows, sum = rows+t.Rows, sum+size[t.Name]
	}
	p.Lead = fmt.Sprintf("%s in %s, %s of Parquet; %s stayed without rows.", plural(rows, "row", "rows"), plural(int64(len(full)), "table", "tables"),
		bytesOf(sum), plural(int64(len(manifest.Tables)-len(full)), "table", "tables"))
	if len(full) == 0 {
		p.Empty = "No table got a row."
		return p
	}
	p.Chart = barChart("rows", fmt.Sprintf("Bar chart of rows per table: most, %s, in %s.", thousands(full[0].Rows), full[0].Name), "rows", bars[:min(len(bars), 14)])
	return p
}

// drift lists keys of answers that no column takes.
func drift(manifest store.Manifest) panel {
	p := panel{ID: "drift", Title: "Schema drift", Empty: "Every key of every answer has its column.",
		Table: table{Caption: "Keys that no column takes", Columns: slices.Concat(words("Object and key"), numbers("Times"))}}
	keys := slices.SortedFunc(maps.Keys(manifest.Drift), func(a, b string) int {
		if n := manifest.Drift[b] - manifest.Drift[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	if len(keys) == 0 {
		return p
	}
	most := int64(manifest.Drift[keys[0]])
	p.Lead = fmt.Sprintf("%s in answers that no column takes. Their values are kept in the extras columns; a new column for one is a line in the table's declaration.",
		plural(int64(len(keys)), "key", "keys"))
	var bars []bar
	for _, k := range keys[:min(len(keys), 60)] {
		n := int64(manifest.Drift[k])
		p.Table.Rows = append(p.Table.Rows, []cell{theirs(k), countOf(n, most)})
		bars = append(bars, bar{k, float64(n), thousands(n)})
	}
	p.Chart = barChart("drift", fmt.Sprintf("Bar chart of keys without a column: most often, %s times, %s.", thousands(most), keys[0]), "times", bars[:min(len(bars), 6)])
	if n := len(keys) - 60; n > 0 {
		p.Note = fmt.Sprintf("%s are in the manifest.", plural(int64(n), "more", "more"))
	}
	return p
}

// notes lists all else that was not as asked.
func notes(manifest store.Manifest) panel {
	p := panel{ID: "notes", Title: "Left out, cut short, failed", Empty: "Nothing: no field was refused or stayed empty, no search was cut short, no request failed.",
		Table: table{Open: true, Caption: "What was not as asked", Columns: words("What", "Which")}}
	add := func(what, tone string, which ...string) {
		for _, w := range which {
			p.Table.Rows = append(p.Table.Rows, []cell{{Text: what, Tone: tone}, theirs(shortened(w))})
		}
	}
	for _, f := range manifest.Failures {
		add("request failed", "bad", fmt.Sprintf("%s: %s", f.Request.Endpoint, f.Error))
	}
	left := "not asked for"
	if manifest.Plan.Import != "" {
		left = "passed by in files"
		for _, one := range manifest.Missing {
			add("not imported", "warn", one.Member+": "+one.Reason)
		}
	}
	for _, d := range manifest.Dropped {
		add("field refused by X, left out", "warn", d.Param+" "+d.Value+": "+d.Reason)
	}
	for _, param := range slices.Sorted(maps.Keys(manifest.NeverSeen)) {
		add("asked for, never sent", "", param+": "+strings.Join(manifest.NeverSeen[param], ", "))
	}
	for _, t := range manifest.Truncated {
		add("search cut at 100 Spaces, there may be more", "warn", t)
	}
	for _, reason := range slices.Sorted(maps.Keys(manifest.Skipped)) {
		add(left, "", fmt.Sprintf("%s: %s", reason, thousands(int64(manifest.Skipped[reason]))))
	}
	if n := manifest.Unreadable; n > 0 {
		add("values that became NULL", "warn", plural(int64(n), "value", "values")+" that could not be read, in api_errors")
	}
	if n := manifest.Repaired; n > 0 {
		add("characters replaced", "", plural(int64(n), "character", "characters")+" that are not valid UTF-8")
	}
	const most = 40
	if n := len(p.Table.Rows); n > most {
		p.Table.Rows, p.Note = p.Table.Rows[:most], plural(int64(n-most), "more is", "more are")+" in the manifest."
	}
	return p
}

// shortened keeps a line to a length that a table cell bears.
func shortened(text string) string {
	const most = 300
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}

// history lists the store's latest runs.
func (m *maker) history() panel {
	p := panel{ID: "runs", Title: "Runs of this store", Wide: true, Table: table{Open: true, Caption: "The latest runs, newest first",
		Columns: slices.Concat(words("Run", "Started", "Outcome"), numbers("Fetching took", "Pages", "Spaces", "Rows", "Cost"))}}
	bills := map[string]money.Spent{}
	for _, s := range money.NewStatement(m.ledger, m.Prices).Runs {
		bills[s.Name] = s
	}
	for _, manifest := range slices.Backward(m.latest) {
		run := manifest.Run
		var all int64
		for _, t := range manifest.Tables {
			all += t.Rows
		}
		id := said(run.RunID)
		if run.RunID == m.manifest.Run.RunID {
			id.Text += " (this one)"
		}
		bill := bills[run.RunID]
		p.Table.Rows = append(p.Table.Rows, []cell{id, at(run.StartedAt), {Text: string(run.Outcome), Tone: run.Outcome.Ending().Tone},
			amount(lasting(max(run.EndedAt.Sub(run.StartedAt), 0).Truncate(time.Millisecond))), count(int64(run.Pages)), count(rowsOf(manifest, "spaces")), count(all), amount(span(bill.Low, bill.High))})
	}
	p.Lead = fmt.Sprintf("%s with tables in %s.", plural(int64(len(m.ended)), "run", "runs"), filepath.Base(string(m.Store)))
	if len(m.ended) > len(m.latest) {
		p.Note = fmt.Sprintf("These are the latest %d; spacesetl report --run makes the page of another.", len(m.latest))
	}
	return p
}
