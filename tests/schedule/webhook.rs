//! Reports sent to webhooks, and the identity of deliveries.

use super::case::{Case, PASSWORD, TLS, mail, webhook};
use super::sinks::{Behavior, Kind, Sink};

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_distinguished_by_content() {
    let sink = Sink::start(Kind::Web, false, &[Behavior::Takes]).await;
    let hook = |body: &str| webhook(&format!("body = '{{\"text\": \"{body}\"}}'\n"));
    let case = Case::new(&(hook("one") + &hook("two")));
    case.write("hook", &format!("http://127.0.0.1:{}/hook-secret", sink.port));
    case.schedule(["due"]).await.ok();
    let sent = sink.sent();
    assert!(sent.len() == 2 && sent[0].ends_with("\"one\"}") && sent[1].ends_with("\"two\"}"), "{sent:?}");

    let sink = Sink::start(Kind::Mail, true, &[Behavior::Takes]).await;
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
    assert!(
        ran.code == 2 && format!("{}{}", ran.out, ran.err).contains("have the same destination"),
        "{ran:?}"
    );
    for place in ["folder = \"lake/reports\"", "store = \"file://FOLDER/lake/reports\""] {
        let case = Case::new("");
        let config = std::fs::read_to_string(case.0.path().join("voxlake.toml")).unwrap();
        let place = place.replace("FOLDER", &case.0.path().display().to_string());
        case.write("voxlake.toml", &format!("{config}[[schedule.deliver]]\n{place}\n"));
        let ran = case.schedule(["list"]).await;
        assert!(ran.code == 2 && format!("{}{}", ran.out, ran.err).contains("lies in the lake"), "{ran:?}");
    }
}

/// The webhook gets JSON with the figures.
#[tokio::test(flavor = "multi_thread")]
async fn webhook_retries_have_the_same_key() {
    let sink = Sink::start(Kind::Web, true, &[Behavior::Busy, Behavior::Silent, Behavior::Takes]).await;
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
    let sink = Sink::start(Kind::Web, false, &[Behavior::Refuses, Behavior::Takes]).await;
    let case = Case::new(&webhook("body = '{\"blocks\": [{\"text\": {{ title | tojson }}}]}'"));
    case.write("hook", &format!("http://127.0.0.1:{}/hook-secret", sink.port));
    let ran = case.schedule(["due"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("the webhook answers 403"), "{ran:?}");
    case.schedule(["due"]).await.ok();
    assert!(sink.sent()[0].ends_with("{\"blocks\": [{\"text\": \"Weekly queues\"}]}"), "{:?}", sink.sent());
    // No server listens on the port.
    let case = Case::new(&webhook(""));
    case.write("hook", "http://127.0.0.1:9/hook-secret");
    let ran = case.schedule(["due"]).await;
    assert!(ran.code == 1 && ran.out.contains("cannot be reached"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn untrusted_webhooks_are_not_retried() {
    let sink = Sink::start(Kind::Web, true, &[Behavior::Takes]).await;
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
