//! Settings rise from file to environment to flag, and a wrong one is told.

use std::fs;

use crate::report::over_sample;
use crate::support::{run, set_clock, voxlake};

#[tokio::test]
async fn a_flag_beats_the_environment_and_that_beats_the_file() {
    let folder = tempfile::tempdir().unwrap();
    // None of the three is a lake, so the error says which one was meant.
    let ask = ["query", "-c", "SELECT 1"];
    let said = |ran: crate::support::Ran| {
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.err
    };
    let by_default = said(run(voxlake(folder.path()).args(ask)).await);
    assert!(by_default.contains("no lake at data:"), "{by_default}");
    fs::write(folder.path().join("voxlake.toml"), "lake = 'from-file'\n").unwrap();
    let by_file = said(run(voxlake(folder.path()).args(ask)).await);
    assert!(by_file.contains("no lake at from-file:"), "{by_file}");
    let by_env = said(run(voxlake(folder.path()).args(ask).env("VOXLAKE_LAKE", "from-env")).await);
    assert!(by_env.contains("no lake at from-env:"), "{by_env}");
    let of_digits = said(run(voxlake(folder.path()).args(ask).env("VOXLAKE_LAKE", "2026")).await);
    assert!(of_digits.contains("no lake at 2026:"), "{of_digits}");
    let mut command = voxlake(folder.path());
    let by_flag =
        said(run(command.args(ask).args(["--lake", "from-flag"]).env("VOXLAKE_LAKE", "from-env")).await);
    assert!(by_flag.contains("no lake at from-flag:"), "{by_flag}");
}

/// Periods, SQL and errors take the time that a test sets.
#[tokio::test]
async fn tests_set_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let at = async |now: &str, args: &[&str]| {
        let mut command = over_sample(&folder, args.iter().copied());
        run(set_clock(&mut command, now)).await
    };
    let sql =
        ["query", "-c", "SELECT current_date AS today, extract(hour FROM now()) AS hour", "--format", "csv"];
    assert_eq!(at("2028-02-29T05:00:00Z", &sql).await.ok(), "today,hour\n2028-02-29,5\n");
    let yesterday = ["query", "call_volume", "--period", "yesterday", "--format", "table"];
    let table = at("2026-11-05T05:00:00Z", &yesterday).await.ok();
    assert!(table.contains("2026-11-04 00:00 to 2026-11-05 00:00"), "{table}");
    let ran = at("noon", &sql).await;
    assert!(ran.code == 2 && ran.err.contains("VOXLAKE_TEST_NOW = \"noon\" is not a time"), "{ran:?}");
}

#[tokio::test]
async fn a_wrong_setting_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    for (text, expected) in [
        ("lakes = 'x'\n", "lakes"),
        ("timezone = 'Berlin'\n", "Europe/Berlin"),
        ("settle = 'soon'\n", "24h"),
        ("api_url = 'not a url'\n", "api_url"),
        ("lake = \n", "voxlake.toml"),
    ] {
        fs::write(folder.path().join("voxlake.toml"), text).unwrap();
        let ran = run(voxlake(folder.path()).args(["query", "-c", "SELECT 1"])).await;
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        assert!(ran.err.contains(expected), "{text}: {ran:?}");
    }
    let ran = run(voxlake(folder.path()).args(["--config", "none.toml", "query", "-c", "SELECT 1"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("there is no configuration file none.toml"), "{ran:?}");
}

#[tokio::test]
async fn credentials_come_from_the_environment_or_a_file_and_what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(voxlake(folder.path()).arg("sync").env("ZOOM_CLIENT_ID", "x")).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_SECRET, or"), "{ran:?}");

    fs::write(folder.path().join("bad.toml"), "client_secret = \"hush-hush\nclient_id = 3").unwrap();
    let ran = run(voxlake(folder.path()).args(["sync", "--credentials", "bad.toml"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("bad.toml") && !ran.err.contains("hush"), "{ran:?}");

    // A file that has them all is enough to get as far as the network.
    fs::write(
        folder.path().join("zoom.toml"),
        "account_id = 'a'\nclient_id = 'b'\nclient_secret = 'hush-hush'\n",
    )
    .unwrap();
    let mut command = voxlake(folder.path());
    command.args(["sync", "--credentials", "zoom.toml", "--from", "2025-03-03", "--to", "2025-03-02"]);
    let ran = run(&mut command).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("ends before that"), "{ran:?}");
}
