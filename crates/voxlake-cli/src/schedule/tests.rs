//! Time travels: a press that notes what it is asked, a clock that is set, a lake that is a folder.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use tempfile::TempDir;
use voxlake_fetch::Clock;
use voxlake_lake::{Fingerprint, Lake};
use voxlake_report::{Period, ReportDefinition};

use super::desk::{Desk, Summary};
use super::ledger::{DeliveryState, Ledger, State};
use super::plan::Plan;
use super::press::{Press, Printed};
use crate::delivery::{Destination, Parcel};
use crate::report::make::Order;
use crate::report::period;

const BERLIN: Tz = chrono_tz::Europe::Berlin;
const REPORT: &str =
    "title = \"T\"\nperiod = \"previous-day\"\n[[section]]\ntitle = \"S\"\nshow = \"text\"\ntext = \"x\"";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn plan(name: &str, cron: &str, period: Period) -> Plan {
    Plan {
        name: name.to_owned(),
        definition: ReportDefinition::parse(name, "t.toml", REPORT).unwrap(),
        cron: Cron::from_str(cron).unwrap(),
        zone: BERLIN,
        period,
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

/// What is to happen, and what happened.
#[derive(Default)]
struct World {
    now: Mutex<DateTime<Utc>>,
    /// Schedules whose reports cannot be made, and places that take nothing.
    broken: Mutex<Vec<String>>,
    unsettled: Mutex<bool>,
    empty: Mutex<bool>,
    data: Mutex<String>,
    figures: Mutex<String>,
    /// Which delivery ends the program after it was taken.
    crash_after: Mutex<Option<usize>>,
    /// Signals that the program ended so.
    crashed: tokio::sync::Notify,
    printed: Mutex<Vec<String>>,
    /// Place, period and id of each delivery.
    delivered: Mutex<Vec<(String, String, String)>>,
}

impl Press for World {
    async fn sync(&self) -> anyhow::Result<()> {
        Ok(())
    }

    async fn print(&self, plan: &Plan, order: &Order, _: DateTime<Utc>) -> anyhow::Result<Printed> {
        let period = period::label(order.period, order.zone);
        if self.broken.lock().unwrap().contains(&plan.name) {
            anyhow::bail!("it is broken");
        }
        self.printed.lock().unwrap().push(format!("{} {period}", plan.name));
        Ok(Printed {
            parcel: Parcel {
                schedule: plan.name.clone(),
                report: plan.name.clone(),
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
            },
            settled: !*self.unsettled.lock().unwrap(),
            empty: *self.empty.lock().unwrap(),
            alarmed: false,
            data: Fingerprint::from_parts([self.data.lock().unwrap().as_str()]),
            figures: Fingerprint::from_parts([self.figures.lock().unwrap().as_str()]),
        })
    }

    async fn data(&self, _: &Order) -> anyhow::Result<Fingerprint> {
        Ok(Fingerprint::from_parts([self.data.lock().unwrap().as_str()]))
    }

    async fn deliver(&self, destination: &Destination, printed: &Printed, id: &str) -> anyhow::Result<()> {
        if self.broken.lock().unwrap().contains(&destination.id()) {
            anyhow::bail!("nobody is there");
        }
        let count = {
            let mut delivered = self.delivered.lock().unwrap();
            delivered.push((destination.id(), printed.parcel.period.clone(), id.to_owned()));
            delivered.len()
        };
        let crashes = *self.crash_after.lock().unwrap() == Some(count);
        if crashes {
            // The program ends here: nothing is noted any more.
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

struct Case {
    _folder: TempDir,
    lake: Lake,
    world: Arc<World>,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        Self { _folder: folder, lake, world: Arc::default() }
    }

    /// Lets the desk do `work` at a moment; given up where the world ends meanwhile.
    async fn desk(&self, plans: &[Plan], now: &str, changed: bool) -> Summary {
        *self.world.now.lock().unwrap() = at(now);
        let lock = self.lake.lock_reports(at(now)).await.unwrap();
        let world = Arc::clone(&self.world);
        let clock: Clock = Arc::new(move || *world.now.lock().unwrap());
        let desk = Desk { lake: &self.lake, lock: &lock, plans, press: &*self.world, clock };
        let work = async {
            if changed {
                desk.make_changed(None).await.unwrap()
            } else {
                desk.make_due(true, None).await.unwrap()
            }
        };
        let summary = tokio::select! {
            summary = work => summary,
            () = self.world.crashed.notified() => Summary::default(),
        };
        lock.release().await.unwrap();
        summary
    }

    async fn due(&self, plans: &[Plan], now: &str) -> Summary {
        self.desk(plans, now, false).await
    }

    fn printed(&self) -> Vec<String> {
        std::mem::take(&mut self.world.printed.lock().unwrap())
    }

    fn delivered(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut self.world.delivered.lock().unwrap())
    }

    async fn ledger(&self) -> Ledger {
        Ledger::read(&self.lake).await.unwrap()
    }
}

#[test]
fn a_year_of_mornings_has_each_local_day_once_through_both_changes_of_the_clock() {
    // 02:30 is skipped on 29 March and comes twice on 25 October.
    for cron in ["30 2 * * *", "0 7 * * *"] {
        let plan = plan("daily", cron, Period::PreviousDay);
        let year = at("2025-12-31T23:00:00Z")..at("2026-12-31T23:00:00Z");
        let times: Vec<_> = std::iter::successors(plan.next(year.start), |last| plan.next(*last))
            .take_while(|at| *at < year.end)
            .collect();
        let mut days: BTreeMap<String, usize> = BTreeMap::new();
        for time in &times {
            let order = plan.order(*time).unwrap();
            *days.entry(period::label(order.period, BERLIN)).or_default() += 1;
        }
        assert_eq!(days.len(), 365, "{cron}");
        assert!(days.values().all(|times| *times == 1), "{cron}: {days:?}");
        assert_eq!(plan.last_times(year.start, year.end, 1000), times, "{cron}");
    }
    let plan = plan("daily", "0 7 * * *", Period::PreviousDay);
    let hours = |now| {
        let period = plan.order(at(now)).unwrap().period;
        (period.to - period.from).num_hours()
    };
    assert_eq!(hours("2026-03-30T05:00:00Z"), 23);
    assert_eq!(hours("2026-10-26T06:00:00Z"), 25);
}

#[tokio::test]
async fn a_missed_week_is_caught_up_once_and_no_more_than_is_wanted() {
    let case = Case::new().await;
    let plans = [plan("daily", "0 7 * * *", Period::PreviousDay)];
    assert_eq!(case.due(&plans, "2026-11-01T12:00:00Z").await, Summary::default());
    case.due(&plans, "2026-11-02T06:00:00Z").await;
    assert_eq!(case.printed(), ["daily 2026-11-01"]);
    // Off for a week.
    case.due(&plans, "2026-11-09T08:00:00Z").await;
    let caught_up: Vec<String> = (2..=8).map(|day| format!("daily 2026-11-0{day}")).collect();
    assert_eq!(case.printed(), caught_up);
    case.due(&plans, "2026-11-09T09:00:00Z").await;
    assert_eq!(case.printed(), [""; 0]);
    // Off for a month: the last seven are made.
    case.due(&plans, "2026-12-10T08:00:00Z").await;
    assert_eq!(case.printed().len(), 7);
    // Each place got each day once.
    let delivered = case.delivered();
    let ids: std::collections::BTreeSet<_> = delivered.iter().map(|(_, _, id)| id).collect();
    assert_eq!((delivered.len(), ids.len()), (30, 30));
}

#[tokio::test]
async fn what_was_due_before_a_schedule_was_first_seen_is_not_made_unless_it_says_since_when() {
    let case = Case::new().await;
    let mut plans = [plan("weekly", "0 7 * * MON", Period::PreviousWeek)];
    case.due(&plans, "2026-11-04T12:00:00Z").await;
    assert_eq!(case.printed(), [""; 0]);
    plans[0].since = Some(at("2026-10-20T00:00:00Z"));
    case.due(&plans, "2026-11-04T12:00:00Z").await;
    assert_eq!(case.printed(), ["weekly 2026-W43", "weekly 2026-W44"]);
}

#[tokio::test]
async fn a_crash_after_a_delivery_repeats_that_one_with_its_id_and_no_other() {
    let case = Case::new().await;
    let plans = [plan("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    // The program ends after the first place took the report, before that was noted.
    *case.world.crash_after.lock().unwrap() = Some(1);
    case.due(&plans, "2026-11-02T06:00:00Z").await;
    let ledger = case.ledger().await;
    let run = ledger.runs.values().next().unwrap();
    assert_eq!(run.state, State::Begun);
    assert_eq!(run.deliveries["folder a"].state, DeliveryState::Delivering);
    *case.world.crash_after.lock().unwrap() = None;
    case.due(&plans, "2026-11-02T06:01:00Z").await;
    let delivered = case.delivered();
    let places: Vec<&str> = delivered.iter().map(|(place, _, _)| place.as_str()).collect();
    assert_eq!(places, ["folder a", "folder a", "folder b"]);
    assert_eq!(delivered[0].2, delivered[1].2, "the second copy has the id of the first");

    // After the first was noted, only the second is to be done.
    *case.world.crash_after.lock().unwrap() = Some(2);
    case.due(&plans, "2026-11-03T06:00:00Z").await;
    *case.world.crash_after.lock().unwrap() = None;
    case.due(&plans, "2026-11-03T06:01:00Z").await;
    let places: Vec<String> = case.delivered().into_iter().map(|(place, _, _)| place).collect();
    assert_eq!(places, ["folder a", "folder b", "folder b"]);
    assert!(case.ledger().await.runs.values().all(|run| run.state == State::Done));
}

#[tokio::test]
async fn one_failure_stops_no_other_and_is_tried_again_at_growing_distances() {
    let case = Case::new().await;
    let plans =
        [plan("broken", "0 7 * * *", Period::PreviousDay), plan("sound", "0 7 * * *", Period::PreviousDay)];
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    case.world.broken.lock().unwrap().push("broken".to_owned());
    let summary = case.due(&plans, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.failed, 1);
    assert_eq!(summary.lines[0], "broken 2026-11-01: failed: it is broken");
    assert_eq!(case.printed(), ["sound 2026-11-01"]);
    // A patient asker waits a minute, then two.
    assert_eq!(case.due(&plans, "2026-11-02T06:00:30Z").await, Summary::default());
    assert_eq!(case.due(&plans, "2026-11-02T06:01:00Z").await.failed, 1);
    assert_eq!(case.due(&plans, "2026-11-02T06:02:30Z").await, Summary::default());
    case.world.broken.lock().unwrap().clear();
    case.due(&plans, "2026-11-02T06:03:00Z").await;
    assert_eq!(case.printed(), ["broken 2026-11-01"]);
}

#[tokio::test]
async fn a_destination_that_fails_gets_its_report_later_and_the_others_get_it_once() {
    let case = Case::new().await;
    let plans = [plan("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    case.world.broken.lock().unwrap().push("folder a".to_owned());
    let summary = case.due(&plans, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.lines, ["daily 2026-11-01: failed: folder a: nobody is there"]);
    case.world.broken.lock().unwrap().clear();
    case.due(&plans, "2026-11-02T06:01:00Z").await;
    let places: Vec<String> = case.delivered().into_iter().map(|(place, _, _)| place).collect();
    assert_eq!(places, ["folder b", "folder a"]);
}

#[tokio::test]
async fn a_report_waits_for_its_period_to_be_settled_but_not_for_ever() {
    let case = Case::new().await;
    let mut plans = [plan("daily", "0 7 * * *", Period::PreviousDay)];
    plans[0].wait = TimeDelta::hours(30);
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    *case.world.unsettled.lock().unwrap() = true;
    let summary = case.due(&plans, "2026-11-02T06:00:00Z").await;
    assert_eq!(summary.lines, ["daily 2026-11-01: waits: its period is not settled yet"]);
    assert_eq!(case.delivered(), []);
    *case.world.unsettled.lock().unwrap() = false;
    case.due(&plans, "2026-11-02T06:15:00Z").await;
    assert_eq!(case.delivered().len(), 2);
    // The next stays unsettled beyond the wait: it goes out and says so.
    *case.world.unsettled.lock().unwrap() = true;
    case.due(&plans, "2026-11-03T06:00:00Z").await;
    assert_eq!(case.delivered(), []);
    let summary = case.due(&plans, "2026-11-04T12:00:00Z").await;
    assert_eq!(summary.lines[0], "daily 2026-11-02: delivered; its period is not settled, which it says");
}

#[tokio::test]
async fn what_changed_since_is_made_again_where_its_figures_did() {
    let case = Case::new().await;
    let plans = [plan("daily", "0 7 * * *", Period::PreviousDay)];
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    case.due(&plans, "2026-11-02T06:00:00Z").await;
    let first = case.delivered();
    assert_eq!(case.desk(&plans, "2026-11-02T07:00:00Z", true).await, Summary::default());
    // The day was fetched again and says the same.
    *case.world.data.lock().unwrap() = "fetched again".to_owned();
    let summary = case.desk(&plans, "2026-11-02T08:00:00Z", true).await;
    assert_eq!(summary.lines, ["daily 2026-11-01: figures as before"]);
    assert_eq!(case.desk(&plans, "2026-11-02T08:30:00Z", true).await, Summary::default());
    // Late calls came.
    *case.world.data.lock().unwrap() = "more".to_owned();
    *case.world.figures.lock().unwrap() = "more".to_owned();
    let summary = case.desk(&plans, "2026-11-02T09:00:00Z", true).await;
    assert_eq!(summary.lines, ["daily 2026-11-01: delivered"]);
    let second = case.delivered();
    assert_eq!(second.len(), 2);
    assert!(first.iter().all(|(_, _, id)| second.iter().all(|(_, _, other)| id != other)), "{second:?}");
}

#[tokio::test]
async fn nothing_to_report_and_no_alert_are_reasons_not_to_send() {
    let case = Case::new().await;
    let mut plans =
        [plan("empty", "0 7 * * *", Period::PreviousDay), plan("calm", "0 7 * * *", Period::PreviousDay)];
    plans[0].skip_if_empty = true;
    plans[1].alerts = vec![crate::report::alert::Alert { section: None, when: "rate > 0.08".to_owned() }];
    case.due(&plans, "2026-11-01T12:00:00Z").await;
    *case.world.empty.lock().unwrap() = true;
    let summary = case.due(&plans, "2026-11-02T06:00:00Z").await;
    assert_eq!(
        summary.lines,
        [
            "empty 2026-11-01: not sent: there is nothing to report",
            "calm 2026-11-01: not sent: none of its alerts holds"
        ]
    );
    assert_eq!(case.delivered(), []);
    // It is over: the next look makes nothing again.
    assert_eq!(case.due(&plans, "2026-11-02T07:00:00Z").await, Summary::default());
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_told_and_nothing_is_sent_twice() {
    let case = Case::new().await;
    let lock = case.lake.lock_reports(at("2026-11-01T00:00:00Z")).await.unwrap();
    case.lake.set_report_runs(&lock, bytes::Bytes::from_static(b"{")).await.unwrap();
    let error = Ledger::read(&case.lake).await.unwrap_err();
    assert!(format!("{error:#}").contains("_voxlake/reports.json"), "{error:#}");
}
