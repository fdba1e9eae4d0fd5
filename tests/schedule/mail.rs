//! Reports sent by e-mail.

use super::case::{Case, TLS, mail};
use super::sinks::{Behavior, Kind, Sink};

#[tokio::test(flavor = "multi_thread")]
async fn mail_over_tls_has_figures_and_files() {
    let sink = Sink::start(Kind::Mail, true, &[Behavior::Busy, Behavior::Takes]).await;
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
    for (behavior, ca, told) in [
        (Behavior::Refuses, true, "550"),
        (Behavior::Silent, true, "did not take the mail within 1s"),
        (Behavior::Takes, false, "certificate"),
    ] {
        let sink = Sink::start(Kind::Mail, true, &[behavior]).await;
        let tls = if ca { TLS.to_owned() } else { TLS.replace("ca_file = \"ca.pem\"\n", "") };
        let tls = if behavior == Behavior::Silent { format!("{tls}\ntimeout = \"1s\"") } else { tls };
        let case = Case::new(&mail(&sink, &tls));
        case.write("ca.pem", &sink.certificate);
        let ran = case.schedule(["due"]).await;
        assert_eq!(ran.code, 1, "{behavior:?} {ran:?}");
        assert!(
            ran.out.contains("weekly 2026-W45: failed: e-mail to ann@example.org: ")
                && ran.out.contains(told),
            "{ran:?}"
        );
        assert_eq!(sink.sent(), [""; 0]);
        // Only a missing response is retried.
        assert_eq!(sink.visits(), if behavior == Behavior::Silent { 4 } else { 1 }, "{behavior:?}");
        // The report is still due.
        assert_eq!(case.schedule(["due"]).await.code, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_blocks_no_other() {
    let sink = Sink::start(Kind::Mail, true, &[Behavior::Refuses, Behavior::Takes]).await;
    let two =
        mail(&sink, TLS).replace("[\"Ann <ann@example.org>\"]", "[\"ann@example.org\", \"bob@example.org\"]");
    let case = Case::new(&two);
    case.write("ca.pem", &sink.certificate);
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("failed: e-mail to ann@example.org: "), "{ran:?}");
    assert!(!ran.out.contains("bob"), "{ran:?}");
    assert_eq!(sink.sent().len(), 1);
    assert!(sink.sent()[0].contains("RCPT TO:<bob@example.org>"));
    // The retry sends the same mail to the other recipient only.
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("RCPT TO:<ann@example.org>") && !sent[1].contains("RCPT TO:<bob"));
    let message_id =
        |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    assert_eq!(message_id(&sent[0]), message_id(&sent[1]));
    assert!(sent.iter().all(|mail| mail.contains("To: ann@example.org, bob@example.org")));
}

/// Some servers repeat the client's line in errors.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_in_mail_errors_are_redacted() {
    let sink = Sink::start(Kind::Mail, true, &[Behavior::Repeats]).await;
    let case = Case::new(&mail(&sink, TLS));
    case.write("ca.pem", &sink.certificate);
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("(535): no: AUTH PLAIN [redacted]"), "{ran:?}");
}
