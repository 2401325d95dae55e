-- question: How many people were in live Spaces, run by run?
-- tables: v_space_runs, runs
-- runs: several
-- Each Space counts once a run, however often the run found it.
SELECT runs.started_at, count(*) AS live_spaces, sum(participant_count) AS people, max(participant_count) AS fullest
FROM v_space_runs JOIN runs ON runs._run_id = v_space_runs.run_id
WHERE state = 'live' GROUP BY runs.started_at ORDER BY runs.started_at;
