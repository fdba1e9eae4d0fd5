//! Errors of wrong statements.

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::test_lake::{TestLake, call, queue};
use crate::{LakeSession, QueryError, StatementKind, classify};

/// Parts of DataFusion's messages that mean nothing to the author of a statement.
const NOISE: [&str; 22] = [
    "Utf8",
    "Int64",
    "Int32",
    "Float64",
    "Date32",
    "Decimal128",
    "MonthDayNano",
    "ArrowError",
    "CastError",
    "ParserError",
    "TokenizerError",
    "Error during planning",
    "Execution error",
    "Optimizer rule",
    "sqltorel",
    "Ident",
    "Some(",
    "DataFusion",
    "datafusion.public",
    "bug",
    " { ",
    "type_coercion",
];

fn lake() -> TestLake {
    let with = |id: &str, start: &str| {
        let more = json!({"queues": [queue("Sales")], "result": "completed", "total_duration": 60,
            "consumer_number": "+15551234", "direction": "inbound"});
        call(id, start, more)
    };
    TestLake::with_calls([with("a", "2026-11-02T08:00:00Z"), with("b", "2026-11-02T09:00:00Z")])
}

/// Runs a statement to its end.
async fn run(session: &LakeSession, sql: &str) -> Result<(), QueryError> {
    match classify(&session.parse(sql)?)? {
        StatementKind::Query => session.sql(sql).await?.collect().await.map(drop),
        StatementKind::Drop { names, .. } => Err(QueryError::NoSuchTable { name: names.concat() }),
        other => panic!("{sql}: {other:?}"),
    }
}

/// The errors of statements, one a line, each with its place and hint.
async fn told(statements: &str) -> String {
    let lake = lake();
    let session = lake.session().await;
    let completions = session.completion_catalog().await.unwrap();
    let mut told = Vec::new();
    for sql in statements.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let sql = sql.replace("\\n", "\n");
        let Err(error) = run(&session, &sql).await else { panic!("{sql} is no error") };
        let Diagnostic { message, span, hint } = Diagnostic::new(&error, &sql, &completions);
        let span = span.map_or_else(String::new, |span| {
            format!("\n{}{} line {}", " ".repeat(span.column - 1), "^".repeat(span.length), span.line)
        });
        let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        for text in [&message, &hint, &error.to_string()] {
            let noise = NOISE.iter().find(|noise| text.contains(**noise));
            assert!(
                noise.is_none() || matches!(error, QueryError::ReadOnly { .. }),
                "{noise:?} in {sql}: {text}"
            );
        }
        told.push(format!("{sql}{span}\n{message}{hint}"));
    }
    told.join("\n\n")
}

#[tokio::test]
async fn wrong_names_have_suggestions() {
    assert_snapshot!(
        told(
            r#"
            SELECT reslt FROM voice_calls
            SELECT count(*) FROM voice_calls v WHERE v.directoin = 'inbound'
            SELECT queue_name FROM calls
            SELECT "Result" FROM calls
            SELECT count(*) FROM calls WHERE result = "completed"
            SELECT zzz FROM calls
            SELECT result
            SELECT * FROM calls LIMIT result
            SELECT x.result FROM calls
            SELECT calls.result FROM calls c
            SELECT c.* FROM calls
            SELECT "calls"."Result" FROM calls
            SELECT * EXCLUDE (nothing) FROM calls
            SELECT * FROM calls JOIN queue_calls USING (nothing)
            SELECT a.result FROM calls a JOIN calls b ON a.result = b.result WHERE direction = 'x'
            SELECT result FROM calls, queue_calls AS q
            SELECT * FROM calls a JOIN calls a ON true
            SELECT * FROM calls, calls
            SELECT 1 AS a, 2 AS a
            SELECT result, result FROM calls
            WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a
            WITH a (x, y) AS (SELECT 1) SELECT * FROM a
            WITH r AS (SELECT n + 1 AS n FROM r) SELECT * FROM r
            SELECT * FROM queue_cals
            SELECT * FROM zzz
            SELECT * FROM nodb.noschema.nothing
            SELECT * FROM queue_sumary('2026-11-01', '2026-11-02')
            SELECT\n  coutn(*)\nFROM calls
            SELECT local_tme(start_time, 'UTC') FROM calls
            SELECT year(start_time) FROM calls
            SELECT datediff('day', start_time, end_time) FROM calls
            SELECT getdate()
            SELECT group_concat(result) FROM calls
            SELECT row_number(), result FROM calls
            SELECT row_number() OVER w FROM calls
            SELECT queues[1]['queue_nme'] FROM voice_calls
            DROP TABLE mine
            SHOW foo
            SHOW COLUMNS FROM nothing
            SET datafusion.execution.batch_sizes = 3
            "#
        )
        .await
    );
}

#[tokio::test]
async fn unparsed_statements_have_places() {
    assert_snapshot!(
        told(
            r"
            SELECT FROM WHERE
            SELCT 1
            SELECT count(*\nFROM calls
            SELECT 'open
            SELECT * FROM calls WHERE result = 'it's'
            SELECT 1 LIMIT
            SELECT 1 FROM calls WHERE
            SELECT 1 +
            SELECT 1)
            SELECT a b c FROM calls
            SELECT count(*) FORM calls
            SELECT * FROM calls GROUP result
            SELECT * FROM calls ORDR BY result
            SELECT * FROM calls LIMIT 5 WHERE result = 'x'
            SELECT * FROM calls WHER result = 'x'
            TABLE calls
            SELECT 1; SELECT 2
            SELECT 'カスタマー', é FROM calls WHERE (result = 'x'
            "
        )
        .await
    );
}

/// Characters that look like blanks or quotes, and a statement that is too deep.
#[tokio::test]
async fn hidden_characters_are_named() {
    assert_snapshot!(
        told(
            &[
                "SELECT 1\u{200b} FROM calls",
                "\u{feff}SELECT 1",
                "SELECT \u{201c}result\u{201d} FROM calls",
                "SELECT * FROM calls WHERE result = \u{2018}x\u{2019}",
                "SELECT 2 \u{2013} 1",
                "SELECT '\u{200b}' FROM calls WHERE (",
            ]
            .join("\n")
        )
        .await
    );
    let deep = format!("SELECT {}1{}", "(".repeat(90), ")".repeat(90));
    assert_snapshot!(told(&deep).await.replace(&deep, "SELECT (((…"), @r"
    SELECT (((…
    the statement is nested too deeply
    hint: WITH takes parts of it out
    ");
}

#[tokio::test]
async fn groups_and_windows_have_remedies() {
    assert_snapshot!(
        told(
            r"
            SELECT direction, result, count(*) FROM calls GROUP BY direction
            SELECT result, count(*) FROM calls
            SELECT result FROM calls GROUP BY result HAVING direction = 'x'
            SELECT result, count(*) FROM calls GROUP BY 3
            SELECT result FROM calls ORDER BY 5
            SELECT charge_amount | charge_amount FROM calls
            SELECT avg(total_duration), avg(total_duration::double) FROM calls
            SELECT lag(total_duration) OVER w, lag(CAST(total_duration AS DOUBLE)) OVER w FROM calls WINDOW w AS (ORDER BY start_time)
            SELECT total_duration, CAST(total_duration AS DOUBLE), count(*) FROM calls GROUP BY total_duration, CAST(total_duration AS DOUBLE)
            SELECT total_duration AS a, CAST(result AS TEXT) AS a FROM calls
            SELECT DISTINCT result FROM calls ORDER BY start_time
            SELECT DISTINCT ON (result) * FROM calls ORDER BY start_time
            SELECT * FROM calls WHERE count(*) > 1
            SELECT * FROM calls WHERE row_number() OVER (ORDER BY start_time) = 1
            SELECT sum(count(*)) FROM calls GROUP BY result
            SELECT count(*) FILTER (WHERE row_number() OVER () = 1) FROM calls
            SELECT GROUPING(result) FROM calls
            SELECT sum(*) FROM calls
            SELECT sum(total_duration) OVER (ORDER BY start_time ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM calls
            SELECT sum(total_duration) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM calls
            SELECT percentile_cont(2) WITHIN GROUP (ORDER BY total_duration) FROM calls
            "
        )
        .await
    );
}

#[tokio::test]
async fn wrong_types_are_named() {
    assert_snapshot!(
        told(
            r"
            SELECT sum(result) FROM calls
            SELECT avg(start_time) FROM calls
            SELECT local_time(result) FROM calls
            SELECT upper(1, 2)
            SELECT upper(start_time) FROM calls
            SELECT substr('abc')
            SELECT round('abc')
            SELECT abs('x')
            SELECT concat()
            SELECT lag(result, 1, 2, 3, 4) OVER (ORDER BY start_time) FROM calls
            SELECT date_trunc(start_time, 'day') FROM calls
            SELECT to_char(start_time) FROM calls
            SELECT string_agg(result) FROM calls
            SELECT coalesce(result, total_duration, start_time) FROM calls
            SELECT [1, 'x', true]
            SELECT array_element([1, 2], 'x')
            SELECT result + 1 FROM calls
            SELECT start_time + 1 FROM calls
            SELECT start_time - '1 day' FROM calls
            SELECT start_time + start_time FROM calls
            SELECT * FROM calls WHERE start_time > now() - 7
            SELECT NOT result FROM calls
            SELECT -result FROM calls
            SELECT * FROM calls WHERE total_duration
            SELECT * FROM calls WHERE total_duration LIKE 'x%'
            SELECT * FROM calls WHERE recorded = 'yes'
            SELECT CASE WHEN true THEN 1 ELSE start_time END FROM calls
            SELECT CAST(start_time AS BOOLEAN) FROM calls
            SELECT start_time FROM calls UNION ALL SELECT recorded FROM calls
            SELECT direction FROM calls UNION SELECT direction, result FROM calls
            SELECT * FROM (VALUES (1, 2), (3)) t
            SELECT unnest(result) FROM calls
            SELECT queues['queue_name'] FROM voice_calls
            SELECT queues.queue_name FROM voice_calls
            SELECT * FROM calls LIMIT 'x'
            SELECT * FROM calls LIMIT -1
            SELECT * FROM calls OFFSET -5
            "
        )
        .await
    );
}

#[tokio::test]
async fn wrong_values_are_shown() {
    assert_snapshot!(
        told(
            r"
            SELECT CAST('abc' AS INT)
            SELECT CAST(result AS INT) FROM calls
            SELECT result::timestamp FROM calls
            SELECT CAST(result AS DATE) FROM calls
            SELECT CAST('12,50' AS DECIMAL(10,2))
            SELECT CAST(99999 AS DECIMAL(4,2))
            SELECT CAST('maybe' AS BOOLEAN)
            SELECT CAST('soon' AS TIMESTAMP)
            SELECT CAST(1e30 AS BIGINT)
            SELECT CAST(3000000000 AS INT)
            SELECT DATE '2026-13-01'
            SELECT TIMESTAMP '2026-11-27 25:00'
            SELECT * FROM calls WHERE start_time > 'yesterday'
            SELECT * FROM calls WHERE date > '2026-02-30'
            SELECT * FROM calls WHERE total_duration = 'x'
            SELECT * FROM calls WHERE result = 1
            SELECT * FROM calls WHERE result IN (1, 2)
            SELECT INTERVAL '5 parsecs'
            SELECT * FROM (VALUES (1), ('x')) t
            SELECT greatest(result, start_time) FROM calls
            SELECT 1 / 0
            SELECT total_duration % 0 FROM calls
            SELECT * FROM calls WHERE result ~ '('
            SELECT regexp_replace(result, '[', 'x') FROM calls
            SELECT date_trunc('fortnight', start_time) FROM calls
            SELECT date_part('epock', start_time) FROM calls
            SELECT to_timestamp('hello')
            SELECT local_time(start_time, 'Nowhere') FROM calls
            SELECT date_bin(INTERVAL '0 minutes', start_time) FROM calls
            SELECT make_date(2026, 13, 1)
            SELECT decode('zz', 'hex')
            SELECT digest('x', 'md6')
            SELECT split_part('a', 'b', 0)
            SELECT factorial(30)
            SELECT repeat('x', 10000000000)
            SELECT sqrt(-1)
            SELECT $1
            "
        )
        .await
    );
}

#[tokio::test]
async fn unsupported_constructs_have_rewrites() {
    assert_snapshot!(
        told(
            r#"
            SELECT engagement_id IN (SELECT engagement_id FROM queue_calls) FROM calls
            SELECT CASE WHEN result IN (SELECT result FROM result_classes) THEN 1 END FROM calls
            SELECT EXISTS (SELECT 1 FROM queue_calls q WHERE q.engagement_id = c.engagement_id) FROM calls c
            SELECT result, (SELECT count(*) FROM queue_calls q WHERE q.start_time > c.start_time) FROM calls c
            SELECT (SELECT q.result FROM queue_calls q WHERE q.engagement_id = c.engagement_id LIMIT 1) FROM calls c
            SELECT (SELECT q.result FROM queue_calls q WHERE q.engagement_id = c.engagement_id) FROM calls c
            SELECT 1 FROM calls c WHERE (SELECT bool_or(true) FROM (SELECT total_duration AS x FROM queue_calls) q WHERE q.x >= c.total_duration)
            SELECT 1 FROM result_classes c WHERE (SELECT bool_and(true) FROM (SELECT count(*) AS n FROM queue_calls) q WHERE q.n::text >= c.result AND 0 NOT IN (SELECT 0 FROM queue_calls))
            SELECT (SELECT result FROM calls)
            SELECT (SELECT result, direction FROM calls LIMIT 1)
            SELECT * FROM calls WHERE (result, direction) IN (SELECT result, direction FROM queue_calls)
            SELECT * FROM calls c, LATERAL (SELECT * FROM queue_calls q WHERE q.engagement_id = c.engagement_id LIMIT 1) x
            WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1, 2 FROM r WHERE n < 5) SELECT * FROM r
            SELECT TOP 5 * FROM calls
            SELECT * FROM calls FETCH FIRST 5 ROWS ONLY
            SELECT * FROM calls PIVOT (count(*) FOR result IN ('completed', 'missed'))
            SELECT 'a' COLLATE "de" FROM calls
            SELECT CAST(1 AS MONEY)
            SELECT 1::uuid
            SELECT result -> 'a' FROM calls
            SELECT unnest(queues).queue_name FROM voice_calls
            SELECT * FROM calls FOR SYSTEM_TIME AS OF '2026-11-01'
            SELECT ARRAY(SELECT result FROM calls)
            INSERT INTO calls SELECT 1
            CREATE INDEX i ON calls (result)
            SET x = 1
            "#
        )
        .await
    );
}

/// Rewrites that hints suggest.
#[tokio::test]
async fn remedies_work() {
    let lake = lake();
    let session = lake.session().await;
    for sql in [
        "SELECT s.key IS NOT NULL FROM calls LEFT JOIN (SELECT DISTINCT engagement_id AS key FROM queue_calls) s ON s.key = engagement_id",
        "SELECT a.engagement_id, count(b.engagement_id) FROM calls a LEFT JOIN calls b ON b.start_time > a.start_time GROUP BY a.engagement_id",
        "SELECT a.engagement_id, b.queue_name FROM calls a JOIN queue_calls b ON b.engagement_id = a.engagement_id QUALIFY row_number() OVER (PARTITION BY a.engagement_id ORDER BY b.queue_name) = 1",
        "SELECT (SELECT max(q.result) FROM queue_calls q WHERE q.engagement_id = c.engagement_id) FROM calls c",
        "SELECT (SELECT result FROM calls LIMIT 1)",
        "SELECT * FROM calls c WHERE EXISTS (SELECT 1 FROM queue_calls q WHERE q.result = c.result AND q.direction = c.direction)",
        "SELECT result FROM calls GROUP BY result HAVING count(*) > 1",
        "SELECT result FROM calls QUALIFY row_number() OVER (ORDER BY start_time) = 1",
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM calls GROUP BY result) s",
        "SELECT sum(total_duration) OVER w FROM calls WINDOW w AS (ORDER BY start_time)",
        "SELECT result, min(direction), first_value(direction) FROM calls GROUP BY result",
        "SELECT result FROM calls GROUP BY result ORDER BY min(start_time)",
        "SELECT * FROM calls WHERE NOT recorded",
        "SELECT * FROM calls WHERE CAST(total_duration AS VARCHAR) LIKE '6%'",
        "SELECT queues[1]['queue_name'], unnest(queues)['queue_name'] FROM voice_calls",
        "SELECT total_duration / nullif(0, 0) FROM calls",
        "SELECT TRY_CAST(result AS INT), TRY_CAST(result AS DOUBLE) FROM calls",
        "SELECT * FROM calls WHERE result = '1' AND start_time > now() - INTERVAL '1 day' AND date < current_date - 1",
        "SELECT CAST('12.50' AS DECIMAL(10,2)), CAST(1e18 AS DECIMAL(38,0)), INTERVAL '90 seconds'",
        "SELECT extract(year FROM start_time), extract(dow FROM start_time), end_time - start_time FROM calls",
        "SELECT start_time + INTERVAL '1 day', now(), current_date, length(result) FROM calls",
        "SELECT string_agg(result, ','), array_agg(result), stddev(total_duration), count(*) FILTER (WHERE recorded) FROM calls",
        "SELECT first_value(result ORDER BY start_time), last_value(result ORDER BY start_time) FROM calls",
        "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY total_duration) FROM calls",
        "SELECT strpos(result, 'a'), to_char(start_time, '%Y-%m-%d'), upper(result), lower(result), random() FROM calls",
        "SELECT to_timestamp('2026-11-02', '%Y-%m-%d'), substr('abc', 1, 3), string_to_array('a,b', ','), regexp_match('abc', 'b')",
        "SELECT * FROM calls WHERE result ~ '\\('",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
        "SELECT result, count(*) AS other FROM calls GROUP BY result ORDER BY result LIMIT 5",
    ] {
        run(&session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
