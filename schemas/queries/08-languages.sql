-- question: In which languages are the Spaces, and how full are they?
-- tables: v_spaces
SELECT lang, count(*) AS spaces, round(100 * count(*) / sum(count(*)) OVER (), 1) AS percent,
       median(max_participant_count) FILTER (state <> 'scheduled') AS median_people
FROM v_spaces GROUP BY lang ORDER BY spaces DESC, lang;
