-- question: Who hosts together, and how full are their Spaces?
-- tables: v_space_people, v_spaces
SELECT a.username AS one, b.username AS other, count(*) AS spaces, max(v_spaces.max_participant_count) AS fullest
FROM v_space_people AS a JOIN v_space_people AS b USING (space_id) JOIN v_spaces USING (space_id)
WHERE a.is_host AND b.is_host AND a.username < b.username
GROUP BY ALL ORDER BY spaces DESC, one, other LIMIT 5;
