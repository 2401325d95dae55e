-- question: Which hosts draw the largest audience over all their Spaces?
-- tables: v_space_people, v_spaces
SELECT host.username, count(*) AS spaces, sum(room.max_participant_count) AS people, round(avg(room.max_participant_count)) AS per_space
FROM v_space_people AS host JOIN v_spaces AS room USING (space_id)
WHERE host.is_host AND host.username IS NOT NULL AND room.state <> 'scheduled'
GROUP BY host.user_id, host.username ORDER BY people DESC, host.username LIMIT 5;
