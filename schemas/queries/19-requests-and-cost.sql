-- question: What did each run ask, and what did it cost?
-- tables: runs, api_requests
-- runs: several
-- Dollars if each object in data is billed, at $0.005 a Space or tweet and $0.010 a user. Objects in
-- includes and repetitions within a day are left out: spacesetl cost gives the range.
SELECT runs.started_at, endpoint, sum(attempts) AS requests, count(*) AS pages, sum(data_count) AS objects,
       round(sum(data_count * CASE WHEN endpoint IN ('buyers', 'users', 'usernames', 'me') THEN 0.010 ELSE 0.005 END), 3) AS dollars
FROM runs JOIN api_requests USING (_run_id)
WHERE attempts > 0 -- those of imported answers cost nothing
GROUP BY ALL ORDER BY started_at, endpoint LIMIT 12;
