-- question: What did the API not give, and why?
-- tables: api_errors
SELECT resource_type, problem, parameter, count(*) AS times, min(resource_id) AS example
FROM api_errors GROUP BY resource_type, problem, parameter ORDER BY times DESC, resource_type LIMIT 3;
