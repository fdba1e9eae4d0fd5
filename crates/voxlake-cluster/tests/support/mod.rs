//! Statements and sessions for tests of the cluster.

#![allow(clippy::unwrap_used, dead_code, reason = "each test uses some of it")]

pub mod cluster;

use std::num::NonZeroUsize;
use std::sync::Arc;

use voxlake_lake::Lake;
use voxlake_query::test_lake::rows;
use voxlake_query::{
    LakeSession, NamedQuery, Params, QueryError, QueryLibrary, QueryResult, RemoteEngine, SessionOptions,
};

/// Period of the sample.
pub const PERIOD: [(&str, &str); 2] = [("from", "2026-11-02"), ("to", "2026-11-09")];

/// SQL whose plans have operators that named queries lack.
pub const STATEMENTS: &[&str] = &[
    "SELECT count(*) FROM voice_calls",
    "SELECT result, count(*), sum(total_duration), avg(total_duration) FROM voice_calls GROUP BY result ORDER BY 2 DESC, 1",
    "SELECT engagement_id, start_time, queues FROM voice_calls ORDER BY start_time, engagement_id LIMIT 5",
    "SELECT engagement_id FROM voice_calls ORDER BY total_duration DESC, engagement_id LIMIT 7 OFFSET 3",
    "SELECT * FROM calls ORDER BY start_time, engagement_id LIMIT 3",
    "SELECT queues[1]['queue_name'] q, count(*) FROM voice_calls GROUP BY q ORDER BY q",
    "SELECT q['queue_name'] n, count(*) FROM (SELECT unnest(queues) q FROM voice_calls WHERE direction = 'inbound') GROUP BY n ORDER BY n",
    "SELECT count(*), count(DISTINCT engagement_id) FROM call_legs",
    "SELECT count(*) FROM (SELECT start_time - lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time) d FROM voice_calls) WHERE d < INTERVAL '1 hour'",
    "SELECT engagement_id, rank() OVER (ORDER BY total_duration DESC, engagement_id) r FROM voice_calls ORDER BY r LIMIT 5",
    "SELECT date, sum(n) OVER (ORDER BY date) FROM (SELECT date, count(*) n FROM voice_calls GROUP BY date) ORDER BY date",
    "SELECT engagement_id, sum(total_duration) OVER (PARTITION BY direction ORDER BY start_time, engagement_id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) s FROM voice_calls ORDER BY s, engagement_id LIMIT 20",
    "SELECT direction, percentile_cont(0.95) WITHIN GROUP (ORDER BY total_duration) p, percentile_cont(0.5) WITHIN GROUP (ORDER BY total_duration) m FROM voice_calls GROUP BY direction ORDER BY 1",
    "SELECT median(total_duration) FROM voice_calls",
    "SELECT count(DISTINCT consumer_number) FROM voice_calls",
    "SELECT c.result, count(*) FROM voice_calls c JOIN queue_calls q ON c.engagement_id = q.engagement_id GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM voice_calls a JOIN voice_calls b ON a.consumer_number = b.consumer_number AND a.start_time < b.start_time",
    "SELECT count(*), count(q.queue_name) FROM calls c LEFT JOIN queue_calls q ON c.engagement_id = q.engagement_id AND q.queue_name = 'Sales'",
    "SELECT count(*) FROM (SELECT DISTINCT consumer_number n FROM voice_calls) a JOIN (SELECT DISTINCT consumer_number n FROM voice_calls) b ON a.n IS NOT DISTINCT FROM b.n",
    "SELECT count(*) FROM (SELECT DISTINCT result FROM voice_calls) a, (SELECT DISTINCT direction FROM voice_calls) b",
    "SELECT count(*) FROM (SELECT DISTINCT date FROM voice_calls) a JOIN (SELECT DISTINCT date FROM voice_calls) b ON a.date < b.date",
    "SELECT a.date, count(b.date) FROM (SELECT DISTINCT date FROM voice_calls) a LEFT JOIN (SELECT DISTINCT date FROM voice_calls WHERE date > '2026-11-04') b ON a.date < b.date GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM (SELECT DISTINCT date FROM voice_calls) a FULL JOIN (SELECT total_duration d FROM voice_calls) b ON date_part('day', a.date) = b.d OR b.d < 3",
    "SELECT count(*) FROM voice_calls WHERE engagement_id IN (SELECT engagement_id FROM queue_calls)",
    "SELECT count(*) FROM voice_calls a WHERE NOT EXISTS (SELECT 1 FROM voice_calls b WHERE a.consumer_number = b.consumer_number AND b.start_time < a.start_time)",
    "SELECT count(*) FROM voice_calls WHERE total_duration > (SELECT avg(total_duration) FROM voice_calls)",
    "SELECT date, (SELECT max(total_duration) FROM voice_calls b WHERE b.date = a.date) FROM (SELECT DISTINCT date FROM voice_calls) a ORDER BY 1",
    "SELECT 'a' k, count(*) FROM voice_calls UNION ALL SELECT result, count(*) FROM voice_calls GROUP BY result ORDER BY 1, 2",
    "SELECT count(*) FROM (SELECT total_duration FROM voice_calls WHERE direction = 'inbound' UNION ALL SELECT total_duration FROM voice_calls WHERE direction = 'outbound')",
    "SELECT result FROM voice_calls UNION SELECT direction FROM voice_calls ORDER BY 1",
    "SELECT k, sum(n) FROM (SELECT result k, count(*) n FROM voice_calls GROUP BY 1 UNION ALL SELECT result, count(*) FROM voice_calls WHERE direction = 'inbound' GROUP BY 1) GROUP BY k ORDER BY k",
    "SELECT 1 n UNION ALL SELECT total_duration FROM voice_calls UNION ALL SELECT 2 ORDER BY 1 LIMIT 8",
    "SELECT n, count(*) FROM (SELECT 1 n UNION ALL SELECT 2 UNION ALL SELECT total_duration FROM voice_calls WHERE start_time < '2020-01-01' UNION ALL SELECT total_duration FROM voice_calls WHERE date < '2026-11-04') GROUP BY n ORDER BY n LIMIT 20",
    "SELECT count(*) FROM (SELECT v.result, d.x FROM (SELECT DISTINCT result FROM voice_calls) v CROSS JOIN (VALUES (1), (2)) d(x) UNION ALL SELECT result, 3 FROM voice_calls)",
    "SELECT k, x, count(*) FROM (SELECT d.k, e.x FROM (VALUES ('a'), ('b')) d(k) CROSS JOIN (VALUES (1), (2), (3)) e(x) UNION ALL SELECT result, 0 FROM voice_calls) GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT consumer_number FROM voice_calls WHERE direction = 'inbound' EXCEPT SELECT consumer_number FROM voice_calls WHERE direction = 'outbound' ORDER BY 1 LIMIT 5",
    "SELECT count(*) FROM (SELECT consumer_number FROM voice_calls INTERSECT SELECT consumer_number FROM voice_calls)",
    "SELECT direction, result, count(*) FROM voice_calls GROUP BY ROLLUP(direction, result) ORDER BY 1, 2, 3",
    "SELECT direction, array_agg(DISTINCT result ORDER BY result) FROM voice_calls GROUP BY direction ORDER BY 1",
    "SELECT direction, first_value(engagement_id ORDER BY start_time, engagement_id) FROM voice_calls GROUP BY direction ORDER BY 1",
    "SELECT count(*) FILTER (WHERE result = 'completed'), sum(charge_amount) FROM voice_calls",
    "SELECT DISTINCT ON (direction) direction, engagement_id FROM voice_calls ORDER BY direction, start_time, engagement_id",
    "SELECT local_period(start_time, 'day', 'Europe/Berlin') d, count(*) FROM voice_calls GROUP BY d ORDER BY d",
    "SELECT date_part('hour', start_time) h, date_part('dow', start_time) w, count(*) FROM voice_calls GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(*) FROM voice_calls WHERE start_time >= '2026-11-04T00:00:00Z' AND start_time < '2026-11-04T12:00:00Z'",
    "SELECT result, count(*) FROM voice_calls WHERE date = '2026-11-04' GROUP BY result ORDER BY 1",
    "SELECT r.class, count(*) FROM voice_calls v JOIN result_classes r ON v.result = r.result GROUP BY 1 ORDER BY 1",
    "SELECT result_class, count(*) FROM calls GROUP BY 1 ORDER BY 1",
    "SELECT max(total_duration / 7.0), min(-total_duration), sum(total_duration + 1) FROM voice_calls",
    "SELECT count(*) FROM (SELECT nullif(result, 'completed') r FROM voice_calls) a WHERE r NOT IN (SELECT direction FROM voice_calls)",
    "SELECT count(*) FROM voice_calls WHERE result NOT IN (SELECT nullif(result, 'completed') FROM voice_calls WHERE date < '2026-11-04')",
    "SELECT count(*) FROM (SELECT nullif(result, 'completed') r FROM voice_calls) a WHERE r NOT IN (SELECT nullif(direction, 'inbound') FROM voice_calls)",
    "SELECT count(*) FROM (SELECT nullif(result, 'completed') r FROM voice_calls) a WHERE r NOT IN (SELECT result FROM voice_calls WHERE date < '2020-01-01')",
    "SELECT direction, count(*) FROM voice_calls WHERE engagement_id NOT IN (SELECT engagement_id FROM queue_calls WHERE queue_name = 'Sales') GROUP BY 1 ORDER BY 1",
    "SELECT count(*), min(start_time) FROM (SELECT start_time FROM voice_calls ORDER BY start_time DESC LIMIT 10) q",
    "SELECT result, count(*) FROM (SELECT result FROM voice_calls ORDER BY start_time, engagement_id LIMIT 300 OFFSET 200) q GROUP BY 1 ORDER BY 1",
    "SELECT count(DISTINCT v.engagement_id), count(*) FROM (VALUES ('completed'), ('nothing')) t(x) LEFT JOIN voice_calls v ON t.x = v.result",
    "SELECT t.x, v.engagement_id FROM (VALUES ('completed'), ('nothing')) t(x) FULL JOIN voice_calls v ON t.x = v.result ORDER BY 1, 2 LIMIT 20",
    "SELECT count(*) FROM (SELECT DISTINCT result FROM voice_calls LIMIT 3) a JOIN voice_calls b ON a.result = b.result OR 1 = 1",
    "SELECT count(*) FROM (SELECT engagement_id FROM voice_calls WHERE total_duration >= 0 LIMIT 5) a JOIN voice_calls b ON a.engagement_id = b.engagement_id",
    "SELECT v.x, count(*) FROM (SELECT * FROM (VALUES (1), (2), (3)) t(x) LIMIT 2) v, voice_calls GROUP BY 1 ORDER BY 1",
];

/// Lake of the sample.
pub async fn sample() -> Lake {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");
    Lake::open(folder).await.unwrap()
}

/// Options without summaries.
pub fn options(partitions: usize, engine: Option<Arc<dyn RemoteEngine>>) -> SessionOptions {
    SessionOptions::new().no_summaries(true).target_partitions(NonZeroUsize::new(partitions)).engine(engine)
}

/// A named query with parameters, or SQL.
#[derive(Clone, Debug)]
pub enum Statement {
    Named(NamedQuery, Vec<(String, String)>),
    Sql(&'static str),
}

impl Statement {
    pub async fn run(&self, session: &LakeSession) -> Result<QueryResult, QueryError> {
        match self {
            Self::Sql(sql) => session.sql(sql).await,
            Self::Named(query, params) => {
                let params = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                session.run(query, &params.collect::<Params>()).await
            }
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Sql(sql) => (*sql).to_owned(),
            Self::Named(query, params) => format!("{} {params:?}", query.name),
        }
    }
}

/// Every shipped and benchmark query with its defaults, each allowed value of each parameter, and a
/// time zone and a queue where it takes them.
pub async fn named_queries() -> Vec<Statement> {
    let session = LakeSession::open(&sample().await, options(1, None)).await.unwrap();
    let first = async |column: &str| {
        let sql = format!("SELECT min({column}) FROM voice_calls WHERE direction = 'inbound'");
        rows(&session.sql(&sql).await.unwrap().collect().await.unwrap()).remove(0)
    };
    let (consumer, engagement) = (first("consumer_number").await, first("engagement_id").await);
    let required = |name: &str| match name {
        "consumer" => consumer.clone(),
        "engagement" => engagement.clone(),
        "month_from" | "day_from" => "2026-11-03".to_owned(),
        "month_to" | "day_to" => "2026-11-06".to_owned(),
        name => panic!("no value for {name}"),
    };
    let (shipped, bench) = (QueryLibrary::shipped().unwrap(), QueryLibrary::benchmark().unwrap());
    let mut all = Vec::new();
    for query in shipped.iter().chain(bench.iter()) {
        let names = query.parameters.iter().map(|parameter| parameter.name.as_str());
        let names: Vec<_> = names.collect();
        let period = PERIOD.iter().filter(|(name, _)| names.contains(name));
        let mut base: Vec<_> =
            period.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for parameter in &query.parameters {
            let given = base.iter().any(|(name, _)| *name == parameter.name);
            if parameter.default.is_none() && !given {
                base.push((parameter.name.clone(), required(&parameter.name)));
            }
        }
        let mut variants = vec![base.clone()];
        for parameter in &query.parameters {
            let mut values: Vec<String> = parameter.allowed.clone();
            match parameter.name.as_str() {
                "timezone" => values.push("Europe/Berlin".to_owned()),
                "queue" => values.push("Billing".to_owned()),
                _ => {}
            }
            for value in values {
                let mut variant = base.clone();
                variant.retain(|(name, _)| *name != parameter.name);
                variant.push((parameter.name.clone(), value));
                variants.push(variant);
            }
        }
        all.extend(variants.into_iter().map(|params| Statement::Named(query.clone(), params)));
    }
    all
}

/// All statements.
pub async fn statements() -> Vec<Statement> {
    named_queries().await.into_iter().chain(STATEMENTS.iter().map(|sql| Statement::Sql(sql))).collect()
}
