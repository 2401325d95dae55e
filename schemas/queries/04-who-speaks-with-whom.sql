-- question: Who speaks with whom?
-- tables: v_space_people
SELECT a.username AS one, b.username AS other, count(*) AS spaces_together
FROM v_space_people AS a JOIN v_space_people AS b USING (space_id)
WHERE a.is_speaker AND b.is_speaker AND a.username < b.username
GROUP BY ALL ORDER BY spaces_together DESC, one, other LIMIT 5;
