-- question: Which Spaces were seen and are gone, and what was last known of them?
-- tables: v_spaces
-- runs: several
SELECT title, creator_username, state AS last_state, max_participant_count AS people, last_seen_at, unavailable_at
FROM v_spaces WHERE unavailable_at IS NOT NULL
ORDER BY unavailable_at, space_id LIMIT 5;
