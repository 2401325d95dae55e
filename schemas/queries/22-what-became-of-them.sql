-- question: What became of the Spaces?
-- tables: v_spaces
-- runs: several
-- What is gone was live when last seen and is not known any more, what was cancelled was not before its planned start.
SELECT status, count(*) AS spaces, count(*) FILTER (scheduled_start IS NOT NULL) AS planned, max(max_participant_count) AS most_people
FROM v_spaces GROUP BY status ORDER BY spaces DESC, status;
