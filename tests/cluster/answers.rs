//! Every named query, and statements with other operators, on a cluster over a bucket.

use std::fmt::Write as _;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;
use voxlake_query::{NamedQuery, QueryLibrary};

use super::processes::{Cluster, PATIENCE};
use crate::object_store::moto::Moto;
use crate::support::{RunOutput, sample};

/// Unions, empty inputs, joins, subqueries, windows and limits.
const STATEMENTS: &[&str] = &[
    "SELECT count(*) FROM voice_calls",
    "SELECT count(*) FROM days",
    "SELECT * FROM calls ORDER BY start_time, engagement_id",
    "SELECT engagement_id FROM voice_calls ORDER BY total_duration DESC, engagement_id LIMIT 7 OFFSET 3",
    "SELECT 'a' k, count(*) FROM voice_calls UNION ALL SELECT result, count(*) FROM voice_calls GROUP BY result ORDER BY 1, 2",
    "SELECT result FROM voice_calls UNION SELECT direction FROM voice_calls ORDER BY 1",
    "SELECT 1 n UNION ALL SELECT total_duration FROM voice_calls UNION ALL SELECT 2 ORDER BY 1 LIMIT 8",
    "SELECT k, x, count(*) FROM (SELECT d.k, e.x FROM (VALUES ('a'), ('b')) d(k) CROSS JOIN (VALUES (1), (2), (3)) e(x) UNION ALL SELECT result, 0 FROM voice_calls) GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(*), sum(total_duration) FROM voice_calls WHERE start_time < '2020-01-01'",
    "SELECT result, count(*) FROM voice_calls WHERE start_time < '2020-01-01' GROUP BY result",
    "SELECT count(*) FROM voice_calls a JOIN (SELECT consumer_number FROM voice_calls WHERE date < '2020-01-01') b ON a.consumer_number = b.consumer_number",
    "SELECT a.result, b.direction, count(*), sum(a.total_duration) FROM voice_calls a JOIN voice_calls b ON a.consumer_number = b.consumer_number GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(*), count(q.queue_name) FROM calls c LEFT JOIN queue_calls q ON c.engagement_id = q.engagement_id AND q.queue_name = 'Sales'",
    "SELECT a.date, count(b.date) FROM (SELECT DISTINCT date FROM voice_calls) a LEFT JOIN (SELECT DISTINCT date FROM voice_calls WHERE date > '2026-11-04') b ON a.date < b.date GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM (SELECT DISTINCT date FROM voice_calls) a FULL JOIN (SELECT total_duration d FROM voice_calls) b ON date_part('day', a.date) = b.d OR b.d < 3",
    "SELECT count(*) FROM voice_calls a WHERE NOT EXISTS (SELECT 1 FROM voice_calls b WHERE a.consumer_number = b.consumer_number AND b.start_time < a.start_time)",
    "SELECT count(*) FROM voice_calls WHERE engagement_id IN (SELECT engagement_id FROM queue_calls)",
    "SELECT count(*) FROM voice_calls WHERE total_duration > (SELECT avg(total_duration) FROM voice_calls)",
    "SELECT date, (SELECT max(total_duration) FROM voice_calls b WHERE b.date = a.date) FROM (SELECT DISTINCT date FROM voice_calls) a ORDER BY 1",
    "SELECT date, sum(n) OVER (ORDER BY date) FROM (SELECT date, count(*) n FROM voice_calls GROUP BY date) ORDER BY date",
    "SELECT count(*) FROM (SELECT start_time - lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time) d FROM voice_calls) WHERE d < INTERVAL '1 hour'",
    "SELECT direction, result, count(*) FROM voice_calls GROUP BY ROLLUP(direction, result) ORDER BY 1, 2, 3",
    "SELECT direction, percentile_cont(0.95) WITHIN GROUP (ORDER BY total_duration) p FROM voice_calls GROUP BY direction ORDER BY 1",
    "SELECT count(DISTINCT consumer_number), count(DISTINCT engagement_id) FROM call_legs",
    "SELECT q['queue_name'] n, count(*) FROM (SELECT unnest(queues) q FROM voice_calls) GROUP BY n ORDER BY n",
];
/// Days of the lake. Each scan takes several requests per day, which the stand-in answers slowly.
const DAYS: [&str; 2] = ["2026-11-02", "2026-11-05"];

/// A line of a script and its title, which precedes its output.
struct Item {
    title: String,
    line: String,
}

/// Statements, and named queries with their defaults.
fn items() -> Vec<Item> {
    let sql = STATEMENTS.iter().map(|sql| Item { title: (*sql).to_owned(), line: format!("{sql};") });
    let named = |query: &NamedQuery| run(query, "");
    sql.chain(QueryLibrary::shipped().unwrap().iter().map(named)).collect()
}

/// Named queries with each allowed value of each parameter, in another time zone, and for a queue.
fn variants() -> Vec<Item> {
    let mut items = Vec::new();
    for query in QueryLibrary::shipped().unwrap().iter() {
        for parameter in &query.parameters {
            let values = match parameter.name.as_str() {
                "timezone" => vec!["Europe/Berlin".to_owned()],
                "queue" => vec!["Billing".to_owned()],
                _ => parameter.allowed.clone(),
            };
            items.extend(values.iter().map(|value| run(query, &format!("{}={value}", parameter.name))));
        }
    }
    items
}

/// Runs `query` over the sample. `parameter` is one of its parameters with a value, or empty.
fn run(query: &NamedQuery, parameter: &str) -> Item {
    let line = format!("\\run {} from=2026-11-02 to=2026-11-09 {parameter}", query.name);
    Item { title: format!("{} {parameter}", query.name), line: line.trim_end().to_owned() }
}

/// Runs items in one shell. Returns the output of each.
async fn outputs(mut shell: Command, items: &[Item]) -> Vec<String> {
    let mut script = String::new();
    for (number, item) in items.iter().enumerate() {
        writeln!(script, "\\echo == {number} ==\n{}", item.line).unwrap();
    }
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let write = async {
        input.write_all(script.as_bytes()).await.unwrap();
        drop(input);
    };
    let (output, ()) = tokio::join!(timeout(3 * PATIENCE, child.wait_with_output()), write);
    let ran: RunOutput = output.unwrap().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let parts: Vec<_> = ran.out.split("== ").skip(1).filter_map(|part| part.split_once(" ==\n")).collect();
    assert_eq!(parts.len(), items.len());
    parts.into_iter().map(|(_, output)| output.to_owned()).collect()
}

fn shell(cluster: &Cluster, engine: &str) -> Command {
    let args = ["sql", "--no-sqlrc", "--no-summaries", "--keep-going", "--format", "csv", "--engine", engine];
    cluster.voxlake(args)
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_of_a_bucket_answer_like_one_process() {
    let Some(moto) = Moto::start().await else { return };
    for day in DAYS {
        moto.put_day(&sample(), "lake", day).await;
    }
    let variables = moto.variables();
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let cluster = Cluster::over("s3://calls/lake", &variables, 2).await;
    let mut differ = Vec::new();
    for (items, partitions) in [(items(), &[1, 2, 4, 5, 8, 16][..]), (variants(), &[4])] {
        let expected = outputs(shell(&cluster, "local"), &items).await;
        for partitions in partitions {
            let jobs = cluster.log.jobs();
            let engine = cluster.url(&format!("partitions={partitions}&deadline=60"));
            let found = outputs(shell(&cluster, &engine), &items).await;
            for ((item, expected), found) in items.iter().zip(&expected).zip(&found) {
                if found != expected {
                    differ.push(format!("{partitions} partitions, {}:\n{found}", item.title));
                }
            }
            // Only the query of `days` has no job.
            assert!(cluster.log.jobs() - jobs >= items.len() - 1, "{partitions} partitions");
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}
