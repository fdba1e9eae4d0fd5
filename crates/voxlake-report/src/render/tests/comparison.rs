//! Changes, parts of rates and small groups, in every format for people.

use super::*;

/// Rows of the report: a queue of each name with its calls and rate, and the total.
fn queues_of(rows: &[(&str, i64, i64, i128)]) -> SectionResult {
    let lines = rows.iter().map(|row| if row.0 == "total" { "total" } else { "group" });
    let names = rows.iter().map(|row| Some(row.0).filter(|name| *name != "total"));
    let whole = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("line", Arc::new(StringArray::from_iter_values(lines)) as ArrayRef, true),
        ("queue_name", Arc::new(names.collect::<StringArray>()) as ArrayRef, true),
        ("calls", whole(rows.iter().map(|row| row.1).collect()), true),
        ("lost", whole(rows.iter().map(|row| row.2).collect()), true),
        ("rate", decimals(&rows.iter().map(|row| Some(row.3)).collect::<Vec<_>>(), 6), true),
        ("difference", whole(vec![0; rows.len()]), true),
    ]);
    SectionResult { rows: batch.unwrap(), ..queues([0; 3], [None; 3]) }
}

/// Returns the file of the report; escaped colons of Markdown are plain.
fn text_of(document: &Document, format: ReportFormat) -> String {
    let text = String::from_utf8(render(document, format, "x").unwrap().remove(0).bytes).unwrap();
    text.replace("\\:", ":")
}

/// The report of two queues, of which one is new, against a period with another one.
fn changed(comparison: ComparedPeriod) -> Document {
    let now =
        queues_of(&[("Billing", 400, 40, 100_000), ("Chat", 28, 4, 142_857), ("total", 428, 44, 102_803)]);
    let before =
        queues_of(&[("Billing", 400, 32, 80_000), ("Sales", 100, 12, 120_000), ("total", 500, 51, 102_600)]);
    let document = document_with(comparison, Vec::new());
    let by_request = |results: Vec<SectionResult>| {
        results.into_iter().map(|result| (result.request.clone(), result)).collect::<HashMap<_, _>>()
    };
    Document::new(
        document.definition,
        document.metadata,
        &by_request(vec![now, cost()]),
        &by_request(vec![before]),
    )
    .unwrap()
}

#[test]
fn tables_show_changes_and_name_vanished_rows() {
    let markdown = text_of(&changed(comparison()), ReportFormat::Markdown);
    for line in [
        "| Queue name | Calls | Lost | Rate | Change |",
        "| Chat | 28 | 4 | 14.3 % (4 of 28) † | new |",
        "| Billing | 400 | 40 | 10.0 % (40 of 400) | +2.0 points |",
        // Both totals are shown as 10.3 %.
        "| **Total** | **428** | **44** | **10.3 % (44 of 428)** | **unchanged** |",
        "Only in the compared period: Sales (12.0 %).",
        "† Small group: a rate of fewer than 30, which a few calls change much.",
        "Changes are against week 46.",
    ] {
        assert!(markdown.contains(line), "{line} is not in {markdown}");
    }
    for note in ["† Small group", "Only in the compared period"] {
        let mail = render_mail(&changed(comparison())).unwrap();
        assert_eq!(
            (markdown.matches(note).count(), mail.matches(note).count()),
            (1, 1),
            "{note}: {markdown}"
        );
    }
    let page = text_of(&changed(comparison()), ReportFormat::Html);
    assert!(
        page.contains(
            "<td class=\"n bad\"><span class=\"arrow\" aria-hidden=\"true\">▲</span> +2.0 points</td>"
        ),
        "{page}"
    );
    assert!(page.contains("<td class=\"n same\">unchanged</td>"), "{page}");
    assert!(
        page.contains("<data value=\"0.142857\">14.3 %</data> <small class=\"parts\">(4 of 28) †</small>"),
        "{page}"
    );
    assert!(page.contains("<details open>"), "{page}");
    assert!(!page.contains("Sales</td>"), "{page}");
    let mail = render_mail(&changed(comparison())).unwrap();
    assert!(mail.contains("▲ +2.0 points") && mail.contains("Only in the compared period: Sales"), "{mail}");
    let csv =
        String::from_utf8(render(&changed(comparison()), ReportFormat::Csv, "x").unwrap()[1].bytes.clone());
    assert!(csv.unwrap().ends_with("group,Sales,,,,,0.120000,gone\n"));
}

#[test]
fn unchanged_figures_have_no_arrow() {
    let page = text_of(&changed(comparison()), ReportFormat::Html);
    assert!(
        page.contains(
            "<p class=\"change neutral same\">unchanged <span class=\"quiet\">from 10.3 %</span></p>"
        ),
        "{page}"
    );
    assert!(page.contains("<small class=\"parts\">(44 of 428)</small>"), "{page}");
    // Calls went down by 14.4 %, which is bad.
    assert!(page.contains("<span aria-hidden=\"true\">▼</span> −14.4 %"), "{page}");
}

#[test]
fn periods_of_different_length_are_compared_per_day() {
    let days = Some(DayCounts { period: 31, compared: 30 });
    let document = changed(ComparedPeriod { days, ..comparison() });
    let markdown = text_of(&document, ReportFormat::Markdown);
    // 428 in 31 days against 500 in 30 days.
    assert!(markdown.contains("- Calls: **428 (−17.2 % per day)**"), "{markdown}");
    // Rates are compared directly.
    assert!(markdown.contains("- Rate: **10.3 % (44 of 428, unchanged)**"), "{markdown}");
    assert!(markdown.contains("per day, 31 and 30 days; rates and percentiles directly."), "{markdown}");
    let page = text_of(&document, ReportFormat::Html);
    assert!(page.contains("−17.2 % per day <span class=\"quiet\">from 500 in 30 days</span>"), "{page}");
    let json: serde_json::Value = serde_json::from_str(&text_of(&document, ReportFormat::Json)).unwrap();
    assert_eq!(json["comparison"]["per_day"], serde_json::json!([31, 30]));
}

#[test]
fn incomplete_periods_say_that_nothing_is_compared() {
    let obstacle = Some("the lake does not hold all of it".to_owned());
    let document = changed(ComparedPeriod { obstacle, ..comparison() });
    let markdown = text_of(&document, ReportFormat::Markdown);
    let sentence = "Changes against week 46 are not shown: the lake does not hold all of it.";
    assert_eq!(markdown.matches(sentence).count(), 2, "{markdown}");
    assert!(markdown.contains("| Queue name | Calls | Lost | Rate |\n"), "{markdown}");
    let page = text_of(&document, ReportFormat::Html);
    assert!(page.contains(sentence) && !page.contains("▲") && !page.contains("compared period"), "{page}");
    // The columns for programs stay.
    let files = render(&document, ReportFormat::Csv, "x").unwrap();
    let csv = String::from_utf8(files[1].bytes.clone()).unwrap();
    assert!(csv.starts_with("line,queue_name,calls,lost,rate,difference,rate_before,compared\n"), "{csv}");
    assert!(csv.ends_with("total,,428,44,0.102803,0,,\n"), "{csv}");
}
