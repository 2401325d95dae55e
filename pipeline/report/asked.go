package report

import (
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// The statements of the page of Spaces read the views that everybody reads. They
// have no parameters: a WITH that is read twice and has one makes DuckDB 1.4.1 fail.

// moment is a time in SQL.
func moment(t time.Time) string {
	return "TIMESTAMPTZ " + schemas.QuoteText(t.UTC().Format("2006-01-02 15:04:05.999999Z07:00"))
}

// zoned is a time of a column as a clock in a zone shows it.
func zoned(column string, zone *time.Location) string {
	return fmt.Sprintf("(%s AT TIME ZONE %s)", column, schemas.QuoteText(zone.String()))
}

// knownSQL keeps what several statements want of v_spaces in memory: the view joins
// seven tables each time it is read.
const knownSQL = `
CREATE TEMP TABLE known AS
SELECT space_id, creator_id, status, lang, is_ticketed, created_at, started_at, scheduled_start, last_seen_at, duration_minutes, participant_count, max_participant_count AS people
FROM v_spaces`

// looksSQL adds the Spaces of each run up, the latest first.
const looksSQL = `
SELECT min(observed_at) AS began, max(observed_at) AS ended, count(*) FILTER (state = 'live') AS spaces,
       coalesce(sum(participant_count) FILTER (state = 'live'), 0)::BIGINT AS people,
       coalesce(max(participant_count) FILTER (state = 'live'), 0) AS fullest,
       coalesce(avg(sighting_count) FILTER (state = 'live'), 0) AS often
FROM v_space_runs GROUP BY run_id ORDER BY ended DESC, run_id LIMIT 2000` // mostLooked

// sliceSQL adds the Spaces of each slice of time up: what a run is where it looks
// at live Spaces many times. One that ended before the last sighting of a slice is not
// in its sum.
func sliceSQL(slice time.Duration) string {
	return fmt.Sprintf(`
WITH seen AS (
    SELECT time_bucket(INTERVAL '%d seconds', observed_at) AS slice, space_id, max(observed_at) AS seen_at, max_by(people, observed_at) AS people
    FROM v_audience GROUP BY ALL
), looked AS (
    SELECT seen.*, max(seen_at) OVER (PARTITION BY slice) AS looked_at, ended_at FROM seen LEFT JOIN spaces USING (space_id)
)
SELECT min(seen_at) AS began, max(seen_at) AS ended, count(*) AS spaces, sum(people)::BIGINT AS people, max(people) AS fullest, 0::DOUBLE AS often
FROM looked WHERE ended_at IS NULL OR ended_at > looked_at GROUP BY slice ORDER BY ended DESC LIMIT 2000`, int(slice.Seconds()))
}

// roomsSQL lists Spaces under several heads. Only of those that are listed it
// looks titles and names up. One is unusual that drew half as many people again as
// any before it of at least two of its creator.
func roomsSQL(looked look, now time.Time) string {
	return fmt.Sprintf(`
WITH before AS (
    SELECT space_id, people, started_at, count(*) OVER earlier AS n, min(people) OVER earlier AS low, max(people) OVER earlier AS high
    FROM known WHERE status IS DISTINCT FROM 'scheduled' AND people > 0 AND started_at IS NOT NULL AND creator_id IS NOT NULL
    WINDOW earlier AS (PARTITION BY creator_id ORDER BY started_at, space_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), listed AS (
    (SELECT 'live' AS list, space_id, participant_count AS weight, 0 AS n, 0 AS low, 0 AS high FROM known
     WHERE status = 'live' AND last_seen_at >= %s ORDER BY weight DESC NULLS LAST, space_id LIMIT 15)
    UNION ALL
    (SELECT 'biggest', space_id, people, 0, 0, 0 FROM known
     WHERE status IS DISTINCT FROM 'scheduled' AND people > 0 ORDER BY people DESC, space_id LIMIT 10)
    UNION ALL
    (SELECT 'newest', space_id, epoch_ms(created_at), 0, 0, 0 FROM known ORDER BY created_at DESC NULLS LAST, space_id LIMIT 15)
    UNION ALL
    (SELECT 'coming', space_id, -epoch_ms(scheduled_start), 0, 0, 0 FROM known
     WHERE status = 'scheduled' AND scheduled_start > %s ORDER BY scheduled_start, space_id LIMIT 15)
    UNION ALL
    (SELECT 'no_show', space_id, epoch_ms(scheduled_start), 0, 0, 0 FROM known
     WHERE status = 'no_show' ORDER BY scheduled_start DESC, space_id LIMIT 15)
    UNION ALL
    (SELECT 'longest', space_id, duration_minutes::BIGINT, 0, 0, 0 FROM known
     WHERE duration_minutes > 0 ORDER BY duration_minutes DESC, space_id LIMIT 1)
    UNION ALL
    (SELECT 'unusual', space_id, people - high, n, low, high FROM before
     WHERE n >= 2 AND people >= 20 AND 2 * people >= 3 * high AND started_at >= %s ORDER BY people - high DESC, space_id LIMIT 1)
)
SELECT listed.list, listed.space_id, left(coalesce(spaces.title, ''), 120) AS title, coalesce(known.creator_id, '') AS creator_id, coalesce(username, '') AS creator,
       coalesce(known.status, '') AS status, coalesce(known.people, 0) AS people, coalesce(known.participant_count, 0) AS last_people, coalesce(known.duration_minutes, 0) AS minutes,
       known.started_at, known.scheduled_start, known.created_at, listed.n, listed.low, listed.high
FROM listed JOIN known USING (space_id) JOIN spaces USING (space_id) LEFT JOIN users ON users.user_id = known.creator_id
ORDER BY listed.list, listed.weight DESC NULLS LAST, listed.space_id`,
		moment(looked.began), moment(latest(looked.at, now)), moment(looked.at.Add(-7*24*time.Hour)))
}

// countsSQL counts Spaces in several ways: people is the sum of the most people
// seen in each. Of a day those count that had begun by a time of it.
func countsSQL(looked look, zone *time.Location, by time.Duration) string {
	return fmt.Sprintf(`
WITH begun AS (
    SELECT %s AS start, people FROM known WHERE started_at IS NOT NULL
), counted AS (
    SELECT 'lang' AS kind, coalesce(lang, '') AS name, count(*) AS n, sum(people) AS people FROM known GROUP BY ALL
    UNION ALL
    SELECT 'state', coalesce(status, ''), count(*), sum(people) FROM known GROUP BY ALL
    UNION ALL
    SELECT 'tickets', 'ticketed', count(*), sum(people) FROM known WHERE is_ticketed
    UNION ALL
    SELECT 'live', '', count(*), sum(participant_count) FROM known WHERE status = 'live' AND last_seen_at >= %s
    UNION ALL
    SELECT 'due', '', count(*), 0 FROM known WHERE scheduled_start <= %s AND status IS DISTINCT FROM 'cancelled'
    UNION ALL
    SELECT 'minutes', '', count(*), median(duration_minutes) FROM known WHERE duration_minutes > 0
    UNION ALL
    SELECT 'week', concat(isodow(start), ' ', hour(start)), count(*), sum(people) FROM begun GROUP BY ALL
    UNION ALL
    (SELECT 'day', strftime(start, '%%Y-%%m-%%d') AS day, count(*) FILTER (start - date_trunc('day', start) <= INTERVAL '%d seconds'), 0
     FROM begun GROUP BY ALL ORDER BY day DESC LIMIT 60)
)
SELECT kind, name, n, coalesce(people, 0)::BIGINT AS people
FROM counted QUALIFY kind NOT IN ('lang', 'state') OR row_number() OVER (PARTITION BY kind ORDER BY n DESC, name) <= 14 ORDER BY kind, n DESC, name LIMIT 400`,
		zoned("started_at", zone), moment(looked.began), moment(looked.at.Add(-time.Hour)), int(by.Seconds()))
}

// curvesSQL takes the Spaces with the highest peaks, also of those that were seen
// several times, and curvePointsSQL their curves: of each at most 300 sightings.
const curvesSQL = `
SELECT space_id, left(coalesce(title, ''), 120) AS title, sighting_count, first_at, last_at, peak_people, peak_at, coalesce(half_life_minutes, -1) AS half_life, person_minutes
FROM v_audience_curves WHERE peak_people > 0
QUALIFY row_number() OVER (ORDER BY peak_people DESC, space_id) <= 15
     OR row_number() OVER (PARTITION BY sighting_count >= 3 ORDER BY peak_people DESC, space_id) <= 8
ORDER BY peak_people DESC, space_id`

const curvePointsSQL = `
WITH numbered AS (
    SELECT space_id, observed_at, people, coalesce(minutes, 0) AS minutes,
           row_number() OVER (PARTITION BY space_id ORDER BY observed_at) AS n, count(*) OVER (PARTITION BY space_id) AS total
    FROM v_audience WHERE space_id IN (SELECT unnest($1::VARCHAR[]))
)
SELECT space_id, observed_at, people, minutes FROM numbered
WHERE n % greatest(total // 300, 1) = 0 OR n = 1 OR n = total ORDER BY space_id, observed_at LIMIT 4000`

// peopleSQL lists who hosted for most people and who spoke in most Spaces; a row
// without a list tells how many spoke, and how many of them more than once.
const peopleSQL = `
WITH known AS (
    SELECT user_id, username, left(coalesce(name, ''), 60) AS name, created_count, hosted_count, spoken_count, coalesce(hosted_audience, 0) AS audience,
           coalesce(largest_audience, 0) AS largest, coalesce(followers_count, -1) AS followers
    FROM v_people
)
(SELECT 'hosts' AS list, user_id, coalesce(username, '') AS username, name, hosted_count AS spaces, audience, largest, followers
 FROM known WHERE hosted_count > 0 ORDER BY audience DESC, created_count DESC, spaces DESC, user_id LIMIT 15)
UNION ALL
(SELECT 'speakers', user_id, coalesce(username, ''), name, spoken_count, audience, largest, followers
 FROM known WHERE spoken_count > 0 ORDER BY spoken_count DESC, followers DESC, user_id LIMIT 15)
UNION ALL
SELECT '', '', '', '', count(*) FILTER (spoken_count > 0), count(*) FILTER (spoken_count > 1), 0, 0 FROM known`

// topicsSQL counts the Spaces of topics, and those that began in two spans of
// time, one after the other, the second up to the last look.
func topicsSQL(looked look, span time.Duration) string {
	return fmt.Sprintf(`
SELECT left(coalesce(any_value(name), topic_id), 60) AS topic, count(*) AS spaces,
       coalesce(round(avg(known.people) FILTER (status IS DISTINCT FROM 'scheduled')), -1)::BIGINT AS average,
       coalesce(max(known.people), 0) AS peak,
       count(*) FILTER (started_at > %[1]s AND started_at <= %[2]s) AS before, count(*) FILTER (started_at > %[2]s) AS since
FROM space_topics LEFT JOIN topics USING (topic_id) LEFT JOIN known USING (space_id)
GROUP BY topic_id ORDER BY before + since DESC, spaces DESC, topic, topic_id LIMIT 15`, moment(looked.at.Add(-2*span)), moment(looked.at.Add(-span)))
}

// returnsSQL counts the speakers of a day or a week by how long after their first
// one it was.
func returnsSQL(zone *time.Location, days int) string {
	period := map[int]string{1: "day", 7: "week"}[days]
	return fmt.Sprintf(`
WITH spoke AS (
    SELECT DISTINCT user_id, date_trunc('%s', %s)::DATE AS period
    FROM space_users JOIN spaces USING (space_id) WHERE role = 'speaker' AND started_at IS NOT NULL
), since AS (
    SELECT user_id, period, min(period) OVER (PARTITION BY user_id) AS first FROM spoke
)
SELECT first, (period - first) // %d AS later, count(*) AS speakers FROM since
GROUP BY ALL HAVING later <= %d ORDER BY first DESC, later LIMIT 600`, period, zoned("started_at", zone), days, mostLater)
}

// pairsSQL counts the Spaces that two people spoke in, hosts included. The
// pairs are of the 400 who spoke in most; of those the 60 with most shared
// Spaces stay, with their 140 strongest ties.
const pairsSQL = `
WITH spoke AS (
    SELECT DISTINCT space_id, user_id FROM space_users WHERE role IN ('creator', 'host', 'speaker')
), often AS (
    SELECT user_id, count(*) AS n FROM spoke GROUP BY user_id ORDER BY n DESC, user_id LIMIT 400
), few AS (
    SELECT space_id, user_id FROM spoke SEMI JOIN often USING (user_id)
), pairs AS (
    SELECT a.user_id AS a, b.user_id AS b, count(*) AS n
    FROM few AS a JOIN few AS b ON a.space_id = b.space_id AND a.user_id < b.user_id GROUP BY ALL
), most AS (
    SELECT user_id FROM (SELECT a AS user_id, n FROM pairs UNION ALL SELECT b, n FROM pairs)
    GROUP BY user_id ORDER BY sum(n) DESC, user_id LIMIT 60
)
SELECT a, b, n FROM pairs SEMI JOIN most AS x ON a = x.user_id SEMI JOIN most AS y ON b = y.user_id
ORDER BY n DESC, a, b LIMIT 140`

// speakersSQL names people of a list of ids.
const speakersSQL = `
SELECT held.user_id, coalesce(any_value(username), '') AS username, left(coalesce(any_value(name), ''), 60) AS name, count(DISTINCT space_id) AS spaces
FROM space_users AS held LEFT JOIN users ON users.user_id = held.user_id
WHERE role IN ('creator', 'host', 'speaker') AND held.user_id IN (SELECT unnest($1::VARCHAR[]))
GROUP BY held.user_id ORDER BY held.user_id LIMIT 200`
