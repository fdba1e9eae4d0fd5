//! `voxlake doctor`: checks whether a sync would work.

use std::error::Error;
use std::io::Write as _;

use voxlake_fetch::{ApiClient, DiagnosisOptions, Finding, FindingLevel, diagnose_api, diagnose_lake};
use voxlake_report::{error_chain, escape_control_chars};

use super::sync::api_config;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, hint};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<Exit> {
    let mut printer = Printer::default();
    diagnose_lake(&settings.lake, &mut |finding| printer.print_finding(finding)).await;
    let config = match api_config(&settings) {
        // A clock that differs is one of the findings.
        Ok(mut config) => {
            config.allow_clock_skew = true;
            config
        }
        Err(error) => {
            printer.print(FindingLevel::Fail, "credentials", &format!("{error:#}"));
            return printer.finish();
        }
    };
    let text = "an account id, a client id and a client secret are set";
    printer.print(FindingLevel::Ok, "credentials", text);
    let options = DiagnosisOptions::new(&config, settings.lake.clone(), settings.daily_budget);
    let client = ApiClient::new(config, clock::sync_clock())?;
    let sink = &mut |finding: &Finding<'_>| printer.print_finding(finding);
    diagnose_api(&client, &options, clock::sync_clock(), sink).await;
    printer.finish()
}

/// Prints findings, and counts the obstacles.
#[derive(Default)]
struct Printer {
    obstacles: usize,
    error: Option<std::io::Error>,
}

impl Printer {
    fn print_finding(&mut self, finding: &Finding<'_>) {
        match finding.error {
            None => self.print(finding.level, finding.subject, &finding.text),
            Some(error) => self.print_error(finding.subject, error),
        }
    }

    fn print_error(&mut self, subject: &str, error: &(dyn Error + 'static)) {
        self.print(FindingLevel::Fail, subject, &error_chain(error));
        if let Some(hint) = error.downcast_ref().and_then(hint) {
            self.print(FindingLevel::Note, subject, hint);
        }
    }

    fn print(&mut self, level: FindingLevel, subject: &str, text: &str) {
        let mark = match level {
            FindingLevel::Ok => "ok",
            FindingLevel::Note => "note",
            _ => {
                self.obstacles += 1;
                "FAIL"
            }
        };
        let mut out = std::io::stdout().lock();
        let printed = writeln!(out, "{mark:<5} {subject:<12} {}", escape_control_chars(text))
            .and_then(|()| out.flush());
        self.error = self.error.take().or(printed.err());
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        if self.obstacles > 0 {
            return Ok(Exit::Failed);
        }
        self.print(FindingLevel::Ok, "all", "a sync will work");
        self.error.map_or(Ok(Exit::Done), |error| Err(error.into()))
    }
}
