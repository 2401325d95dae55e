package report

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

const totalsSQL = `SELECT (SELECT count(*) FROM spaces) AS spaces, (SELECT count(*) FROM users) AS users`
