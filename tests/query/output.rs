//! Destination and format of results, and results that fail or are interrupted.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

use crate::query::synced;
use crate::support::{Case, read_parquet, run};

/// Returns the files of the case's folder without its lake.
fn files(case: &Case) -> Vec<String> {
    let names = std::fs::read_dir(case.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names =
        names.map(|name| name.into_string().unwrap()).filter(|name| name != "lake").collect::<Vec<_>>();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_name_decides_the_format() {
    let case = synced().await;
    let ask = ["query", "abandonment_rate", "-p", "by=hour", "--to", "2025-03-06"];
    for (file, format) in
        [("a.csv", "csv"), ("a.tsv", "tsv"), ("a.md", "markdown"), ("a.html", "html"), ("a.jsonl", "ndjson")]
    {
        let ran = run(&mut case.voxlake(ask.into_iter().chain(["-o", file]))).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        let written = std::fs::read_to_string(case.folder.path().join(file)).unwrap();
        let out = run(&mut case.voxlake(ask.into_iter().chain(["-o", "-", "--format", format]))).await.ok();
        assert_eq!(written, out, "{file}");
    }
    for (file, magic) in [("a.parquet", &b"PAR1"[..]), ("a.xlsx", b"PK"), ("a.arrows", b"\xff\xff\xff\xff")] {
        run(&mut case.voxlake(ask.into_iter().chain(["-o", file]))).await.ok();
        assert!(std::fs::read(case.folder.path().join(file)).unwrap().starts_with(magic), "{file}");
    }
    // --format overrides the file name.
    run(&mut case.voxlake(ask.into_iter().chain(["-o", "a.txt", "--format", "json"]))).await.ok();
    assert!(std::fs::read_to_string(case.folder.path().join("a.txt")).unwrap().starts_with('['));
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_parquet_has_the_same_calls() {
    let case = synced().await;
    let sql = "SELECT * FROM voice_calls WHERE start_time < '2025-03-06T00:00:00Z'";
    run(&mut case.voxlake(["query", "-c", sql, "-o", "calls.parquet"])).await.ok();
    let rows: usize = read_parquet(&case.folder.path().join("calls.parquet"))
        .iter()
        .map(arrow::array::RecordBatch::num_rows)
        .sum();
    assert_eq!(rows, case.calls().len());
}

/// It leaves no temporary file.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_query_keeps_the_old_file() {
    let case = synced().await;
    std::fs::write(case.folder.path().join("a.csv"), "the last answer").unwrap();
    let before = files(&case);
    let sql = "SELECT CAST(engagement_id AS INT) FROM voice_calls";
    let ran = run(&mut case.voxlake(["query", "-c", sql, "-o", "a.csv"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(std::fs::read_to_string(case.folder.path().join("a.csv")).unwrap(), "the last answer");
    assert_eq!(files(&case), before);

    run(&mut case.voxlake(["query", "-c", "SELECT 1 AS one", "-o", "a.csv"])).await.ok();
    assert_eq!(std::fs::read_to_string(case.folder.path().join("a.csv")).unwrap(), "one\n1\n");
    assert_eq!(files(&case), before);
}

/// A symbolic link to the file stays.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn output_files_are_private_by_default() {
    use std::os::unix::fs::PermissionsExt as _;
    let case = synced().await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let place = |name: &str| case.folder.path().join(name);
    std::fs::write(place("real.csv"), "").unwrap();
    std::os::unix::fs::symlink("real.csv", place("link.csv")).unwrap();
    run(&mut case.voxlake(["query", "-c", "SELECT 1 AS one", "-o", "link.csv"])).await.ok();
    assert_eq!(std::fs::read_to_string(place("real.csv")).unwrap(), "one\n1\n");
    assert!(place("link.csv").is_symlink());
    assert_eq!(mode(&place("real.csv")), 0o600);
    let mut open = case.voxlake(["query", "-c", "SELECT 1 AS one", "-o", "open.csv"]);
    run(open.env("VOXLAKE_FILE_MODE", "0640")).await.ok();
    assert_eq!(mode(&place("open.csv")), 0o640);
    let ran = run(case.voxlake(["status"]).env("VOXLAKE_FILE_MODE", "0777")).await;
    assert!(ran.code == 2 && ran.err.contains("0640"), "{ran:?}");
    for command in [
        &["sql", "-c", "\\o shell.csv", "-c", "SELECT 1"][..],
        &["report", "run", "weekly-queues", "--period", "2025-W10", "-o", "reports"],
    ] {
        run(&mut case.voxlake(command.iter().copied())).await.ok();
    }
    let written: Vec<_> = walk(&place("reports")).into_iter().chain([place("shell.csv")]).collect();
    assert!(written.len() > 1 && written.iter().all(|file| mode(file) == 0o600), "{written:?}");
    // The lake too.
    let files = walk(&place("lake"));
    assert!(files.len() > 5);
    assert!(files.iter().all(|file| mode(file) & 0o077 == 0), "{files:?}");
}

/// Returns all files and folders below a folder.
#[cfg(unix)]
fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_into_a_lake() {
    let case = synced().await;
    #[cfg(unix)]
    std::os::unix::fs::symlink("lake/voice_calls", case.folder.path().join("link")).unwrap();
    #[cfg(not(unix))]
    std::fs::create_dir_all(case.folder.path().join("lake/link")).unwrap();
    let day = "lake/voice_calls/date=2025-03-04/calls.parquet";
    let before = std::fs::read(case.folder.path().join(day)).unwrap();
    for more in [
        vec!["query", "-c", "SELECT 1 AS one", "--format", "parquet", "-o", day],
        vec!["query", "-c", "SELECT 1 AS one", "-o", "lake/answer.csv"],
        vec!["report", "run", "weekly-queues", "-o", "lake/reports"],
        vec!["sql", "-c", "SELECT 1", "-o", "lake/answer.csv"],
        vec!["sql", "-c", "\\o lake/answer.csv"],
        vec!["sql", "-c", "SELECT 1 \\g lake/answer.csv"],
        vec!["query", "-c", "SELECT 1 AS one", "-o", "link/answer.csv"],
        vec!["sql", "-c", "\\copy (SELECT 1) TO link/answer.csv"],
    ] {
        let ran = run(&mut case.voxlake(more.clone())).await;
        assert!(ran.code != 0 && ran.err.contains("lies in the lake"), "{more:?}: {ran:?}");
    }
    assert_eq!(std::fs::read(case.folder.path().join(day)).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_day_file_is_repaired() {
    let case = synced().await;
    let day = case.folder.path().join("lake/voice_calls/date=2025-03-04/calls.parquet");
    let whole = std::fs::read(&day).unwrap();
    let calls = "SELECT count(*) AS n FROM voice_calls WHERE start_time < '2025-03-06'";
    let answer = run(&mut case.voxlake(["query", "-c", calls, "--format", "csv"])).await.ok();
    run(&mut case.voxlake(["query", "-c", "SELECT 1 AS one", "-o", "one.parquet"])).await.ok();
    let copy = case.folder.path().join("lake/voice_calls/date=2025-03-07/calls.parquet");
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    for (path, bytes) in
        [(&day, std::fs::read(case.folder.path().join("one.parquet")).unwrap()), (&copy, whole)]
    {
        std::fs::write(path, bytes).unwrap();
        let date = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let ran = run(&mut case.voxlake(["query", "-c", "SELECT count(*) AS n FROM voice_calls"])).await;
        assert!(ran.code == 1 && ran.err.contains(date) && ran.err.contains("--repair"), "{ran:?}");
        let repair = ["sync", "--from", "2025-03-03", "--to", "2025-03-08", "--repair"];
        run(&mut case.voxlake(repair)).await.ok();
        let again = run(&mut case.voxlake(["query", "-c", calls, "--format", "csv"])).await.ok();
        assert_eq!(again, answer);
        run(&mut case.voxlake(["verify"])).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_output_fails_before_the_query() {
    let case = synced().await;
    for (file, expected) in [
        ("answer", "--format"),
        ("answer.doc", ".xlsx"),
        ("lake.csv", "is not a file"),
        ("none/a.csv", "cannot write in none"),
    ] {
        std::fs::create_dir_all(case.folder.path().join("lake.csv")).unwrap();
        let ran = run(&mut case.voxlake(["query", "-c", "SELECT 1", "-o", file])).await;
        assert_eq!(ran.code, 2, "{file}: {ran:?}");
        assert!(ran.err.contains(expected), "{file}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_end_after_10_000_rows() {
    let case = synced().await;
    let rows = |n: u32| format!("SELECT unnest(generate_series(1, {n})) AS n");
    let table = run(&mut case.voxlake(["query", "-c", &rows(10_001)])).await.ok();
    assert!(table.contains("\n 10000\n"), "{}", &table[table.len() - 300..]);
    assert!(!table.contains("10001") && table.contains("--format csv"), "{}", &table[table.len() - 300..]);
    let table = run(&mut case.voxlake(["query", "-c", &rows(10_000)])).await.ok();
    assert!(table.ends_with(" 10000\n"), "{}", &table[table.len() - 300..]);
    let csv = run(&mut case.voxlake(["query", "-c", &rows(10_001), "--format", "csv"])).await.ok();
    assert_eq!(csv.lines().count(), 10_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explained_query_shows_its_metrics() {
    let case = synced().await;
    for ask in [
        vec!["query", "abandonment_rate", "--period", "2025-03-04", "--no-summaries", "--explain"],
        vec!["query", "-c", "SELECT count(*) FROM voice_calls WHERE date = '2025-03-04'", "--explain"],
    ] {
        let out = run(&mut case.voxlake(ask.iter().copied())).await.ok();
        assert!(out.starts_with("day files:  1 of "), "{out}");
        for said in ["row groups: ", "rows: ", "bytes: ", "time: ", "DataSourceExec", "output_rows="] {
            assert!(out.contains(said), "{said}: {out}");
        }
    }
    let sql = "SELECT sum(total_duration) FROM voice_calls WHERE date = '2025-03-04'";
    let out = run(&mut case.voxlake(["query", "-c", sql, "--explain"])).await.ok();
    let calls =
        case.calls().iter().filter(|call| call.start_time.date_naive().to_string() == "2025-03-04").count();
    assert!(out.contains(&format!("rows:       {calls} read, 1 in the answer")), "{out}");
    let ran = run(&mut case.voxlake(["query", "agent_activity", "--period", "2025-03-04"])).await;
    assert!(
        ran.err.starts_with("summaries of 1 day, 1 of ") && ran.err.contains(" day files read, in "),
        "{ran:?}"
    );
}

/// Sorts spill to the temporary folder.
#[tokio::test(flavor = "multi_thread")]
async fn too_little_memory_gets_a_hint() {
    let case = synced().await;
    let grouped = "SELECT engagement_id, count(*) FROM voice_calls GROUP BY 1";
    let ran = run(&mut case.voxlake(["query", "-c", grouped, "--memory-limit", "1kB"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("--memory-limit"), "{ran:?}");
    let sorted = "SELECT repeat(md5(CAST(n AS VARCHAR)), 8) AS text FROM
                  (SELECT unnest(generate_series(1, 200000)) AS n) ORDER BY text";
    let ask = |more: &'static [&'static str]| {
        case.voxlake(["query", "-c", sorted, "--format", "csv"].into_iter().chain(more.iter().copied()))
    };
    let spilled = run(&mut ask(&["--memory-limit", "32MB"])).await.ok();
    assert!(spilled == run(&mut ask(&[])).await.ok(), "another order");
    for (limit, expected) in [("lots", "512MB or 2GB"), ("0", "leaves no memory")] {
        let ran = run(ask(&["--memory-limit"]).arg(limit)).await;
        assert!(ran.code == 2 && ran.err.contains(expected), "{ran:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_blocked_query() {
    let case = synced().await;
    let sql = "SELECT a.engagement_id, b.engagement_id AS other FROM voice_calls a CROSS JOIN voice_calls b";
    let mut command = case.voxlake(["query", "-c", sql, "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // The first bytes show that it runs; the test reads no more after them.
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).await.unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}
