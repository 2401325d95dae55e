-- question: Which tweets shared in Spaces were liked most, and who wrote them?
-- tables: v_tweets
SELECT author_username, like_count AS likes, left(text, 40) AS text, space_count AS spaces
FROM v_tweets WHERE space_id IS NOT NULL
ORDER BY likes DESC NULLS LAST, tweet_id LIMIT 3;
