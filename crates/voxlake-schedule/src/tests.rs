//! Time travel: a runner that records its calls, a clock that is set, a lake in a folder.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use tempfile::TempDir;
use voxlake_lake::{Clock, Fingerprint, Lake};
use voxlake_report::{Period, ReportDefinition};

use crate::delivery::{DeliveryPayload, Destination};
use crate::error::{ScheduleError, invalid};
use crate::ledger::{DeliveryState, Ledger, RunState};
use crate::report::alert::Alert;
use crate::report::build::ReportRequest;
use crate::report::period::period_label;
use crate::runner::{RenderedReport, ReportRunner};
use crate::schedule::Schedule;
use crate::scheduler::{RunSummary, Scheduler};

const BERLIN: Tz = chrono_tz::Europe::Berlin;
const REPORT: &str =
    "title = \"T\"\nperiod = \"previous-day\"\n[[section]]\ntitle = \"S\"\nshow = \"text\"\ntext = \"x\"";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule(name: &str, cron: &str, period: Period) -> Schedule {
    Schedule {
        name: name.to_owned(),
        definition: ReportDefinition::parse(name, "t.toml", REPORT).unwrap(),
        cron: Cron::from_str(cron).unwrap(),
        zone: BERLIN,
        period,
        comparison: None,
        parameters: Vec::new(),
        formats: Vec::new(),
        sync: false,
        wait: TimeDelta::zero(),
        catch_up: 7,
        since: None,
        skip_if_empty: false,
        alerts: Vec::new(),
        destinations: vec![Destination::Folder("a".into()), Destination::Folder("b".into())],
    }
}

/// Runner whose faults a test sets, and which records the calls.
#[derive(Default)]
struct FakeRunner {
    now: Mutex<DateTime<Utc>>,
    /// Schedules whose reports cannot be built, and destinations that fail.
    broken: Mutex<Vec<String>>,
    unsettled: Mutex<bool>,
    empty: Mutex<bool>,
    data: Mutex<String>,
    figures: Mutex<String>,
    /// Number of the delivery after which the process ends.
    crash_after: Mutex<Option<usize>>,
    /// Signals that end.
    crashed: tokio::sync::Notify,
    rendered: Mutex<Vec<String>>,
    /// Destination, period and id of each delivery.
    delivered: Mutex<Vec<(String, String, String)>>,
}

fn payload(name: &str, period: String) -> DeliveryPayload {
    DeliveryPayload {
        schedule: name.to_owned(),
        report: name.to_owned(),
        title: String::new(),
        period,
        period_words: String::new(),
        timezone: String::new(),
        is_test: false,
        settled: true,
        remarks: Vec::new(),
        alerts: Vec::new(),
        figures: Vec::new(),
        text: String::new(),
        page: String::new(),
        files: Vec::new(),
    }
}

impl ReportRunner for FakeRunner {
    async fn sync(&self) -> Result<(), ScheduleError> {
        Ok(())
    }

    async fn render(
        &self,
        schedule: &Schedule,
        request: &ReportRequest,
        _: DateTime<Utc>,
    ) -> Result<RenderedReport, ScheduleError> {
        let period = period_label(request.period, request.zone);
        if self.broken.lock().unwrap().contains(&schedule.name) {
            return Err(invalid("it is broken"));
        }
        self.rendered.lock().unwrap().push(format!("{} {period}", schedule.name));
        Ok(RenderedReport {
            payload: payload(&schedule.name, period),
            settled: !*self.unsettled.lock().unwrap(),
            empty: *self.empty.lock().unwrap(),
            alarmed: false,
            data: Fingerprint::from_parts([self.data.lock().unwrap().as_str()]),
            figures: Fingerprint::from_parts([self.figures.lock().unwrap().as_str()]),
        })
    }

    async fn data_fingerprint(&self, _: &ReportRequest) -> Result<Fingerprint, ScheduleError> {
        Ok(Fingerprint::from_parts([self.data.lock().unwrap().as_str()]))
    }

    async fn deliver(
        &self,
        destination: &Destination,
        report: &RenderedReport,
        id: &str,
    ) -> Result<(), ScheduleError> {
        if self.broken.lock().unwrap().contains(&destination.id()) {
            return Err(invalid("connection refused"));
        }
        let count = {
            let mut delivered = self.delivered.lock().unwrap();
            delivered.push((destination.id(), report.payload.period.clone(), id.to_owned()));
            delivered.len()
        };
        let crashes = *self.crash_after.lock().unwrap() == Some(count);
        if crashes {
            // The process ends here, before the delivery is recorded.
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

struct Case {
    _folder: TempDir,
    lake: Lake,
    runner: Arc<FakeRunner>,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        Self { _folder: folder, lake, runner: Arc::default() }
    }

    /// Runs the scheduler at a time, until it is done or the process ends.
    async fn run(&self, schedules: &[Schedule], now: &str, changed: bool) -> RunSummary {
        *self.runner.now.lock().unwrap() = at(now);
        let lock = self.lake.lock_reports(at(now)).await.unwrap();
        let runner = Arc::clone(&self.runner);
        let clock: Clock = Arc::new(move || *runner.now.lock().unwrap());
        let scheduler = Scheduler::new(&self.lake, &lock, schedules, &*self.runner, clock);
        let work = async {
            if changed {
                scheduler.run_changed(None).await.unwrap()
            } else {
                scheduler.run_due(true, None).await.unwrap()
            }
        };
        let summary = tokio::select! {
            summary = work => summary,
            () = self.runner.crashed.notified() => RunSummary::default(),
        };
        lock.release().await.unwrap();
        summary
    }

    async fn due(&self, schedules: &[Schedule], now: &str) -> RunSummary {
        self.run(schedules, now, false).await
    }

    fn rendered(&self) -> Vec<String> {
        std::mem::take(&mut self.runner.rendered.lock().unwrap())
    }

    fn delivered(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut self.runner.delivered.lock().unwrap())
    }

    async fn ledger(&self) -> Ledger {
        Ledger::read(&self.lake).await.unwrap()
    }
}

#[test]
fn each_local_day_of_a_year_is_due_once() {
    // In Berlin, 02:30 does not exist on 29 March and occurs twice on 25 October.
    for cron in ["30 2 * * *", "0 7 * * *"] {
        let schedule = schedule("daily", cron, Period::PreviousDay);
        let year = at("2025-12-31T23:00:00Z")..at("2026-12-31T23:00:00Z");
        let times: Vec<_> =
            std::iter::successors(schedule.next_after(year.start), |last| schedule.next_after(*last))
                .take_while(|at| *at < year.end)
                .collect();
        let mut days: BTreeMap<String, usize> = BTreeMap::new();
        for time in &times {
            let period = schedule.period_at(*time).unwrap();
            *days.entry(period_label(period, BERLIN)).or_default() += 1;
        }
        assert_eq!(days.len(), 365, "{cron}");
        assert!(days.values().all(|times| *times == 1), "{cron}: {days:?}");
        assert_eq!(schedule.last_times(year.start, year.end, 1000), times, "{cron}");
    }
    let schedule = schedule("daily", "0 7 * * *", Period::PreviousDay);
    let hours = |now| {
        let period = schedule.period_at(at(now)).unwrap();
        (period.to - period.from).num_hours()
    };
    assert_eq!(hours("2026-03-30T05:00:00Z"), 23);
    assert_eq!(hours("2026-10-26T06:00:00Z"), 25);
}

#[tokio::test]
async fn missed_runs_are_caught_up_once() {
    let case = Case::new().await;
    let schedules = [schedule("daily", "0 7 * * *", Period::PreviousDay)];
    assert_eq!(case.due(&schedules, "2026-11-01T12:00:00Z").await, RunSummary::default());
    case.due(&schedules, "2026-11-02T06:00:00Z").await;
    assert_eq!(case.rendered(), ["daily 2026-11-01"]);
    case.due(&schedules, "2026-11-09T08:00:00Z").await;
    let caught_up: Vec<String> = (2..=8).map(|day| format!("daily 2026-11-0{day}")).collect();
    assert_eq!(case.rendered(), caught_up);
    case.due(&schedules, "2026-11-09T09:00:00Z").await;
    assert_eq!(case.rendered(), [""; 0]);
    // After a month, the last seven runs are caught up.
    case.due(&schedules, "2026-12-10T08:00:00Z").await;
    assert_eq!(case.rendered().len(), 7);
    // Each destination got each day once.
    let delivered = case.delivered();
    let ids: std::collections::BTreeSet<_> = delivered.iter().map(|(_, _, id)| id).collect();
    assert_eq!((delivered.len(), ids.len()), (30, 30));
}

#[tokio::test]
async fn earlier_runs_are_due_only_with_since() {
    let case = Case::new().await;
    let mut schedules = [schedule("weekly", "0 7 * * MON", Period::PreviousWeek)];
    case.due(&schedules, "2026-11-04T12:00:00Z").await;
    assert_eq!(case.rendered(), [""; 0]);
    schedules[0].since = Some(at("2026-10-20T00:00:00Z"));
    case.due(&schedules, "2026-11-04T12:00:00Z").await;
    assert_eq!(case.rendered(), ["weekly 2026-W43", "weekly 2026-W44"]);
}

#[tokio::test]
async fn a_crash_repeats_only_the_unrecorded_delivery() {
    let case = Case::new().await;
    let schedules = [schedule("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    // The process ends after the first delivery, before it is recorded.
    *case.runner.crash_after.lock().unwrap() = Some(1);
    case.due(&schedules, "2026-11-02T06:00:00Z").await;
    let ledger = case.ledger().await;
    let run = ledger.runs.values().next().unwrap();
    assert_eq!(run.state, RunState::Started);
    assert_eq!(run.deliveries["folder a"].state, DeliveryState::Delivering);
    *case.runner.crash_after.lock().unwrap() = None;
    case.due(&schedules, "2026-11-02T06:01:00Z").await;
    let delivered = case.delivered();
    let destinations: Vec<&str> = delivered.iter().map(|(destination, _, _)| destination.as_str()).collect();
    assert_eq!(destinations, ["folder a", "folder a", "folder b"]);
    assert_eq!(delivered[0].2, delivered[1].2, "the second copy has the id of the first");

    // If the first delivery was recorded, only the second is repeated.
    *case.runner.crash_after.lock().unwrap() = Some(2);
    case.due(&schedules, "2026-11-03T06:00:00Z").await;
    *case.runner.crash_after.lock().unwrap() = None;
    case.due(&schedules, "2026-11-03T06:01:00Z").await;
    let destinations: Vec<String> =
        case.delivered().into_iter().map(|(destination, _, _)| destination).collect();
    assert_eq!(destinations, ["folder a", "folder b", "folder b"]);
    assert!(case.ledger().await.runs.values().all(|run| run.state == RunState::Done));
}

#[tokio::test]
async fn failed_runs_are_retried_with_backoff() {
    let case = Case::new().await;
    let schedules = [
        schedule("broken", "0 7 * * *", Period::PreviousDay),
        schedule("sound", "0 7 * * *", Period::PreviousDay),
    ];
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    case.runner.broken.lock().unwrap().push("broken".to_owned());
    let summary = case.due(&schedules, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.failed, 1);
    assert_eq!(summary.lines[0], "broken 2026-11-01: failed: it is broken");
    assert_eq!(case.rendered(), ["sound 2026-11-01"]);
    // The first backoff is a minute, the second two.
    assert_eq!(case.due(&schedules, "2026-11-02T06:00:30Z").await, RunSummary::default());
    assert_eq!(case.due(&schedules, "2026-11-02T06:01:00Z").await.failed, 1);
    assert_eq!(case.due(&schedules, "2026-11-02T06:02:30Z").await, RunSummary::default());
    case.runner.broken.lock().unwrap().clear();
    case.due(&schedules, "2026-11-02T06:03:00Z").await;
    assert_eq!(case.rendered(), ["broken 2026-11-01"]);
}

#[tokio::test]
async fn failed_destinations_get_the_report_later() {
    let case = Case::new().await;
    let schedules = [schedule("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    case.runner.broken.lock().unwrap().push("folder a".to_owned());
    let summary = case.due(&schedules, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.lines, ["daily 2026-11-01: failed: folder a: connection refused"]);
    case.runner.broken.lock().unwrap().clear();
    case.due(&schedules, "2026-11-02T06:01:00Z").await;
    let destinations: Vec<String> =
        case.delivered().into_iter().map(|(destination, _, _)| destination).collect();
    assert_eq!(destinations, ["folder b", "folder a"]);
}

#[tokio::test]
async fn reports_wait_for_settled_data_for_a_time() {
    let case = Case::new().await;
    let mut schedules = [schedule("daily", "0 7 * * *", Period::PreviousDay)];
    schedules[0].wait = TimeDelta::hours(30);
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    *case.runner.unsettled.lock().unwrap() = true;
    let summary = case.due(&schedules, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.lines, ["daily 2026-11-01: waiting: its period is not settled yet"]);
    assert_eq!(case.delivered(), []);
    *case.runner.unsettled.lock().unwrap() = false;
    case.due(&schedules, "2026-11-02T06:15:00Z").await;
    assert_eq!(case.delivered().len(), 2);
    // Data that stays unsettled beyond the wait is delivered with a remark.
    *case.runner.unsettled.lock().unwrap() = true;
    case.due(&schedules, "2026-11-03T06:00:00Z").await;
    assert_eq!(case.delivered(), []);
    let summary = case.due(&schedules, "2026-11-04T12:00:00Z").await;
    assert_eq!(
        summary.lines[0],
        "daily 2026-11-02: delivered; its period is not settled, as the report states"
    );
}

#[tokio::test]
async fn changed_figures_are_delivered_again() {
    let case = Case::new().await;
    let schedules = [schedule("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    case.due(&schedules, "2026-11-02T06:00:00Z").await;
    let first = case.delivered();
    assert_eq!(case.run(&schedules, "2026-11-02T07:00:00Z", true).await, RunSummary::default());
    // The day was fetched again, with the same figures.
    *case.runner.data.lock().unwrap() = "fetched again".to_owned();
    let summary = case.run(&schedules, "2026-11-02T08:00:00Z", true).await;
    assert_eq!(summary.lines, ["daily 2026-11-01: figures unchanged"]);
    assert_eq!(case.run(&schedules, "2026-11-02T08:30:00Z", true).await, RunSummary::default());
    // Late calls arrived.
    *case.runner.data.lock().unwrap() = "more".to_owned();
    *case.runner.figures.lock().unwrap() = "more".to_owned();
    let summary = case.run(&schedules, "2026-11-02T09:00:00Z", true).await;
    assert_eq!(summary.lines, ["daily 2026-11-01: delivered"]);
    let second = case.delivered();
    assert_eq!(second.len(), 2);
    assert!(first.iter().all(|(_, _, id)| second.iter().all(|(_, _, other)| id != other)), "{second:?}");
}

#[tokio::test]
async fn empty_reports_and_silent_alerts_are_not_sent() {
    let case = Case::new().await;
    let mut schedules = [
        schedule("empty", "0 7 * * *", Period::PreviousDay),
        schedule("calm", "0 7 * * *", Period::PreviousDay),
    ];
    schedules[0].skip_if_empty = true;
    schedules[1].alerts = vec![Alert { section: None, when: "rate > 0.08".to_owned() }];
    case.due(&schedules, "2026-11-01T12:00:00Z").await;
    *case.runner.empty.lock().unwrap() = true;
    let summary = case.due(&schedules, "2026-11-02T06:00:00Z").await;
    assert_eq!(
        summary.lines,
        [
            "empty 2026-11-01: not sent: there is nothing to report",
            "calm 2026-11-01: not sent: no alert holds"
        ]
    );
    assert_eq!(case.delivered(), []);
    assert_eq!(case.due(&schedules, "2026-11-02T07:00:00Z").await, RunSummary::default());
}

#[tokio::test]
async fn an_unreadable_ledger_is_an_error() {
    let case = Case::new().await;
    let lock = case.lake.lock_reports(at("2026-11-01T00:00:00Z")).await.unwrap();
    case.lake.set_report_runs(&lock, bytes::Bytes::from_static(b"{")).await.unwrap();
    let error = Ledger::read(&case.lake).await.unwrap_err();
    assert!(format!("{error:#}").contains("_voxlake/reports.json"), "{error:#}");
}
