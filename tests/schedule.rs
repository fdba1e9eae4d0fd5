//! `voxlake schedule`: what is due goes to folders, stores, mail servers and webhooks, once, and
//! what goes wrong is told.

mod sinks;

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::report::sample;
use crate::support::{Ran, run, voxlake, write_private};
use sinks::{Kind, Mood, Sink};

/// A folder with a copy of the sample as its lake, and a schedule that was due at the beginning of
/// the year.
struct Case(TempDir);

const PASSWORD: &str = "correct-horse-battery";

impl Case {
    fn new(deliver: &str) -> Self {
        Self::with("", deliver)
    }

    fn with(more: &str, deliver: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&sample(), &folder.path().join("lake"));
        let schedule = format!(
            "lake = \"lake\"\nretry_delay = \"10ms\"\n[[schedule]]\nname = \"weekly\"\nreport = \"weekly-queues\"\n\
             period = \"2026-W45\"\ncron = \"0 0 1 1 *\"\nsince = \"2000-01-01\"\ncatch_up = 1\nformats = [\"html\", \"xlsx\"]\n\
             {more}\n{deliver}\n"
        );
        std::fs::write(folder.path().join("voxlake.toml"), schedule).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        write_private(&self.0.path().join(name), text);
    }

    fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = voxlake(self.0.path());
        command
            .arg("schedule")
            .args(args)
            .env("MAIL_PASSWORD", PASSWORD)
            .env("VOXLAKE_CONFIG", "voxlake.toml");
        command
    }

    async fn schedule<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        let ran = run(&mut self.command(args)).await;
        let ledger =
            std::fs::read_to_string(self.0.path().join("lake/_voxlake/reports.json")).unwrap_or_default();
        for said in [&ran.out, &ran.err, &ledger] {
            assert!(!said.contains(PASSWORD) && !said.contains("hook-secret"), "{said}");
        }
        ran
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

fn mail(sink: &Sink, more: &str) -> String {
    format!(
        "[[schedule.deliver]]\nemail = [\"Ann <ann@example.org>\"]\n[mail]\nhost = \"localhost\"\nport = {}\n\
         from = \"Reports <reports@example.org>\"\n{more}",
        sink.port
    )
}

const TLS: &str =
    "tls = \"tls\"\nca_file = \"ca.pem\"\nuser = \"voxlake\"\npassword = { env = \"MAIL_PASSWORD\" }";

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
    // A day's file is another now, and its calls are not.
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
async fn mail_over_tls_has_figures_and_files() {
    let sink = Sink::start(Kind::Mail, true, &[Mood::Busy, Mood::Takes]).await;
    let case = Case::new(&mail(&sink, TLS));
    case.write("ca.pem", &sink.certificate);
    let ran = case.schedule(["due"]).await;
    assert!(ran.err.contains("450") && ran.err.contains("next attempt in"), "{ran:?}");
    ran.ok();
    let sent = sink.sent();
    assert_eq!(sent.len(), 1);
    for words in [
        "RCPT TO:<ann@example.org>",
        "Subject: Weekly queues, ",
        "Message-ID: <voxlake-",
        "@example.org>",
        "text/plain",
        "text/html",
        "filename=\"weekly_2026-W45.xlsx\"",
        "Offered calls: ",
    ] {
        assert!(sent[0].contains(words), "{words:?} is not in {}", &sent[0][..2000.min(sent[0].len())]);
    }
    assert_eq!(case.schedule(["due"]).await.ok(), "Nothing is due.\n");
    assert_eq!(sink.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_mail_is_reported_and_stays_due() {
    for (mood, ca, told) in [
        (Mood::Refuses, true, "550"),
        (Mood::Silent, true, "did not take the mail within 1s"),
        (Mood::Takes, false, "certificate"),
    ] {
        let sink = Sink::start(Kind::Mail, true, &[mood]).await;
        let tls = if ca { TLS.to_owned() } else { TLS.replace("ca_file = \"ca.pem\"\n", "") };
        let tls = if mood == Mood::Silent { format!("{tls}\ntimeout = \"1s\"") } else { tls };
        let case = Case::new(&mail(&sink, &tls));
        case.write("ca.pem", &sink.certificate);
        let ran = case.schedule(["due"]).await;
        assert_eq!(ran.code, 1, "{mood:?} {ran:?}");
        assert!(
            ran.out.contains("weekly 2026-W45: failed: e-mail to ann@example.org: ")
                && ran.out.contains(told),
            "{ran:?}"
        );
        assert_eq!(sink.sent(), [""; 0]);
        // A server that says nothing may answer the next time; the others will not.
        assert_eq!(sink.visits(), if mood == Mood::Silent { 4 } else { 1 }, "{mood:?}");
        // Once more, as nothing was delivered.
        assert_eq!(case.schedule(["due"]).await.code, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_blocks_no_other() {
    let sink = Sink::start(Kind::Mail, true, &[Mood::Refuses, Mood::Takes]).await;
    let two =
        mail(&sink, TLS).replace("[\"Ann <ann@example.org>\"]", "[\"ann@example.org\", \"bob@example.org\"]");
    let case = Case::new(&two);
    case.write("ca.pem", &sink.certificate);
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("failed: e-mail to ann@example.org: "), "{ran:?}");
    assert!(!ran.out.contains("bob"), "{ran:?}");
    assert_eq!(sink.sent().len(), 1);
    assert!(sink.sent()[0].contains("RCPT TO:<bob@example.org>"));
    // The other one alone, in the same mail.
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("RCPT TO:<ann@example.org>") && !sent[1].contains("RCPT TO:<bob"));
    let message_id =
        |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    assert_eq!(message_id(&sent[0]), message_id(&sent[1]));
    assert!(sent.iter().all(|mail| mail.contains("To: ann@example.org, bob@example.org")));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_distinguished_by_content() {
    let sink = Sink::start(Kind::Web, false, &[Mood::Takes]).await;
    let hook = |body: &str| webhook(&format!("body = '{{\"text\": \"{body}\"}}'\n"));
    let case = Case::new(&(hook("one") + &hook("two")));
    case.write("hook", &format!("http://127.0.0.1:{}/hook-secret", sink.port));
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    assert!(sent.len() == 2 && sent[0].ends_with("\"one\"}") && sent[1].ends_with("\"two\"}"), "{sent:?}");

    let sink = Sink::start(Kind::Mail, true, &[Mood::Takes]).await;
    let to_ann = "[[schedule.deliver]]\nemail = [\"Ann <ann@example.org>\"]\n";
    let other = format!("{to_ann}subject = \"Another\"\n");
    let case = Case::new(&(other.clone() + &mail(&sink, TLS)));
    case.write("ca.pem", &sink.certificate);
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    assert!(
        sent.len() == 2 && sent[0].contains("Subject: Another") && sent[1].contains("Subject: Weekly queues")
    );

    let case = Case::new(&(to_ann.to_owned() + &mail(&sink, TLS)));
    let ran = case.schedule(["list"]).await;
    assert!(ran.code == 2 && format!("{}{}", ran.out, ran.err).contains("are the same"), "{ran:?}");
    for place in ["folder = \"lake/reports\"", "store = \"file://FOLDER/lake/reports\""] {
        let case = Case::new("");
        let config = std::fs::read_to_string(case.0.path().join("voxlake.toml")).unwrap();
        let place = place.replace("FOLDER", &case.0.path().display().to_string());
        case.write("voxlake.toml", &format!("{config}[[schedule.deliver]]\n{place}\n"));
        let ran = case.schedule(["list"]).await;
        assert!(ran.code == 2 && format!("{}{}", ran.out, ran.err).contains("lies in the lake"), "{ran:?}");
    }
}

fn webhook(more: &str) -> String {
    format!("[[schedule.deliver]]\nwebhook = {{ file = \"hook\" }}\n{more}")
}

/// The webhook gets JSON with the figures.
#[tokio::test(flavor = "multi_thread")]
async fn webhook_retries_have_the_same_key() {
    let sink = Sink::start(Kind::Web, true, &[Mood::Busy, Mood::Silent, Mood::Takes]).await;
    let case = Case::new(&webhook(
        "timeout = \"2s\"\nca_file = \"ca.pem\"\nlink = \"https://reports.example.org/{{ file }}\"\nauthorization = { env = \"MAIL_PASSWORD\" }",
    ));
    case.write("ca.pem", &sink.certificate);
    case.write("hook", &format!("https://localhost:{}/hook-secret\n", sink.port));
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    let (head, body) = sent[0].split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /hook-secret ") && head.contains("idempotency-key: "), "{head}");
    assert!(head.contains(&format!("authorization: {PASSWORD}")), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["period"], "2026-W45");
    assert_eq!(body["figures"][0]["label"], "Offered calls");
    assert_eq!(body["link"], "https://reports.example.org/weekly_2026-W45.html");
    assert!(body["text"].as_str().unwrap().contains("Offered calls: "), "{body}");
}

/// The body can be a template of the user.
#[tokio::test(flavor = "multi_thread")]
async fn webhook_errors_do_not_show_the_url() {
    let sink = Sink::start(Kind::Web, false, &[Mood::Refuses, Mood::Takes]).await;
    let case = Case::new(&webhook("body = '{\"blocks\": [{\"text\": {{ title | tojson }}}]}'"));
    case.write("hook", &format!("http://127.0.0.1:{}/hook-secret", sink.port));
    let ran = case.schedule(["due"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("the webhook answers 403"), "{ran:?}");
    case.schedule(["due"]).await.ok();
    assert!(sink.sent()[0].ends_with("{\"blocks\": [{\"text\": \"Weekly queues\"}]}"), "{:?}", sink.sent());
    // Nobody listens any more.
    let case = Case::new(&webhook(""));
    case.write("hook", "http://127.0.0.1:9/hook-secret");
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("cannot be reached"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn untrusted_webhooks_are_not_retried() {
    let sink = Sink::start(Kind::Web, true, &[Mood::Takes]).await;
    let case = Case::new(&webhook(""));
    case.write("hook", &format!("https://localhost:{}/hook-secret", sink.port));
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("certificate"), "{ran:?}");
    assert_eq!((sink.visits(), sink.sent().len()), (1, 0));
    for (url, told) in [
        ("ftp://127.0.0.1/hook-secret", "neither an https nor an http URL"),
        ("http://192.0.2.1/hook-secret", "has no HTTPS"),
    ] {
        case.write("hook", url);
        let ran = case.schedule(["due"]).await;
        assert!(ran.code == 1 && ran.out.contains(told) && !ran.err.contains("next attempt"), "{ran:?}");
    }
}

/// Servers repeat what they are sent.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_in_mail_errors_are_redacted() {
    let sink = Sink::start(Kind::Mail, true, &[Mood::Repeats]).await;
    let case = Case::new(&mail(&sink, TLS));
    case.write("ca.pem", &sink.certificate);
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("(535): no: AUTH PLAIN [redacted]"), "{ran:?}");
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
        ("timezone = \"Mars\"", folder, "no IANA time zone"),
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
    // A second one is told who the first is.
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
    // Nothing of it counts as made.
    assert!(case.schedule(["list"]).await.ok().contains("none yet"));
    let sink = Sink::start(Kind::Mail, true, &[Mood::Takes, Mood::Refuses]).await;
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
    let told = "FAIL  weekly: no queue of the lake has the id or name \"Nobody's queue\"";
    assert!(ran.code == 1 && ran.out.contains(told), "{ran:?}");
    let ran = case.schedule(["check", "--only", "wekly"]).await;
    assert!(ran.code == 2 && ran.err.contains("there is weekly"), "{ran:?}");
}
