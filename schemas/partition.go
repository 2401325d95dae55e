package schemas

import (
	"regexp"
	"time"
)

// Partition says in which folders of a table's Parquet files lie, by when their run
// began. The zero value is PartitionDay.
type Partition string

// The partitions. The folders are named as readers of Hive's partitions want them; no
// table has a column of such a name.
const (
	PartitionDay   Partition = "day"   // run_date=2026-11-30
	PartitionMonth Partition = "month" // run_month=2026-11
	PartitionNone  Partition = "none"  // the table's folder itself
)

// Partitions are all of them.
func Partitions() []Partition { return []Partition{PartitionDay, PartitionMonth, PartitionNone} }

// Folder is that of a time in the folder of a table; empty where that is it.
func (p Partition) Folder(at time.Time) string {
	switch p {
	case PartitionNone:
		return ""
	case PartitionMonth:
		return at.UTC().Format("run_month=2006-01")
	}
	return at.UTC().Format("run_date=2006-01-02")
}

var partitionFolder = regexp.MustCompile(`^run_(date=[0-9]{4}-[0-9]{2}-[0-9]{2}|month=[0-9]{4}-[0-9]{2})$`)

// PartitionOf is that which a folder in that of a table is of; empty of a folder that is
// none of ours.
func PartitionOf(folder string) Partition {
	switch {
	case folder == "":
		return PartitionNone
	case !partitionFolder.MatchString(folder):
		return ""
	case folder[len("run_")] == 'm':
		return PartitionMonth
	}
	return PartitionDay
}
