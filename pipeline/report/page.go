package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Style is the page's style sheet: colours for light and dark, tables, panels.
//
//go:embed assets/style.css
var Style string

var (
	//go:embed assets/report.html.tmpl
	pageHTML string
	//go:embed assets/charts.min.js
	library string // see assets/build
	//go:embed assets/report.js
	drawing string
)

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"stamp":   func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"percent": func(share float64) string { return fmt.Sprintf("%.1f", 100*min(max(share, 0), 1)) },
}).Parse(pageHTML))

// Page is a report that can be written.
type Page struct {
	run       schemas.Run
	store     string
	made      time.Time
	zone      *time.Location
	version   string
	seen      string // what the tables are of
	noTables  string // why there are none
	headlines []headline
	spaces    []section // of the page of Spaces
	banner    *banner
	tiles     []tile
	machine   []section // of the page of the run
}

// source is what the template sees.
type source struct {
	Job, RunID, Outcome, Tone, Store, Version string
	Seen, NoTables, Zone                      string
	Started, Made                             time.Time
	Headlines                                 []headline
	Banner                                    *banner
	Tiles                                     []tile
	Spaces, Machine                           []section
	Style                                     template.CSS
	Script                                    template.JS
	StyleHash, ScriptHash                     string
	Charts                                    []*chart
}

// hash is how a content security policy names a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	script := library + "\n" + drawing
	s := source{
		Job: p.run.Job, RunID: p.run.RunID, Outcome: string(p.run.Outcome), Tone: p.run.Outcome.Ending().Tone, Store: p.store, Version: p.version,
		Seen: p.seen, NoTables: p.noTables, Zone: p.zone.String(), Started: p.run.StartedAt.UTC(), Made: p.made.UTC(),
		Headlines: p.headlines, Banner: p.banner, Tiles: p.tiles, Spaces: p.spaces, Machine: p.machine,
		Style: template.CSS(Style), Script: template.JS(script), StyleHash: hash(Style), ScriptHash: hash(script), Charts: []*chart{},
	}
	for _, section := range slices.Concat(p.spaces, p.machine) {
		for _, panel := range section.Panels {
			if panel.Chart != nil {
				s.Charts = append(s.Charts, panel.Chart)
			}
		}
	}
	return pageTemplate.Execute(w, s)
}

// WriteFile writes the page to a file that appears whole.
func (p *Page) WriteFile(path string) error {
	var text bytes.Buffer
	if err := p.Write(&text); err != nil {
		return err
	}
	if err := durable.WriteFile(path, text.Bytes(), durable.Options{}); err != nil {
		return fmt.Errorf("writing %w", err)
	}
	return nil
}
