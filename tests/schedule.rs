//! `voxlake schedule`: due reports are delivered once, and failures are reported.

mod case;
mod mail;
mod sinks;
mod webhook;

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use case::{Case, TLS, mail};
use sinks::{Behavior, Kind, Sink};

/// A folder and an object store are the destinations.
#[tokio::test(flavor = "multi_thread")]
async fn due_reports_are_delivered_once() {
    let case = Case::new("[[schedule.deliver]]\nfolder = \"out\"");
    let store = case.0.path().join("bucket");
    std::fs::create_dir_all(&store).unwrap();
    let config = std::fs::read_to_string(case.0.path().join("voxlake.toml")).unwrap();
    case.write(
        "voxlake.toml",
        &format!("{config}[[schedule.deliver]]\nstore = \"file://{}\"\n", store.display()),
    );
    let list = case.schedule(["list"]).await.ok();
    assert!(list.contains("weekly: weekly-queues as html, xlsx") && list.contains("none yet"), "{list}");
    let out = case.schedule(["due"]).await.ok();
    assert!(out.starts_with("weekly 2026-W45: delivered"), "{out}");
    for folder in [case.0.path().join("out"), store] {
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["weekly_2026-W45.html", "weekly_2026-W45.xlsx"]);
    }
    assert_eq!(case.schedule(["due"]).await.ok(), "Nothing is due.\n");
    let list = case.schedule(["list"]).await.ok();
    assert!(list.contains("last     2026-W45 delivered") && !list.contains("changed since"), "{list}");
    // The day file is rewritten with the same calls.
    let day = case.0.path().join("lake/voice_calls/date=2026-11-04/calls.parquet");
    let bytes = std::fs::read(&day).unwrap();
    std::fs::write(&day, bytes).unwrap();
    let list = case.schedule(["list"]).await.ok();
    assert!(list.contains("its data has changed since"), "{list}");
    let out = case.schedule(["due", "--changed"]).await.ok();
    assert!(out.contains("weekly 2026-W45: figures unchanged"), "{out}");
    std::fs::remove_dir_all(day.parent().unwrap()).unwrap();
    let out = case.schedule(["due", "--changed"]).await.ok();
    assert!(out.contains("weekly 2026-W45: delivered; its period is not settled"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_decide_whether_to_send() {
    let folder = "[[schedule.deliver]]\nfolder = \"out\"";
    let alert = |when: &str| format!("alert = [{{ section = \"abandonment-by-queue\", when = \"{when}\" }}]");
    let case = Case::with(&alert("abandonment_rate > 2"), folder);
    let out = case.schedule(["due"]).await.ok();
    assert!(out.contains("not sent: no alert holds"), "{out}");
    let case = Case::with(&alert("line = 'total' AND abandonment_rate > 0.001"), folder);
    case.schedule(["due"]).await.ok();
    let page = std::fs::read_to_string(case.0.path().join("out/weekly_2026-W45.html")).unwrap();
    assert!(page.contains("abandonment_rate &gt; 0.001: total in"), "{}", &page[..200]);
    let case = Case::with(&alert("abandonment > 1"), folder);
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("fits no section"), "{ran:?}");
}

/// Zeros are not sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_queue_fails_a_run() {
    let folder = "[[schedule.deliver]]\nfolder = \"out\"";
    let case = Case::with("parameters = { queue = [\"Nobody's queue\"] }", folder);
    let ran = case.schedule(["due"]).await;
    let told = "weekly 2026-W45: failed: report weekly-queues: section \"At a glance\": no call of the lake has a \
                queue with the id or name \"Nobody's queue\"; the lake has the queues ";
    assert!(ran.code == 1 && ran.out.contains(told), "{ran:?}");
    assert!(!case.0.path().join("out").exists());
    assert!(case.schedule(["list"]).await.ok().contains("2026-W45 failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_schedules_fail_before_any_run() {
    let mail = "[[schedule.deliver]]\nemail = [\"ann@example.org\"]\n";
    let folder = "[[schedule.deliver]]\nfolder = \"out\"\n";
    for (more, deliver, told) in [
        ("", "", "no destination: add"),
        (
            "",
            "[[schedule.deliver]]\nfolder = \"a\"\nstore = \"file:///b\"",
            "one of folder, store, email and webhook",
        ),
        (
            "",
            "[[schedule.deliver]]\nwebhook = \"https://hooks.example.org/hook-secret\"",
            "a secret is never written in the configuration",
        ),
        ("", mail, "needs the table [mail]"),
        (
            "",
            &format!("{mail}[mail]\nhost = \"mail.example.org\"\nfrom = \"a@example.org\"\ntls = \"none\""),
            "in the clear",
        ),
        (
            "",
            &format!(
                "{mail}[mail]\nhost = \"h\"\nfrom = \"a@example.org\"\nuser = \"u\"\npassword = \"correct-horse-battery\""
            ),
            "a secret is never written",
        ),
        ("", "[[schedule.deliver]]\nstore = \"gopher://x\"", "write a URL such as"),
        ("wait = \"soon\"", folder, "is not a duration such as 30h"),
        ("timezone = \"Mars\"", folder, "is not a time zone"),
        (
            "compare = \"weekly\"",
            folder,
            "is not a comparison: write previous, same-weekdays, previous-year or none",
        ),
        (
            "colour = \"red\"",
            folder,
            "line 11, schedule.0.colour: there is no setting colour; there are name, report,",
        ),
        ("formatts = []", folder, "there is no setting formatts; did you mean formats?"),
    ] {
        let ran = Case::with(more, deliver).schedule(["list"]).await;
        assert_eq!(ran.code, 2, "{told}: {ran:?}");
        assert!(ran.err.contains(told), "{told:?} is not in {ran:?}");
    }
    let case = Case::new(folder);
    let config = std::fs::read_to_string(case.0.path().join("voxlake.toml")).unwrap();
    case.write("voxlake.toml", &config.replace("0 0 1 1 *", "at seven"));
    let ran = case.schedule(["list"]).await;
    assert!(ran.code == 2 && ran.err.contains("not a cron expression"), "{ran:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_service_has_healthz_and_handles_sigterm() {
    let case = Case::new("[[schedule.deliver]]\nfolder = \"out\"");
    let ran = case.schedule(["run", "--healthz", "0.0.0.0:0"]).await;
    assert!(ran.code == 2 && ran.err.contains("can be reached from other machines"), "{ran:?}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut child = case.command(["run", "--healthz", &address]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("delivered") {
            break;
        }
    }
    let mut visit = tokio::net::TcpStream::connect(&address).await.unwrap();
    visit.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    visit.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // A second process gets the name of the first.
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.err.contains("process"), "{ran:?}");
    let id = child.id().unwrap().to_string();
    Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_builds_reports_and_sends_tests() {
    let folder = "[[schedule.deliver]]\nfolder = \"out\"";
    let case = Case::new(folder);
    let out = case.schedule(["check"]).await.ok();
    assert!(out.contains("ok    weekly: the report of 2026-W45 can be built"), "{out}");
    assert!(!case.0.path().join("out").exists());
    let out = case.schedule(["check", "--send-test", "--only", "weekly"]).await.ok();
    assert!(out.contains("ok    weekly: a test was sent to folder out"), "{out}");
    assert!(case.0.path().join("out/test-weekly_2026-W45.html").exists());
    // A check is not recorded as a run.
    assert!(case.schedule(["list"]).await.ok().contains("none yet"));
    let sink = Sink::start(Kind::Mail, true, &[Behavior::Takes, Behavior::Refuses]).await;
    let case = Case::new(&mail(&sink, TLS));
    case.write("ca.pem", &sink.certificate);
    case.schedule(["check", "--send-test"]).await.ok();
    assert!(sink.sent()[0].contains("Subject: Test: Weekly queues"), "{}", &sink.sent()[0][..1000]);
    let ran = case.schedule(["check", "--send-test"]).await;
    assert!(
        ran.code == 1 && ran.out.contains("FAIL  weekly: e-mail to ann@example.org: localhost does not"),
        "{ran:?}"
    );
    let case = Case::new(folder);

    let alert = "alert = [{ section = \"abandonment-by-queue\", when = \"abandonment > 1\" }]";
    let ran = Case::with(alert, folder).schedule(["check"]).await;
    assert!(
        ran.code == 1 && ran.out.contains("FAIL  weekly: the alert \"abandonment > 1\" fits no section"),
        "{ran:?}"
    );
    let queue = "parameters = { queue = [\"Nobody's queue\"] }";
    let ran = Case::with(queue, folder).schedule(["check"]).await;
    let told = "FAIL  weekly: report weekly-queues: section \"At a glance\": no call of the lake has a queue \
                with the id or name \"Nobody's queue\"";
    assert!(ran.code == 1 && ran.out.contains(told), "{ran:?}");
    assert!(!ran.out.contains("can be built"), "{ran:?}");
    let ran = case.schedule(["check", "--only", "wekly"]).await;
    assert!(ran.code == 2 && ran.err.contains("there is weekly"), "{ran:?}");
}
