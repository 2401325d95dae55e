-- question: Who buys the most tickets?
-- tables: v_space_people
-- The API gives no price of a ticket, so that nothing tells revenue.
SELECT username, count(*) AS tickets, count(*) FILTER (is_speaker) AS spoke
FROM v_space_people WHERE is_buyer AND username IS NOT NULL
GROUP BY user_id, username ORDER BY tickets DESC, username LIMIT 5;
