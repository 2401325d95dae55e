package draw

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

var update = flag.Bool("update", false, "rewrite ../er.svg")

const file = "../er.svg"

// er.svg is made of the declarations; go test ./schemas/draw -update rewrites it.
func TestDrawingIsCurrent(t *testing.T) {
	want := SVG()
	if SVG() != want {
		t.Fatal("drawn twice it is not the same")
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != want {
		t.Errorf("er.svg is not what SVG returns (%v): go test ./schemas/draw -update", err)
	}
}

// It is XML, shows every table once as a link into the dictionary, and every
// relation.
func TestDrawingShowsEveryTableAndRelation(t *testing.T) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	links, titles := map[string]int{}, map[string]int{}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	inTitle := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inTitle = token.Name.Local == "title"
			for _, a := range token.Attr {
				if a.Name.Local == "href" {
					links[a.Value]++
				}
			}
		case xml.CharData:
			if inTitle {
				titles[string(token)]++
			}
		case xml.EndElement:
			inTitle = false
		}
	}
	for _, table := range schemas.Tables() {
		if n := links["README.md#"+table.Name]; n != 1 {
			t.Errorf("%s is linked %d times, want once", table.Name, n)
		}
	}
	for _, r := range schemas.Relations() {
		if title := r.From + "." + r.Column + " refers to " + r.To; titles[title] != 1 {
			t.Errorf("%q is drawn %d times, want once", title, titles[title])
		}
	}
}

// Boxes do not lie over each other, and each lies in the box of its theme.
func TestBoxesAreApart(t *testing.T) {
	l := newLayout()
	var all []*card
	for i, theme := range schemas.Themes() {
		around := l.themes[i]
		for _, table := range theme.Tables {
			c := l.cards[table.Name]
			if c.x < around.x || c.y < around.y || c.x+c.width > around.x+around.width || c.y+c.height > around.y+around.height {
				t.Errorf("%s lies outside of %s", c.Name, theme.Name)
			}
			for _, other := range all {
				if c.x < other.x+other.width && other.x < c.x+c.width && c.y < other.y+other.height && other.y < c.y+c.height {
					t.Errorf("%s lies over %s", c.Name, other.Name)
				}
			}
			all = append(all, c)
		}
	}
}

// A line can be followed: no table lies over it.
func TestLinesGoAroundTables(t *testing.T) {
	l := newLayout()
	for _, drawn := range l.lines {
		for i := 0; i+3 < len(drawn.points); i += 3 {
			for step := range 101 {
				x, y := curve(drawn.points[i:i+4], float64(step)/100)
				for name, c := range l.cards {
					if x > float64(c.x) && x < float64(c.right()) && y > float64(c.y) && y < float64(c.bottom()) {
						t.Fatalf("%s.%s to %s goes under %s", drawn.From, drawn.Column, drawn.To, name)
					}
				}
				if x < 0 || x > float64(l.width) || y < 0 || y > float64(l.height) {
					t.Fatalf("%s.%s to %s leaves the drawing", drawn.From, drawn.Column, drawn.To)
				}
			}
		}
	}
}

// curve is a place on a Bézier curve, from 0 to 1.
func curve(points []point, at float64) (x, y float64) {
	for i, share := range []float64{(1 - at) * (1 - at) * (1 - at), 3 * at * (1 - at) * (1 - at), 3 * at * at * (1 - at), at * at * at} {
		x += share * float64(points[i].x)
		y += share * float64(points[i].y)
	}
	return x, y
}
