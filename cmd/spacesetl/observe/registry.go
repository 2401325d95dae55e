package observe

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// collector reads all metrics of a run when it is asked.
type collector struct {
	snapshot func() snapshot
	job      func() string // nil where the metrics go to a place of the job's own
	all      []Metric
	descs    []*prometheus.Desc
}

// jobLabel names the job. It is not job, which Prometheus gives a meaning of
// its own.
const jobLabel = "job_name"

// newRegistry returns a registry with the metrics of a run, labelled with the
// job's name unless job is nil.
func newRegistry(read func() snapshot, job func() string) *prometheus.Registry {
	c := &collector{snapshot: read, job: job, all: Metrics()}
	for _, m := range c.all {
		labels := m.Labels
		if job != nil {
			labels = append(slices.Clone(labels), jobLabel)
		}
		c.descs = append(c.descs, prometheus.NewDesc(m.Name, m.Help, labels, nil))
	}
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	return r
}

// Describe names the metrics.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		descs <- d
	}
}

// Collect reads the metrics.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	f := c.snapshot()
	for i, m := range c.all {
		values, labelled := map[string]float64{}, map[string][]string{}
		m.read(f, func(value float64, labels ...string) {
			if c.job != nil {
				labels = append(labels, c.job())
			}
			for j, text := range labels {
				labels[j] = labelText(text)
			}
			key := strings.Join(labels, "\x00")
			values[key] += value // two can become one, and Prometheus takes none of a series twice
			labelled[key] = labels
		})
		for key, value := range values {
			metrics <- prometheus.MustNewConstMetric(c.descs[i], prometheus.GaugeValue, value, labelled[key]...)
		}
	}
}

const longestLabel = 200 // bytes

// labelText is a text as a label: names are the user's, problems a server's.
func labelText(text string) string {
	text = printable.Text(text)
	if len(text) > longestLabel {
		text = strings.ToValidUTF8(text[:longestLabel], "") + "…"
	}
	return text
}

const mostProblems = 50

// most are the counts, the smallest of many in one.
func most(counts map[string]int) map[string]int {
	if len(counts) <= mostProblems {
		return counts
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	kept := map[string]int{}
	for i, name := range names {
		if i >= mostProblems {
			name = "other"
		}
		kept[name] += counts[names[i]]
	}
	return kept
}
