-- question: Which speakers won the most followers between the first sighting and the last?
-- tables: users_history, space_users
-- runs: several
SELECT max_by(username, valid_from) AS username, min_by(followers_count, valid_from) AS at_first,
       max_by(followers_count, valid_from) AS at_last, at_last - at_first AS won
FROM users_history
WHERE user_id IN (SELECT user_id FROM space_users WHERE role = 'speaker')
GROUP BY user_id HAVING won <> 0 ORDER BY won DESC, username LIMIT 5;
