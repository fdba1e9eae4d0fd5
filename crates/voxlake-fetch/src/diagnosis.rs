//! Diagnosis of a lake and of an account: findings about what a sync needs.

use std::time::Duration;

use chrono::TimeDelta;
use voxlake_lake::{Lake, LakeError, LakeLocation, counted, group_digits};

use crate::brief_budget::BriefBudget;
use crate::clock::Clock;
use crate::error::FetchError;
use crate::filter::ListForm;
use crate::list_forms::{FormVerdict, ListForms};
use crate::options::ApiConfig;
use crate::probe::ProbeResult;
use crate::{ApiClient, Budget};

/// Clock skew above which data may count as settled too early or too late.
const MAX_FINDING_SKEW: TimeDelta = TimeDelta::seconds(60);
/// Scopes to read the calls of the account. An app needs one of them.
const ACCOUNT_SCOPES: [&str; 3] = [
    "contact_center_voice_call:read:admin",
    "contact_center_voice_call:master",
    "contact_center:read:voice_call_log:master",
];
/// Scopes to read the calls of a sub-account. An app needs one of them.
const SUB_ACCOUNT_SCOPES: [&str; 2] =
    ["contact_center_voice_call:master", "contact_center:read:voice_call_log:master"];

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingLevel {
    /// No problem.
    Ok,
    /// Notable, but not a problem.
    Note,
    /// Problem that prevents a sync.
    Fail,
}

/// One finding of a diagnosis.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finding<'a> {
    /// Severity.
    pub level: FindingLevel,
    /// Subject, such as `token`.
    pub subject: &'static str,
    /// Text; empty if `error` has it.
    pub text: String,
    /// Error of a request or of the lake.
    pub error: Option<&'a (dyn std::error::Error + 'static)>,
}

/// Callback for findings.
type Sink<'s> = &'s mut (dyn FnMut(&Finding<'_>) + Send);

/// Account and settings to diagnose.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiagnosisOptions {
    /// Base URL of the API.
    pub api_url: String,
    /// Base URL of the token endpoint.
    pub oauth_url: String,
    /// Set if the calls of a sub-account are read.
    pub is_sub_account: bool,
    /// Form in which lists of values are sent.
    pub list_form: ListForm,
    /// Maximum number of requests per UTC day.
    pub daily_budget: u64,
    /// Location of the lake.
    pub lake: LakeLocation,
}

impl DiagnosisOptions {
    /// Creates options for the account of `config`, the lake at the location `lake`, and a maximum
    /// number of requests per UTC day.
    #[must_use]
    pub fn new(config: &ApiConfig, lake: LakeLocation, daily_budget: u64) -> Self {
        Self {
            api_url: config.api_url.to_string(),
            oauth_url: config.oauth_url.to_string(),
            is_sub_account: config.account.is_some(),
            list_form: config.list_form,
            daily_budget,
            lake,
        }
    }
}

/// Diagnoses a lake.
pub async fn diagnose_lake(location: &LakeLocation, sink: Sink<'_>) {
    let mut findings = Findings(sink);
    let lake = match Lake::open(location).await {
        Ok(lake) => lake,
        Err(LakeError::NoLake { location }) => {
            findings.note("lake", &format!("no lake at {location} yet; the first sync creates it"));
            return;
        }
        Err(error) => {
            findings.error("lake", &error);
            return;
        }
    };
    match lake.days().await {
        Ok(days) => {
            let days = counted(days.len() as u64, "day", "days");
            findings.ok("lake", &format!("{} has {days}", lake.location()));
        }
        Err(error) => findings.error("lake", &error),
    }
}

/// Diagnoses an account, with requests for one page of the call log and up to four counts.
pub async fn diagnose_api(client: &ApiClient, options: &DiagnosisOptions, clock: Clock, sink: Sink<'_>) {
    let mut findings = Findings(sink);
    if !findings.token(client, options).await {
        return;
    }
    let budget = match BriefBudget::open(&options.lake, clock.clone(), Some(options.daily_budget)).await {
        Ok(BriefBudget { budget, unrecorded }) => {
            if let Some(error) = unrecorded {
                findings.note("lake", &error.to_string());
            }
            budget
        }
        Err(error) => {
            findings.fail("lake", &format!("cannot be written to: {error}"));
            match BriefBudget::in_memory(clock, Some(options.daily_budget)).await {
                Ok(budget) => budget,
                Err(error) => return findings.error("lake", &error),
            }
        }
    };
    if let Err(error) = findings.call_log(client, &budget, options).await {
        findings.error("call log", &error);
    }
    if let Err(error) = budget.close().await {
        findings.error("lake", &error);
    }
}

/// Sends findings to the callback.
struct Findings<'s>(Sink<'s>);

impl Findings<'_> {
    fn ok(&mut self, subject: &'static str, text: &str) {
        self.add(FindingLevel::Ok, subject, text);
    }

    fn note(&mut self, subject: &'static str, text: &str) {
        self.add(FindingLevel::Note, subject, text);
    }

    fn fail(&mut self, subject: &'static str, text: &str) {
        self.add(FindingLevel::Fail, subject, text);
    }

    fn add(&mut self, level: FindingLevel, subject: &'static str, text: &str) {
        (self.0)(&Finding { level, subject, text: text.to_owned(), error: None });
    }

    fn error(&mut self, subject: &'static str, error: &(dyn std::error::Error + 'static)) {
        let level = FindingLevel::Fail;
        (self.0)(&Finding { level, subject, text: String::new(), error: Some(error) });
    }

    /// Requests a token, and checks its scopes. Returns whether there is one.
    async fn token(&mut self, client: &ApiClient, options: &DiagnosisOptions) -> bool {
        let access = match client.token_info().await {
            Ok(access) => access,
            Err(error) => {
                self.error("token", &error);
                return false;
            }
        };
        self.ok("token", &format!("issued by {}", options.oauth_url));
        let wanted: &[&str] = if options.is_sub_account { &SUB_ACCOUNT_SCOPES } else { &ACCOUNT_SCOPES };
        match access.scopes {
            None => self.note("scopes", "the token endpoint does not list them"),
            Some(scopes) => match scopes.iter().find(|scope| wanted.contains(&scope.as_str())) {
                Some(scope) => self.ok("scopes", scope),
                None => {
                    let (given, first) = (scopes.join(" "), wanted.first().copied().unwrap_or_default());
                    self.fail(
                        "scopes",
                        &format!("the app has {given:?} but needs {first}: add it to the app"),
                    );
                }
            },
        }
        true
    }

    /// Requests one page of the call log, and the counts that show the form of lists.
    async fn call_log(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        options: &DiagnosisOptions,
    ) -> Result<(), FetchError> {
        let probe = client.probe(budget).await?;
        let took = Duration::from_millis(u64::try_from(probe.latency.as_millis()).unwrap_or(u64::MAX));
        self.ok("call log", &format!("{} responded in {took:?}", options.api_url));
        self.clock(probe.skew);
        self.records(&probe);
        if let Some(limit) = &probe.limit {
            self.note("limits", limit);
        }
        match (probe.queue_ids.as_slice(), probe.total_records) {
            ([first, second], Some(total)) => match client.list_forms(budget, [first, second], total).await {
                Ok(forms) => self.list_forms(forms, options.list_form),
                Err(error) => self.error("filters", &error),
            },
            _ => self.note(
                "filters",
                "the form of lists is unknown: fewer than two queues had calls in the past 24 hours",
            ),
        }
        let (spent, daily) =
            (group_digits(budget.requests_today().await), group_digits(options.daily_budget));
        self.ok("budget", &format!("{spent} of today's {daily} requests are spent"));
        Ok(())
    }

    fn clock(&mut self, skew: Option<TimeDelta>) {
        match skew {
            Some(skew) if skew.abs() > MAX_FINDING_SKEW => {
                let seconds = skew.num_seconds();
                self.fail(
                    "clock",
                    &format!(
                        "this machine's clock differs from the API's by {seconds} s: synchronize it by NTP"
                    ),
                );
            }
            Some(skew) => {
                self.ok("clock", &format!("within {} s of the API's clock", skew.num_seconds().abs()));
            }
            None => self.note("clock", "the API sends no time to compare with"),
        }
    }

    fn records(&mut self, probe: &ProbeResult) {
        match probe.total_records {
            Some(total) => {
                let (calls, records) = (counted(total, "call", "calls"), probe.records);
                self.ok("records", &format!("{calls} in the past 24 hours; {records} checked"));
            }
            None => self.fail(
                "records",
                "the API returns no record count, so no window can be checked for completeness",
            ),
        }
        if probe.records > 0 && probe.with_legs == 0 {
            self.note("records", "no call has details of its legs: is view set to summary?");
        }
        if probe.rejects > 0 {
            self.note(
                "records",
                &format!("{} cannot be stored as calls and would be rejected", probe.rejects),
            );
        }
        if !probe.unknown_fields.is_empty() {
            let fields = probe.unknown_fields.join(", ");
            self.note("records", &format!("fields without a column, kept in `extra`: {fields}"));
        }
    }

    /// Reports whether conditions with several values, such as two queues, work in the form of the
    /// settings.
    fn list_forms(&mut self, forms: ListForms, list_form: ListForm) {
        let (form, own, other) = match list_form {
            ListForm::Repeated => ("repeated", forms.repeated, (forms.comma_separated, "comma")),
            ListForm::CommaSeparated => ("comma", forms.comma_separated, (forms.repeated, "repeated")),
        };
        match (own, other) {
            (FormVerdict::Honoured, _) => {
                self.ok("filters", &format!("the account accepts lists in the configured form ({form})"));
            }
            (_, (FormVerdict::Honoured, other)) => self.fail(
                "filters",
                &format!("the account does not accept lists in the form {form}: set list_form = \"{other}\""),
            ),
            (FormVerdict::Unclear, _) => {
                self.note("filters", "the counts do not show whether the account accepts lists of values");
            }
            (FormVerdict::NotHonoured, _) => {
                self.note("filters", "the account accepts lists in neither form: give one value per filter");
            }
        }
    }
}
