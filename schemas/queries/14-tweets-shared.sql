-- question: Which Spaces have the most tweets shared in them, and how do those fare?
-- tables: space_tweets, tweets, spaces
SELECT title, count(*) AS tweets, count(DISTINCT author_id) AS authors, sum(like_count) AS likes,
       sum(retweet_count + quote_count) AS shares, round(sum(like_count) / count(*)) AS likes_per_tweet
FROM space_tweets JOIN tweets USING (tweet_id) JOIN spaces USING (space_id)
GROUP BY space_id, title ORDER BY tweets DESC, space_id LIMIT 5;
