//! `voxlake report`: list, description, content, and rendering in a browser.

mod browser;
mod charges;
mod comparison;

use calamine::{Data, Reader as _};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{run, sample, voxlake};

/// Returns `voxlake` over the committed sample.
pub(crate) fn over_sample<'a>(folder: &TempDir, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = voxlake(folder.path());
    command.args(args).env("VOXLAKE_LAKE", sample());
    command
}

/// The reports, each with a week, day or month of the sample.
pub(crate) const REPORTS: [(&str, &str); 4] = [
    ("daily-operations", "2026-11-04"),
    ("weekly-queues", "2026-W45"),
    ("monthly-charges", "2026-11"),
    ("data-quality", "2026-W45"),
];

#[tokio::test(flavor = "multi_thread")]
async fn built_in_reports_pass_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let list = run(&mut over_sample(&folder, ["report", "list"])).await.ok();
    for (name, _) in REPORTS {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
        let told = run(&mut over_sample(&folder, ["report", "describe", name])).await.ok();
        assert!(told.contains("Sections:") && told.contains("voxlake query "), "{told}");
        let source = run(&mut over_sample(&folder, ["report", "describe", name, "--source"])).await.ok();
        std::fs::write(folder.path().join("own.toml"), source).unwrap();
        let checked = run(&mut over_sample(&folder, ["report", "check", "own.toml"])).await.ok();
        assert!(checked.starts_with("own.toml: valid report, "), "{checked}");
    }
}

/// Other commands write to standard output for `-`.
#[tokio::test]
async fn a_hyphen_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["report", "run", "weekly-queues", "--period", "2026-W45", "-o", "-"];
    let ran = run(&mut over_sample(&folder, args)).await;
    assert!(ran.code == 2 && ran.err.contains("name a folder"), "{ran:?}");
    assert!(!folder.path().join("-").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_period_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let empty = ["report", "run", "weekly-queues", "--from", "2026-11-04", "--to", "2026-11-04"];
    let ran = run(&mut over_sample(&folder, empty)).await;
    assert!(ran.code == 2 && ran.err.contains("is not after --from"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn definition_errors_have_place_and_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    let good = run(&mut over_sample(&folder, ["report", "describe", "weekly-queues", "--source"])).await.ok();
    for (from, to, told) in [
        (
            "query = \"abandonment_rate\"",
            "query = \"abandonment\"",
            "there is no query \"abandonment\"; there is abandonment_rate",
        ),
        ("by = \"queue\"", "by = \"queues\"", "invalid value \"queues\" for by: it takes"),
        (
            "value = \"abandonment_rate\"",
            "value = \"rate\"",
            "is not a column of abandonment_rate, which has",
        ),
        ("period = \"previous-week\"", "period = \"last-weak\"", "this-week, last-week"),
        ("show = \"bar\"", "show = \"pie\"", "unknown variant `pie`, expected one of"),
    ] {
        std::fs::write(folder.path().join("own.toml"), good.replacen(from, to, 1)).unwrap();
        let ran = run(&mut over_sample(&folder, ["report", "check", "own.toml"])).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(told), "{told:?} is not in {ran:?}");
    }
    let ran = run(&mut over_sample(&folder, ["report", "run", "weekly-queue"])).await;
    assert!(ran.code == 2 && ran.err.contains("similar reports: weekly-queues"), "{ran:?}");
    let ran = run(&mut over_sample(&folder, ["report", "run", "weekly-queues", "-p", "colour=red"])).await;
    assert!(ran.code == 2 && ran.err.contains("takes the parameter colour"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_has_the_query_results() {
    let folder = tempfile::tempdir().unwrap();
    let ask = ["query", "abandonment_rate", "-p", "by=queue", "--period", "2026-W45", "--format", "csv"];
    let mut expected: Vec<String> =
        run(&mut over_sample(&folder, ask)).await.ok().lines().map(str::to_owned).collect();
    let args = [
        "report",
        "run",
        "weekly-queues",
        "--period",
        "2026-W45",
        "--format",
        "html,xlsx,csv,json,markdown",
        "-o",
        "out",
    ];
    let out = run(&mut over_sample(&folder, args)).await.ok();
    assert!(out.contains("weekly-queues_2026-W45.html"), "{out}");
    let place = |name: &str| folder.path().join("out").join(name);
    let read = |name: &str| std::fs::read_to_string(place(name)).unwrap();
    // All rows of the query, with all digits.
    let csv = read("weekly-queues_2026-W45_abandonment-by-queue.csv");
    // The lake does not hold the week before, so the columns of the comparison are empty.
    let (header, lines) = csv.split_once('\n').unwrap();
    let header = header.strip_suffix(",abandonment_rate_before,compared").unwrap();
    let lines = lines.lines().map(|line| line.strip_suffix(",,").unwrap());
    let mut rows: Vec<String> = [header].into_iter().chain(lines).map(str::to_owned).collect();
    expected.sort();
    rows.sort();
    assert_eq!(rows, expected);
    let json: serde_json::Value = serde_json::from_str(&read("weekly-queues_2026-W45.json")).unwrap();
    assert_eq!(json["sections"][1]["rows"].as_array().unwrap().len(), expected.len() - 1);

    let mut book = calamine::open_workbook_auto(place("weekly-queues_2026-W45.xlsx")).unwrap();
    let sheet = book.worksheet_range("Abandonment by queue").unwrap();
    let total = sheet.rows().next_back().unwrap();
    let csv_total = csv.lines().find(|line| line.starts_with("total")).unwrap();
    assert_eq!(total[3], Data::Float(csv_total.split(',').nth(3).unwrap().parse().unwrap()));
    // Days that the query returns as text are dates.
    let days = book.worksheet_range("Abandonment by day").unwrap();
    assert!(matches!(days.get_value((1, 2)), Some(Data::DateTime(_))), "{:?}", days.get_value((1, 2)));
    assert!(read("weekly-queues_2026-W45.md").contains("## Abandonment by queue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_show_filters_and_missing_days() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "query",
        "-c",
        "SELECT queue_name FROM queue_calls GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
        "--format",
        "csv",
    ];
    let name =
        run(&mut over_sample(&folder, names)).await.ok().lines().nth(1).unwrap().trim_matches('"').to_owned();
    let args = [
        "report",
        "run",
        "weekly-queues",
        "--from",
        "2026-11-05",
        "--to",
        "2026-11-12",
        "--queue",
        &name,
        "--format",
        "json,html,markdown,csv",
    ];
    let ran = run(&mut over_sample(&folder, args)).await;
    assert!(ran.err.contains("does not hold 3 days of this period: 2026-11-09 to 2026-11-11"), "{ran:?}");
    let json =
        std::fs::read_to_string(folder.path().join("weekly-queues_2026-11-05_2026-11-11.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["parameters"]["queue"][0], name.as_str());
    assert_eq!(json["standing"]["has_gaps"], true);
    // Days that the lake does not hold are marked for people.
    let read = |end: &str| {
        let file = format!("weekly-queues_2026-11-05_2026-11-11{end}");
        std::fs::read_to_string(folder.path().join(file)).unwrap()
    };
    for end in [".html", ".md"] {
        assert!(read(end).contains("2026-11-09, 0 of 24 hours"), "{}", read(end));
    }
    let csv = read("_abandonment-by-day.csv");
    assert!(csv.contains("2026-11-09,0") && !csv.contains("of 24"), "{csv}");
}

/// Queues are given as options, by sections and by the rows of figures.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_queues_of_reports_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let report = |parameters: &str, row: &str| {
        let text = format!(
            "title = \"Mine\"\nperiod = \"2026-11-04\"\n[[section]]\ntitle = \"Hours\"\nshow = \"line\"\n\
             query = \"abandonment_rate\"\nparameters = {{ by = \"hour\"{parameters} }}\ncategory = \"group_name\"\n\
             value = \"offered\"\n[[section]]\ntitle = \"One\"\nshow = \"figures\"\nquery = \"abandonment_rate\"\n\
             [[section.figure]]\nlabel = \"Offered\"\ncolumn = \"offered\"\nwhere = {{ group_name = \"{row}\" }}\n"
        );
        std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    };
    let args = ["report", "run", "mine.toml", "--format", "json,html,markdown,csv"];
    let names = "SELECT queue_name FROM queue_calls GROUP BY 1 ORDER BY count(*) DESC LIMIT 1";
    let out = run(&mut over_sample(&folder, ["query", "-c", names, "--format", "ndjson"])).await.ok();
    let name: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    let name = name["queue_name"].as_str().unwrap();
    let typo = &name[..name.len() - 1];
    let told = |section: &str| {
        format!(
            "report mine: section {section:?}: no call of the lake has a queue with the id or name {typo:?}; \
             did you mean {name:?}"
        )
    };
    let in_hours = format!(", queue = {typo:?}");
    for (parameters, row, more, section) in [
        (in_hours.as_str(), name, &[][..], "Hours"),
        ("", typo, &[], "One"),
        ("", name, &["--queue", typo], "Hours"),
    ] {
        report(parameters, row);
        let ran = run(over_sample(&folder, args).args(more)).await;
        assert!(ran.code == 2 && ran.err.contains(&told(section)), "{section}: {ran:?}");
        assert!(!folder.path().join("mine_2026-11-04.html").exists());
    }
    report(&format!(", queue = {name:?}"), name);
    let ran = run(over_sample(&folder, args).args(["--period", "2024-01-01"])).await;
    let notice = format!("no call of the period has the queue {name:?}");
    assert!(ran.code == 0 && ran.err.contains(&notice), "{ran:?}");
    let read = |extension: &str| {
        std::fs::read_to_string(folder.path().join(format!("mine_2024-01-01.{extension}"))).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    assert_eq!(json["notices"][0], notice.as_str());
    assert!(read("html").contains("no call of the period has the queue"));
    assert!(read("md").contains("no call of the period has the queue"));
}

/// The names stay text in every format, from the import to the file.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_queue_names_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    const FORMULA: &str = "=HYPERLINK(\"http://x\")";
    const MARKUP: &str = "<script>alert(1)</script>";
    let call = |id: &str, queue: &str| {
        serde_json::json!({
            "engagement_id": id, "start_time": "2026-11-04T09:00:00Z", "direction": "inbound", "total_duration": 60,
            "distributions": ["acd"], "result": "completed", "charge": "$1.25",
            "queues": [{"queue_id": id, "cc_queue_id": id, "queue_name": queue}],
        })
        .to_string()
    };
    let calls = [call("a", FORMULA), call("b", MARKUP)].join("\n");
    std::fs::write(folder.path().join("calls.ndjson"), calls).unwrap();
    let mut import = voxlake(folder.path());
    run(import.args(["import", "calls.ndjson", "--lake", "lake"])).await.ok();
    let args = ["report", "run", "weekly-queues", "--period", "2026-W45", "--lake", "lake"];
    let mut report = voxlake(folder.path());
    run(report.args(args).args(["--format", "html,xlsx,csv,json,markdown", "-o", "out"])).await.ok();

    let place = |name: &str| folder.path().join("out").join(name);
    let read = |name: &str| std::fs::read_to_string(place(name)).unwrap();
    let page = read("weekly-queues_2026-W45.html");
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("=HYPERLINK("), "both are told");
    assert!(!page.to_lowercase().contains("<script") && !page.contains("href=\"http://x"));
    let markdown = read("weekly-queues_2026-W45.md");
    assert!(markdown.contains("alert(1)") && !markdown.contains("<script>"), "{markdown}");
    let csv = read("weekly-queues_2026-W45_abandonment-by-queue.csv");
    assert!(csv.contains("'=HYPERLINK(") && csv.contains(MARKUP), "{csv}");
    assert!(!csv.contains(",=") && !csv.contains(",\"="), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&read("weekly-queues_2026-W45.json")).unwrap();
    let told = json.to_string();
    assert!(told.contains("=HYPERLINK(\\\"http://x\\\")") && told.contains(MARKUP), "{told}");
    let mut book = calamine::open_workbook_auto(place("weekly-queues_2026-W45.xlsx")).unwrap();
    let mut found = Vec::new();
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name} has formulas");
        let sheet = book.worksheet_range(&name).unwrap();
        let texts = sheet.used_cells().filter_map(|(_, _, cell)| match cell {
            Data::String(text) => Some(text.clone()),
            _ => None,
        });
        found.extend(texts.filter(|text| text == FORMULA || text == MARKUP));
    }
    assert!(found.iter().any(|text| text == FORMULA) && found.iter().any(|text| text == MARKUP), "{found:?}");
}
