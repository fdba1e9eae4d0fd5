//! `voxlake doctor`: checks that a sync would work, and names what to change otherwise.

use std::io::Write as _;
use std::sync::Arc;

use chrono::TimeDelta;
use indicatif::HumanCount;
use voxlake_fetch::{ApiClient, Budget, FetchError, FormVerdict, ListForms};
use voxlake_lake::{Lake, LakeError};
use voxlake_report::{error_chain, visible};

use super::sync::api_config;
use crate::args::ListFormName;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, hint};

/// Tolerated clock difference. With a larger one, calls would count as settled too early or too late.
const MAX_SKEW: TimeDelta = TimeDelta::seconds(60);
/// Lake in memory, for the quota ledger if the configured lake cannot be locked.
const MEMORY_LAKE: &str = "memory:///";
/// OAuth scopes that allow reading an account's own calls. One of them is enough.
const READ_SCOPES: [&str; 3] = [
    "contact_center_voice_call:read:admin",
    "contact_center_voice_call:master",
    "contact_center:read:voice_call_log:master",
];
/// OAuth scopes that allow reading the calls of a sub-account. One of them is enough.
const MASTER_SCOPES: [&str; 2] =
    ["contact_center_voice_call:master", "contact_center:read:voice_call_log:master"];

pub(crate) async fn run(settings: Settings) -> anyhow::Result<Exit> {
    let mut findings = Findings::default();
    let lake = findings.lake(&settings).await?;
    let config = match api_config(&settings) {
        // A clock difference is reported as a check of its own.
        Ok(mut config) => {
            config.allow_clock_skew = true;
            config
        }
        Err(error) => {
            findings.fail("credentials", &format!("{error:#}"))?;
            return findings.end();
        }
    };
    findings.ok("credentials", "an account id, a client id and a client secret are set")?;
    let client = ApiClient::new(config, clock::sync_clock())?;
    if findings.access(&client, &settings).await? {
        findings.look(&client, lake, &settings).await?;
    }
    findings.end()
}

/// Results of the checks. Each is printed at once.
#[derive(Default)]
struct Findings {
    failed: usize,
}

impl Findings {
    fn print(&self, mark: &str, subject: &str, text: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{mark:<5} {subject:<12} {}", visible(text))?;
        Ok(out.flush()?)
    }

    fn ok(&self, subject: &str, text: &str) -> anyhow::Result<()> {
        self.print("ok", subject, text)
    }

    /// Prints information that does not prevent a sync.
    fn note(&self, subject: &str, text: &str) -> anyhow::Result<()> {
        self.print("note", subject, text)
    }

    fn fail(&mut self, subject: &str, text: &str) -> anyhow::Result<()> {
        self.failed += 1;
        self.print("FAIL", subject, text)
    }

    fn fetch_error(&mut self, subject: &str, error: &FetchError) -> anyhow::Result<()> {
        self.fail(subject, &error_chain(error))?;
        hint(error).map_or(Ok(()), |hint| self.note(subject, hint))
    }

    fn end(&self) -> anyhow::Result<Exit> {
        if self.failed == 0 {
            self.ok("all", "a sync will work")?;
            return Ok(Exit::Done);
        }
        Ok(Exit::Failed)
    }

    async fn lake(&mut self, settings: &Settings) -> anyhow::Result<Option<Lake>> {
        let lake = match Lake::open(&settings.lake).await {
            Ok(lake) => lake,
            Err(LakeError::NoLake { location }) => {
                self.note("lake", &format!("there is none at {location} yet; the first sync creates it"))?;
                return Ok(None);
            }
            Err(error) => {
                self.fail("lake", &error_chain(&error))?;
                return Ok(None);
            }
        };
        match lake.days().await {
            Ok(days) => {
                let days = HumanCount(days.len() as u64);
                self.ok("lake", &format!("{} has {days} days", lake.location()))?;
                Ok(Some(lake))
            }
            Err(error) => {
                self.fail("lake", &error_chain(&error))?;
                Ok(None)
            }
        }
    }

    /// Checks the token and its scopes. Returns whether there is a token.
    async fn access(&mut self, client: &ApiClient, settings: &Settings) -> anyhow::Result<bool> {
        let token = match client.token_info().await {
            Ok(token) => token,
            Err(error) => {
                self.fetch_error("token", &error)?;
                return Ok(false);
            }
        };
        self.ok("token", &format!("issued by {}", settings.oauth_url))?;
        let wanted: &[&str] = if settings.account.is_some() { &MASTER_SCOPES } else { &READ_SCOPES };
        match token.scopes {
            None => self.note("scopes", "the token endpoint does not list them")?,
            Some(scopes) => match scopes.iter().find(|scope| wanted.contains(&scope.as_str())) {
                Some(scope) => self.ok("scopes", scope)?,
                None => {
                    let (given, first) = (scopes.join(" "), wanted.first().copied().unwrap_or_default());
                    self.fail(
                        "scopes",
                        &format!("the app has {given:?} but needs {first}: add it to the app"),
                    )?;
                }
            },
        }
        Ok(true)
    }

    /// Checks that filters with several values, such as two queues, work in the configured form.
    fn list_forms(&mut self, forms: ListForms, settings: &Settings) -> anyhow::Result<()> {
        let (form, own, other) = match settings.list_form {
            ListFormName::Repeated => ("repeated", forms.repeated, (forms.comma_separated, "comma")),
            ListFormName::Comma => ("comma", forms.comma_separated, (forms.repeated, "repeated")),
        };
        match (own, other) {
            (FormVerdict::Honoured, _) => {
                self.ok("filters", &format!("the account accepts lists in the configured form ({form})"))
            }
            (_, (FormVerdict::Honoured, other)) => self.fail(
                "filters",
                &format!("the account does not accept lists in the form {form}: set list_form = \"{other}\""),
            ),
            (FormVerdict::Unclear, _) => {
                self.note("filters", "the counts do not show whether the account accepts lists of values")
            }
            (FormVerdict::NotHonoured, _) => {
                self.note("filters", "the account accepts lists in neither form: give one value per filter")
            }
        }
    }

    /// Checks one page of the call log. The requests are counted in the lake's quota ledger, if the lake
    /// exists and no other process writes to it.
    async fn look(
        &mut self,
        client: &ApiClient,
        lake: Option<Lake>,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        let locked = match lake {
            None => None,
            Some(lake) => match lake.lock(clock::now()).await {
                Ok(lock) => Some((lake, lock)),
                Err(error @ LakeError::Locked { .. }) => {
                    self.note("lake", &error.to_string())?;
                    None
                }
                Err(error) => {
                    self.fail("lake", &format!("cannot be written to: {}", error_chain(&error)))?;
                    None
                }
            },
        };
        let (lake, lock) = match locked {
            Some(locked) => locked,
            None => {
                let lake = Lake::create(MEMORY_LAKE).await?;
                let lock = lake.lock(clock::now()).await?;
                (lake, lock)
            }
        };
        let daily = settings.daily_budget;
        let budget = Budget::open(lake, Arc::new(lock), clock::sync_clock(), Some(daily)).await?;
        let probe = match client.probe(&budget).await {
            Ok(probe) => probe,
            Err(error) => {
                budget.close().await?;
                return self.fetch_error("call log", &error);
            }
        };
        let took = humantime::format_duration(std::time::Duration::from_millis(
            u64::try_from(probe.latency.as_millis()).unwrap_or(u64::MAX),
        ));
        self.ok("call log", &format!("{} responded in {took}", settings.api_url))?;
        match probe.skew {
            Some(skew) if skew.abs() > MAX_SKEW => {
                let seconds = skew.num_seconds();
                self.fail(
                    "clock",
                    &format!(
                        "this machine's clock differs from the API's by {seconds} s: synchronize it by NTP"
                    ),
                )?;
            }
            Some(skew) => {
                self.ok("clock", &format!("within {} s of the API's clock", skew.num_seconds().abs()))?;
            }
            None => self.note("clock", "the API sends no time to compare with")?,
        }
        match probe.total_records {
            Some(total) => {
                let (total, records) = (HumanCount(total), probe.records);
                self.ok("records", &format!("{total} calls in the past 24 hours; {records} checked"))?;
            }
            None => self.fail(
                "records",
                "the API returns no record count, so no window can be checked for completeness",
            )?,
        }
        if probe.records > 0 && probe.with_legs == 0 {
            self.note("records", "no call has details of its legs: is view set to summary?")?;
        }
        if probe.rejects > 0 {
            self.note(
                "records",
                &format!("{} cannot be stored as calls and would be rejected", probe.rejects),
            )?;
        }
        if !probe.unknown_fields.is_empty() {
            let fields = probe.unknown_fields.join(", ");
            self.note("records", &format!("fields without a column, kept in `extra`: {fields}"))?;
        }
        if let Some(limit) = probe.limit {
            self.note("limits", &limit)?;
        }
        let forms = match (probe.queue_ids.as_slice(), probe.total_records) {
            ([first, second], Some(total)) => Some(client.list_forms(&budget, [first, second], total).await),
            _ => None,
        };
        budget.close().await?;
        let spent = budget.requests_today().await;
        match forms {
            Some(Ok(forms)) => self.list_forms(forms, settings)?,
            Some(Err(error)) => self.fetch_error("filters", &error)?,
            None => self.note(
                "filters",
                "the form of lists is unknown: fewer than two queues had calls in the past 24 hours",
            )?,
        }
        let (spent, daily) = (HumanCount(spent), HumanCount(daily));
        self.ok("budget", &format!("{spent} of today's {daily} requests are spent"))
    }
}
