-- question: How many of a week's speakers speak again in later weeks?
-- tables: space_users, spaces
-- Weeks are counted from a speaker's first one: 0 is everybody.
WITH spoke AS (
    SELECT DISTINCT user_id, date_trunc('week', started_at AT TIME ZONE 'UTC')::DATE AS week
    FROM space_users JOIN spaces USING (space_id) WHERE role = 'speaker' AND started_at IS NOT NULL
), since AS (
    SELECT user_id, week, min(week) OVER (PARTITION BY user_id) AS first_week FROM spoke
)
SELECT first_week, (week - first_week) // 7 AS weeks_later, count(*) AS speakers,
       round(100 * count(*) / first_value(count(*)) OVER (PARTITION BY first_week ORDER BY week), 1) AS percent
FROM since GROUP BY first_week, week ORDER BY first_week, week LIMIT 12;
