//! The built-in reports in a real browser: nothing goes wrong, nothing is fetched, nothing is too
//! wide, and the figures are those of `voxlake query`.
//!
//! Needs Chromium, which Debian's package `chromium` has; without it the test says so and passes.

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

fn evaluated(tab: &Tab, expression: &str) -> serde_json::Value {
    let text = tab.evaluate(&format!("JSON.stringify({expression})"), false).unwrap().value.unwrap();
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn narrow(tab: &Tab, width: u32) {
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

/// What a browser finds of a page.
fn looked_at(tab: &Arc<Tab>, page: &Path) -> serde_json::Value {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&noted);
    let listener = move |event: &Event| match event {
        Event::LogEntryAdded(entry) => {
            notes.lock().unwrap().push(format!("log: {}", entry.params.entry.text));
        }
        Event::RuntimeExceptionThrown(_) => notes.lock().unwrap().push("exception".to_owned()),
        Event::NetworkRequestWillBeSent(request) if !request.params.request.url.starts_with("file:") => {
            notes.lock().unwrap().push(format!("request: {}", request.params.request.url));
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
    narrow(tab, 1100);
    tab.set_default_timeout(std::time::Duration::from_secs(60));
    tab.navigate_to(&format!("file://{}", page.display())).unwrap();
    tab.wait_for_element("footer dl").unwrap();
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let charts = evaluated(
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
    // Wide, and as narrow as a phone; all that is folded away is opened, too.
    for width in [1100, 390, 320] {
        narrow(tab, width);
        for open in ["false", "true"] {
            let wide = evaluated(
                tab,
                &format!(
                    "(document.querySelectorAll('details').forEach(d => d.open = {open}), document.documentElement.scrollWidth)"
                ),
            );
            assert!(wide.as_u64().unwrap() <= u64::from(width), "{name} is {wide} wide at {width}");
        }
    }
    assert_eq!(*noted.lock().unwrap(), Vec::<String>::new(), "{name}");
    evaluated(
        tab,
        "({charts: document.querySelectorAll('svg.chart').length, \
         figures: [...document.querySelectorAll('.figure data')].map(d => d.value), \
         sections: [...document.querySelectorAll('section[id]')]\
         .map(s => ({id: s.id, values: [...s.querySelectorAll('data')].map(d => d.value)})), \
         rows: [...document.querySelectorAll('#abandonment-by-queue tbody tr, #abandonment-by-queue tfoot tr')]\
         .map(r => [...r.querySelectorAll('data')].map(d => d.value).join(','))})",
    )
}

/// The numbers of a JSON value, with all their digits.
fn numbers_in(value: &serde_json::Value) -> BTreeSet<String> {
    match value {
        serde_json::Value::Number(number) => BTreeSet::from([number.to_string()]),
        serde_json::Value::Array(values) => values.iter().flat_map(numbers_in).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(numbers_in).collect(),
        _ => BTreeSet::new(),
    }
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
    let ask = ["query", "abandonment_rate", "-p", "by=queue", "--period", "2026-W45", "--format", "ndjson"];
    let answer = run(&mut over_sample(&folder, ask)).await.ok();
    let out = folder.path().join("out");
    let found = tokio::task::spawn_blocking(move || {
        let options = LaunchOptions::default_builder()
            .path(Some(chromium))
            // CI runs as root, for whom Chromium has no sandbox.
            .sandbox(false)
            .args(vec![OsStr::new("--disable-dev-shm-usage")])
            .build()
            .unwrap();
        let browser = Browser::new(options).unwrap();
        REPORTS.map(|(name, period)| {
            let tab = browser.new_tab().unwrap();
            let found = looked_at(&tab, &out.join(format!("{name}_{period}.html")));
            tab.close(true).unwrap();
            (name, found)
        })
    })
    .await
    .unwrap();
    for (name, found) in &found {
        assert!(found["charts"].as_u64().unwrap() >= 2, "{name}: {found}");
        assert!(found["figures"].as_array().unwrap().len() >= 4, "{name}: {found}");
    }
    // Every number that a page shows is one that its questions answered, which the JSON has exactly.
    for ((name, found), (_, period)) in found.iter().zip(REPORTS) {
        let json = folder.path().join("out").join(format!("{name}_{period}.json"));
        let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let mut seen = 0;
        for section in found["sections"].as_array().unwrap() {
            let told = json["sections"].as_array().unwrap().iter().find(|told| told["id"] == section["id"]);
            let told = told.map(numbers_in).unwrap_or_default();
            for value in section["values"].as_array().unwrap() {
                assert!(told.contains(value.as_str().unwrap()), "{name}, {}: {value}", section["id"]);
                seen += 1;
            }
        }
        assert!(seen > 50, "{name} shows {seen} numbers");
    }
    // Line by line the numbers that the question answers.
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
    let mut expected: Vec<String> = answer.lines().map(numbers).collect();
    let rows = found[1].1["rows"].as_array().unwrap().iter();
    let mut rows: Vec<String> = rows.map(|row| row.as_str().unwrap().to_owned()).collect();
    expected.sort();
    rows.sort();
    assert_eq!(rows, expected);
}
