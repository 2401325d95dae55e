package schemas

import "fmt"

// audience are the sightings of live Spaces that say how many people are there, one a
// second: a Space can be on two answers of one moment. Of whole seconds, as the API's own
// times are, every engine makes the same numbers.
const audience = `
    SELECT space_id, date_trunc('second', observed_at) AS seen_at,
           max_by(participant_count, observed_at) AS people,
           max_by(speaker_count, observed_at) AS speakers
    FROM space_snapshots WHERE state = 'live' AND participant_count IS NOT NULL
    GROUP BY space_id, date_trunc('second', observed_at)
`

// seconds is the time from one expression to another in SQL, in seconds.
func seconds(from, to string) string {
	return fmt.Sprintf("(extract(epoch FROM %s) - extract(epoch FROM %s))::FLOAT8", to, from)
}

var audienceView = fmt.Sprintf(`
SELECT seen.space_id, seen.seen_at AS observed_at, seen.people, seen.speakers,
       %s / 60 AS minutes
FROM (%s) AS seen
LEFT JOIN spaces ON spaces.space_id = seen.space_id`, seconds("spaces.started_at", "seen.seen_at"), audience)

func audienceColumns() []ViewColumn {
	return []ViewColumn{
		{"space_id", "The Space."},
		{"observed_at", "When it was seen live, to the second."},
		{"people", "People in the room at that time, hosts and speakers included."},
		{"speakers", "People who had spoken by then, each once; NULL where the API did not send them."},
		{"minutes", "Minutes since its actual start; NULL where that is not known."},
	}
}

var audienceCurvesView = fmt.Sprintf(`
SELECT curve.space_id, spaces.title, spaces.started_at, spaces.ended_at, curve.sighting_count,
       curve.first_at, curve.last_at, curve.longest / 60 AS longest_gap_minutes, curve.peak_people, curve.peak_at,
       %s / 60 AS peak_minutes,
       %s / 60 AS half_life_minutes,
       coalesce(curve.area, 0) / 120 AS person_minutes
FROM (
    SELECT space_id, count(*) AS sighting_count, min(seen_at) AS first_at, max(seen_at) AS last_at,
           max(step) AS longest, min(peak_people) AS peak_people, min(peak_at) AS peak_at,
           min(seen_at) FILTER (WHERE seen_at > peak_at AND 2 * people <= peak_people) AS half_at,
           sum(step * (people + people_before)) AS area
    FROM (
        SELECT space_id, seen_at, people, people_before, peak_people, %s AS step,
               min(CASE WHEN people = peak_people THEN seen_at END) OVER (PARTITION BY space_id) AS peak_at
        FROM (
            SELECT space_id, seen_at, people,
                   lag(seen_at) OVER (PARTITION BY space_id ORDER BY seen_at) AS seen_before,
                   lag(people) OVER (PARTITION BY space_id ORDER BY seen_at) AS people_before,
                   max(people) OVER (PARTITION BY space_id) AS peak_people
            FROM (%s) AS seen
        ) AS steps
    ) AS points GROUP BY space_id
) AS curve
LEFT JOIN spaces ON spaces.space_id = curve.space_id`,
	seconds("spaces.started_at", "curve.peak_at"), seconds("curve.peak_at", "coalesce(curve.half_at, date_trunc('second', spaces.ended_at))"),
	seconds("seen_before", "seen_at"), audience)

func audienceCurvesColumns() []ViewColumn {
	return []ViewColumn{
		{"space_id", "The Space."},
		{"title", "Its title; NULL when untitled."},
		{"started_at", "Actual start."},
		{"ended_at", "Actual end; NULL before it."},
		{"sighting_count", "Sightings in the curve, one a second."},
		{"first_at", "The first of them."},
		{"last_at", "The last of them."},
		{"longest_gap_minutes", "Longest time between two of them, in minutes: how far the curve can be trusted; NULL of one sighting."},
		{"peak_people", "Most people in the room at any of them."},
		{"peak_at", "When it was first so full."},
		{"peak_minutes", "Minutes from its actual start to that time."},
		{"half_life_minutes", "Minutes from that time until at most half as many people were seen there, or until its end; NULL while neither was seen."},
		{"person_minutes", "Area under the curve from the first sighting to the last, by trapezoids: minutes that people spent there, added up."},
	}
}
