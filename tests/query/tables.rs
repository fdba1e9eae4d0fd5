//! Tables of named queries for people: units, informative columns, partial periods.

use crate::support::{run, sample, voxlake};

/// Returns the output of a query over the sample.
async fn query(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = voxlake(folder.path());
    run(command.arg("query").args(args).arg("--lake").arg(sample())).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_units_in_every_format() {
    for format in ["table", "markdown", "html"] {
        let rates = query(&["abandonment_rate", "--format", format]).await;
        assert!(rates.contains("14.2 %") && rates.contains("Total"), "{format}: {rates}");
        assert!(!rates.contains("NULL") && !rates.contains("0.141813"), "{format}: {rates}");
        let definition = rates.matches("offered - short").count();
        assert_eq!(definition, 1, "{format}: {rates}");
        let charges = query(&["charges", "-p", "by=total", "--format", format]).await;
        assert!(charges.contains("65.869 USD") && charges.contains("3 d 04 h"), "{format}: {charges}");
        let durations = query(&["duration_percentiles", "--format", format]).await;
        assert!(durations.contains("4:24") && durations.contains("1,045"), "{format}: {durations}");
        // Nothing is lost: a column with one value is stated once.
        assert_eq!(durations.matches("duration 0").count(), 1, "{format}: {durations}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_values_are_those_of_programs() {
    for format in ["table", "markdown", "html"] {
        let rates = query(&["abandonment_rate", "--exact", "--format", format]).await;
        assert!(rates.contains("0.141813") && rates.contains("NULL") && !rates.contains(" %"), "{rates}");
    }
    for format in ["csv", "tsv", "json", "ndjson"] {
        let plain = query(&["abandonment_rate", "--format", format]).await;
        assert_eq!(plain, query(&["abandonment_rate", "--exact", "--format", format]).await);
        assert!(plain.contains("0.141813") && plain.contains("definition"), "{format}: {plain}");
    }
    let folder = tempfile::tempdir().unwrap();
    let shell = async |args: &[&str]| {
        let mut command = voxlake(folder.path());
        run(command.args(["sql", "--lake"]).arg(sample()).args(args)).await.ok()
    };
    let ask = "\\run abandonment_rate by=total";
    assert!(shell(&["-c", ask]).await.contains("14.2 %"));
    assert!(shell(&["-x", "-c", ask]).await.contains("14.2 %"));
    for args in [&["--exact", "-c", ask][..], &["-c", "\\exact", "-c", ask], &["-x", "--exact", "-c", ask]] {
        let out = shell(args).await;
        assert!(out.contains("0.141813") && !out.contains('%'), "{args:?}: {out}");
    }
}

/// Programs read the same instants in UTC.
#[tokio::test(flavor = "multi_thread")]
async fn timestamps_of_named_queries_are_local() {
    let ask = ["traffic", "--from", "2026-11-02", "--to", "2026-11-03", "--timezone", "Europe/Berlin"];
    let table = query(&ask).await;
    assert!(table.contains("2026-11-02 00:00  2026-11-02T00:00:00+01:00"), "{table}");
    let csv = query(&[&ask[..], &["--format", "csv"]].concat()).await;
    assert!(csv.contains("2026-11-02 00:00,2026-11-01T23:00:00Z"), "{csv}");
}

/// Named queries, SQL, files and the shell use the zone of `--timezone`.
#[tokio::test(flavor = "multi_thread")]
async fn sql_follows_the_time_zone() {
    let sql = "SELECT date_trunc('day', start_time) AS day, count(*) AS calls FROM calls \
               WHERE start_time < '2026-11-03' GROUP BY 1 ORDER BY 1";
    let utc = "day,calls\n2026-11-02T00:00:00Z,146\n";
    assert_eq!(query(&["-c", sql, "--format", "csv"]).await, utc);
    let berlin = ["--timezone", "Europe/Berlin", "--format", "csv"];
    let local = query(&[&["-c", sql][..], &berlin].concat()).await;
    let local_day = "day,calls\n2026-11-02T00:00:00+01:00,";
    assert!(local.starts_with(local_day) && local.lines().count() == 2, "{local}");
    let named = ["call_volume", "--period", "2026-11-02", "-p", "by=day", "-p", "direction=all"];
    let named = query(&[&named[..], &berlin].concat()).await;
    let calls = local.trim_end().rsplit(',').next().unwrap();
    assert!(named.contains(&format!("cell,2026-11-02,all,{calls},")), "{named}: {local}");

    let folder = tempfile::tempdir().unwrap();
    let shell = async |args: &[&str]| {
        let mut command = voxlake(folder.path());
        run(command.args(["sql", "--format", "csv", "--lake"]).arg(sample()).args(args)).await
    };
    let set = "SET TIME ZONE 'Europe/Berlin'";
    assert_eq!(shell(&["-c", set, "-c", sql]).await.ok(), local);
    assert_eq!(shell(&["--timezone", "Europe/Berlin", "-c", sql]).await.ok(), local);
    assert_eq!(shell(&["--timezone", "Europe/Berlin", "-c", "RESET timezone", "-c", sql]).await.ok(), local);
    assert_eq!(shell(&["-c", set, "-c", "SET TIME ZONE DEFAULT", "-c", sql]).await.ok(), utc);
    let run = "\\run call_volume period=2026-11-02 by=day direction=all";
    assert_eq!(shell(&["-c", set, "-c", run]).await.ok(), named);
    let ran = shell(&["-c", "SET TIME ZONE 'Berlin'"]).await;
    assert!(ran.code == 1 && ran.err.contains("Europe/Berlin"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_without_quotes_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let sql = "SELECT count(*) AS calls FROM calls WHERE date >= 2026-11-28";
    for command in ["query", "sql"] {
        let mut voxlake = voxlake(folder.path());
        let ran = run(voxlake.args([command, "--format", "csv", "-c", sql, "--lake"]).arg(sample())).await;
        let notice = "2026-11-28 without quotes is the number 1987: write '2026-11-28' for the date\n";
        assert_eq!((ran.code, ran.err.as_str(), ran.out.as_str()), (0, notice, "calls\n1045\n"), "{command}");
    }
    for (sql, hint) in [
        ("SELECT count(*) FROM calls WHERE start_time >= 2026-11-28", "dates have quotes: '2026-11-28'"),
        ("SELECT total_duration * INTERVAL '1 second' FROM calls", "CAST(concat(total_duration, ' seconds')"),
        ("SELECT hour(start_time) FROM calls", "extract(hour FROM start_time)"),
        ("SELECT strftime(start_time, '%Y') FROM calls", "to_char(start_time, '%Y-%m-%d')"),
    ] {
        let ran = run(voxlake(folder.path()).args(["query", "-c", sql, "--lake"]).arg(sample())).await;
        assert!(ran.code == 2 && ran.err.contains(hint), "{sql}: {ran:?}");
    }
}

/// The sample holds the week of 2 November 2026.
#[tokio::test(flavor = "multi_thread")]
async fn partial_periods_are_marked_for_people() {
    let weeks = ["abandonment_rate", "--month", "2026-11", "-p", "by=week"];
    let ask =
        |format: &'static str| async move { query(&[&weeks[..], &["--format", format]].concat()).await };
    for format in ["table", "markdown", "html"] {
        let table = ask(format).await;
        for marked in ["2026-W44, 0 of 7 days", "2026-W46, 0 of 7 days", "2026-W49, 0 of 7 days"] {
            assert!(table.contains(marked), "{format}: {table}");
        }
        assert!(table.contains("2026-W45") && !table.contains("2026-W45,"), "{format}: {table}");
    }
    let csv = ask("csv").await;
    assert!(csv.contains(",2026-W46,") && !csv.contains(" of "), "{csv}");
    let cut = ["--from", "2026-11-04", "--to", "2026-11-06T12:00:00Z"];
    let week = query(&[&["result_mix", "-p", "per=week"][..], &cut].concat()).await;
    assert!(week.contains("2026-W45, 2.5 of 7 days"), "{week}");
    let day = query(&[&["call_volume", "-p", "by=day"][..], &cut].concat()).await;
    assert!(day.contains("2026-11-06, 12 of 24 hours") && day.contains("2026-11-05 "), "{day}");
    let month = query(&[&["charges", "-p", "by=month"][..], &cut].concat()).await;
    assert!(month.contains("2026-11, 2.5 of 30 days"), "{month}");
    let hours = query(&[&["call_volume", "-p", "by=day_hour"][..], &cut].concat()).await;
    assert!(!hours.contains("of 24 hours"), "{hours}");
}
