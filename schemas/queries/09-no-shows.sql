-- question: Which Spaces were planned and never took place?
-- tables: v_spaces
-- runs: several
-- Last seen, or missing, an hour or more after the planned start, and no start known.
SELECT title, creator_username, scheduled_start, coalesce(unavailable_at, last_seen_at) AS looked_at, unavailable_at IS NOT NULL AS gone
FROM v_spaces WHERE status = 'no_show'
ORDER BY scheduled_start, space_id LIMIT 5;
