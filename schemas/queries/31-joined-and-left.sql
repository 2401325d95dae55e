-- question: Who came to have a role in a Space after it was first seen, and until when?
-- tables: space_users_history, spaces, users
-- runs: several
-- The API lists a speaker for as long as it knows the Space: an invitation is what ends.
SELECT spaces.title, users.username, seen.role, seen.valid_from AS since, seen.valid_to AS until
FROM space_users_history AS seen JOIN spaces USING (space_id) LEFT JOIN users USING (user_id)
WHERE seen.valid_from > spaces.first_seen_at
ORDER BY since, spaces.space_id, username, role LIMIT 5;
