//! Wrong settings, and lakes that change or that executors cannot read.

use std::path::Path;

use arrow::compute::concat_batches;
use parquet::arrow::ArrowWriter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use voxlake_cluster::{BallistaEngine, PlanCodec};
use voxlake_lake::Lake;
use voxlake_query::{LakeSession, SessionOptions};

use super::GROUPED;
use super::processes::{Cluster, Executor, finish, signal, two_free_ports};
use crate::object_store::moto::Moto;
use crate::support::{copy_folder, read_parquet, run, sample, voxlake};

/// Day of the lakes in buckets.
const DAY: &str = "2026-11-04";
const COUNT: &str = "SELECT count(consumer_number) FROM voice_calls";

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_another_release_are_refused() {
    let cluster = Cluster::start(1).await;
    let codec = PlanCodec::of_release("voxlake 0.0.1 (plans 0)".to_owned());
    let engine = BallistaEngine::with_codec(cluster.url("deadline=60").parse().unwrap(), codec);
    let lake = Lake::open(sample().to_string_lossy().as_ref()).await.unwrap();
    let options = SessionOptions::new().no_summaries(true).engine(Some(std::sync::Arc::new(engine)));
    let session = LakeSession::open(&lake, options).await.unwrap();
    let error = session.sql(COUNT).await.unwrap().collect().await.unwrap_err().to_string();
    assert!(error.contains("a plan of voxlake 0.0.1 (plans 0) arrived at voxlake"), "{error}");
    assert!(error.contains("must be the same release"), "{error}");
}

/// Writes half of the calls of a day file as another program would.
fn half_of(day: &Path) -> Vec<u8> {
    let batches = read_parquet(day);
    let whole = concat_batches(&batches[0].schema(), &batches).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), whole.schema(), None).unwrap();
    writer.write(&whole.slice(0, whole.num_rows() / 2)).unwrap();
    writer.into_inner().unwrap()
}

/// A day is replaced while a query waits for its only executor: the query runs again.
#[tokio::test(flavor = "multi_thread")]
async fn queries_of_replaced_days_run_again() {
    let Some(moto) = Moto::start().await else { return };
    moto.put_day(&sample(), "lake", DAY).await;
    let variables = moto.variables();
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let cluster = Cluster::over("s3://calls/lake", &variables, 1).await;
    let before = run(&mut cluster.local(COUNT)).await.ok();
    assert_eq!(cluster.answer(COUNT, "partitions=4&deadline=60").await.ok(), before);

    signal(&cluster.executors[0].child, "STOP");
    let jobs = cluster.log.jobs();
    let query = cluster.start_query(COUNT, "partitions=4&deadline=60").await;
    let day = format!("voice_calls/date={DAY}/calls.parquet");
    moto.put(&format!("lake/{day}"), &half_of(&sample().join(&day))).await;
    signal(&cluster.executors[0].child, "CONT");
    let found = finish(query).await.ok();
    let after = run(&mut cluster.local(COUNT)).await.ok();
    assert!(before != after && found == after, "{before} {found} {after}");
    assert_eq!(cluster.log.jobs(), jobs + 2, "{}", cluster.log.text());
}

/// The path of a lake means another folder, without a lake, to the executors.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_executors_lack_is_named() {
    let cluster = Cluster::over("/proc/self/cwd/lake", &[], 1).await;
    let elsewhere = tempfile::tempdir().unwrap();
    copy_folder(&sample(), &elsewhere.path().join("lake"));
    let expected = run(cluster.local(COUNT).current_dir(elsewhere.path())).await.ok();
    let mut query = cluster.query(COUNT, "partitions=2&deadline=60");
    let ran = run(query.current_dir(elsewhere.path())).await;
    assert!(ran.code == 1 && ran.out.is_empty(), "{expected} {ran:?}");
    assert!(ran.err.contains("error: the query failed in the cluster: "), "{ran:?}");
    assert!(ran.err.contains("/proc/self/cwd/lake") && !ran.err.contains("DataFusionError("), "{ran:?}");
}

/// Serves a store that knows no credentials.
async fn refusing_store() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let body = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>The request \
                    signature we calculated does not match the signature you provided.</Message></Error>";
        let response = format!(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        while let Ok((mut stream, _)) = listener.accept().await {
            let response = response.clone();
            tokio::spawn(async move {
                let mut request = [0; 8192];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(response.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_of_executors_stay_secret() {
    let Some(moto) = Moto::start().await else { return };
    moto.put_day(&sample(), "lake", DAY).await;
    let variables = moto.variables();
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut cluster = Cluster::over("s3://calls/lake", &variables, 0).await;
    let mut command = cluster.executor(two_free_ports());
    command.env("AWS_ENDPOINT_URL", refusing_store().await).env("AWS_SECRET_ACCESS_KEY", "wrong-secret");
    cluster.executors.push(Executor::spawn(&mut command));
    let ran = cluster.answer(COUNT, "partitions=2&deadline=60").await;
    assert!(ran.code == 1 && ran.out.is_empty(), "{ran:?}");
    assert!(ran.err.contains("SignatureDoesNotMatch"), "{ran:?}");
    signal(&cluster.executors[0].child, "TERM");
    cluster.executors[0].code().await;

    let mut command = cluster.executor(two_free_ports());
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9");
    cluster.executors.push(Executor::spawn(&mut command));
    let missing = cluster.answer(COUNT, "partitions=2&deadline=60").await;
    assert!(missing.err.contains("/latest/api/token"), "{missing:?}");
    for text in [&ran.err, &missing.err, &cluster.log.text(), &cluster.executors[0].log.text()] {
        for secret in ["test-secret", "wrong-secret", "test-id"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn executors_without_a_scheduler_end() {
    let folder = tempfile::tempdir().unwrap();
    let (port, absent) = (two_free_ports().to_string(), format!("127.0.0.1:{}", two_free_ports()));
    let args = ["cluster", "executor", "--port", &port, "--scheduler", &absent];
    let ran = run(voxlake(folder.path()).args(args)).await;
    assert!(ran.code == 1 && ran.out.is_empty(), "{ran:?}");
    assert!(ran.err.starts_with(&format!("error: cannot reach the scheduler at {absent}: ")), "{ran:?}");
    assert!(ran.err.contains(", for 20 s\nhint: start `voxlake cluster scheduler`"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_in_use_are_named() {
    let cluster = Cluster::start(0).await;
    let address = cluster.engine.trim_start_matches("ballista://");
    let ran = run(&mut cluster.voxlake(["cluster", "scheduler", "--listen", address])).await;
    assert!(ran.code == 1 && ran.err.contains(&format!("error: cannot listen on {address}: ")), "{ran:?}");
    assert!(ran.err.contains("hint: another process may use it"), "{ran:?}");
    // The port for results and the one for tasks.
    for used in [0, 1] {
        let port = two_free_ports();
        let listener = TcpListener::bind(("127.0.0.1", port + used)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let ran = run(&mut cluster.executor(port)).await;
        assert!(ran.code == 1 && ran.err.contains(&format!("cannot listen on {address}: ")), "{ran:?}");
    }
    let ran = run(&mut cluster.executor(u16::MAX)).await;
    assert!(ran.code == 2 && ran.err.contains("65535 is not in 1..65535"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_other_machines_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for args in [["scheduler", "--listen", "0.0.0.0:50050"], ["executor", "--listen", "0.0.0.0"]] {
        let ran = run(voxlake(folder.path()).arg("cluster").args(args)).await;
        assert!(ran.code == 2 && ran.err.contains("only loopback addresses"), "{ran:?}");
    }
}

/// Queries that cannot run name a way out.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_engines_are_refused() {
    let cluster = Cluster::start(0).await;
    for (engine, reason) in [
        ("http://127.0.0.1:1", "ballista://HOST:PORT"),
        ("ballista://127.0.0.1:1?partitions=0", "partitions"),
        ("ballista://127.0.0.1:1?deadline=soon", "deadline must be a number"),
    ] {
        let ran = run(cluster.local(GROUPED).args(["--engine", engine])).await;
        assert!(ran.code == 2 && ran.err.contains(reason), "{engine}: {ran:?}");
    }
}
