package observe

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// writeMetrics writes the metrics for the node exporter's textfile collector.
// The file appears whole.
func writeMetrics(path string, now func() snapshot, job string, log *slog.Logger) error {
	last, err := lastSuccess(path, job)
	if err != nil {
		log.Warn("the last success is not known from the file of metrics", "file", path, "after", err)
	}
	read := func() snapshot {
		f := now()
		if f.success.IsZero() {
			f.success = last
		}
		return f
	}
	return prometheus.WriteToTextfile(path, newRegistry(read, func() string { return job }))
}

// maxMetrics bounds what is read of a file of metrics.
const maxMetrics = 4 << 20 // bytes

// lastSuccess reads when the job last succeeded, as an earlier run wrote it;
// zero when there is none.
func lastSuccess(path, job string) (time.Time, error) {
	info, err := os.Stat(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return time.Time{}, err
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return time.Time{}, err
	}
	defer file.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(file, maxMetrics))
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range families[prefix+"success_timestamp_seconds"].GetMetric() {
		for _, label := range m.GetLabel() {
			if label.GetName() == jobLabel && label.GetValue() == labelText(job) {
				return time.UnixMilli(int64(m.GetGauge().GetValue() * 1000)), nil
			}
		}
	}
	return time.Time{}, nil
}
