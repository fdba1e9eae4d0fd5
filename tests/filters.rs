//! Filters on calls: scoped lakes, lookups, and counts compared with the API.

mod conditions;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::Value;
use voxlake_sim::{Call, Clock as _, Endpoint, Queue};

use conditions::conditions;

use crate::support::{Case, FROM, RunOutput, TO, run, stored_calls, utc};

/// Returns the ids of the calls that `voxlake lookup` finds.
async fn lookup_ids(case: &Case, conditions: &[&str]) -> BTreeSet<String> {
    let args = ["lookup", "--from", FROM, "--to", TO, "--max-requests", "100", "--format", "ndjson"];
    let ran = run(&mut case.voxlake(args.into_iter().chain(conditions.iter().copied()))).await;
    assert!(ran.code <= 1 && !ran.err.contains("error"), "{conditions:?}: {ran:?}");
    let id = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["engagement_id"].as_str().unwrap().to_owned()
    };
    ran.out.lines().map(id).collect()
}

fn ids(calls: &[Call], meets: impl Fn(&Call) -> bool) -> BTreeSet<String> {
    calls.iter().filter(|call| meets(call)).map(|call| call.engagement_id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_select_calls_alone_and_combined() {
    let case = Case::new().await;
    let calls = case.calls();
    let conditions = conditions(&case, &calls);
    for (option, value, meets) in &conditions {
        let expected = ids(&calls, meets);
        assert!(!expected.is_empty() && expected.len() < calls.len(), "{option} {value}");
        assert_eq!(lookup_ids(&case, &[option, value]).await, expected, "{option} {value}");
    }
    // Conditions are combined with AND, the values of one condition with OR.
    let named = |option| conditions.iter().find(|(name, ..)| *name == option).unwrap();
    let (inbound, country) = (named("--direction"), named("--country"));
    let both = lookup_ids(&case, &[inbound.0, &inbound.1, country.0, &country.1]).await;
    assert_eq!(both, ids(&calls, |call| (inbound.2)(call) && (country.2)(call)));
    let either = lookup_ids(&case, &["--country", "US,GB"]).await;
    assert_eq!(either, ids(&calls, |call| matches!(call.country_iso_code, Some("US" | "GB"))));
    // 45 agents, in both list forms.
    let agents: Vec<&str> =
        case.centre.directory().agents.iter().take(45).map(|agent| agent.user_id.as_str()).collect();
    let expected =
        ids(&calls, |call| call.agents.iter().any(|part| agents.contains(&part.agent.user_id.as_str())));
    for form in ["repeated", "comma"] {
        let options: Vec<&str> =
            agents.iter().flat_map(|id| ["--agent-id", *id]).chain(["--list-form", form]).collect();
        assert_eq!(lookup_ids(&case, &options).await, expected, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_conditions_fail_before_any_request() {
    let case = Case::new().await;
    for (conditions, told) in [
        (&["--direction", "in"][..], "possible values: inbound, outbound"),
        (&["--country", "Germany"], "country codes have two letters, such as DE"),
        (&["--engagement", ""], "the value is empty"),
        (&[], "no filter given"),
    ] {
        let ran = run(&mut case.voxlake(["lookup"].into_iter().chain(conditions.iter().copied()))).await;
        assert!(ran.code == 2 && ran.err.contains(told), "{ran:?}");
    }
    assert_eq!(case.server.handle().requests_to(Endpoint::VoiceCalls), 0);
    let ran = run(&mut case.voxlake(["lookup", "--queue", "No such queue", "--last", "7d"])).await;
    assert!(ran.code == 2 && ran.err.contains("no queue in recent calls has the name or id"), "{ran:?}");
    case.assert_no_personal_data(&ran.err, &case.calls());
    let ran = run(&mut case.voxlake(["lookup", "--agent", "Nobody", "--last", "7d"])).await;
    assert!(ran.code == 2 && ran.err.contains("--agent-id"), "{ran:?}");
    case.assert_no_personal_data(&ran.err, &case.calls());
}

/// Returns whether a call went through a queue.
fn through(call: &Call, queue: &Queue) -> bool {
    call.queues.iter().any(|other| other.cc_queue_id == queue.cc_queue_id)
}

/// Returns the ids of the calls in the case's lake.
fn stored_ids(case: &Case) -> BTreeSet<String> {
    stored_calls(&case.lake()).into_values().flatten().map(|call| call.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scoped_lake_refuses_other_calls() {
    let case = Case::new().await;
    let calls = case.calls();
    let queue = case.centre.directory().queues[0].clone();
    run(&mut case.sync(&["--queue", &queue.queue_name, "--direction", "inbound"])).await.ok();
    let inbound = |call: &Call| call.direction.as_str() == "inbound";
    assert_eq!(stored_ids(&case), ids(&calls, |call| inbound(call) && through(call, &queue)));
    assert_scope_is_shown(&case, &format!("direction inbound, queue {}", queue.queue_name)).await;

    // The same conditions are settled; others, none at all, and files are refused.
    let out = run(&mut case.sync(&["--queue", &queue.queue_name, "--direction", "inbound"])).await.ok();
    assert!(out.contains("Nothing to fetch"), "{out}");
    for other in [&[][..], &["--direction", "inbound"], &["--queue", &queue.queue_name]] {
        let ran = run(&mut case.sync(other)).await;
        assert!(ran.code == 2 && ran.err.contains("the scope of the lake is calls with"), "{ran:?}");
        assert!(ran.err.contains("voxlake rescope"), "{ran:?}");
    }
    std::fs::write(
        case.folder.path().join("a.json"),
        r#"{"engagement_id": "a", "start_time": "2025-03-04T08:00:00Z"}"#,
    )
    .unwrap();
    let ran = run(&mut case.voxlake(["import", "a.json"])).await;
    assert!(ran.code == 2 && ran.err.contains("files cannot be checked for that"), "{ran:?}");

    let ran = run(&mut case.voxlake(["lookup", "--direction", "outbound", "--last", "7d", "--save"])).await;
    assert!(ran.code == 2 && ran.err.contains("the scope of the lake is calls with"), "{ran:?}");
}

/// Asserts that status, queries and reports show the scope of the lake.
async fn assert_scope_is_shown(case: &Case, scope: &str) {
    let status = run(&mut case.voxlake(["status"])).await.ok();
    assert!(status.contains(&format!("scope        only calls with {scope}")), "{status}");
    let told = format!("the lake holds only calls with {scope}");
    let ran = run(&mut case.voxlake(["query", "abandonment_rate", "--period", "2025-03-04"])).await;
    assert!(ran.err.contains(&told), "{ran:?}");
    let report = ["report", "run", "weekly-queues", "--period", "2025-W10", "-o", "reports"];
    run(&mut case.voxlake(report)).await.ok();
    let page =
        std::fs::read_to_string(case.folder.path().join("reports/weekly-queues_2025-W10.html")).unwrap();
    assert!(page.contains("holds only calls with direction inbound"), "no scope in the report");
}

/// A scope can only be widened, and only the added calls are fetched.
#[tokio::test(flavor = "multi_thread")]
async fn rescope_widens_the_scope() {
    let case = Case::new().await;
    let calls = case.calls();
    let queues = &case.centre.directory().queues;
    let (one, two) = (queues[0].clone(), queues[1].clone());
    run(&mut case.sync(&["--queue", &one.queue_name, "--direction", "inbound"])).await.ok();

    // First the other direction, then a second queue, for which alone requests are sent.
    run(&mut case.voxlake(["rescope", "--queue", &one.queue_name])).await.ok();
    assert_eq!(stored_ids(&case), ids(&calls, |call| through(call, &one)));
    let before = case.server.handle().log().len();
    run(&mut case.voxlake(["rescope", "--queue", &one.queue_name, "--queue-id", &two.cc_queue_id]))
        .await
        .ok();
    assert_eq!(stored_ids(&case), ids(&calls, |call| through(call, &one) || through(call, &two)));
    let requests = case.server.handle().log().len() - before;
    // A token, a probe, two counts that confirm the filter, and the pages of one queue.
    assert!(requests <= 7, "{requests} requests");
    let ran = run(&mut case.voxlake(["rescope", "--queue", &one.queue_name])).await;
    assert!(ran.code == 2 && ran.err.contains("cannot widen the scope"), "{ran:?}");

    // By the configuration.
    let filter = format!("[sync.filter]\nqueue = [{:?}, {:?}]\n", one.queue_name, two.queue_name);
    std::fs::write(case.folder.path().join("voxlake.toml"), filter).unwrap();
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.contains("Nothing to fetch"), "{out}");
    std::fs::remove_file(case.folder.path().join("voxlake.toml")).unwrap();
    for told in ["the scope is all calls now", "the scope is all calls already"] {
        let ran = run(&mut case.voxlake(["rescope", "--all"])).await;
        assert!(ran.code == 0 && ran.err.contains(told), "{ran:?}");
    }
    assert_eq!(stored_ids(&case), ids(&calls, |_| true));
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.contains("Nothing to fetch"), "{out}");
    let status = run(&mut case.voxlake(["status"])).await.ok();
    assert!(!status.contains("scope"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_compares_and_saves_calls() {
    let case = Case::new().await;
    let calls = case.calls();
    let call = calls.iter().find(|call| call.legs.len() > 1).unwrap();
    let id = call.engagement_id.to_string();
    // Without a lake.
    let ran = run(&mut case.voxlake(["lookup", "--engagement", &id])).await;
    assert!(ran.code == 0 && ran.out.contains(&id) && ran.out.contains("\nLegs\n"), "{ran:?}");
    assert!(ran.err.contains("1 call of 2025-02-08 12:00 to 2025-03-10 12:00 UTC; requests: "), "{ran:?}");
    assert!(!case.lake().exists());
    let ran = run(&mut case.voxlake(["lookup", "--engagement", "nobody-has-this-id"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let ran = run(&mut case.voxlake(["lookup", "--direction", "inbound", "--max-requests", "2"])).await;
    assert!(
        ran.err.contains("200 calls of ") && ran.err.contains("stopped after --max-requests 2"),
        "{ran:?}"
    );
    let csv = ["lookup", "--engagement", &id, "-o", "call.csv"];
    run(&mut case.voxlake(csv)).await.ok();
    let written = std::fs::read_to_string(case.folder.path().join("call.csv")).unwrap();
    assert!(written.lines().count() == 2 && written.starts_with("engagement_id,direction,"), "{written}");

    // With a lake that has the call with another result, and no other call.
    let other = format!(
        r#"{{"engagement_id": "{id}", "start_time": "{}", "result": "declined"}}"#,
        call.start_time.to_rfc3339()
    );
    std::fs::write(case.folder.path().join("other.json"), other).unwrap();
    run(&mut case.voxlake(["import", "other.json"])).await.ok();
    let ran = run(&mut case.voxlake(["lookup", "--engagement", &id])).await;
    assert!(ran.out.contains("Differences from the lake") && ran.out.contains("declined"), "{ran:?}");
    assert!(ran.err.contains("in the lake: 0 identical, 1 different, 0 missing"), "{ran:?}");
    let ran = run(&mut case.voxlake(["lookup", "--engagement", &id, "--save"])).await;
    assert!(ran.err.contains("saved: 0 calls are new in the lake, 1 changed"), "{ran:?}");
    let ran = run(&mut case.voxlake(["lookup", "--engagement", &id])).await;
    assert!(ran.err.contains("in the lake: 1 identical"), "{ran:?}");
    // A lookup adds no coverage, and its requests are in the quota ledger.
    let status = run(&mut case.voxlake(["status", "--format", "json"])).await.ok();
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["fetched"], &status["calls"]), (&Value::Null, &Value::from(1)));
    assert!(status["requests_spent_today"].as_u64().unwrap() >= 3, "{status}");
    run(&mut case.sync(&[])).await.ok();
    let ran =
        run(&mut case.voxlake(["lookup", "--direction", "inbound", "--last", "7d", "--max-requests", "50"]))
            .await;
    assert!(ran.err.contains(" 0 different, "), "{ran:?}");
}

async fn verified(case: &Case, more: &[&str]) -> (RunOutput, Value) {
    let args = ["verify", "--api", "--format", "json"].into_iter().chain(more.iter().copied());
    let ran = run(case.voxlake(args).env("VOXLAKE_SETTLE", "1s")).await;
    let receipt = serde_json::from_str(&ran.out).unwrap_or(Value::Null);
    (ran, receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_compares_counts_and_repairs_days() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    // A few requests per run.
    let (ran, first) = verified(&case, &["--max-requests", "10"]).await;
    assert_eq!((ran.code, &first["compared"], &first["equal"]), (0, &10.into(), &10.into()), "{ran:?}");
    assert_eq!(first["days"], 3);
    let (ran, rest) = verified(&case, &["--max-requests", "2000"]).await;
    assert_eq!(
        (ran.code, &rest["confirmed_before"], &rest["not_compared"]),
        (0, &10.into(), &0.into()),
        "{ran:?}"
    );
    assert_eq!(rest["compared"], rest["equal"]);
    assert!(rest["compared"].as_u64().unwrap() > 100, "{rest}");
    let (_, again) = verified(&case, &[]).await;
    assert_eq!((&again["compared"], &again["requests"]), (&0.into(), &0.into()));
    let (_, sample) = verified(&case, &["--sample", "2", "--from", "2025-03-04"]).await;
    assert_eq!(sample["days"], 2);

    // A day that counted as settled ten seconds after its end lacks calls that ended later.
    let case = Case::new().await;
    case.clock.set(utc("2025-03-05T00:00:10Z"));
    let sync = ["sync", "--from", "2025-03-03", "--to", "2025-03-05", "--settle", "1s"];
    run(&mut case.voxlake(sync)).await.ok();
    case.clock.set(utc("2025-03-10T12:00:00Z") + TimeDelta::seconds(1));
    let (ran, found) = verified(&case, &["--max-requests", "2000"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let mismatches = found["mismatches"].as_array().unwrap();
    assert!(mismatches.iter().all(|one| one["date"] == "2025-03-04"), "{found}");
    let total = mismatches.iter().find(|one| one["slice"] == "all calls").unwrap();
    assert!(total["lake"].as_u64() < total["api"].as_u64(), "{total}");
    let ran = run(case.voxlake(["verify", "--api"]).env("VOXLAKE_SETTLE", "1s")).await;
    assert!(ran.code == 1 && ran.out.contains("DIFFERS 2025-03-04, all calls: "), "{ran:?}");
    let (ran, repaired) = verified(&case, &["--repair"]).await;
    assert_eq!((ran.code, &repaired["repaired_days"]), (0, &serde_json::json!(["2025-03-04"])), "{ran:?}");
    assert_eq!(repaired["mismatches"], serde_json::json!([]));
    let (ran, again) = verified(&case, &[]).await;
    // The differing slices are confirmed; the rest of the repaired day is compared with the new
    // file.
    let of_a_day = found["compared"].as_u64().unwrap() / 2;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(mismatches.len() > 5 && again["compared"].as_u64().unwrap() + 5 < of_a_day, "{again}");
    let told = stored_calls(&case.lake());
    let expected = case.centre.calls(utc("2025-03-04T00:00:00Z"), utc("2025-03-05T00:00:00Z")).count();
    assert_eq!(told["2025-03-04"].len(), expected);
    assert!(case.clock.now() > utc("2025-03-10T12:00:00Z"));
}

/// The API ignores the filters on countries and directions.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_parameters_are_named_not_compared() {
    let case = Case::with(|config| config.ignored_parameters = vec!["country_iso_codes", "direction"]).await;
    run(&mut case.sync(&[])).await.ok();
    let (ran, receipt) = verified(&case, &["--max-requests", "2000"]).await;
    assert_eq!((ran.code, &receipt["mismatches"]), (0, &serde_json::json!([])), "{ran:?}");
    let ignored: Vec<&String> = receipt["ignored"].as_object().unwrap().keys().collect();
    assert_eq!(ignored, ["country_iso_codes", "direction"]);
    for conditions in [["--country", "FR"], ["--direction", "inbound"]] {
        let ran = run(&mut case.sync(&["--lake", "other", conditions[0], conditions[1]])).await;
        assert!(ran.code == 1 && ran.err.contains("the API ignores "), "{ran:?}");
        let ran = run(&mut case.voxlake(["lookup"].into_iter().chain(conditions))).await;
        assert!(ran.code == 1 && ran.err.contains("the API ignores ") && ran.out.is_empty(), "{ran:?}");
        assert!(stored_calls(&case.folder.path().join("other")).is_empty());
        std::fs::remove_dir_all(case.folder.path().join("other")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfiltered_sync_probes_no_filter() {
    let case = Case::new().await;
    let out = run(&mut case.sync(&[])).await.ok();
    let asked = case.server.handle().requests_to(Endpoint::VoiceCalls);
    assert!(out.contains(&format!("in {asked} requests")), "{out}");
    let calls = case.calls().len() as u64;
    assert!(asked <= calls.div_ceil(100) + 3, "{asked} requests for {calls} calls");
    let ran = run(&mut case.voxlake(["doctor"])).await;
    assert!(
        ran.out.contains("ok    filters      the account accepts lists in the configured form (repeated)"),
        "{ran:?}"
    );
}
