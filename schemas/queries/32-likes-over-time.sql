-- question: Which tweets won the most likes between the first sighting and the last?
-- tables: tweet_snapshots
-- runs: several
SELECT tweet_id, min_by(like_count, observed_at) AS at_first, max_by(like_count, observed_at) AS at_last, at_last - at_first AS won, count(*) AS sightings
FROM tweet_snapshots
GROUP BY tweet_id HAVING count(*) > 1 ORDER BY won DESC, tweet_id LIMIT 5;
