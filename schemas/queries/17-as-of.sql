-- question: What was known at an earlier time, and what is known now?
-- tables: spaces_as_of(ts), spaces, runs
-- runs: several
-- As of the end of the first run. Of any other time: spaces_as_of(TIMESTAMPTZ '2026-08-01 12:00:00Z').
SELECT coalesce(early.state, 'not known yet') AS state_then, now.state AS state_now, count(*) AS spaces
FROM spaces AS now LEFT JOIN spaces_as_of((SELECT min(ended_at) FROM runs)) AS early USING (space_id)
GROUP BY ALL ORDER BY state_then, state_now;
