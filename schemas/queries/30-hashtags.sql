-- question: Which hashtags do the tweets shared in Spaces have?
-- tables: space_tweets, tweet_entities
SELECT lower(tag) AS hashtag, count(DISTINCT tweet_id) AS tweets, count(DISTINCT space_id) AS spaces
FROM space_tweets JOIN tweet_entities USING (tweet_id)
WHERE kind = 'hashtag' GROUP BY ALL ORDER BY tweets DESC, hashtag LIMIT 5;
