package jobs

import (
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/schemas"
)

// target is no destination of a run: like each that stands elsewhere it has all runs with
// rows, whatever they were asked to load.
const target = "feed"

// lacking is what Job.Feed does.
func lacking(j *Job, has map[string]string, since string) (runs []schemas.Load, notes []string, err error) {
	if _, err := runsOf(j.store, since); err != nil {
		return nil, nil, err
	}
	lacks, err := health.Lacking(j.store, target, has)
	if err != nil {
		return nil, nil, err
	}
	kept := health.NewKept(j.store)
	var left []string
	for _, m := range lacks {
		id := m.Run.RunID
		if id < since {
			continue
		}
		parts, whole := kept.Parts(m)
		if !whole {
			left = append(left, id)
			continue
		}
		runs = append(runs, schemas.Load{RunID: id, Content: m.Content, Parts: parts, Only: true})
	}
	if left != nil {
		notes = append(notes, fmt.Sprintf("%s left out, the first %s: their Parquet files are not all there as they were written; %s says what is wrong",
			count(len(left), "run"), slices.Min(left), Command("status", "--store", string(j.store))))
	}
	return runs, notes, nil
}
