-- question: Who speaks in most Spaces?
-- tables: v_space_people
SELECT username, count(DISTINCT space_id) AS spaces, max(followers_count) AS followers
FROM v_space_people WHERE is_speaker AND username IS NOT NULL
GROUP BY user_id, username ORDER BY spaces DESC, username LIMIT 3;
