package observe

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
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
		m.read(f, func(value float64, labels ...string) {
			if c.job != nil {
				labels = append(labels, c.job())
			}
			for j, label := range labels {
				labels[j] = strings.ToValidUTF8(label, "\uFFFD") // names are the user's
			}
			metrics <- prometheus.MustNewConstMetric(c.descs[i], prometheus.GaugeValue, value, labels...)
		})
	}
}
