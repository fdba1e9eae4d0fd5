//! Precedence of options, environment and file, and errors of invalid settings.

use std::fs;

use crate::report::over_sample;
use crate::support::{run, set_clock, voxlake, write_private};

#[tokio::test]
async fn options_override_environment_and_file() {
    let folder = tempfile::tempdir().unwrap();
    // None of the three is a lake, so the error names the one that was used.
    let ask = ["query", "-c", "SELECT 1"];
    let said = |ran: crate::support::RunOutput| {
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.err
    };
    let by_default = said(run(voxlake(folder.path()).args(ask)).await);
    assert!(by_default.contains("no lake at data\n"), "{by_default}");
    fs::write(folder.path().join("voxlake.toml"), "lake = 'from-file'\n").unwrap();
    let by_file = said(run(voxlake(folder.path()).args(ask)).await);
    assert!(by_file.contains("no lake at from-file\n"), "{by_file}");
    let by_env = said(run(voxlake(folder.path()).args(ask).env("VOXLAKE_LAKE", "from-env")).await);
    assert!(by_env.contains("no lake at from-env\n"), "{by_env}");
    let of_digits = said(run(voxlake(folder.path()).args(ask).env("VOXLAKE_LAKE", "2026")).await);
    assert!(of_digits.contains("no lake at 2026\n"), "{of_digits}");
    let mut command = voxlake(folder.path());
    let by_flag =
        said(run(command.args(ask).args(["--lake", "from-flag"]).env("VOXLAKE_LAKE", "from-env")).await);
    assert!(by_flag.contains("no lake at from-flag\n"), "{by_flag}");
}

/// Periods, SQL and errors use the time that a test sets.
#[tokio::test]
async fn tests_set_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let run_at = async |now: &str, args: &[&str]| {
        let mut command = over_sample(&folder, args.iter().copied());
        run(set_clock(&mut command, now)).await
    };
    let sql =
        ["query", "-c", "SELECT current_date AS today, extract(hour FROM now()) AS hour", "--format", "csv"];
    assert_eq!(run_at("2028-02-29T05:00:00Z", &sql).await.ok(), "today,hour\n2028-02-29,5\n");
    let yesterday = ["query", "call_volume", "--period", "yesterday", "--format", "table"];
    let table = run_at("2026-11-05T05:00:00Z", &yesterday).await.ok();
    assert!(table.contains("2026-11-04 00:00 to 2026-11-05 00:00"), "{table}");
    let ran = run_at("noon", &sql).await;
    assert!(ran.code == 2 && ran.err.contains("VOXLAKE_TEST_NOW = \"noon\" is not a time"), "{ran:?}");
}

#[tokio::test]
async fn an_invalid_setting_is_named_with_file() {
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

/// Credentials come from the environment or from a file.
#[tokio::test]
async fn missing_credentials_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(voxlake(folder.path()).arg("sync").env("ZOOM_CLIENT_ID", "x")).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_SECRET, or"), "{ran:?}");

    write_private(&folder.path().join("bad.toml"), "client_secret = \"hush-hush\nclient_id = 3");
    let ran = run(voxlake(folder.path()).args(["sync", "--credentials", "bad.toml"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("bad.toml") && !ran.err.contains("hush"), "{ran:?}");

    // With a complete file, the run fails at the network only.
    let secrets = folder.path().join("zoom.toml");
    write_private(&secrets, "account_id = 'a'\nclient_id = 'b'\nclient_secret = 'hush-hush'\n");
    let mut command = voxlake(folder.path());
    command.args(["sync", "--credentials", "zoom.toml", "--from", "2025-03-03", "--to", "2025-03-02"]);
    let ran = run(&mut command).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("but ends at"), "{ran:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn credentials_that_others_can_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("zoom.toml");
    write_private(&secrets, "account_id = 'a'\nclient_id = 'b'\nclient_secret = 'hush-hush'\n");
    fs::set_permissions(&secrets, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let ran = run(voxlake(folder.path()).args(["sync", "--credentials", "zoom.toml"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("chmod 600") && !ran.err.contains("hush"), "{ran:?}");

    // Opening a named pipe would block until it has a writer.
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let ran = run(voxlake(folder.path()).args(["sync", "--credentials", "pipe"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is not a regular file"), "{ran:?}");
}

/// Plain HTTP needs an option.
#[tokio::test]
async fn a_local_file_cannot_redirect_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let sync = |more: &[&str]| {
        let mut command = voxlake(folder.path());
        command.arg("sync").args(more);
        command.envs([("ZOOM_ACCOUNT_ID", "a"), ("ZOOM_CLIENT_ID", "b"), ("ZOOM_CLIENT_SECRET", "c")]);
        command
    };
    // An inverted period is rejected after the URLs are checked and before any request.
    let backwards = ["--from", "2025-03-03", "--to", "2025-03-02"];
    for (text, name) in [
        ("oauth_url = 'https://example.org'", "oauth_url"),
        ("api_url = 'https://zoom.us.example.org/v2'", "api_url"),
        ("api_url = 'http://api.zoom.us/v2'", "api_url"),
        ("insecure_http = true", "insecure_http"),
    ] {
        fs::write(folder.path().join("voxlake.toml"), text).unwrap();
        let ran = run(&mut sync(&backwards)).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(&format!("error: {name} in voxlake.toml of this folder")), "{ran:?}");
        let ran = run(sync(&backwards).args(["--config", "voxlake.toml"])).await;
        let expected = if text.contains("http://") { "in the clear" } else { "but ends at" };
        assert!(ran.err.contains(expected), "{ran:?}");
    }
    for (url, allowed) in [("http://localhost:9/v2", true), ("https://api.zoomgov.com/v2", true)] {
        fs::write(folder.path().join("voxlake.toml"), format!("api_url = '{url}'")).unwrap();
        let ran = run(&mut sync(&backwards)).await;
        assert_eq!(ran.err.contains("but ends at"), allowed, "{ran:?}");
    }
    // Deliveries are checked in the same way.
    let schedule = "[[schedule]]\nreport = 'weekly-queues'\ncron = '0 0 1 1 *'\n[[schedule.deliver]]\n";
    let hook = "webhook = { file = 'hook' }\nauthorization = { env = 'ZOOM_CLIENT_SECRET' }";
    let mail = "email = ['a@example.org']\n[mail]\nhost = 'mail.example.org'\nfrom = 'b@example.org'\nuser = 'u'\n\
        password = { env = 'ZOOM_CLIENT_SECRET' }";
    for (deliver, name) in [(hook, "a webhook with authorization"), (mail, "[mail]")] {
        fs::write(folder.path().join("voxlake.toml"), format!("{schedule}{deliver}")).unwrap();
        let ran = run(voxlake(folder.path()).args(["schedule", "list"])).await;
        let said = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == 2 && said.contains(&format!("{name} in voxlake.toml of this folder")), "{ran:?}");
        let ran = run(voxlake(folder.path()).args(["schedule", "list", "--config", "voxlake.toml"])).await;
        assert!(!format!("{}{}", ran.out, ran.err).contains("of this folder"), "{ran:?}");
    }
    fs::remove_file(folder.path().join("voxlake.toml")).unwrap();
    let http = ["--api-url", "http://192.0.2.1/v2"];
    let ran = run(sync(&backwards).args(http)).await;
    assert!(ran.code == 2 && ran.err.contains("use https") && ran.err.contains("--insecure-http"), "{ran:?}");
    let ran = run(sync(&backwards).args(http).arg("--insecure-http")).await;
    assert!(ran.err.contains("but ends at"), "{ran:?}");
}

#[tokio::test]
async fn a_misspelled_setting_gets_a_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("voxlake.toml"), "lake = 'a'\ntimezon = 'UTC'\n").unwrap();
    let ran = run(voxlake(folder.path()).arg("status")).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("voxlake.toml, line 2: there is no setting timezon; did you mean timezone?"),
        "{ran:?}"
    );
    fs::write(folder.path().join("voxlake.toml"), "lake = 3\n").unwrap();
    let ran = run(voxlake(folder.path()).arg("status")).await;
    assert!(ran.code == 2 && ran.err.contains("error: voxlake.toml, line 1, lake: "), "{ran:?}");
    fs::remove_file(folder.path().join("voxlake.toml")).unwrap();
    let ran = run(voxlake(folder.path()).arg("status").env("VOXLAKE_LAEK", "a")).await;
    assert!(
        ran.err.contains("warning: the variable VOXLAKE_LAEK sets nothing; did you mean VOXLAKE_LAKE?"),
        "{ran:?}"
    );
}
