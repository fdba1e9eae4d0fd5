//! `voxlake doctor`: whether a sync would work, and where not, what to change.

use std::io::Write as _;
use std::sync::Arc;

use chrono::TimeDelta;
use indicatif::HumanCount;
use voxlake_fetch::{ApiClient, ApiConfig, Budget, FetchError, FormVerdict, ListForms};
use voxlake_lake::{Lake, LakeError};
use voxlake_report::visible;

use super::sync::api_config;
use crate::args::ListFormName;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, hint, with_causes};

/// A clock that is further off than this makes settled what is not, or the other way round.
const MOST_SKEW: TimeDelta = TimeDelta::seconds(60);
/// A lake that is gone with the process, for the ledger of one request.
const NOWHERE: &str = "memory:///";
/// Scopes of which one lets an account's own calls be read, and a sub-account's.
const READ: [&str; 3] = [
    "contact_center_voice_call:read:admin",
    "contact_center_voice_call:master",
    "contact_center:read:voice_call_log:master",
];
const MASTER: [&str; 2] = ["contact_center_voice_call:master", "contact_center:read:voice_call_log:master"];

pub(crate) async fn run(settings: Settings) -> anyhow::Result<Exit> {
    let mut findings = Findings::default();
    let lake = findings.lake(&settings).await?;
    let config = match api_config(&settings) {
        // Told among the findings.
        Ok(config) => ApiConfig { allow_clock_skew: true, ..config },
        Err(error) => {
            findings.wrong("credentials", &format!("{error:#}"))?;
            return findings.end();
        }
    };
    findings.good("credentials", "an account id, a client id and a client secret are set")?;
    let client = ApiClient::new(config, clock::sync_clock())?;
    if findings.access(&client, &settings).await? {
        findings.look(&client, lake, &settings).await?;
    }
    findings.end()
}

/// What was found so far; each finding is told at once.
#[derive(Default)]
struct Findings {
    wrong: usize,
}

impl Findings {
    fn say(&self, mark: &str, subject: &str, words: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{mark:<5} {subject:<12} {}", visible(words))?;
        Ok(out.flush()?)
    }

    fn good(&self, subject: &str, words: &str) -> anyhow::Result<()> {
        self.say("ok", subject, words)
    }

    /// Worth knowing, and no obstacle.
    fn note(&self, subject: &str, words: &str) -> anyhow::Result<()> {
        self.say("note", subject, words)
    }

    fn wrong(&mut self, subject: &str, words: &str) -> anyhow::Result<()> {
        self.wrong += 1;
        self.say("WRONG", subject, words)
    }

    fn fetch_error(&mut self, subject: &str, error: &FetchError) -> anyhow::Result<()> {
        self.wrong(subject, &with_causes(error))?;
        hint(error).map_or(Ok(()), |hint| self.note(subject, hint))
    }

    fn end(&self) -> anyhow::Result<Exit> {
        if self.wrong == 0 {
            self.good("all", "a sync will work")?;
            return Ok(Exit::Done);
        }
        Ok(Exit::Failed)
    }

    async fn lake(&mut self, settings: &Settings) -> anyhow::Result<Option<Lake>> {
        let lake = match Lake::open(&settings.lake).await {
            Ok(lake) => lake,
            Err(LakeError::NoLake { location }) => {
                self.note("lake", &format!("there is none at {location} yet; the first sync makes it"))?;
                return Ok(None);
            }
            Err(error) => {
                self.wrong("lake", &with_causes(&error))?;
                return Ok(None);
            }
        };
        match lake.days().await {
            Ok(days) => {
                let days = HumanCount(days.len() as u64);
                self.good("lake", &format!("{} is there, with {days} days", lake.location()))?;
                Ok(Some(lake))
            }
            Err(error) => {
                self.wrong("lake", &with_causes(&error))?;
                Ok(None)
            }
        }
    }

    /// Whether a token is given, with a scope that suffices.
    async fn access(&mut self, client: &ApiClient, settings: &Settings) -> anyhow::Result<bool> {
        let access = match client.access().await {
            Ok(access) => access,
            Err(error) => {
                self.fetch_error("token", &error)?;
                return Ok(false);
            }
        };
        self.good("token", &format!("{} gives one", settings.oauth_url))?;
        let wanted: &[&str] = if settings.account.is_some() { &MASTER } else { &READ };
        match access.scopes {
            None => self.note("scopes", "the token endpoint does not name them; the call log will tell")?,
            Some(scopes) => match scopes.iter().find(|scope| wanted.contains(&scope.as_str())) {
                Some(scope) => self.good("scopes", scope)?,
                None => {
                    let (given, first) = (scopes.join(" "), wanted.first().copied().unwrap_or_default());
                    self.wrong(
                        "scopes",
                        &format!("the app has {given:?} and needs {first}: add it to the app"),
                    )?;
                }
            },
        }
        Ok(true)
    }

    /// Whether conditions with several values, such as two queues, work as they are sent.
    fn list_forms(&mut self, forms: ListForms, settings: &Settings) -> anyhow::Result<()> {
        let (form, own, other) = match settings.list_form {
            ListFormName::Repeated => ("repeated", forms.repeated, (forms.comma_separated, "comma")),
            ListFormName::Comma => ("comma", forms.comma_separated, (forms.repeated, "repeated")),
        };
        match (own, other) {
            (FormVerdict::Honoured, _) => {
                self.good("filters", &format!("the account accepts lists as they are sent ({form})"))
            }
            (_, (FormVerdict::Honoured, other)) => self.wrong(
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

    /// One page of the call log. The request is noted in the lake's ledger, where there is one and nobody
    /// else writes to it.
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
                    self.wrong("lake", &format!("cannot be written to: {}", with_causes(&error)))?;
                    None
                }
            },
        };
        let (lake, lock) = match locked {
            Some(locked) => locked,
            None => {
                let lake = Lake::create(NOWHERE).await?;
                let lock = lake.lock(clock::now()).await?;
                (lake, lock)
            }
        };
        let daily = settings.daily_budget()?;
        let budget = Budget::open(lake, Arc::new(lock), clock::sync_clock(), Some(daily)).await?;
        let sight = match client.look(&budget).await {
            Ok(sight) => sight,
            Err(error) => {
                budget.close().await?;
                return self.fetch_error("call log", &error);
            }
        };
        let took = humantime::format_duration(std::time::Duration::from_millis(
            u64::try_from(sight.took.as_millis()).unwrap_or(u64::MAX),
        ));
        self.good("call log", &format!("{} answers, in {took}", settings.api_url))?;
        match sight.skew {
            Some(skew) if skew.abs() > MOST_SKEW => {
                let seconds = skew.num_seconds();
                self.wrong(
                    "clock",
                    &format!("this machine's differs from the API's by {seconds} s: set it by NTP"),
                )?;
            }
            Some(skew) => {
                self.good("clock", &format!("within {} s of the API's", skew.num_seconds().abs()))?;
            }
            None => self.note("clock", "the API does not say what its own shows")?,
        }
        match sight.total_records {
            Some(total) => {
                let (total, records) = (HumanCount(total), sight.records);
                self.good("answers", &format!("{total} calls in the past 24 hours; {records} looked at"))?;
            }
            None => self
                .wrong("answers", "the API does not count its records, so no window can be shown complete")?,
        }
        if sight.records > 0 && sight.with_legs == 0 {
            self.note("answers", "none has details of its legs: is view set to summary?")?;
        }
        if sight.rejects > 0 {
            self.note(
                "answers",
                &format!("{} have no place in the lake and would be rejects", sight.rejects),
            )?;
        }
        if !sight.unknown_fields.is_empty() {
            let fields = sight.unknown_fields.join(", ");
            self.note("answers", &format!("fields without a column, kept in `extra`: {fields}"))?;
        }
        if let Some(limit) = sight.limit {
            self.note("limits", &limit)?;
        }
        let forms = match (sight.queue_ids.as_slice(), sight.total_records) {
            ([first, second], Some(total)) => Some(client.list_forms(&budget, [first, second], total).await),
            _ => None,
        };
        budget.close().await?;
        let spent = budget.spent_today().await;
        match forms {
            Some(Ok(forms)) => self.list_forms(forms, settings)?,
            Some(Err(error)) => self.fetch_error("filters", &error)?,
            None => self.note(
                "filters",
                "the form of lists is not known: the past 24 hours have calls of fewer than two queues",
            )?,
        }
        let (spent, daily) = (HumanCount(spent), HumanCount(daily));
        self.good("budget", &format!("{spent} of today's {daily} requests are spent"))
    }
}
