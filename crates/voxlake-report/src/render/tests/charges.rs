//! Charges in reports: nothing is hidden behind a limit, a NULL or a sum.

use super::*;

const FILE: &str = r#"
title = "Charges"
period = "previous-month"

[[section]]
title = "At a glance"
show = "figures"
query = "queue_charges"
[[section.figure]]
label = "Charges"
column = "charge"
[[section.figure]]
label = "Calls"
column = "calls"
[[section.figure]]
label = "Mismatches"
query = "charge_audit"
column = "mismatches"

[[section]]
title = "By queue"
show = "bar"
query = "queue_charges"
category = "queue_name"
value = "charge"
sort = "-charge"
limit = 2

[[section]]
title = "Audit"
query = "charge_audit"
columns = ["checked", "mismatches", "unchecked"]
"#;

const NOTICE: &str = "2 calls have a charge that cannot be read and is in no sum: \"<i>free</i>\" (2)";

fn integers(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn result(query: &str, declared: &[(&str, Option<&str>, bool)], arrays: Vec<ArrayRef>) -> SectionResult {
    let names = declared.iter().map(|(name, ..)| *name).zip(arrays).map(|(name, array)| (name, array, true));
    SectionResult {
        request: QueryRequest { query: query.to_owned(), parameters: Default::default() },
        columns: columns(declared),
        rows: RecordBatch::try_from_iter_with_nullable(names).unwrap(),
        ..cost()
    }
}

/// Twelve queues of 12 to 1 USD, and two parts of what has no queue.
fn queue_charges() -> SectionResult {
    let names: Vec<String> = (1..=12).map(|at| format!("Queue {at}")).collect();
    let lines =
        names.iter().map(|_| Some("queue")).chain([Some("unallocated"), Some("unallocated"), Some("total")]);
    let queues = names.iter().map(|name| Some(name.as_str())).chain([None; 3]);
    let charges =
        (1..=12).map(|at| Some(at * 1_000_000)).chain([Some(30_000_000), Some(500_000), Some(108_500_000)]);
    let calls = (1..=12).map(Some).chain([Some(3), Some(1), Some(82)]);
    let parts =
        names.iter().map(|_| None).chain([Some("outbound without queue"), Some("legs without queue"), None]);
    let mut result = result(
        "queue_charges",
        &[
            ("line", None, false),
            ("queue_name", None, false),
            ("charge_currency", None, false),
            ("calls", Some("calls"), true),
            ("charge", Some("units of charge_currency"), true),
            ("part", None, false),
        ],
        vec![
            text(&lines.collect::<Vec<_>>()),
            text(&queues.collect::<Vec<_>>()),
            text(&[Some("USD"); 15]),
            integers(&calls.collect::<Vec<_>>()),
            decimals(&charges.collect::<Vec<_>>(), 6),
            text(&parts.collect::<Vec<_>>()),
        ],
    );
    result.charge_notices = vec![NOTICE.to_owned()];
    result
}

fn audit(checked: i64, mismatches: Option<i64>, outcome: &str) -> SectionResult {
    result(
        "charge_audit",
        &[
            ("line", None, false),
            ("checked", Some("charges"), true),
            ("mismatches", Some("charges"), true),
            ("unchecked", Some("charges"), true),
            ("outcome", None, false),
        ],
        vec![
            text(&[Some("total")]),
            integers(&[Some(checked)]),
            integers(&[mismatches]),
            integers(&[Some(576)]),
            text(&[Some(outcome)]),
        ],
    )
}

fn charges_document(audit: SectionResult) -> Document {
    let definition = ReportDefinition::parse("charges", "charges.toml", FILE).unwrap();
    let results = [queue_charges(), audit].map(|result| (result.request.clone(), result));
    Document::new(definition, document().metadata, &HashMap::from(results), &HashMap::new()).unwrap()
}

fn unchecked() -> Document {
    charges_document(audit(0, None, "not checked (576)"))
}

fn rendered_text(document: &Document, format: ReportFormat) -> String {
    String::from_utf8(render(document, format, "x").unwrap().remove(0).bytes).unwrap()
}

#[test]
fn rests_are_grey_bars_beyond_the_limit() {
    let page = rendered_text(&unchecked(), ReportFormat::Html);
    let (_, chart) = page.split_once("<svg").unwrap();
    let chart = chart.split_once("</svg>").unwrap().0;
    let names: Vec<&str> =
        chart.split("<text class=\"name\"").skip(1).map(|at| at.split(['>', '<']).nth(1).unwrap()).collect();
    let expected = ["Queue 12", "Queue 11", "Not allocated", "outbound without queue", "legs without queue"];
    assert_eq!(names, expected);
    for bar in [
        "class=\"s0\" x=\"0.00%\"",
        "Not allocated: 30.50 USD",
        "outbound without queue: 30.00 USD",
        "class=\"s0 part\"",
    ] {
        assert!(chart.contains(bar), "{bar}: {chart}");
    }
    assert!(page.contains("10 more are in the table."), "{page}");
}

#[test]
fn rests_are_rows_beyond_the_limit() {
    let mail = render_mail(&unchecked()).unwrap();
    assert!(mail.contains("Queue 3<") && !mail.contains("Queue 2<") && mail.contains("2 more in"), "{mail}");
    let markdown = rendered_text(&unchecked(), ReportFormat::Markdown).replace("\\:", ":");
    for format in [mail, markdown] {
        assert!(format.contains("Not allocated: outbound without queue"), "{format}");
        assert!(format.contains("Not allocated: legs without queue"), "{format}");
    }
}

#[test]
fn nothing_checked_is_no_zero() {
    let document = unchecked();
    let [page, markdown] =
        [ReportFormat::Html, ReportFormat::Markdown].map(|format| rendered_text(&document, format));
    // A tile and a row.
    assert_eq!(page.matches("not checked (576)").count(), 2, "{page}");
    assert!(markdown.contains("- Mismatches: **not checked (576)**"), "{markdown}");
    assert!(markdown.contains("| **0** | **not checked (576)** | **576** |"), "{markdown}");
    assert_eq!(render_mail(&document).unwrap().matches("not checked (576)").count(), 2);
    let json: serde_json::Value =
        serde_json::from_str(&rendered_text(&document, ReportFormat::Json)).unwrap();
    assert_eq!(json["sections"][0]["figures"][2]["value"], serde_json::Value::Null);
    assert_eq!(json["sections"][0]["figures"][2]["outcome"], "not checked (576)");
    let csv = rendered_text(&document, ReportFormat::Csv);
    assert!(csv.contains("\nMismatches,charges,,,,not checked (576),,\n"), "{csv}");
    let bytes = render(&document, ReportFormat::Xlsx, "x").unwrap().remove(0).bytes;
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    for (sheet, place) in [("At a glance", (3, 1)), ("Audit", (1, 2))] {
        let value = book.worksheet_range(sheet).unwrap().get_value(place).cloned();
        assert_eq!(value, Some(Data::String("not checked (576)".to_owned())), "{sheet}");
    }
    let SectionBody::Figures(figures) = &document.sections[0].body else { panic!("no figures") };
    assert_eq!(to_sentence(&figures[2]), "Mismatches: not checked (576)");

    let checked = charges_document(audit(500, Some(2), "2 of 500 differ, 576 not checked"));
    let markdown = rendered_text(&checked, ReportFormat::Markdown);
    assert!(markdown.contains("- Mismatches: **2: 2 of 500 differ, 576 not checked**"), "{markdown}");
}

#[test]
fn figures_with_amounts_show_charge_notices() {
    let document = unchecked();
    let page = rendered_text(&document, ReportFormat::Html);
    assert_eq!(page.matches("is in no sum").count(), 1, "{page}");
    assert!(page.contains("&lt;i&gt;free") && !page.contains("<i>free"), "{page}");
    for format in [ReportFormat::Markdown, ReportFormat::Csv, ReportFormat::Json] {
        assert_eq!(rendered_text(&document, format).matches("is in no sum").count(), 1, "{format}");
    }
    assert_eq!(render_mail(&document).unwrap().matches("is in no sum").count(), 1);
    assert_eq!(document.notices(), [""; 0]);
}

/// Without such a figure, the notice is at the start of the report.
#[test]
fn notices_without_a_figure_are_remarks() {
    let definition = ReportDefinition::parse("charges", "charges.toml", FILE).unwrap();
    let mut result = queue_charges();
    result.notices = vec!["no call of the period has the queue \"x\"".to_owned()];
    let of = |sections: &[usize]| {
        let sections = sections.iter().map(|at| definition.sections[*at].clone()).collect();
        let definition = ReportDefinition { sections, ..definition.clone() };
        let results = [result.clone(), audit(0, None, "")].map(|result| (result.request.clone(), result));
        Document::new(definition, document().metadata, &HashMap::from(results), &HashMap::new())
            .unwrap()
            .notices()
    };
    assert_eq!(of(&[1]), [result.notices[0].clone(), NOTICE.to_owned()]);
    let named = |notice: &str| format!("By queue: {notice}");
    assert_eq!(of(&[1, 2]), [named(&result.notices[0]), named(NOTICE)]);
}
