//! Long-term operation of a sync: dry run, quota, service, lock, master account, late calls and
//! closed months; and `voxlake doctor`.

use std::process::Stdio;

use chrono::TimeDelta;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use voxlake_sim::{Endpoint, Fault, Faults, LimitDisclosure, RateLimits, SCOPE_MASTER};

use crate::support::{Case, run, simulated_calls, stored_calls, utc};

/// Sends SIGTERM to a process, as a service manager does.
async fn terminate(child: &Child) {
    let id = child.id().unwrap().to_string();
    let status = tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
    assert!(status.success());
}

fn requests(case: &Case) -> u64 {
    case.server.handle().requests_to(Endpoint::VoiceCalls)
}

/// It shows windows, requests, share of the quota and time, and fetches nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_estimates_requests_and_time() {
    let case = Case::new().await;
    let plan =
        ["sync", "--from", "2025-01-01", "--to", "2025-03-06", "--dry-run", "--requests-per-second", "5"];
    let out = run(&mut case.voxlake(plan)).await.ok();
    assert_eq!(requests(&case), 3, "one for each 28 days");
    assert!(stored_calls(&case.lake()).is_empty());
    let calls = case.centre.calls(utc("2025-01-01T00:00:00Z"), utc("2025-03-06T00:00:00Z")).count();
    let told = out.replace(',', "");
    assert!(told.contains(&format!("\n{calls} calls in about ")), "{out}");
    for words in [
        "2025-01-01 00:00:00 to 2025-01-29 00:00:00 UTC",
        "% of the budget of 12,000 a day",
        "At 5 requests a second",
    ] {
        assert!(out.contains(words), "{words:?} is not in\n{out}");
    }
    run(&mut case.sync(&[])).await.ok();
    let out = run(&mut case.sync(&["--dry-run"])).await.ok();
    assert!(out.starts_with("Nothing to fetch"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_day_share_the_budget() {
    let case = Case::new().await;
    let sync = || case.sync(&["--daily-budget", "10", "--window-pages", "2"]);
    let ran = run(&mut sync()).await;
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!(ran.err.contains("budget of 10 requests is spent; the next begins at"), "{ran:?}");
    let spent = requests(&case);
    assert!((8..=10).contains(&spent), "{spent} requests");
    let ran = run(&mut sync()).await;
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!(requests(&case) <= 10, "{} requests", requests(&case));
    let out = run(&mut case.sync(&["--daily-budget", "80%"])).await.ok();
    assert!(out.contains("of today's 12,000 spent"), "{out}");
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&case.calls()));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_the_quota_is_interruptible() {
    let case = Case::limited(RateLimits::default().with_per_day(5)).await;
    let mut child = case.sync(&["--wait"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    loop {
        let line = said.next_line().await.unwrap().expect("it waits");
        if line.starts_with("waiting until ") {
            assert!(line.contains("Ctrl-C ends it"), "{line}");
            break;
        }
    }
    terminate(&child).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_syncs_until_sigterm() {
    let case = Case::new().await;
    let mut child = case.sync(&["--every", "1s"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = told.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("Synced 2025-03-03"), "{first}");
    loop {
        let line = told.next_line().await.unwrap().expect("another round");
        if line.starts_with("Nothing to fetch") {
            break;
        }
    }
    terminate(&child).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    let out = run(&mut case.voxlake(["verify"])).await.ok();
    assert!(out.contains("all files are valid"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_sync_is_continued() {
    let case = Case::new().await;
    // The fourth request gets no response, so that the run does not end before the signal.
    case.server.handle().set_faults(Faults::script([(4, Fault::Slow(std::time::Duration::from_secs(600)))]));
    let mut child = case
        .sync(&["--concurrency", "1", "--window-pages", "1", "--commit-calls", "1"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // A token and four pages.
    case.server.handle().wait_for_requests(5).await;
    terminate(&child).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    case.server.handle().set_faults(Faults::none());
    run(&mut case.sync(&[])).await.ok();
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&case.calls()));
}

/// The lock of a dead process is taken over.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_names_the_lock_holder() {
    let case = Case::new().await;
    case.server
        .handle()
        .set_faults(Faults::choose(|_| Some(Fault::Slow(std::time::Duration::from_secs(600)))));
    let mut child = case.sync(&[]).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let id = child.id().unwrap();
    // Wait for the lock file: starting other writers until one is refused could take the lock.
    let lock = case.lake().join("_voxlake/lock");
    while !std::fs::read_to_string(&lock).is_ok_and(|held| held.contains(&id.to_string())) {
        assert!(child.try_wait().unwrap().is_none(), "the first sync has ended");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let ran = run(&mut case.voxlake(["import", "/dev/null"])).await;
    assert!(ran.err.contains("another voxlake is writing to this lake"), "{ran:?}");
    let ran = run(&mut case.sync(&[])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("another voxlake is writing to this lake"), "{ran:?}");
    assert!(ran.err.contains(&id.to_string()), "{ran:?}");
    child.kill().await.unwrap();
    case.server.handle().set_faults(Faults::none());
    run(&mut case.sync(&[])).await.ok();
}

/// They are reported with their charges; closed months refuse them.
#[tokio::test(flavor = "multi_thread")]
async fn late_calls_are_reported_or_refused() {
    for frozen in [false, true] {
        let case = Case::with(|config| config.appears_after = TimeDelta::hours(4)).await;
        case.clock.set(utc("2025-03-06T00:00:30Z"));
        run(&mut case.sync(&["--settle", "100000d"])).await.ok();
        let early = stored_calls(&case.lake());
        case.clock.set(utc("2025-03-10T00:00:00Z"));
        let freeze: &[&str] = if frozen { &["--freeze-before", "2025-03-06"] } else { &[] };
        let more = [&["--settle", "100000d"], freeze].concat();
        let ran = run(&mut case.sync(&more)).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        let calls = case.calls();
        let late = calls.len() - early.values().map(Vec::len).sum::<usize>();
        assert!(late > 20);
        if frozen {
            assert!(ran.out.contains(&format!("{late} changes to frozen days were refused:")), "{ran:?}");
            let listed = ran.out.lines().filter(|line| line.contains(": came late")).count();
            assert_eq!(listed, late);
            assert_eq!(stored_calls(&case.lake()), early);
        } else {
            assert!(ran.out.contains(&format!("{late} calls of March 2025 came late; charges +")), "{ran:?}");
        }
        case.assert_no_personal_data(&format!("{}{}", ran.out, ran.err), &calls);
        let ran = run(&mut case.voxlake(["verify"])).await;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_account_reads_sub_accounts() {
    let case = Case::with(|config| config.scopes = vec![SCOPE_MASTER.to_owned()]).await;
    run(&mut case.sync(&["--account", "sim-account"])).await.ok();
    let log = case.server.handle().log();
    let calls: Vec<_> = log.iter().filter(|entry| entry.request.endpoint != Endpoint::Token).collect();
    assert!(!calls.is_empty());
    assert!(calls.iter().all(|entry| entry.request.endpoint == Endpoint::AccountVoiceCalls), "{calls:?}");
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&case.calls()));
}

/// The exit code and a list report the failed window.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_window_leaves_the_others() {
    let case = Case::new().await;
    // Requests for the first morning fail permanently.
    case.server.handle().set_faults(Faults::choose(|asked| {
        let from = asked.from?;
        let morning = utc("2025-03-03T00:00:00Z")..utc("2025-03-03T06:00:00Z");
        morning.contains(&from).then(|| Fault::status(503))
    }));
    let more = ["--max-attempts", "2", "--retry-delay", "1ms", "--window-pages", "1", "--order", "newest"];
    let ran = run(&mut case.sync(&more)).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let missing: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("missing: 2025-03-03")).collect();
    assert!(!missing.is_empty(), "{ran:?}");
    assert!(missing.iter().all(|line| line.contains("status 503")), "{ran:?}");
    let found: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    assert!(found > case.calls().len() / 2, "the others are there: {found}");
    case.server.handle().set_faults(Faults::none());
    run(&mut case.sync(&[])).await.ok();
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&case.calls()));
}

/// The limit may be in the headers, the message or both.
#[tokio::test(flavor = "multi_thread")]
async fn daily_limits_end_with_exit_code_75() {
    for disclosure in [LimitDisclosure::Both, LimitDisclosure::Header, LimitDisclosure::Message] {
        let case = Case::new().await;
        case.server.handle().set_faults(Faults::script((3..100).map(|number| {
            (number, Fault::DailyLimit { disclosure, retry_after: voxlake_sim::RetryAfter::Absent })
        })));
        let ran = run(&mut case.sync(&["--concurrency", "1", "--window-pages", "1"])).await;
        assert_eq!(ran.code, 75, "{disclosure:?}: {ran:?}");
        assert!(ran.err.contains("daily limit is reached; it lifts at "), "{disclosure:?}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_reports_each_check() {
    let case = Case::new().await;
    let out = run(&mut case.voxlake(["doctor"])).await.ok();
    for line in [
        "ok    credentials",
        "ok    token",
        "ok    scopes",
        "ok    call log",
        "ok    clock",
        "ok    records",
        "ok    all",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    case.assert_no_personal_data(&out, &case.calls());

    let ran = run(case.voxlake(["doctor"]).env("ZOOM_CLIENT_SECRET", "a-wrong-secret")).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("FAIL  token") && ran.out.contains("ZOOM_CLIENT_SECRET"), "{ran:?}");
    assert!(!ran.out.contains("a-wrong-secret"), "{ran:?}");

    let case = Case::with(|config| config.scopes = vec!["another:scope".to_owned()]).await;
    let ran = run(&mut case.voxlake(["doctor"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("FAIL  scopes") && ran.out.contains("contact_center_voice_call:read:admin"),
        "{ran:?}"
    );

    let case = Case::with(|config| config.clock_skew = TimeDelta::hours(-2)).await;
    let ran = run(&mut case.voxlake(["doctor"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("FAIL  clock") && ran.out.contains("NTP"), "{ran:?}");
}
