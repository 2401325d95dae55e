-- question: How long after the planned start do Spaces begin?
-- tables: v_spaces
SELECT is_ticketed, count(*) AS spaces, round(median(late_minutes), 1) AS median_minutes,
       round(quantile_cont(late_minutes, 0.9), 1) AS late_tenth, round(max(late_minutes), 1) AS latest
FROM v_spaces WHERE late_minutes IS NOT NULL
GROUP BY is_ticketed ORDER BY is_ticketed;
