package jobs

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// tables are where tables go; what is empty was not asked for.
type tables struct {
	parquet, duckdb string
	latest          string // the rows of the database
	elsewhere       []*server
	names           []string // of the destinations asked for, whether they can take runs in or not
	inPlace         bool     // merge in the database itself
	sums            bool     // make no file: the manifest has the checksums
}

// targets says where the tables go in a folder that is laid out as a store.
func targets(j *Job, dir store.Dir, to []string) tables {
	t := tables{names: slices.DeleteFunc(slices.Clone(to), func(name string) bool { return name == store.LatestFiles }), inPlace: j.spec.Publish == jobfile.PublishInPlace}
	if slices.Contains(to, store.ParquetFiles) {
		t.parquet = dir.Parquet()
	}
	if slices.Contains(to, store.DuckDBFile) {
		t.duckdb = dir.DuckDB()
	}
	t.elsewhere = serversOf(j, to)
	if slices.Contains(to, store.LatestFiles) {
		t.latest = dir.Latest()
	}
	return t
}

// assemble builds the pipeline of a run and its destinations. Files that only
// feed databases go away when done is called.
func assemble(j *Job, planned store.Planned, to tables, step durable.Step) (p *pipeline.Pipeline, done func(), err error) {
	id := planned.Run.RunID
	files, remove := to.parquet, func() {}
	if files == "" && !to.sums {
		files = filepath.Join(string(j.store), "_parts-"+id)
		if to.duckdb != "" {
			files = filepath.Join(filepath.Dir(to.duckdb), "_parts-"+id)
		}
		remove = func() { _ = os.RemoveAll(files) } // only takes space
		remove()                                    // it can be a link by now
	}
	loader, err := parquet.New(parquet.Config{
		Dir: files, Staging: filepath.Join(files, "_staging-"+id), RunID: id, RunDate: planned.Run.StartedAt, Step: step, Sums: to.sums,
		Partition: cmp.Or(store.PartitionOf(j.store, id), j.spec.Partition), // files stay where they are
	})
	if err != nil {
		return nil, nil, err
	}
	p = &pipeline.Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Left: planned.Left, Resting: planned.Resting, Run: planned.Run, Store: j.store,
		Loader: loader, Destinations: to.names, Crash: j.opts.Crash, Apart: apart(false),
	}
	if to.duckdb != "" {
		p.Publish = append(p.Publish, database(j, to, files, step))
	}
	for _, s := range to.elsewhere {
		p.Publish = append(p.Publish, s)
	}
	return p, func() { _ = loader.Close(); remove() }, nil
}

// memoryLimit is what DuckDB may take as its settings have it; empty for no limit.
func memoryLimit(j *Job) string {
	if j.opts.Memory == 0 {
		return ""
	}
	return strconv.FormatInt(j.opts.Memory, 10) + "B"
}
