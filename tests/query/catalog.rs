//! Named queries: list, description, user queries, and single queues.

use crate::query::synced;
use crate::support::{run, voxlake};

const OWN: &str = "\
-- title: How many calls did these queues have?
-- description:
--   Calls that passed through a queue, each counted once.
-- parameter: from timestamp
--   Start of the period.
-- parameter: to timestamp
--   End of the period.
-- parameter: queue texts =
--   Only these queues, by name or id.
-- column: calls integer (calls)
--   Calls.
SELECT count(DISTINCT engagement_id) AS calls
FROM queue_calls
WHERE start_time >= $from AND start_time < $to
    AND (cardinality($queue) = 0 OR array_has($queue, queue_id) OR array_has($queue, queue_name))
";

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_listed_without_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(voxlake(folder.path()).args(["query", "--list"])).await.ok();
    for name in ["abandonment_rate", "duration_percentiles", "queue_charges"] {
        assert!(out.lines().any(|line| line.starts_with(name) && line.len() > name.len() + 10), "{out}");
    }
    let out = run(voxlake(folder.path()).args(["query", "--describe", "queue_charges"])).await.ok();
    for said in [
        "What did each queue cost?",
        "-p attribution=auto|legs|split|first|last [default: auto]",
        "charge: decimal",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let out = run(voxlake(folder.path()).args(["query", "--describe", "repeat_callers"])).await.ok();
    for said in ["-p days=1..366 [default: 7]", "the days before the period; days is their number"] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let ran = run(voxlake(folder.path()).args(["query", "--describe", "queue_charge"])).await;
    assert!(ran.code == 2 && ran.err.contains("queue_charges"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_columns_mean_is_told_by_describe() {
    let case = synced().await;
    let out = run(&mut case.voxlake(["query", "-c", "DESCRIBE queue_calls", "--format", "csv"])).await.ok();
    assert!(
        out.starts_with(
            "column_name,data_type,is_nullable,comment\nengagement_id,text,NO,the engagement's id\n"
        ),
        "{out}"
    );
    let sql = "SELECT bool_and(covered) AS covered, min(date) AS first FROM days WHERE date < '2025-03-06'";
    let out = run(&mut case.voxlake(["query", "-c", sql, "--format", "csv"])).await.ok();
    assert_eq!(out, "covered,first\ntrue,2025-03-03\n");
}

/// Their folder is given by option, configuration file or environment variable.
#[tokio::test(flavor = "multi_thread")]
async fn user_queries_join_the_list() {
    let case = synced().await;
    let folder = case.folder.path();
    std::fs::create_dir(folder.join("own")).unwrap();
    std::fs::write(folder.join("own/calls_of_queues.sql"), OWN).unwrap();
    let ask = ["query", "calls_of_queues", "--period", "2025", "--format", "csv"];
    let expected = run(&mut case.voxlake(ask.into_iter().chain(["--queries", "own"]))).await.ok();
    assert_eq!(run(case.voxlake(ask).env("VOXLAKE_QUERIES", "own")).await.ok(), expected);
    std::fs::write(folder.join("voxlake.toml"), "queries = 'own'\n").unwrap();
    assert_eq!(run(&mut case.voxlake(ask)).await.ok(), expected);
    let list = run(&mut case.voxlake(["query", "--list"])).await.ok();
    assert!(list.contains("calls_of_queues ") && list.contains("queue_charges "), "{list}");
    assert!(expected.lines().nth(1).unwrap().parse::<usize>().unwrap() > 100, "{expected}");

    std::fs::write(folder.join("own/broken.sql"), "-- titel: ?\nSELECT 1\n").unwrap();
    let ran = run(&mut case.voxlake(ask)).await;
    assert!(ran.code == 2 && ran.err.contains("broken.sql") && ran.err.contains("line 1"), "{ran:?}");
    let ran = run(&mut case.voxlake(ask.into_iter().chain(["--queries", "none"]))).await;
    assert!(ran.code == 2 && ran.err.contains("none"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_limited_to_single_queues() {
    let case = synced().await;
    let folder = case.folder.path();
    std::fs::create_dir(folder.join("own")).unwrap();
    std::fs::write(folder.join("own/calls_of_queues.sql"), OWN).unwrap();
    let calls = |queues: Vec<String>| {
        let args = ["query", "calls_of_queues", "--queries", "own", "--period", "2025", "--format", "csv"];
        let mut command = case.voxlake(args);
        command.args(queues.iter().flat_map(|queue| ["--queue", queue]));
        async move {
            let csv = run(&mut command).await.ok();
            csv.lines().nth(1).unwrap().parse::<usize>().unwrap()
        }
    };
    let of =
        |wanted: &dyn Fn(&voxlake_sim::Call) -> bool| case.calls().iter().filter(|call| wanted(call)).count();
    let queue = case.calls().iter().find_map(|call| call.queues.first().cloned()).unwrap();
    let passed = of(&|call| call.queues.iter().any(|one| one.queue_name == queue.queue_name));
    assert_eq!(calls(vec![queue.queue_name.to_string()]).await, passed);
    assert!(calls(vec![]).await > passed);

    std::fs::write(
        folder.join("own/plain.sql"),
        OWN.replace("-- parameter: queue texts =\n--   Only these queues, by name or id.\n", "")
            .replace("$queue", "make_array('')"),
    )
    .unwrap();
    let ran = run(&mut case.voxlake(["query", "plain", "--queries", "own", "--queue", "Sales"])).await;
    assert!(ran.code == 2 && ran.err.contains("calls_of_queues"), "{ran:?}");
}

#[tokio::test]
async fn an_ambiguous_queue_name_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let call = |id: &str, queue: &str| {
        let queues = serde_json::json!([{"cc_queue_id": queue, "queue_name": "Care"}]);
        let call =
            serde_json::json!({"engagement_id": id, "start_time": "2026-11-02T08:00:00Z", "queues": queues});
        call.to_string()
    };
    std::fs::write(folder.path().join("calls.ndjson"), [call("a", "q1"), call("b", "q2")].join("\n"))
        .unwrap();
    run(voxlake(folder.path()).args(["import", "calls.ndjson"])).await.ok();
    let ask = ["query", "call_volume", "-p", "direction=all", "--period", "2026-11-02", "--format", "csv"];
    let ran = run(voxlake(folder.path()).args(ask).args(["--queue", "Care"])).await;
    let notice = "\"Care\" stands for 2 queues, and all of them count: \"q1\", \"q2\"";
    assert!(ran.err.lines().any(|line| line == notice), "{ran:?}");
    assert!(ran.out.lines().last().unwrap().starts_with("total,,,2,"), "{ran:?}");
    let empty = ["query", "call_volume", "--from", "2026-11-02", "--to", "2026-11-02", "--format", "csv"];
    let ran = run(voxlake(folder.path()).args(empty)).await;
    assert!(ran.err.contains("the period is empty: it ends where it begins"), "{ran:?}");
}

/// As options, in the shell, and in a query of the user's own; with summaries and without.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_queues_are_errors() {
    let case = synced().await;
    let folder = case.folder.path();
    std::fs::create_dir(folder.join("own")).unwrap();
    std::fs::write(folder.join("own/calls_of_queues.sql"), OWN).unwrap();
    let queue =
        case.calls().iter().find_map(|call| call.queues.first().cloned()).unwrap().queue_name.to_string();
    let typo = format!("{}{queue}", &queue[..1]);
    let told =
        format!("no call of the lake has a queue with the id or name {typo:?}; did you mean {queue:?}");
    let shell = format!("\\run abandonment_rate period=2025 queue='{typo}'");
    for (args, code) in [
        (vec!["query", "abandonment_rate", "--period", "2025", "--queue", &typo], 2),
        (vec!["query", "charges", "--queue", &queue, "--queue", &typo, "--no-summaries"], 2),
        (vec!["query", "calls_of_queues", "--queries", "own", "--queue", &typo], 2),
        // As any statement of a script that fails.
        (vec!["sql", "-c", &shell], 1),
    ] {
        let ran = run(&mut case.voxlake(args.clone())).await;
        assert!(ran.code == code && ran.err.contains(&told), "{args:?}: {ran:?}");
        assert_eq!(ran.out, "", "{args:?}");
    }
    // The lake has calls of the queue, but not in this period.
    let args = ["query", "abandonment_rate", "--period", "2024", "--queue", &queue];
    let ran = run(&mut case.voxlake(args)).await;
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains(&format!("no call of the period has the queue {queue:?}")), "{ran:?}");
}
