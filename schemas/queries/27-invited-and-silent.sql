-- question: Who is invited to speak most, and how often do they?
-- tables: v_space_people, v_spaces
SELECT username, count(*) AS invited, count(*) FILTER (is_speaker) AS spoke
FROM v_space_people JOIN v_spaces USING (space_id)
WHERE is_invited AND started_at IS NOT NULL AND username IS NOT NULL
GROUP BY user_id, username ORDER BY invited DESC, username LIMIT 5;
