-- question: Who hosts most, and for how many people?
-- tables: v_people
-- Of each Space the most people at once count, and a listener of two Spaces counts twice.
SELECT username, hosted_count AS hosted, spoken_count AS spoken, hosted_audience AS people, largest_audience AS fullest
FROM v_people WHERE username IS NOT NULL
ORDER BY hosted DESC, username LIMIT 5;
