-- question: How long do Spaces last, and are long ones fuller?
-- tables: v_spaces
SELECT CASE WHEN duration_minutes < 30 THEN 'under 30 minutes' WHEN duration_minutes < 60 THEN '30 to 60 minutes'
            WHEN duration_minutes < 120 THEN '1 to 2 hours' ELSE '2 hours and more' END AS duration,
       count(*) AS spaces, round(avg(duration_minutes)) AS avg_minutes, round(avg(max_participant_count)) AS avg_people
FROM v_spaces WHERE state = 'ended' AND duration_minutes IS NOT NULL
GROUP BY duration ORDER BY avg_minutes;
