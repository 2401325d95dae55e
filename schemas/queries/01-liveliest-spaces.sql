-- question: Which Spaces are the liveliest?
-- tables: v_spaces
SELECT title, creator_username, state, max_participant_count AS people, speaker_count AS speakers
FROM v_spaces ORDER BY people DESC, space_id LIMIT 3;
