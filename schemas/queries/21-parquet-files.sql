-- question: How are the Parquet files read without the database?
-- tables: parquet/spaces
-- Each run writes files of its own: of each key the newest row counts. In the store's folder, with any DuckDB.
SELECT state, count(*) AS spaces, max(participant_count) AS most_people
FROM (
    SELECT * FROM read_parquet('parquet/spaces/**/*.parquet')
    QUALIFY row_number() OVER (PARTITION BY space_id ORDER BY _fetched_at DESC, _run_id DESC, _page_id DESC) = 1
)
GROUP BY state ORDER BY state;
