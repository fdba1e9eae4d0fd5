//! Processes that are killed, stopped or terminated while a query runs.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::timeout;

use super::processes::{Cluster, PATIENCE, finish, signal};
use super::{ENDLESS, GROUPED, LONG};
use crate::support::run;

/// Executors that are killed while a query runs. `VOXLAKE_KILLS` sets another number.
const KILLS: usize = 5;
/// Line of the scheduler's log for each executor.
const REGISTERED: &str = "Received register executor request";
/// Maximum time from the start of a job to a kill, so that it falls on each stage and on the
/// fetching of the result.
const MAX_DELAY: Duration = Duration::from_millis(600);

/// Clusters at the same time: a query mostly waits until the scheduler gives up an executor.
const CLUSTERS: usize = 5;

/// Every query returns the right rows or an error.
#[tokio::test(flavor = "multi_thread")]
async fn killed_executors_change_no_answer() {
    let kills = std::env::var("VOXLAKE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let clusters = (0..CLUSTERS.min(kills)).map(|cluster| {
        let kills = kills / CLUSTERS + usize::from(cluster < kills % CLUSTERS);
        tokio::spawn(kill_executors(kills, cluster as u64))
    });
    let mut answered = 0;
    for cluster in clusters.collect::<Vec<_>>() {
        answered += cluster.await.unwrap();
    }
    println!("{answered} of {kills} queries were answered although an executor was killed");
    assert!(answered > 0, "no query was answered");
}

/// Kills executors one after the other while a query runs. Returns the number of right answers.
async fn kill_executors(kills: usize, seed: u64) -> usize {
    let mut cluster = Cluster::start(2).await;
    let expected = run(&mut cluster.local(GROUPED)).await.ok();
    assert_eq!(cluster.answer(GROUPED, "partitions=8&deadline=60").await.ok(), expected);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut answered = 0;
    for _ in 0..kills {
        let query = cluster.start_query(GROUPED, "partitions=8&deadline=100").await;
        tokio::time::sleep(MAX_DELAY.mul_f64(rng.random())).await;
        cluster.executors.remove(0).child.kill().await.unwrap();
        let ran = finish(query).await;
        if ran.code == 0 {
            assert_eq!(ran.out, expected, "{}", cluster.log.text());
            answered += 1;
        } else {
            // On a busy machine, the rerun may take longer than the deadline.
            let failed =
                ran.err.contains("error: the query failed") && ran.err.contains("hint: run it again");
            let cancelled = ran.err.contains("error: the query was cancelled: it took longer than");
            assert!(ran.out.is_empty() && (failed || cancelled), "{ran:?}");
        }
        cluster.add_executor();
    }
    assert_eq!(cluster.answer(GROUPED, "partitions=8&deadline=100").await.ok(), expected);
    answered
}

/// The client reports a lost scheduler at once, and executors end when they miss it.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_scheduler_ends_its_queries() {
    let mut cluster = Cluster::start(1).await;
    cluster.log.wait_for(REGISTERED, 1).await;
    let query = cluster.start_query(ENDLESS, "partitions=2&deadline=100").await;
    cluster.scheduler.kill().await.unwrap();
    let ran = finish(query).await;
    assert!(ran.code == 1 && ran.out.is_empty(), "{ran:?}");
    let address = cluster.engine.trim_start_matches("ballista://");
    let lost = format!("error: the query failed: the connection to the scheduler at {address} was lost");
    assert!(ran.err.contains(&lost) && ran.err.contains("hint: run it again"), "{ran:?}");
    let ran = cluster.answer(GROUPED, "").await;
    assert!(ran.err.contains(&format!("error: cannot reach the scheduler at {address}")), "{ran:?}");
    assert!(ran.err.contains("hint: `voxlake cluster scheduler` starts one"), "{ran:?}");

    let mut executor = cluster.executors.remove(0);
    assert_eq!(executor.code().await, Some(1), "{}", executor.log.text());
    let log = executor.log.wait_for("error: ", 1).await;
    assert!(log.contains(&format!("the scheduler at {address} has ended")), "{log}");
}

/// A process that does not respond cannot delay a query beyond its deadline.
#[tokio::test(flavor = "multi_thread")]
async fn stopped_processes_end_queries_by_deadline() {
    let cluster = Cluster::start(1).await;
    let expected = run(&mut cluster.local(GROUPED)).await.ok();
    assert_eq!(cluster.answer(GROUPED, "partitions=2&deadline=60").await.ok(), expected);
    for process in [&cluster.executors[0].child, &cluster.scheduler] {
        signal(process, "STOP");
        let ran = cluster.answer(GROUPED, "partitions=2&deadline=2").await;
        signal(process, "CONT");
        assert!(ran.code == 1 && ran.out.is_empty(), "{ran:?}");
        assert!(ran.err.contains("error: the query was cancelled: it took longer than 2 s"), "{ran:?}");
        assert!(ran.err.contains("hint: deadline= in the URL of"), "{ran:?}");
    }
    assert_eq!(cluster.answer(GROUPED, "partitions=2&deadline=60").await.ok(), expected);
}

/// SIGTERM ends an executor after its grace, and the others answer its query.
#[tokio::test(flavor = "multi_thread")]
async fn terminated_executors_hand_over_their_tasks() {
    let mut cluster = Cluster::start(2).await;
    let expected = run(&mut cluster.local(LONG)).await.ok();
    // Both executors have registered.
    cluster.log.wait_for(REGISTERED, 2).await;
    let query = cluster.start_query(LONG, "partitions=8&deadline=100").await;
    let mut busy = cluster.executors.remove(0);
    signal(&busy.child, "TERM");
    assert_eq!(busy.code().await, Some(0), "{}", busy.log.text());
    assert_eq!(finish(query).await.ok(), expected);

    signal(&cluster.scheduler, "TERM");
    assert!(timeout(PATIENCE, cluster.scheduler.wait()).await.unwrap().unwrap().success());
}

/// Ctrl-C and a kill of a client end its job: the only executor takes the next query.
#[tokio::test(flavor = "multi_thread")]
async fn ended_clients_leave_no_job() {
    let cluster = Cluster::start(1).await;
    let short = "SELECT count(consumer_number) FROM voice_calls";
    let expected = cluster.answer(short, "partitions=2&deadline=60").await.ok();
    for name in ["INT", "KILL"] {
        let client = cluster.start_query(ENDLESS, "partitions=2").await;
        signal(&client, name);
        let ran = finish(client).await;
        assert!(ran.code == if name == "INT" { 130 } else { -1 }, "{ran:?}");
        assert_eq!(cluster.answer(short, "partitions=2&deadline=60").await.ok(), expected);
    }
}
