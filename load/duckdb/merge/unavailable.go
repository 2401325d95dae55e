package merge

import "fmt"

// absences is the table of the ids that were asked for and did not come back.
const absences = "space_absences"

// unavailable sets since when a Space is gone: its first absence after the last
// time it was seen, NULL when there is none. Looked at are the Spaces of the
// run, those with an absence, and those that were gone before.
func unavailable(spaces string) string {
	seen := ""
	if spaces != "" {
		seen = fmt.Sprintf("OR space_id IN (SELECT space_id FROM %s)", spaces)
	}
	return fmt.Sprintf(`
UPDATE spaces AS stored SET unavailable_at = due.since FROM (
    SELECT space.space_id, min(gone.observed_at) AS since
    FROM (SELECT space_id, coalesce(last_seen_at, _fetched_at) AS seen_at FROM spaces
          WHERE unavailable_at IS NOT NULL OR space_id IN (SELECT space_id FROM %s) %s) AS space
    LEFT JOIN %[1]s AS gone ON gone.space_id = space.space_id AND gone.observed_at > space.seen_at
    GROUP BY space.space_id
) AS due
WHERE stored.space_id = due.space_id AND stored.unavailable_at IS DISTINCT FROM due.since`, absences, seen)
}
