//! Statements of a script run again if a sync replaces a day file before they have output.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use object_store::ObjectStoreExt as _;
use serde_json::json;
use tokio::runtime::Handle;
use voxlake_query::test_lake::{TestLake, call, decoded};
use voxlake_query::test_store::{Reaction, TestStore};
use voxlake_query::{QueryLibrary, SessionOptions};
use voxlake_report::Format;
use voxlake_shell::{ScriptEnd, ScriptInput, Shell, ShellHost, ShellOptions, Workspace};

const DAY: &str = "2026-11-02";
const FILE: &str = "voice_calls/date=2026-11-02/calls.parquet";

/// Returns a day file with `count` calls.
fn day_file(count: usize) -> Vec<u8> {
    let lake = TestLake::empty();
    let calls: Vec<_> = (0..count)
        .map(|number| call(&format!("c{number}"), &format!("{DAY}T08:00:00Z"), json!({})))
        .collect();
    lake.write(DAY, &decoded(&calls));
    std::fs::read(lake.path(DAY)).unwrap()
}

/// Replaces the day file before the next read of it, `times` times.
fn replace_before_reads(store: &TestStore, mut times: usize) {
    let mut count = 1;
    store.react(move |request| {
        if times == 0 || !request.reads_day() {
            return Reaction::Respond;
        }
        times -= 1;
        count += 1;
        Reaction::Replace(FILE.into(), day_file(count).into())
    });
}

/// Runs a script over a day of one call, which is replaced `times` times while it is read. Returns
/// the end of the script and its output.
async fn run(command: &str, times: usize) -> (ScriptEnd, Option<String>) {
    let store = TestStore::new();
    store.files().put(&FILE.into(), day_file(1).into()).await.unwrap();
    let workspace = Workspace::open(&store.lake(), SessionOptions::default()).await.unwrap();
    replace_before_reads(&store, times);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let mut options = ShellOptions::default();
    options.format = Format::Csv;
    options.output = Some(path.clone());
    let host = ShellHost {
        report: |_| {},
        hint: |_| None,
        argument_syntax: |_, name, value| format!("{name}={value}"),
        clock: || "2026-11-05T00:00:00Z".parse().unwrap(),
    };
    let library = QueryLibrary::shipped().unwrap();
    let shell = Shell::new(workspace, library, options, host, Handle::current()).unwrap();
    let input = ScriptInput::new(vec![command.to_owned()], Vec::new());
    let end = tokio::task::spawn_blocking(move || shell.run_script(&input)).await.unwrap().unwrap();
    (end, std::fs::read_to_string(path).ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_run_again() {
    let sql = "SELECT count(direction) AS calls FROM voice_calls";
    for (times, calls) in [(0, 1), (1, 2), (2, 3)] {
        assert_eq!(run(sql, times).await, (ScriptEnd::Done, Some(format!("calls\n{calls}\n"))), "{times}");
    }
    assert_eq!(run(sql, 3).await.0, ScriptEnd::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_queries_run_again() {
    let command = "\\run result_mix from=2026-11-02 to=2026-11-03";
    let (end, once) = run(command, 0).await;
    assert_eq!(end, ScriptEnd::Done);
    let (end, again) = run(command, 1).await;
    assert_eq!(end, ScriptEnd::Done);
    assert_ne!(once, again);
}
