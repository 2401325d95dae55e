-- question: How many tickets were sold, against the people in the room?
-- tables: v_spaces
SELECT title, buyer_count AS buyers, participant_count AS people, round(100 * buyer_count / participant_count, 1) AS percent
FROM v_spaces WHERE is_ticketed AND buyer_count > 0 ORDER BY buyers DESC LIMIT 3;
