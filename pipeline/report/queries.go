package report

import "github.com/spacesetl/spacesetl/schemas"

// Every statement is bounded by LIMIT or by what it groups by, so that a page
// is as long for three million rows as for three hundred. Those of a run take
// its id as their first parameter.

// laneBins is how many slices the timeline is cut into.
const laneBins = "360"

// binsSQL and waitsSQL name the pages of the run once: a WITH that is read
// twice and has a parameter makes DuckDB 1.4.1 fail and shut the database.
const binsSQL = `
WITH asked AS (
    SELECT endpoint, coalesce(account, '') AS account, epoch_ms(_fetched_at) AS came, waited_ms, attempts, http_status
    FROM api_requests WHERE _run_id = $1
), placed AS (
    SELECT *, min(came - waited_ms) OVER () AS low, greatest(max(came) OVER () - min(came - waited_ms) OVER (), 1) AS width FROM asked
)
SELECT endpoint, account, least((came - low) * ` + laneBins + ` // width, ` + laneBins + ` - 1)::BIGINT AS bin, min(came) AS first, max(came) AS last,
       count(*) AS pages, coalesce(sum(greatest(attempts - 1, 0)), 0)::BIGINT AS repeated, count(*) FILTER (http_status >= 400) AS refused
FROM placed GROUP BY ALL ORDER BY ALL LIMIT 20000`

// waitsSQL merges what the workers waited into spans: a wait is done when its
// page comes. Waits too short to be seen are left out.
const waitsSQL = `
WITH asked AS (
    SELECT endpoint, coalesce(account, '') AS account, epoch_ms(_fetched_at) - waited_ms AS begun, epoch_ms(_fetched_at) AS done
    FROM api_requests WHERE _run_id = $1
), measured AS (
    SELECT *, (max(done) OVER () - min(begun) OVER ()) / 500 AS least FROM asked
), marked AS (
    SELECT *, begun > max(done) OVER (PARTITION BY endpoint, account ORDER BY begun, done ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS fresh
    FROM measured WHERE done - begun > greatest(least, 20)
), numbered AS (
    SELECT *, count(*) FILTER (fresh) OVER (PARTITION BY endpoint, account ORDER BY begun, done) AS island FROM marked
)
SELECT endpoint, account, min(begun) AS first, max(done) AS last
FROM numbered GROUP BY endpoint, account, island ORDER BY last - first DESC, endpoint, account, first LIMIT 2000`

const lanesSQL = `
SELECT endpoint, coalesce(account, '') AS account, count(*) AS pages, sum(attempts)::BIGINT AS requests,
       count(*) FILTER (http_status >= 400) AS refused, sum(waited_ms)::BIGINT AS waited, max(waited_ms) AS longest,
       sum(bytes)::BIGINT AS bytes, min(_fetched_at) AS first, max(_fetched_at) AS last
FROM api_requests WHERE _run_id = $1 GROUP BY ALL ORDER BY first, endpoint, account LIMIT 500`

// foundSQL counts by endpoint what was asked for and came. Collections are
// asked for once, by their first page.
const foundSQL = `
SELECT endpoint,
       sum(CASE WHEN json_extract_string(request, '$.token') IS NOT NULL THEN 0
                ELSE greatest(coalesce(json_array_length(request, '$.ids'), 1), 1) END)::BIGINT AS asked,
       coalesce(sum(data_count), 0)::BIGINT AS found,
       count(*) FILTER (http_status >= 400) AS refused
FROM api_requests WHERE _run_id = $1 GROUP BY endpoint LIMIT 100`

// missingSQL tells what was asked for from what objects only refer to, by the
// parameter that named it.
const missingSQL = `
WITH given AS (
    SELECT endpoint, kind, problem, coalesce(parameter, '') IN ('id', 'ids', 'usernames', 'user_ids') AS asked
    FROM api_errors WHERE _run_id = $1
)
SELECT endpoint, count(*) FILTER (kind = 'partial' AND problem = 'resource-not-found' AND asked) AS missing,
       count(*) FILTER (kind = 'partial' AND problem = 'resource-not-found' AND NOT asked) AS referred,
       count(*) FILTER (kind = 'partial' AND problem IS DISTINCT FROM 'resource-not-found') AS refused,
       count(*) FILTER (kind = 'unreadable') AS unreadable
FROM given GROUP BY endpoint LIMIT 100`

const absentSQL = `SELECT count(DISTINCT space_id) FROM space_absences WHERE _run_id = $1`

const problemsSQL = `
SELECT endpoint, kind, coalesce(resource_type, '') AS resource_type, coalesce(problem, title, reason, '') AS problem,
       coalesce(parameter, field, '') AS parameter, count(*) AS times, coalesce(min(resource_id), left(min(value), 60), '') AS example
FROM api_errors WHERE _run_id = $1 GROUP BY ALL ORDER BY times DESC, endpoint, kind, resource_type, problem, parameter LIMIT 12`

const totalsSQL = `
SELECT (SELECT count(*) FROM spaces) AS spaces,
       (SELECT count(DISTINCT user_id) FROM space_users) AS people,
       (SELECT count(*) FROM users) AS users,
       (SELECT count(*) FROM tweets) AS tweets,
       (SELECT count(*) FROM space_snapshots) AS sightings,
       (SELECT count(DISTINCT _run_id) FROM space_snapshots) AS runs`

// sightingsSQL takes the liveliest Spaces of those seen by several runs, and
// of each at most 300 minutes.
const sightingsSQL = `
WITH often AS (
    SELECT space_id, max(participant_count) AS peak
    FROM space_snapshots WHERE participant_count IS NOT NULL
    GROUP BY space_id HAVING count(DISTINCT _run_id) >= 2 AND max(observed_at) - min(observed_at) >= INTERVAL 1 MINUTE
), lively AS (
    SELECT space_id, peak FROM often WHERE peak > 0 ORDER BY peak DESC, space_id LIMIT 8
), minutes AS (
    SELECT space_id, peak, max(observed_at) AS seen_at, arg_max(participant_count, observed_at) AS people
    FROM space_snapshots JOIN lively USING (space_id) WHERE participant_count IS NOT NULL
    GROUP BY space_id, peak, date_trunc('minute', observed_at)
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY space_id ORDER BY seen_at) AS n, count(*) OVER (PARTITION BY space_id) AS total
    FROM minutes
)
SELECT space_id, left(coalesce(title, ''), 120) AS title, peak, seen_at, people, coalesce(started_at, created_at, seen_at) AS begun
FROM numbered LEFT JOIN spaces USING (space_id)
WHERE n % greatest(total // 300, 1) = 0 OR n = 1 OR n = total
ORDER BY peak DESC, space_id, seen_at LIMIT 2600`

func liveliestSQL() string {
	return `
WITH lively AS (
    SELECT space_id, max(participant_count) AS peak FROM space_snapshots
    GROUP BY space_id HAVING peak > 0 ORDER BY peak DESC, space_id LIMIT 10
)
SELECT lively.space_id, left(coalesce(title, ''), 120) AS title, coalesce(username, '') AS creator, coalesce(status, '') AS state, peak
FROM lively LEFT JOIN ` + schemas.SpacesWithStatus() + ` USING (space_id) LEFT JOIN users ON users.user_id = spaces.creator_id
ORDER BY peak DESC, lively.space_id`
}

const weekSQL = `
SELECT 'started' AS kind, isodow(started_at) AS day, hour(started_at) AS hour, count(*) AS n FROM spaces WHERE started_at IS NOT NULL GROUP BY ALL
UNION ALL
SELECT 'scheduled', isodow(scheduled_start), hour(scheduled_start), count(*) FROM spaces WHERE scheduled_start IS NOT NULL GROUP BY ALL
ORDER BY ALL LIMIT 336`

func newestSQL() string {
	return `
WITH newest AS (
    SELECT space_id, title, creator_id, status AS state, participant_count, started_at, scheduled_start, created_at
    FROM ` + schemas.SpacesWithStatus() + ` ORDER BY created_at DESC NULLS LAST, space_id LIMIT 20
)
SELECT space_id, left(coalesce(title, ''), 120) AS title, coalesce(username, '') AS creator, coalesce(state, '') AS state,
       coalesce(participant_count, 0) AS people, coalesce(started_at, scheduled_start) AS start, newest.created_at
FROM newest LEFT JOIN users ON users.user_id = newest.creator_id
ORDER BY newest.created_at DESC NULLS LAST, space_id`
}

// kindsSQL counts Spaces by language, state and ticket.
func kindsSQL() string {
	return `
WITH counted AS (
    SELECT 'lang' AS kind, coalesce(lang, '') AS name, count(*) AS n FROM spaces GROUP BY ALL
    UNION ALL
    SELECT 'state', coalesce(status, ''), count(*) FROM ` + schemas.SpacesWithStatus() + ` GROUP BY ALL
    UNION ALL
    SELECT 'tickets', CASE is_ticketed WHEN true THEN 'ticketed' WHEN false THEN 'free' ELSE 'not said' END, count(*) FROM spaces GROUP BY ALL
)
FROM counted QUALIFY row_number() OVER (PARTITION BY kind ORDER BY n DESC, name) <= 14 ORDER BY kind, n DESC, name`
}

// peopleSQL ranks people in some roles by Spaces, then by audience: people in
// the rooms, scheduled ones aside. %s is a list of roles.
const peopleSQL = `
WITH held AS (
    SELECT DISTINCT space_id, user_id FROM space_users WHERE role IN (%s)
), ranked AS (
    SELECT held.user_id, count(*) AS spaces,
           coalesce(sum(participant_count) FILTER (state IS DISTINCT FROM 'scheduled'), 0)::BIGINT AS audience,
           coalesce(max(participant_count), 0) AS peak
    FROM held LEFT JOIN spaces ON spaces.space_id = held.space_id
    GROUP BY held.user_id ORDER BY spaces DESC, audience DESC, held.user_id LIMIT 15
)
SELECT ranked.user_id, coalesce(username, '') AS username, left(coalesce(name, ''), 60) AS name, ranked.spaces, audience, peak, coalesce(followers_count, -1) AS followers
FROM ranked LEFT JOIN users ON users.user_id = ranked.user_id
ORDER BY ranked.spaces DESC, audience DESC, ranked.user_id`

const topicsSQL = `
SELECT left(coalesce(any_value(name), topic_id), 60) AS topic, count(*) AS spaces,
       coalesce(round(avg(participant_count) FILTER (state IS DISTINCT FROM 'scheduled')), -1)::BIGINT AS people,
       coalesce(max(participant_count), 0) AS peak
FROM space_topics LEFT JOIN topics USING (topic_id) LEFT JOIN spaces USING (space_id)
GROUP BY topic_id ORDER BY spaces DESC, topic, topic_id LIMIT 15`

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
