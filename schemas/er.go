package schemas

import _ "embed" // the drawing

// Theme is a group of tables that are read together.
type Theme struct {
	Name   string
	Doc    string
	Tables []*Table
}

// Themes groups every table once, in publishing order.
func Themes() []Theme {
	return []Theme{
		{Name: "Spaces", Doc: "The rooms, who was what in them, what they were about and what was shared.", Tables: spaceTables},
		{Name: "People", Doc: "Accounts and what their profiles say.", Tables: userTables},
		{Name: "Tweets", Doc: "Tweets shared in Spaces, those they refer to, and what they are made of.", Tables: tweetTables},
		{Name: "Media, polls and places", Doc: "What tweets carry.", Tables: mediaTables},
		{Name: "Runs", Doc: "What was asked, what came back and what did not. Every row of every table names its run and page.", Tables: runTables},
	}
}

// Relation says that a column of one table holds keys of another.
type Relation struct {
	From, Column, To string
	// Identifies: the column is part of the key of From.
	Identifies bool
	// Certain: the row that is named came in the same page. Others can be
	// missing: suspended people, tweets that were deleted.
	Certain bool
}

// Relations lists what refers to what. Every row refers to its page and run;
// of these relations only those are listed that a key is made of.
func Relations() []Relation {
	var relations []Relation
	for _, t := range tables {
		for _, c := range t.Columns {
			to := c.Refers()
			everywhere := c.IsLineage()
			if to == "" || everywhere && (!t.IsKey(c.Name) || to == t.Name) {
				continue
			}
			relations = append(relations, Relation{
				From: t.Name, Column: c.Name, To: to, Identifies: t.IsKey(c.Name), Certain: c.From == ParentKey || everywhere || isOwnKey(t, c, to),
			})
		}
	}
	return relations
}

// isOwnKey tells whether the column is the key of the very object the row is made
// of, so that the table of such objects has it, too.
func isOwnKey(t *Table, c Column, table string) bool {
	same := EntityTable(t.Object)
	return t.Object != "" && t.IsKey(c.Name) && c.From == Value && same != nil && same.Name == table
}

// Refers names the table that the column's value is a key of, or may be.
func (c Column) Refers() string {
	if c.Ref != "" {
		return c.Ref
	}
	return c.Link
}

//go:embed er.svg
var diagram string

// SVG is the drawing of the tables by theme with their keys and relations: an
// SVG document whose names link to the data dictionary. Package
// schemas/draw makes it.
func SVG() string { return diagram }
