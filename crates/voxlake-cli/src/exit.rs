//! Exit codes, and output of errors with their hints.

use std::process::ExitCode;

use anyhow::Error;
use voxlake_config::ConfigError;
use voxlake_fetch::{
    AccessProblem, CredentialsProblem, FetchError, FilterRequestError, ImportFileError, SyncOutcome,
};
use voxlake_lake::{LakeError, OutputInLake, RejectIdError};
use voxlake_publish::PublishError;
use voxlake_query::period::PeriodError;
use voxlake_query::{QueryArgumentError, QueryError, TextFileError};
use voxlake_report::{error_chain, escape_control_chars};
use voxlake_schedule::ScheduleError;
use voxlake_shell::{OutputError, is_broken_pipe};

use crate::cluster_hints;
use voxlake_shell::stderr_line;

/// Outcome of a command, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success.
    Done,
    /// A failure; completed work is kept.
    Failed,
    /// Invalid command line or configuration.
    Usage,
    /// A daily limit: retry later (`EX_TEMPFAIL` of `sysexits.h`).
    TryLater,
    /// Interruption by a signal; shells use this code for Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::TryLater => 75,
            Exit::Interrupted => 130,
        })
    }
}

impl Exit {
    /// Returns the code of two pieces of work: the first one that is not [`Exit::Done`].
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}

impl From<SyncOutcome> for Exit {
    fn from(outcome: SyncOutcome) -> Self {
        match outcome {
            SyncOutcome::Complete => Self::Done,
            SyncOutcome::TryLater => Self::TryLater,
            SyncOutcome::Interrupted => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

/// Error of the command line or the configuration, with its message.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Declares the library errors that are errors of the command line or the configuration.
macro_rules! usage_errors {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for UsageError {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        })+

        fn is_usage_error(error: &Error) -> bool {
            error.is::<UsageError>() $(|| error.is::<$error>())+
                || error.downcast_ref().is_some_and(ScheduleError::is_usage_error)
        }
    };
}

usage_errors!(
    ConfigError,
    FilterRequestError,
    ImportFileError,
    OutputError,
    OutputInLake,
    PeriodError,
    QueryArgumentError,
    RejectIdError,
    TextFileError,
);

/// Prints an error to stderr, with its causes and the remedy, and returns the exit code.
pub(crate) fn report(error: &Error) -> Exit {
    if is_broken_pipe(error) {
        return Exit::Done;
    }
    for (at, line) in error_chain(error.as_ref()).lines().enumerate() {
        stderr_line!("{}{}", if at == 0 { "error: " } else { "" }, escape_control_chars(line));
    }
    let hint = error
        .downcast_ref()
        .and_then(hint)
        .or_else(|| error.downcast_ref().and_then(query_hint))
        .or_else(|| error.downcast_ref().and_then(hint_for_arguments))
        .or_else(|| error.downcast_ref().and_then(hint_for_schedule))
        .or_else(|| error.downcast_ref().and_then(hint_for_filters))
        .or_else(|| error.downcast_ref().and_then(publish_hint))
        .or_else(|| cluster_hints::process_hint(error))
        .or_else(|| lake_hint(error));
    if let Some(hint) = hint {
        stderr_line!("hint: {hint}");
    }
    exit_of(error)
}

/// Returns the remedy for an error of the lake, wherever it is among the causes.
fn lake_hint(error: &Error) -> Option<&'static str> {
    let lake_error = error.chain().find_map(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(FetchError::Lake(error)), _) | (_, Some(QueryError::Lake(error))) => Some(error),
        _ => cause.downcast_ref(),
    });
    match lake_error? {
        LakeError::NoLake { .. } => Some(
            "--lake names another location; `voxlake sync` creates a lake, `voxlake demo` one of simulated calls",
        ),
        LakeError::NoCredentials { .. } => Some(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AZURE_STORAGE_ACCOUNT_KEY), or name a file by credentials \
             in the [store] table of voxlake.toml; for a profile of the AWS command line: \
             eval \"$(aws configure export-credentials --format env)\"",
        ),
        _ => None,
    }
}

/// Returns the remedy for an error of fetching.
pub(crate) fn hint(error: &FetchError) -> Option<&'static str> {
    match error {
        FetchError::InvalidCredentials { problem, .. } => Some(credentials_hint(*problem)),
        FetchError::Forbidden { problem: AccessProblem::MissingScope, .. } => Some(
            "add that scope to the Server-to-Server OAuth app: the account's own calls need \
             contact_center_voice_call:read:admin, those of a sub-account (--account) \
             contact_center_voice_call:master",
        ),
        FetchError::Forbidden { .. } => Some(
            "check that the account has Contact Center, that the user who created the app may see its call log, \
             and that the app has the scope contact_center_voice_call:read:admin \
             (contact_center_voice_call:master with --account)",
        ),
        FetchError::TokenRefused { .. } => {
            Some("check that the app is still activated, and that --api-url and --oauth-url belong together")
        }
        FetchError::BudgetSpent { .. } => Some("--daily-budget allows more"),
        FetchError::InvalidTokenResponse => Some("check --oauth-url (the live one is https://zoom.us)"),
        FetchError::Refused { code: 1001 | 1201, .. } => {
            Some("check the ids of queues and agents that the filters name")
        }
        FetchError::Refused { status: 404, .. } => {
            Some("check --api-url (the live one is https://api.zoom.us/v2), and --account if it is given")
        }
        FetchError::Lake(LakeError::Damaged { .. }) => Some(REPAIR),
        FetchError::InsecureUrl { .. } => Some("--insecure-http allows it, on a trusted network"),
        FetchError::ScopeMismatch { .. } => Some(
            "use the filters of the lake (options or [sync.filter] in voxlake.toml), choose another --lake, or widen the \
             scope with `voxlake rescope`",
        ),
        FetchError::ScopeNotWider { .. } => {
            Some("a scope can only be widened; choose another --lake for other calls")
        }
        FetchError::FilterIgnored { .. } => Some(
            "`voxlake doctor` shows the list form that the account accepts (--list-form); otherwise sync without this filter",
        ),
        FetchError::ClockSkew { .. } => {
            Some("`voxlake sync --allow-clock-skew` continues with the earlier of the two clocks")
        }
        _ => None,
    }
}

/// Remedy for refused credentials.
fn credentials_hint(problem: CredentialsProblem) -> &'static str {
    match problem {
        CredentialsProblem::AppType => {
            "the app is of another type: create a Server-to-Server OAuth app, and use its credentials"
        }
        CredentialsProblem::AppDisabled => {
            "activate the app in the App Marketplace, or ask the account's admin why it is not active"
        }
        CredentialsProblem::AccountId => {
            "check ZOOM_ACCOUNT_ID: it is the account id on the app's credentials page, not the account number"
        }
        CredentialsProblem::Client => {
            "check ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET: both complete, both of the same Server-to-Server OAuth \
             app, and the secret not regenerated since"
        }
        _ => {
            "check ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET against the Server-to-Server OAuth app, \
             and that the app is activated"
        }
    }
}

fn hint_for_arguments(error: &QueryArgumentError) -> Option<&'static str> {
    match error {
        QueryArgumentError::PeriodParameter { .. } => Some("use --from, --to and --timezone"),
        _ => None,
    }
}

fn hint_for_filters(error: &FilterRequestError) -> Option<&'static str> {
    match error {
        FilterRequestError::UnknownQueue { .. } => Some("--queue-id takes ids without lookup"),
        FilterRequestError::UnknownAgent { .. } => Some("--agent-id takes ids without lookup"),
        _ => None,
    }
}

fn hint_for_schedule(error: &ScheduleError) -> Option<&'static str> {
    match error {
        ScheduleError::UnknownParameter { .. } => {
            Some("`voxlake report describe NAME` lists the queries and parameters of a report")
        }
        _ => None,
    }
}

/// Remedy for errors of publishing.
pub(crate) fn publish_hint(error: &PublishError) -> Option<&'static str> {
    error.is_solved_by_republishing().then_some(
        "`voxlake publish --drop` deletes the table with its old versions; `voxlake publish` then creates it again",
    )
}

/// Remedy for errors of queries that options can avoid.
pub(crate) fn query_hint(error: &QueryError) -> Option<&'static str> {
    match error {
        QueryError::Damaged { .. } => Some(
            "`voxlake sync --repair` fetches damaged days again; --skip-damaged leaves them out of the query",
        ),
        QueryError::OutOfMemory(_) => Some("--memory-limit sets the limit"),
        QueryError::Replaced { .. } => Some("run it again: a new run reads the current files"),
        error => cluster_hints::query_hint(error),
    }
}

/// Remedy for damaged day files.
pub(crate) const REPAIR: &str =
    "`voxlake sync --repair` quarantines damaged day files and fetches their days again";

/// Remedy for day files of earlier versions that other programs cannot read.
pub(crate) const MIGRATE: &str = "`voxlake migrate` rewrites them for programs that need today's layout";

fn exit_of(error: &Error) -> Exit {
    if is_usage_error(error) || cluster_hints::is_usage_error(error) {
        return Exit::Usage;
    }
    if let Some(ScheduleError::Query(error)) = error.downcast_ref() {
        return exit_of_query(error);
    }
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(error), _) if FetchError::is_limit(error) => Exit::TryLater,
        (
            Some(
                FetchError::InvalidConfig(_)
                | FetchError::InsecureUrl { .. }
                | FetchError::ScopeMismatch { .. }
                | FetchError::ScopeNotWider { .. },
            ),
            _,
        ) => Exit::Usage,
        (_, Some(error)) => exit_of_query(error),
        _ => Exit::Failed,
    }
}

/// Returns the exit code for an error of a query.
pub(crate) fn exit_of_query(error: &QueryError) -> Exit {
    if error.is_user_error() { Exit::Usage } else { Exit::Failed }
}
