-- What an analyst types in a morning, over data/sample.
\d
\d queue_calls
\l
SELECT count(*) FROM voice_calls;
SELECT direction, count(*) AS calls FROM voice_calls GROUP BY direction ORDER BY calls DESC;
SELECT result, count(*) AS calls FROM voice_calls GROUP BY result ORDER BY calls DESC, result;
SELECT result_class, count(*) AS calls FROM calls GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT queue_name, count(*) AS calls FROM queue_calls GROUP BY queue_name ORDER BY calls DESC, queue_name LIMIT 5;
\chart
SELECT date, count(*) AS calls FROM voice_calls GROUP BY date ORDER BY date;
\chart line
\chart bar date calls
SELECT extract(hour FROM start_time) AS hour, count(*) AS calls FROM voice_calls GROUP BY 1 ORDER BY 1;
SELECT country_name, count(*) AS calls FROM voice_calls GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5;
SELECT charge_currency, sum(charge_amount) AS charge FROM voice_calls GROUP BY 1 ORDER BY 1;
SELECT queue_name, charge_currency, sum(charge_split) AS charge
FROM queue_calls
GROUP BY queue_name, charge_currency
ORDER BY charge DESC NULLS LAST, queue_name
LIMIT 5;
SELECT min(total_duration), avg(total_duration), max(total_duration) FROM voice_calls WHERE total_duration > 0;
SELECT exact_percentiles(total_duration, [0.5, 0.9]) AS p50_and_p90 FROM voice_calls;
\set queue 'Billing'
SELECT count(*) AS calls FROM queue_calls WHERE queue_name = :'queue';
\set least 2
SELECT queue_name, count(*) AS abandoned FROM queue_calls WHERE result = 'long_abandoned' GROUP BY 1 HAVING count(*) >= :least ORDER BY 2 DESC, 1;
\unset least
\set
SELECT engagement_id, total_duration FROM voice_calls ORDER BY total_duration DESC, engagement_id LIMIT 3;
\x
SELECT direction, distributions, queues, result FROM voice_calls WHERE cardinality(queues) > 1 ORDER BY start_time LIMIT 1;
\x off
SELECT cardinality(queues) AS queues, count(*) AS calls FROM voice_calls GROUP BY 1 ORDER BY 1;
SELECT date_trunc('day', start_time) AS day, count(*) FILTER (WHERE result_class = 'abandoned') AS abandoned FROM calls GROUP BY 1 ORDER BY 1;
WITH offered AS (SELECT queue_name, is_offered, result_class FROM queue_calls)
SELECT queue_name, round(100.0 * count(*) FILTER (WHERE result_class = 'abandoned') / count(*), 1) AS abandoned_percent
FROM offered WHERE is_offered GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;
SELECT local_time(start_time, 'Europe/Berlin') AS berlin FROM voice_calls ORDER BY start_time LIMIT 2;
SELECT count(*) AS weekend FROM voice_calls WHERE extract(dow FROM start_time) IN (0, 6);
SELECT count(DISTINCT known_number) AS callers FROM calls;
SELECT CASE WHEN total_duration < 60 THEN 'short' WHEN total_duration < 600 THEN 'usual' ELSE 'long' END AS kind, count(*)
FROM voice_calls GROUP BY 1 ORDER BY 2 DESC;
SELECT queue_name, sum(calls) AS calls FROM queue_summary('2026-11-02', '2026-11-04') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;
CREATE VIEW long_calls AS SELECT * FROM calls WHERE total_duration >= 600;
SELECT count(*) AS long_calls FROM long_calls;
CREATE TABLE busiest AS SELECT queue_name, count(*) AS calls FROM queue_calls GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2;
SELECT * FROM busiest ORDER BY calls DESC;
SELECT b.queue_name, b.calls, count(*) FILTER (WHERE q.result = 'completed') AS completed
FROM busiest b JOIN queue_calls q USING (queue_name) GROUP BY 1, 2 ORDER BY 2 DESC;
DROP VIEW long_calls;
\attach staffing staffing.csv
SELECT s.queue_name, s.agents, count(q.queue_name) AS calls FROM staffing s LEFT JOIN queue_calls q USING (queue_name) GROUP BY 1, 2 ORDER BY 1;
\d staffing
\detach staffing
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name;
SHOW datafusion.execution.batch_size;
SET datafusion.execution.batch_size = 4096;
SHOW datafusion.execution.batch_size;
DESCRIBE result_classes;
EXPLAIN SELECT 1 AS one;
\run result_mix period=2026-11-03
\run abandonment_rate from=2026-11-02 to=2026-11-05 by=queue queue=Billing
SELECT * FROM result_classes WHERE class = 'handled' ORDER BY result;
\p
\gx
SELECT count(*) AS agents FROM (SELECT DISTINCT agent_id FROM agent_calls);
\format csv
SELECT queue_name, count(*) AS calls FROM queue_calls GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2;
\format json
SELECT NULL AS nothing, 'text' AS word, [1, 2] AS list;
\format table
\?
\echo that was the morning
