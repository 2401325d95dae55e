-- question: At which hours of the week do Spaces start, and when are they fullest?
-- tables: v_spaces
-- Hours of UTC. For those of a place: started_at AT TIME ZONE 'Europe/Berlin'.
WITH started AS (
    SELECT started_at AT TIME ZONE 'UTC' AS start, max_participant_count AS people FROM v_spaces WHERE started_at IS NOT NULL
)
SELECT dayname(start) AS weekday, hour(start) AS hour, count(*) AS spaces, round(median(people)) AS median_people
FROM started GROUP BY isodow(start), weekday, hour
ORDER BY spaces DESC, isodow(start), hour LIMIT 5;
