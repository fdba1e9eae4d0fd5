//! Seeded faults: the same in every run, and recoverable for a client.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::CentreConfig;

/// A minimal correct client. It retries transient errors, replaces refused access tokens, reads a
/// window again after a wrong count or an expired page token, and separates invalid records.
struct Client<'a> {
    http: &'a reqwest::Client,
    server: &'a LocalServer,
    token: Option<String>,
}

/// Attempts per request. Two may fail; a new token and a cut connection take one more each.
const TRIES: usize = 8;
/// Attempts per window. One may fail.
const READS: usize = 2;

impl Client<'_> {
    async fn renew(&mut self) -> Option<()> {
        let url = format!("{}/oauth/token", self.server.oauth_url());
        let request = self
            .http
            .post(url)
            .query(&[("grant_type", "account_credentials"), ("account_id", "sim-account")]);
        let answer = request.basic_auth("sim-client", Some("sim-secret")).send().await.ok()?;
        let answer: Value = answer.error_for_status().ok()?.json().await.ok()?;
        self.token = Some(answer["access_token"].as_str()?.to_owned());
        Some(())
    }

    /// Returns a page; `None` if the page token expired.
    async fn page(&mut self, query: &[(&str, &str)]) -> Option<Value> {
        for _ in 0..TRIES {
            if self.token.is_none() && self.renew().await.is_none() {
                continue;
            }
            let url = format!("{}/contact_center/voice_calls", self.server.api_url());
            let token = self.token.clone().unwrap_or_default();
            let Ok(answer) = self.http.get(url).query(query).bearer_auth(token).send().await else {
                continue;
            };
            match answer.status().as_u16() {
                200 => {
                    if let Ok(page) = answer.json().await {
                        return Some(page);
                    }
                }
                400 => return None,
                401 => self.token = None,
                429 | 500..=599 => {}
                other => panic!("{other}"),
            }
        }
        panic!("{TRIES} tries were not enough")
    }

    /// Returns the distinct records of a window by id; invalid records by their text.
    async fn window(&mut self, from: &str, to: &str) -> BTreeMap<String, Value> {
        'reads: for _ in 0..READS {
            let (mut records, mut token) = (BTreeMap::new(), String::new());
            loop {
                let query = [("from", from), ("to", to), ("page_size", "20"), ("next_page_token", &token)];
                let Some(page) = self.page(&query).await else { continue 'reads };
                for record in page["voice_calls"].as_array().unwrap() {
                    let id = record["engagement_id"].as_str().filter(|id| !id.is_empty());
                    let time = record["start_time"].as_str().filter(|time| time.contains(':'));
                    let key = time.and(id).map_or_else(|| format!("junk {record}"), str::to_owned);
                    records.insert(key, record.clone());
                }
                token = page["next_page_token"].as_str().unwrap().to_owned();
                if token.is_empty() {
                    if page["total_records"] == records.len() {
                        return records;
                    }
                    continue 'reads;
                }
            }
        }
        panic!("{READS} reads were not enough")
    }
}

async fn quiet(seed: u64, rate: f64) -> Fixture {
    let quiet = CentreConfig { calls_per_day: 150.0, ..CentreConfig::default() };
    let quiet = Arc::new(Centre::new(quiet).unwrap());
    let fixture = Fixture::with(|config| config.centre = quiet).await;
    fixture.server.handle().set_faults(Faults::seeded(seed, rate));
    fixture
}

/// Reads three days and returns the faults of the requests.
async fn read_days(fixture: &Fixture) -> Vec<(u64, Option<&'static str>)> {
    let mut client = Client { http: &fixture.client, server: &fixture.server, token: None };
    for date in 17..20 {
        let records = client.window(&instant(day(date)), &before(day(date + 1))).await;
        let (junk, good): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|(key, _)| key.starts_with("junk"));
        let calls: Vec<_> = fixture.centre.calls(day(date), day(date + 1)).collect();
        let good: BTreeSet<_> = good.into_iter().map(|(id, _)| id).collect();
        // Not assert_eq, which would print all calls.
        assert!(good == ids_of(calls.iter().cloned()).into_iter().collect(), "other calls than there are");
        let anomalies = fixture.server.handle().anomalies();
        let expected = calls.iter().filter(|call| anomalies.junk(call, View::Summary, utc()).is_some());
        assert_eq!(junk.len(), expected.count());
    }
    let log = fixture.server.handle().log();
    log.iter().skip(1).map(|entry| (entry.request.number, entry.fault)).collect()
}

#[tokio::test]
async fn the_same_seed_brings_the_same_faults() {
    let mut runs = Vec::new();
    for seed in [4, 4, 5] {
        runs.push(read_days(&quiet(seed, 0.4).await).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let faulty = runs[0].iter().filter(|(_, fault)| fault.is_some()).count();
    assert!((0.2..0.6).contains(&(faulty as f64 / runs[0].len() as f64)), "{:?}", runs[0]);
}

/// A rate of 0 draws no fault; a rate of 0.5 draws every kind within ten seeds.
#[tokio::test]
async fn the_rate_decides_the_faults() {
    let none = read_days(&quiet(1, 0.0).await).await;
    assert!(none.iter().all(|(_, fault)| fault.is_none()));
    let mut names = BTreeSet::new();
    for seed in 0..10 {
        names.extend(read_days(&quiet(seed, 0.5).await).await.into_iter().filter_map(|(_, fault)| fault));
    }
    let all = [
        "cut after",
        "cut before",
        "cut in body",
        "invalid json",
        "page again",
        "page token dies",
        "page twice",
        "per second",
        "record twice",
        "slow",
        "status",
        "token dies",
        "total moves",
        "truncated json",
    ];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), all);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_retrying_client_gets_exactly_the_calls(seed: u64, rate in 0.0..1.0f64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { read_days(&quiet(seed, rate).await).await });
    }
}
