-- question: Are verified people heard more than others?
-- tables: v_space_people, v_spaces
SELECT coalesce(person.verified_type, 'unknown') AS verified, count(DISTINCT person.user_id) AS speakers, count(*) AS appearances,
       round(count(*) / count(DISTINCT person.user_id), 2) AS spaces_each, round(avg(room.max_participant_count)) AS avg_people
FROM v_space_people AS person JOIN v_spaces AS room USING (space_id)
WHERE person.is_speaker GROUP BY verified ORDER BY speakers DESC, verified;
