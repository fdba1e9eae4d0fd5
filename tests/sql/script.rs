//! Statements from arguments, files and pipes.

use std::process::Stdio;

use insta::assert_snapshot;
use tokio::io::AsyncWriteExt as _;

use super::sql;
use crate::support::{RunOutput, project_root, run, sample, voxlake};

async fn piped(folder: &std::path::Path, args: &[&str], script: &str) -> RunOutput {
    let mut command = sql(folder, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap().into()
}

/// Arguments, files and standard input give the same output.
#[tokio::test(flavor = "multi_thread")]
async fn all_sources_of_statements_agree() {
    let folder = tempfile::tempdir().unwrap();
    let expected = "one\n1\ntwo\n2\n";
    let args = ["-c", "SELECT 1 AS one; SELECT 2 AS two", "--format", "csv"];
    assert_eq!(run(&mut sql(folder.path(), &args)).await.ok(), expected);
    let args = ["-c", "SELECT 1 AS one", "-c", "SELECT 2 AS two;", "--format", "csv"];
    assert_eq!(run(&mut sql(folder.path(), &args)).await.ok(), expected);
    std::fs::write(folder.path().join("a.sql"), "SELECT 1 AS one;\n-- more\nSELECT 2 AS two").unwrap();
    assert_eq!(run(&mut sql(folder.path(), &["-f", "a.sql", "--format", "csv"])).await.ok(), expected);
    for args in [&["--format", "csv"][..], &["-f", "-", "--format", "csv"]] {
        assert_eq!(piped(folder.path(), args, "SELECT 1 AS one;\nSELECT 2\nAS two;\n").await.ok(), expected);
    }
}

/// A query whose result has every kind of value.
const ANSWER: &str =
    "SELECT result, count(*) AS calls, sum(charge_amount) AS charge, min(start_time) AS first,
    NULL AS nothing, first_value(queues ORDER BY start_time) AS queues
FROM voice_calls WHERE result IN ('completed', 'missed') GROUP BY result ORDER BY result";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_each_format() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["table", "markdown", "html", "csv", "tsv", "json", "ndjson"] {
        let out = run(&mut sql(folder.path(), &["-c", ANSWER, "--format", format])).await.ok();
        assert_snapshot!(format, out);
    }
    assert_snapshot!("expanded", run(&mut sql(folder.path(), &["-c", ANSWER, "-x"])).await.ok());
    for (file, magic) in [("a.parquet", &b"PAR1"[..]), ("a.xlsx", b"PK"), ("a.arrows", b"\xff\xff\xff\xff")] {
        run(&mut sql(folder.path(), &["-c", ANSWER, "-o", file])).await.ok();
        assert!(std::fs::read(folder.path().join(file)).unwrap().starts_with(magic), "{file}");
    }
}

/// Fifty statements and commands of an analyst, with their output.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_analyst_types_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let script = project_root().join("tests/sql/analyst.sql");
    std::fs::write(
        folder.path().join("staffing.csv"),
        "queue_name,agents\nBilling,6\nClaims,4\nTechnical Support,9\n",
    )
    .unwrap();
    let ran = run(&mut sql(folder.path(), &["-f", script.to_str().unwrap()])).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_snapshot!(ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_files_are_attached_with_notices() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("prices.csv", "code;price;code;phone\n007;0,5;x;+441314960843\n011;1,25;y;0123\n");
    write("plan (1).csv", "Billing,6\nClaims,4\n");
    let script = r"
        \attach prices prices.csv
        SELECT code, price + 1 AS more, code_2 FROM prices ORDER BY code;
        SELECT count(*) > 0 AS found FROM prices JOIN calls ON consumer_number = phone;
        \attach plan 'plan (1).csv' (queue text, agents bigint) header=off
        SELECT queue, agents FROM plan ORDER BY queue;
        \attach semicolons prices.csv (CODE text, price decimal(18,6)) delimiter=;
        SELECT code, price FROM semicolons ORDER BY code;";
    let ran = piped(folder.path(), &["--format", "csv"], script).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        "code,more,code_2\n007,1.50,x\n011,2.25,y\nfound\ntrue\nqueue,agents\nBilling,6\nClaims,4\n\
         code,price\n007,0.500000\n011,1.250000\n"
    );
    assert_snapshot!(ran.err, @r"
    notice: cells are separated by ';'
    notice: header code occurs twice: column 3 is named code_2
    notice: price has decimal commas
    notice: there is no header: the columns are named as declared
    notice: header code occurs twice: column 3 is named code_2
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_csv_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("prices.csv", "code;price\n007;0,5\n");
    write("ragged.csv", "a,b\n1,2\n3\n");
    write("empty.csv", "");
    for (attach, expected) in [
        ("ragged.csv", "line 3 has 1 cell, the first line has 2"),
        ("empty.csv", "it is empty"),
        ("prices.csv (code uuid)", "text, bigint, decimal(p,s), double, date, timestamp and boolean"),
        ("prices.csv (price date)", "line 2: price \"0,5\" is no date"),
        ("prices.csv (price date", "not closed"),
        ("prices.csv header=maybe", "neither on nor off"),
        ("prices.csv delimiter=;;", "single character"),
    ] {
        let ran = run(&mut sql(folder.path(), &["-c", &format!("\\attach x {attach}")])).await;
        assert!(ran.code == 1 && ran.err.contains(expected), "{attach}: {ran:?}");
    }
}

/// Errors of planning, of constants, of rows and of statements that write.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_those_of_query() {
    let folder = tempfile::tempdir().unwrap();
    let sample = sample();
    for statement in [
        "SELECT result,\n  reslt\nFROM calls",
        "SELECT 1 +",
        "SELECT CAST(result AS INT) FROM calls WHERE result = 'missed'",
        "SELECT * FROM calls WHERE start_time > 'yesterday'",
        "INSERT INTO calls SELECT 1",
    ] {
        let of_sql = run(&mut sql(folder.path(), &["-c", statement, "--format", "csv"])).await;
        let mut query = voxlake(folder.path());
        query.args(["query", "--format", "csv", "-c", statement, "--lake"]).arg(&sample);
        let of_query = run(&mut query).await;
        assert_eq!(of_sql.err, of_query.err);
        assert!(of_sql.code == 1 && of_sql.err.contains("\nLINE "), "{of_sql:?}");
        assert!(of_query.code > 0, "{of_query:?}");
    }
    std::fs::write(folder.path().join("a.sql"), "SELECT 1,\n  x").unwrap();
    let mut query = voxlake(folder.path());
    let ran = run(query.args(["query", "-f", "a.sql", "--lake"]).arg(&sample)).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_snapshot!(ran.err, @r"
    error: a.sql:2: there is no column x
    LINE 2:   x
              ^
    hint: the statement has no FROM
    ");
}

/// It shows line and position.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_ends_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = "SELECT 1 AS one;\n\nSELECT result,\n       reslt\nFROM voice_calls;\nSELECT 2 AS two;\n";
    std::fs::write(folder.path().join("a.sql"), script).unwrap();
    let ran = run(&mut sql(folder.path(), &["-f", "a.sql", "--format", "csv"])).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, "one\n1\n"), "{ran:?}");
    assert_snapshot!(ran.err, @r"
    error: a.sql:4: there is no column reslt
    LINE 4:        reslt
                   ^^^^^
    hint: did you mean result?
    ");
    let ran = run(&mut sql(folder.path(), &["-f", "a.sql", "--format", "csv", "--keep-going"])).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, "one\n1\ntwo\n2\n"), "{ran:?}");
    assert_eq!(ran.err.matches("error:").count(), 1, "{ran:?}");
    let ran =
        piped(folder.path(), &[], "\\set ON_ERROR_STOP off\nSELEC 1;\n\\nothing\nSELECT 2 AS two;\n").await;
    assert!(ran.code == 1 && ran.out.contains("two") && ran.err.contains("<stdin>:2:"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_write_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (statement, expected) in [
        ("INSERT INTO voice_calls SELECT * FROM voice_calls", "read-only session"),
        ("DROP TABLE voice_calls", "belongs to the lake"),
        ("CREATE OR REPLACE VIEW calls AS SELECT 1", "another name"),
        ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION 'x.csv'", "\\attach"),
        ("SET datafusion.catalog.location = 'x'", "cannot be changed here"),
        ("COPY voice_calls TO 's3://bucket/x.csv'", "local files"),
        ("\\attach calls x.csv", "table of the lake"),
    ] {
        let ran = run(&mut sql(folder.path(), &["-c", statement])).await;
        assert!(ran.code == 1 && ran.err.contains(expected) && ran.out.is_empty(), "{statement}: {ran:?}");
    }
    let inside =
        format!("\\copy days TO '{}'", project_root().join("data/sample/voice_calls/x.csv").display());
    let ran = run(&mut sql(folder.path(), &["-c", &inside])).await;
    assert!(ran.code == 1 && ran.err.contains("lies in the lake"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_writes_the_format_of_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let script = "
        \\copy (SELECT 1 AS one, 'to' AS word) TO a.csv
        \\copy (SELECT 1 AS one) to 'b c.txt' with (format json)
        COPY (SELECT 2 AS two) TO 'c.ndjson';
        COPY result_classes TO 'd' STORED AS PARQUET;
        \\o e.csv
        SELECT 3 AS three;
        SELECT 4 AS four;
        \\o
        SELECT 5 AS five \\g f.json
        SELECT 6 AS six;";
    let ran = piped(folder.path(), &[], script).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("COPY ")).count(), 4, "{ran:?}");
    assert!(ran.out.contains("six") && !ran.out.contains("three") && !ran.out.contains("five"), "{ran:?}");
    assert_eq!(read("a.csv"), "one,word\n1,to\n");
    assert_eq!(read("b c.txt").trim(), "[{\"one\":1}]");
    assert_eq!(read("c.ndjson").trim(), "{\"two\":2}");
    assert!(std::fs::read(folder.path().join("d")).unwrap().starts_with(b"PAR1"));
    assert_eq!(read("e.csv"), "three\n3\nfour\n4\n");
    assert_eq!(read("f.json").trim(), "[{\"five\":5}]");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_files_and_the_sqlrc_are_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".config/voxlake")).unwrap();
    let rc = "\\set shop 'O''Neil'\nCREATE VIEW mine AS SELECT count(*) AS n FROM days;\n";
    std::fs::write(folder.path().join(".config/voxlake/sqlrc"), rc).unwrap();
    std::fs::write(folder.path().join("in.sql"), "SELECT n + :more AS n, :'shop' AS shop FROM mine;")
        .unwrap();
    let args = ["-c", "\\i in.sql", "--set", "more=3", "--format", "csv"];
    assert_eq!(run(&mut sql(folder.path(), &args)).await.ok(), "n,shop\n10,O'Neil\n");
    let ran = run(&mut sql(folder.path(), &["-X", "-c", "SELECT n FROM mine"])).await;
    assert!(ran.code == 1 && ran.err.contains("there is no table mine"), "{ran:?}");
    std::fs::write(folder.path().join("round.sql"), "\\i round.sql").unwrap();
    let ran = run(&mut sql(folder.path(), &["-X", "-c", "\\i round.sql"])).await;
    assert!(ran.code == 1 && ran.err.contains("include itself"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_and_explain_repeat_a_statement() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(&mut sql(folder.path(), &["-c", "SELECT 1 AS watched \\watch i=0.01 c=3"])).await.ok();
    assert_eq!(out.matches("(every 0.01s)").count(), 3, "{out}");
    assert_eq!(out.matches("(1 row)").count(), 3, "{out}");
    let one_day = "SELECT sum(total_duration) FROM voice_calls WHERE date = '2026-11-03';";
    let out = run(&mut sql(folder.path(), &["-c", one_day, "-c", "\\explain"])).await.ok();
    for said in ["day files:  1 of 7 read", "rows:       176 read, 1 in the answer", "DataSourceExec"] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let named = "\\run abandonment_rate period=2026-11-03 by=total";
    let out = run(&mut sql(folder.path(), &["-c", named, "-c", "\\explain"])).await.ok();
    assert!(out.contains("day files:  1 of 7 read"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn misspelled_words_get_suggestions() {
    let folder = tempfile::tempdir().unwrap();
    for (args, code, expected) in [
        (vec!["-f", "none.sql"], 2, "none.sql"),
        (vec!["-c", "SELECT 1", "-f", "x"], 2, "cannot be used with"),
        (vec!["-c", "SELECT 1", "-o", "x.doc"], 2, ".xlsx"),
        (vec!["--set", "1=2", "-c", "SELECT 1"], 2, "not a valid variable name"),
        (vec!["-c", "\\tming"], 1, "\\timing"),
        (vec!["-c", "\\format cvs"], 1, "ndjson"),
        (vec!["-c", "\\timing maybe"], 1, "neither on nor off"),
        (vec!["-c", "\\run abandonement_rate"], 1, "abandonment_rate"),
        (vec!["-c", "\\run abandonment_rate by=planet"], 1, "queue"),
        (vec!["-c", "\\run abandonment_rate last=7d month=2026-11"], 1, "one period"),
        (vec!["-c", "\\d quee_calls"], 1, "\\d lists"),
        (vec!["-c", "\\chart"], 1, "no result"),
        (vec!["-c", "\\watch often"], 1, "interval"),
        (vec!["-c", "SELECT 1 \\d calls"], 1, "\\g"),
        (vec!["-c", "\\e"], 1, "terminal"),
        (vec!["-c", "\\attach plan none.csv"], 1, "none.csv"),
    ] {
        let ran = run(&mut sql(folder.path(), &args)).await;
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.err.contains(expected), "{args:?}: {ran:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "table"] {
        let many = "SELECT a.* FROM voice_calls a CROSS JOIN result_classes";
        let mut command = sql(folder.path(), &["-c", many, "-c", "SELECT 1", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_script() {
    use tokio::io::AsyncReadExt as _;
    let folder = tempfile::tempdir().unwrap();
    let endless = "SELECT 1 \\watch 0.01";
    let mut command = sql(folder.path(), &["-c", "SELECT 1 \\g", "-c", endless]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 16]).await.unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}
