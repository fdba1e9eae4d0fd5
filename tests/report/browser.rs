//! The built-in reports in a browser: no errors, no requests, no page wider than the screen, and
//! the figures of `voxlake query`.
//!
//! Needs Chromium, for example Debian's package `chromium`; the test is skipped without it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Network};
use headless_chrome::{Browser, LaunchOptions, Tab};

use super::{REPORTS, over_sample};
use crate::support::run;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

fn evaluate(tab: &Tab, expression: &str) -> serde_json::Value {
    let text = tab.evaluate(&format!("JSON.stringify({expression})"), false).unwrap().value.unwrap();
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn set_width(tab: &Tab, width: u32) {
    tab.call_method(Emulation::SetDeviceMetricsOverride {
        width,
        height: 844,
        device_scale_factor: 1.0,
        mobile: false,
        scale: None,
        screen_width: None,
        screen_height: None,
        position_x: None,
        position_y: None,
        dont_set_visible_size: None,
        screen_orientation: None,
        viewport: None,
        display_feature: None,
        device_posture: None,
    })
    .unwrap();
}

/// Opens a page, checks it, and returns the figures that it shows.
fn inspect_page(tab: &Arc<Tab>, page: &Path) -> serde_json::Value {
    let problems = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&problems);
    let listener = move |event: &Event| match event {
        Event::LogEntryAdded(entry) => {
            found.lock().unwrap().push(format!("log: {}", entry.params.entry.text));
        }
        Event::RuntimeExceptionThrown(_) => found.lock().unwrap().push("exception".to_owned()),
        Event::NetworkRequestWillBeSent(request) if !request.params.request.url.starts_with("file:") => {
            found.lock().unwrap().push(format!("request: {}", request.params.request.url));
        }
        _ => {}
    };
    tab.enable_log().unwrap();
    tab.call_method(Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    })
    .unwrap();
    let _listening = tab.add_event_listener(Arc::new(listener)).unwrap();
    set_width(tab, 1100);
    tab.set_default_timeout(std::time::Duration::from_secs(60));
    tab.navigate_to(&format!("file://{}", page.display())).unwrap();
    tab.wait_for_element("footer dl").unwrap();
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    assert_charts_are_drawn(tab, &name);
    assert_page_fits_the_screen(tab, &name);
    assert_eq!(*problems.lock().unwrap(), Vec::<String>::new(), "{name}");
    figures_of_page(tab)
}

/// Asserts that every chart has marks, a title, a description and a width.
fn assert_charts_are_drawn(tab: &Tab, name: &str) {
    let charts = evaluate(
        tab,
        "[...document.querySelectorAll('svg.chart')].map(c => [c.querySelectorAll('rect, circle').length, \
         c.querySelector('title').textContent.length, c.querySelector('desc').textContent.length, \
         c.getBoundingClientRect().width])",
    );
    for chart in charts.as_array().unwrap() {
        for (at, least) in [1.0, 3.0, 10.0, 400.0].into_iter().enumerate() {
            assert!(chart[at].as_f64().unwrap() >= least, "{name}: {charts}");
        }
    }
}

/// Asserts that a page fits a wide screen and phones, with details closed and opened.
fn assert_page_fits_the_screen(tab: &Tab, name: &str) {
    for width in [1100, 390, 320] {
        set_width(tab, width);
        for open in ["false", "true"] {
            let wide = evaluate(
                tab,
                &format!(
                    "(document.querySelectorAll('details').forEach(d => d.open = {open}), document.documentElement.scrollWidth)"
                ),
            );
            assert!(wide.as_u64().unwrap() <= u64::from(width), "{name} is {wide} wide at {width}");
        }
    }
}

/// Returns the number of charts, the figures, and the values of sections and of one table.
fn figures_of_page(tab: &Tab) -> serde_json::Value {
    evaluate(
        tab,
        "({charts: document.querySelectorAll('svg.chart').length, \
         figures: [...document.querySelectorAll('.figure data')].map(d => d.value), \
         sections: [...document.querySelectorAll('section[id]')]\
         .map(s => ({id: s.id, values: [...s.querySelectorAll('data')].map(d => d.value)})), \
         rows: [...document.querySelectorAll('#abandonment-by-queue tbody tr, #abandonment-by-queue tfoot tr')]\
         .map(r => [...r.querySelectorAll('data')].map(d => d.value).join(','))})",
    )
}

/// Returns the numbers of a JSON value, with all digits.
fn numbers_in(value: &serde_json::Value) -> BTreeSet<String> {
    match value {
        serde_json::Value::Number(number) => BTreeSet::from([number.to_string()]),
        serde_json::Value::Array(values) => values.iter().flat_map(numbers_in).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(numbers_in).collect(),
        _ => BTreeSet::new(),
    }
}

/// Opens the built-in reports in a browser and returns the figures of each.
async fn inspect_reports(chromium: PathBuf, folder: PathBuf) -> Vec<(&'static str, serde_json::Value)> {
    tokio::task::spawn_blocking(move || {
        let options = LaunchOptions::default_builder()
            .path(Some(chromium))
            // CI runs as root, for which Chromium has no sandbox.
            .sandbox(false)
            .args(vec![OsStr::new("--disable-dev-shm-usage")])
            .build()
            .unwrap();
        let browser = Browser::new(options).unwrap();
        let inspect = |(name, period): (&'static str, &str)| {
            let tab = browser.new_tab().unwrap();
            let found = inspect_page(&tab, &folder.join(format!("{name}_{period}.html")));
            tab.close(true).unwrap();
            (name, found)
        };
        REPORTS.into_iter().map(inspect).collect()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn built_in_reports_render_in_a_browser() {
    let Some(chromium) = chromium() else {
        println!("skipped: there is no chromium on the path");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, period) in REPORTS {
        let args = ["report", "run", name, "--period", period, "-o", "out", "--timezone", "UTC"];
        let args = args.into_iter().chain(["--format", "html,json"]);
        run(&mut over_sample(&folder, args)).await.ok();
    }
    let query = ["query", "abandonment_rate", "-p", "by=queue", "--period", "2026-W45", "--format", "ndjson"];
    let rows = run(&mut over_sample(&folder, query)).await.ok();
    let out = folder.path().join("out");
    let found = inspect_reports(chromium, out.clone()).await;
    for ((name, found), (_, period)) in found.iter().zip(REPORTS) {
        assert!(found["charts"].as_u64().unwrap() >= 2, "{name}: {found}");
        assert!(found["figures"].as_array().unwrap().len() >= 4, "{name}: {found}");
        let json = std::fs::read_to_string(out.join(format!("{name}_{period}.json"))).unwrap();
        assert_values_are_in_the_json(name, found, &serde_json::from_str(&json).unwrap());
    }
    assert_rows_equal_the_query(&found[1].1["rows"], &rows);
}

/// Asserts that every number of a page is in the results of its queries, of which the JSON has
/// all digits.
fn assert_values_are_in_the_json(name: &str, found: &serde_json::Value, json: &serde_json::Value) {
    let mut seen = 0;
    for section in found["sections"].as_array().unwrap() {
        let results = json["sections"].as_array().unwrap();
        let result = results.iter().find(|result| result["id"] == section["id"]);
        let numbers = result.map(numbers_in).unwrap_or_default();
        for value in section["values"].as_array().unwrap() {
            assert!(numbers.contains(value.as_str().unwrap()), "{name}, {}: {value}", section["id"]);
            seen += 1;
        }
    }
    assert!(seen > 50, "{name} shows {seen} numbers");
}

/// Asserts that the rows of a table have the numbers of the query, given as NDJSON.
fn assert_rows_equal_the_query(rows: &serde_json::Value, query: &str) {
    let numbers = |line: &str| -> String {
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let columns = [
            "offered",
            "handled",
            "abandoned",
            "short_abandoned",
            "hold_abandoned",
            "unclassified",
            "rate_base",
            "abandonment_rate",
            "abandonment_rate_gross",
        ];
        let values = columns.iter().map(|column| row[*column].to_string()).filter(|value| value != "null");
        values.collect::<Vec<_>>().join(",")
    };
    let mut expected: Vec<String> = query.lines().map(numbers).collect();
    let rows = rows.as_array().unwrap().iter();
    let mut rows: Vec<String> = rows.map(|row| row.as_str().unwrap().to_owned()).collect();
    expected.sort();
    rows.sort();
    assert_eq!(rows, expected);
}
