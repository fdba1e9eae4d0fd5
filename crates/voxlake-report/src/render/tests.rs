//! Reports with hostile text, in every format.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use calamine::{Data, Reader as _, Xlsx};

use crate::*;

mod comparison;

const FILE: &str = r#"
title = "Queues <b>"
period = "previous-week"

[[section]]
title = "At a glance"
show = "figures"
query = "queues"
[[section.figure]]
label = "Calls"
column = "calls"
better = "higher"
[[section.figure]]
label = "Rate"
column = "rate"
better = "lower"

[[section]]
title = "By queue"
show = "bar"
query = "queues"
category = "queue_name"
value = "rate"
sort = "-rate"
change = "rate"
better = "lower"

[[section]]
title = "Cost"
show = "bar"
query = "cost"
category = "queue_name"
value = "charge"

[[section]]
title = "A note"
show = "text"
text = "Only words."
"#;

mod charges;

const FORMULA: &str = "=HYPERLINK(\"http://x\")";
const SCRIPT: &str = "<script>alert(1)</script>";

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn decimals(values: &[Option<i128>], scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(18, scale).unwrap())
}

fn columns(declared: &[(&str, Option<&str>, bool)]) -> Vec<ColumnMeta> {
    let column = |(name, unit, is_number): &(&str, Option<&str>, bool)| {
        let parts = (*name == "rate").then(|| ShareParts {
            numerator: vec!["lost".to_owned()],
            denominator: "calls".to_owned(),
            of_total: false,
        });
        ColumnMeta::new(*name, *unit, *is_number, format!("Meaning of {name}.")).with_parts(parts)
    };
    declared.iter().map(column).collect()
}

fn queues(calls: [i64; 3], rates: [Option<i128>; 3]) -> SectionResult {
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("line", text(&[Some("group"), Some("group"), Some("total")]), true),
        ("queue_name", text(&[Some(FORMULA), Some(SCRIPT), None]), true),
        ("calls", Arc::new(Int64Array::from(calls.to_vec())) as ArrayRef, true),
        ("lost", Arc::new(Int64Array::from(calls.map(|calls| calls / 12).to_vec())) as ArrayRef, true),
        ("rate", decimals(&rates, 6), true),
        ("difference", Arc::new(Int64Array::from(vec![None, None, Some(0)])) as ArrayRef, true),
    ]);
    SectionResult {
        request: QueryRequest { query: "queues".to_owned(), parameters: Default::default() },
        title: "How many?".to_owned(),
        description: "Counted.\n\nTwice.".to_owned(),
        columns: columns(&[
            ("line", None, false),
            ("queue_name", None, false),
            ("calls", Some("calls"), true),
            ("lost", Some("calls"), true),
            ("rate", Some("share, 0 to 1"), true),
            ("difference", Some("calls"), true),
        ]),
        rows: rows.unwrap(),
        notices: Vec::new(),
        charge_notices: Vec::new(),
        took: Duration::ZERO,
    }
}

fn cost() -> SectionResult {
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("line", text(&[Some("queue"), Some("queue"), Some("total"), Some("total")]), true),
        ("queue_name", text(&[Some("Billing"), Some("Billing"), None, None]), true),
        ("charge_currency", text(&[Some("USD"), Some("EUR"), Some("USD"), Some("EUR")]), true),
        (
            "charge",
            decimals(&[Some(1_234_567_000), Some(19_000), Some(1_234_567_000), Some(19_000)], 6),
            true,
        ),
    ]);
    SectionResult {
        request: QueryRequest { query: "cost".to_owned(), parameters: Default::default() },
        title: "How much?".to_owned(),
        description: String::new(),
        columns: columns(&[
            ("line", None, false),
            ("queue_name", None, false),
            ("charge_currency", None, false),
            ("charge", Some("units of charge_currency"), true),
        ]),
        rows: rows.unwrap(),
        notices: Vec::new(),
        charge_notices: Vec::new(),
        took: Duration::ZERO,
    }
}

fn document() -> Document {
    let before = queues([1_000, 0, 1_000], [None, None, Some(90_000)]);
    document_with(comparison(), vec![before])
}

/// The week before.
fn comparison() -> ComparedPeriod {
    ComparedPeriod {
        from: "2026-11-09T00:00:00Z".parse().unwrap(),
        to: "2026-11-16T00:00:00Z".parse().unwrap(),
        period: "2026-W46".to_owned(),
        text: "week 46".to_owned(),
        days: None,
        obstacle: None,
    }
}

fn document_with(comparison: ComparedPeriod, before: Vec<SectionResult>) -> Document {
    let definition = ReportDefinition::parse("queues", "queues.toml", FILE).unwrap();
    let metadata = ReportMetadata {
        from: "2026-11-16T00:00:00Z".parse().unwrap(),
        to: "2026-11-23T00:00:00Z".parse().unwrap(),
        timezone: "UTC".to_owned(),
        period: "2026-W47".to_owned(),
        period_text: "week 47".to_owned(),
        comparison: Some(comparison),
        parameters: vec![("queue".to_owned(), SCRIPT.to_owned())],
        made_at: "2026-11-23T06:00:00Z".parse().unwrap(),
        query_time: Duration::from_millis(120),
        version: "0.1.0".to_owned(),
        command: "voxlake report run queues".to_owned(),
        freshness: DataFreshness {
            remarks: vec!["Not all <i>is</i> here.".to_owned()],
            ..DataFreshness::default()
        },
        alerts: vec!["rate > 0.1: <u>Billing</u>".to_owned()],
    };
    let by_ask = |answers: Vec<SectionResult>| {
        answers.into_iter().map(|answered| (answered.request.clone(), answered)).collect::<HashMap<_, _>>()
    };
    let now = by_ask(vec![queues([1_200, 34, 1_234], [Some(81_234), None, Some(80_000)]), cost()]);
    Document::new(definition, metadata, &now, &by_ask(before)).unwrap()
}

fn rendered(format: ReportFormat) -> Vec<RenderedFile> {
    render(&document(), format, "queues_2026-W47").unwrap()
}

fn one(format: ReportFormat) -> String {
    String::from_utf8(rendered(format).remove(0).bytes).unwrap()
}

#[test]
fn built_in_reports_are_valid() {
    let names: Vec<String> = builtin_reports().unwrap().into_iter().map(|report| report.name).collect();
    assert_eq!(names, ["daily-operations", "weekly-queues", "monthly-charges", "data-quality"]);
}

#[test]
fn page_has_exact_values_and_no_injection() {
    let page = one(ReportFormat::Html);
    assert!(page.contains("<data value=\"0.081234\">8.1 %</data>"), "{page}");
    assert!(page.contains("<data value=\"1234\">1,234</data>"), "{page}");
    assert!(page.contains("+23.4 %") && page.contains("−1.0 points"), "{page}");
    for markup in
        ["<script", "<b>", "<i>is", "<u>", "javascript:", "http://", "https://", "src=", "@import", "url("]
    {
        let found = page.match_indices(markup).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
        // The URL in a queue's name is plain text.
        let found: Vec<&str> = found.filter(|found| !found.starts_with("http://x")).collect();
        assert_eq!(found, [""; 0], "{markup}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    // One chart for each currency, and one of rates.
    assert_eq!(page.matches("<svg class=\"chart\"").count(), 3);
    assert_eq!(page.matches("</title><desc").count(), 3);
    assert!(page.contains("The lines add up to the total exactly."), "{page}");
}

#[test]
fn mail_has_figures_and_no_charts() {
    let mail = render_mail(&document()).unwrap();
    assert!(mail.contains("8.1 %") && mail.contains("1,234") && !mail.contains("<svg"), "{mail}");
    assert!(!mail.contains("<script"), "{mail}");
}

#[test]
fn workbook_has_types_and_no_formula() {
    let bytes = rendered(ReportFormat::Xlsx).remove(0).bytes;
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["At a glance", "By queue", "Cost", "About"]);
    let sheet = book.worksheet_range("By queue").unwrap();
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(rows[1][1], Data::String(FORMULA.to_owned()));
    assert_eq!(rows[1][2], Data::Float(1200.0));
    assert_eq!(rows[1][4], Data::Float(0.081_234));
    // The queue whose rate is NULL is last, before the total.
    assert_eq!(rows[2][1], Data::String(SCRIPT.to_owned()));
    assert_eq!(rows[2][4], Data::Empty);
    assert_eq!(rows[3][2], Data::Float(1234.0));
    // The value in the compared period, the status, and the change in points.
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(rows[0][6..], [text("Rate before"), text("Compared"), text("Change")]);
    assert_eq!(rows[3][6..], [Data::Float(0.09), text("both"), Data::Float(-1.0)]);
    assert_eq!(book.worksheet_formula("By queue").unwrap().used_cells().count(), 0);
    let cost = book.worksheet_range("Cost").unwrap();
    assert_eq!(cost.get_value((1, 3)), Some(&Data::Float(1234.567)));
}

#[test]
fn csv_and_json_are_exact() {
    let files = rendered(ReportFormat::Csv);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        ["queues_2026-W47_at-a-glance.csv", "queues_2026-W47_by-queue.csv", "queues_2026-W47_cost.csv"]
    );
    let text = |at: usize| String::from_utf8(files[at].bytes.clone()).unwrap();
    assert_eq!(
        text(0),
        "figure,unit,currency,value,before,note,numerator,denominator\nCalls,calls,,1234,1000,,,\n\
         Rate,share,,0.080000,0.090000,,102,1234\n"
    );
    assert!(text(1).contains("group,\"'=HYPERLINK(\"\"http://x\"\")\",1200,100,0.081234,"), "{}", text(1));
    assert!(text(1).starts_with("line,queue_name,calls,lost,rate,difference,rate_before,compared\n"));
    assert!(text(1).contains("total,,1234,102,0.080000,0,0.090000,both\n"), "{}", text(1));

    let json: serde_json::Value = serde_json::from_str(&one(ReportFormat::Json)).unwrap();
    assert_eq!(json["sections"][1]["rows"][0]["rate"].to_string(), "0.081234");
    assert_eq!(json["sections"][0]["figures"][1]["before"].to_string(), "0.090000");
    assert_eq!(json["sections"][0]["figures"][1]["denominator"], 1234);
    assert_eq!(json["sections"][0]["figures"][0].get("denominator"), None);
    assert_eq!(json["sections"][1]["rows"][2]["rate_before"].to_string(), "0.090000");
    assert_eq!(json["sections"][1]["rows"][2]["compared"], "both");
    assert_eq!(
        (&json["comparison"]["name"], &json["comparison"]["compared"]),
        (&"2026-W46".into(), &true.into())
    );
    assert_eq!(json["period"]["name"], "2026-W47");
    assert_eq!(json["sections"][1]["rows"][1]["queue_name"], SCRIPT);
}

#[test]
fn markdown_shows_hostile_text_as_text() {
    let markdown = one(ReportFormat::Markdown);
    assert!(
        markdown.contains("\\<script\\>") && !markdown.replace("\\<", "").contains("<script"),
        "{markdown}"
    );
    assert!(markdown.contains("- Calls: **1,234 (+23.4 %)**"), "{markdown}");
}

#[test]
fn report_without_calls_is_empty() {
    assert!(!document().is_empty().unwrap());
    let definition = ReportDefinition::parse("queues", "queues.toml", FILE).unwrap();
    let mut none = cost();
    none.rows = none.rows.slice(0, 0);
    let answers = [queues([0, 0, 0], [None; 3]), none].map(|answered| (answered.request.clone(), answered));
    let document =
        Document::new(definition, document().metadata, &HashMap::from(answers), &HashMap::new()).unwrap();
    assert!(document.is_empty().unwrap());
}

#[test]
fn invalid_files_have_helpful_errors() {
    let wrong = |from: &str, to: &str| {
        ReportDefinition::parse("queues", "queues.toml", &FILE.replacen(from, to, 1)).unwrap_err().to_string()
    };
    for (from, to, expected) in [
        ("title = \"Queues <b>\"", "titel = \"x\"", "line 2: unknown field `titel`, expected one of `title`"),
        ("show = \"bar\"", "show = \"pie\"", "unknown variant `pie`, expected one of `table`, `bar`"),
        ("period = \"previous-week\"", "", "period is missing: set \"previous-day\""),
        ("period = \"previous-week\"", "period = 7", "period = 7 is not a period"),
        ("category = \"queue_name\"\n", "", "section 2 (\"By queue\"): show = \"bar\" needs category"),
        ("value = \"rate\"", "value = \"rate\"\nrow = \"x\"", "show = \"bar\" does not take row, only query"),
        ("sort = \"-rate\"", "limit = 0", "limit = 0 shows nothing"),
        ("title = \"Cost\"", "title = \"By queue\"", "an earlier section has the id \"by-queue\" too"),
        ("better = \"lower\"", "better = \"less\"", "unknown variant `less`"),
        ("change = \"rate\"\n", "", "better needs change, the column whose changes are good or bad"),
        ("show = \"text\"", "show = \"text\"\nchange = \"x\"", "show = \"text\" does not take change"),
        ("query = \"cost\"", "query = \"cost\"\nparameters = { from = \"x\" }", "from is set by the report"),
    ] {
        let error = wrong(from, to);
        assert!(
            error.starts_with("queues.toml: ") && error.contains(expected),
            "{expected:?} is not in {error:?}"
        );
    }
}

#[test]
fn missing_columns_are_named() {
    let report = ReportDefinition::parse("queues", "queues.toml", FILE).unwrap();
    let request = report.sections[1].request.clone().unwrap();
    let check = |columns: &[ColumnMeta]| report.sections[1].check_columns(&request, columns);
    assert_eq!(check(&queues([0; 3], [None; 3]).columns), Ok(()));
    assert_eq!(
        check(&columns(&[("queue", None, false), ("rate", None, true)])).unwrap_err(),
        "category = \"queue_name\" is not a column of queues, which has queue, rate"
    );
    assert_eq!(
        check(&columns(&[("queue_name", None, false), ("rate", None, false), ("n", None, true)]))
            .unwrap_err(),
        "value = \"rate\" is not a number; the numbers of queues are n"
    );
    let text = FILE.replacen("change = \"rate\"", "change = \"queue_name\"", 1);
    let report = ReportDefinition::parse("queues", "queues.toml", &text).unwrap();
    assert_eq!(
        report.sections[1].check_columns(&request, &queues([0; 3], [None; 3]).columns).unwrap_err(),
        "change = \"queue_name\" is not a number; the numbers of queues are calls, lost, rate, difference"
    );
}
