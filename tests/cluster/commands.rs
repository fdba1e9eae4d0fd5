//! Every command that queries runs on the cluster with `--engine` or `engine =`.

use super::GROUPED;
use super::processes::{Cluster, PATIENCE, SUBMITTED};
#[cfg(unix)]
use crate::sql::terminal::Terminal;
use crate::support::{copy_folder, run, sample};

const EXPLAIN: &str = "EXPLAIN SELECT count(consumer_number) FROM voice_calls";

/// Writes `voxlake.toml` with the cluster as engine.
fn configure(cluster: &Cluster, more: &str) {
    let config = format!("engine = \"{}\"\n{more}", cluster.url("partitions=4&deadline=60"));
    std::fs::write(cluster.folder.path().join("voxlake.toml"), config).unwrap();
}

/// `engine =` of the configuration file, and `--engine` over it.
#[tokio::test(flavor = "multi_thread")]
async fn options_override_the_configured_engine() {
    let cluster = Cluster::start(1).await;
    configure(&cluster, "");
    let ran = run(&mut cluster.local(EXPLAIN)).await.ok();
    assert!(ran.contains("ClusterExec"), "{ran}");
    let ran = run(cluster.local(EXPLAIN).args(["--engine", "local"])).await.ok();
    assert!(!ran.contains("ClusterExec"), "{ran}");
    let absent = run(cluster.local(GROUPED).args(["--engine", "ballista://127.0.0.1:9?min_bytes=0"])).await;
    assert!(absent.code == 1 && absent.err.contains("scheduler at 127.0.0.1:9"), "{absent:?}");
}

/// Each command sends jobs, with the option and with the setting.
#[tokio::test(flavor = "multi_thread")]
async fn every_querying_command_uses_the_engine() {
    // Schedules write into their lake.
    let lake = tempfile::tempdir().unwrap();
    copy_folder(&sample(), lake.path());
    let cluster = Cluster::over(&lake.path().to_string_lossy(), &[], 2).await;
    let schedule = "[[schedule]]\nname = \"weekly\"\nreport = \"weekly-queues\"\nperiod = \"2026-W45\"\n\
         cron = \"0 0 1 1 *\"\nsince = \"2000-01-01\"\ncatch_up = 1\nformats = [\"csv\"]\n\
         [[schedule.deliver]]\nfolder = \"deliveries\"\n";
    let engine = cluster.url("partitions=4&deadline=60");
    let sql = "SELECT count(consumer_number) FROM voice_calls";
    for args in [
        &["query", "abandonment_rate", "--period", "2026-11-03", "--no-summaries"][..],
        &["query", "-c", sql],
        &["sql", "--no-sqlrc", "-c", sql],
        &["bench", "--rounds", "1", "--questions", "q1"],
        &["report", "run", "daily-operations", "--period", "2026-11-04", "-o", "out"],
        &["schedule", "rerun", "weekly"],
    ] {
        for configured in [false, true] {
            configure(&cluster, schedule);
            let mut command = cluster.voxlake(args.iter().copied());
            if !configured {
                let config = cluster.folder.path().join("voxlake.toml");
                std::fs::write(config, format!("engine = \"local\"\n{schedule}")).unwrap();
                command.args(["--engine", &engine]);
            }
            let jobs = cluster.log.jobs();
            run(&mut command).await.ok();
            tokio::time::timeout(PATIENCE, cluster.log.wait_for(SUBMITTED, jobs + 1)).await.unwrap();
        }
    }
}

/// The greeting of the shell names its engine.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_prompt_uses_the_engine() {
    let cluster = Cluster::start(1).await;
    let engine = cluster.url("deadline=60");
    let folder = cluster.folder.path().to_path_buf();
    let shell = tokio::task::spawn_blocking(move || {
        let mut terminal = Terminal::opened(&folder, 160, 40, &[("VOXLAKE_ENGINE", &engine)]);
        terminal.sees(&format!("Queries run on {engine}."));
        terminal.answers("SELECT count(consumer_number) FROM voice_calls;", "(1 row");
        terminal.leaves();
    });
    shell.await.unwrap();
    assert_eq!(cluster.log.jobs(), 1);
}
