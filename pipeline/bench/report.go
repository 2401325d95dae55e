package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a benchmark found out.
type report struct {
	options options
	date    time.Time
	corpus  *corpus
	duckdb  string // version linked in
	newest  string // version of -node, or empty
	works   []work
	all     []measurement
	results map[string]comparison // by work
}

func (r *report) add(w work, m measurement) {
	if !slices.ContainsFunc(r.works, func(other work) bool { return other.key() == w.key() }) {
		r.works = append(r.works, w)
	}
	r.all = append(r.all, m)
}

// equal reports whether every table of every comparison is equal.
func (r *report) equal() bool {
	for _, c := range r.results {
		if len(c.Differences) > 0 {
			return false
		}
	}
	return len(r.results) > 0
}

// median of what a work took; 0 when it was not done.
func (r *report) median(key string, of func(measurement) float64) float64 {
	var values []float64
	for _, m := range r.all {
		if m.Work == key {
			values = append(values, of(m))
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

// peak is the most memory a work had in any round, in MiB.
func (r *report) peak(key string) float64 {
	var most int64
	for _, m := range r.all {
		if m.Work == key {
			most = max(most, m.RSS)
		}
	}
	return float64(most) / (1 << 20)
}

func wall(m measurement) float64 { return m.Wall }
func cpu(m measurement) float64  { return m.CPU }
func size(m measurement) float64 { return float64(m.Size) }

// rate is MB of raw pages per CPU second.
func (r *report) rate(key string) float64 {
	return float64(r.corpus.Bytes) / 1e6 / r.median(key, cpu)
}

// ratio is how many times as much the other takes as spacesetl.
func (r *report) ratio(other work, of func(measurement) float64) float64 {
	ours := work{side: sideOurs, to: other.to}
	return r.median(other.key(), of) / r.median(ours.key(), of)
}

func (r *report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		text, err := json.MarshalIndent(r.flat(), "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	var b strings.Builder
	r.describe(&b)
	r.table(&b)
	r.ratios(&b)
	r.comparisons(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// describe says what was measured on.
func (r *report) describe(b *strings.Builder) {
	c := r.corpus
	fmt.Fprintf(b, "%.0f MB of raw pages (%d pages, %.0f MB landed), medians of %d\n", mega(c.Bytes), c.Pages, mega(c.Landed), r.options.runs)
	for _, k := range c.Kinds {
		fmt.Fprintf(b, "  %-9s %6d pages %8.1f MB\n", k.Endpoint, k.Pages, mega(k.Bytes))
	}
	fmt.Fprintf(b, "  %d sightings of %d users: %.1f %% are repeats\n", c.Users.Sightings, c.Users.Objects, 100*c.Users.repeated())
	fmt.Fprintf(b, "  %d sightings of %d Spaces: %.1f %% are repeats\n", c.Spaces.Sightings, c.Spaces.Objects, 100*c.Spaces.repeated())
	fmt.Fprintf(b, "%s, %d cores, %s/%s, %s, DuckDB %s, %s\n\n", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), r.duckdb, r.date.Format("2006-01-02 15:04 MST"))
}

func (r *report) table(b *strings.Builder) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\twall s\tCPU s\tMB per CPU s\tpeak RSS MiB\toutput MB\t")
	for _, w := range r.works {
		key := w.key()
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.0f\t%.0f\t%.1f\t\n", w, r.median(key, wall), r.median(key, cpu),
			r.rate(key), r.peak(key), r.median(key, size)/1e6)
	}
	_ = t.Flush() // a builder takes all
}

func (r *report) ratios(b *strings.Builder) {
	others := r.others()
	if len(others) == 0 {
		return
	}
	b.WriteString("\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "times as much as spacesetl\twall\tCPU\toutput\t")
	for _, w := range others {
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t\n", w, r.ratio(w, wall), r.ratio(w, cpu), r.ratio(w, size))
	}
	_ = t.Flush() // a builder takes all
}

// others are the works that are not ours.
func (r *report) others() []work {
	return slices.DeleteFunc(slices.Clone(r.works), func(w work) bool { return w.side == sideOurs })
}

func (r *report) comparisons(b *strings.Builder) {
	for _, w := range r.others() {
		c := r.results[w.key()]
		fmt.Fprintf(b, "\n%s: compared %d tables, %d columns, %d rows: ", w, c.Tables, c.Columns, c.Rows)
		if len(c.Differences) == 0 {
			b.WriteString("equal\n")
		} else {
			fmt.Fprintf(b, "%d differences\n  %s\n", len(c.Differences), strings.Join(c.Differences, "\n  "))
		}
		fmt.Fprintf(b, "  the SQL leaves out: %s\n", strings.Join(c.LeftOut, ", "))
	}
}

// flat is the report for programs: one object, dotted keys.
func (r *report) flat() map[string]any {
	f := map[string]any{
		"mb": r.options.mb, "runs": r.options.runs, "seed": r.options.seed, "date": r.date.Format(time.RFC3339),
		"input": r.corpus, "input.user_repeats": r.corpus.Users.repeated(), "input.space_repeats": r.corpus.Spaces.repeated(),
		"machine.cpu": cpuModel(), "machine.cores": runtime.NumCPU(), "machine.os": runtime.GOOS + "/" + runtime.GOARCH,
		"version.go": runtime.Version(), "version.duckdb": r.duckdb, "version.newest_duckdb": r.newest,
		"measurements": r.all, "comparisons": r.results,
	}
	for _, w := range r.works {
		name := w.flatName()
		f["wall_s."+name], f["cpu_s."+name] = r.median(w.key(), wall), r.median(w.key(), cpu)
		f["mb_per_cpu_s."+name], f["output_bytes."+name] = r.rate(w.key()), int64(r.median(w.key(), size))
		f["peak_rss_mib."+name] = r.peak(w.key())
	}
	for _, w := range r.others() {
		name := string(w.to)
		if w.side == sideNewest {
			name = w.flatName()
		}
		f["ratio."+name+"_wall"], f["ratio."+name+"_cpu"] = r.ratio(w, wall), r.ratio(w, cpu)
		f["ratio."+name+"_size"] = r.ratio(w, size)
		if w.side == sideSQL && f["size_ratio"] == nil {
			f["size_ratio"] = r.ratio(w, size)
		}
		f["equal"] = r.equal()
	}
	return f
}

// flatName names a work in flat keys: parquet, sql_parquet, newest_parquet.
func (w work) flatName() string {
	if w.side == sideOurs {
		return string(w.to)
	}
	return w.side + "_" + string(w.to)
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

// cpuModel is the name of the machine's processor, where Linux tells it.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
