-- question: How many people were in one Space over time?
-- tables: v_space_timeline, space_snapshots
-- runs: several
-- The Space whose room changed most. Put an id in place of the subquery.
SELECT event_at, detail AS state, participant_count AS people,
       participant_count - lag(participant_count) OVER (ORDER BY event_at) AS change
FROM v_space_timeline
WHERE event = 'seen' AND space_id = (
    SELECT space_id FROM space_snapshots
    GROUP BY space_id ORDER BY max(participant_count) - min(participant_count) DESC, space_id LIMIT 1)
ORDER BY event_at;
