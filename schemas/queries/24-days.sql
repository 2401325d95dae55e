-- question: How many Spaces took place on each day, and how full were they?
-- tables: v_spaces
-- Days of UTC. SET TimeZone = 'Europe/Berlin' and local_date for those of a place.
SELECT utc_date, count(*) AS spaces, max(max_participant_count) AS fullest, round(avg(max_participant_count)) AS avg_people
FROM v_spaces WHERE started_at IS NOT NULL
GROUP BY utc_date ORDER BY spaces DESC, utc_date LIMIT 5;
