-- question: Which topics are there, and how many people do they draw?
-- tables: space_topics, topics, spaces
SELECT topics.name AS topic, count(*) AS spaces, round(avg(participant_count)) AS avg_people
FROM space_topics JOIN topics USING (topic_id) JOIN spaces USING (space_id)
WHERE state <> 'scheduled' GROUP BY ALL ORDER BY spaces DESC, topic LIMIT 3;
