//! Schedules of the settings, and options of query sessions.

use chrono::{DateTime, Utc};
use voxlake_query::{QueryLibrary, SessionOptions};
use voxlake_schedule::{Environment, Schedule, ScheduleContext, ScheduleError, parse_schedules};

use crate::error::ConfigError;
use crate::settings::Settings;
use crate::trust::Recipient;

impl Settings {
    /// Returns the options of query sessions.
    pub fn session_options(&self) -> SessionOptions {
        SessionOptions::new()
            .no_summaries(!self.summaries)
            .memory_limit(self.memory_limit)
            .result_classes(self.result_classes.clone())
            .currency_symbols(self.currency_symbols.clone())
    }

    /// Parses the schedules. Their reports refer to `queries`, and their secrets to variables of
    /// `environment`.
    ///
    /// # Errors
    /// [`ScheduleError::Invalid`] with the number and name of the schedule at fault.
    pub fn parse_schedules(
        &self,
        queries: &QueryLibrary,
        environment: &Environment,
        now: DateTime<Utc>,
    ) -> Result<Vec<Schedule>, ScheduleError> {
        let mut context = ScheduleContext::new(self.lake.as_str(), queries, environment, now);
        context.reports = self.reports.as_deref();
        context.mail = self.mail.as_ref();
        context.zone = self.timezone;
        parse_schedules(&self.schedule, &context)
    }

    /// Checks that the user knows the recipients of the schedules' deliveries that get secrets.
    ///
    /// # Errors
    /// [`ConfigError::UntrustedDelivery`], as for [`Settings::check_recipient`].
    pub fn check_deliveries(&self) -> Result<(), ConfigError> {
        for (number, config) in (1..).zip(&self.schedule) {
            let has_mail = config.deliver.iter().any(|delivery| delivery.email.is_some());
            let has_webhook = config.deliver.iter().any(|delivery| delivery.authorization.is_some());
            let has_store = config.deliver.iter().any(|delivery| delivery.store.is_some());
            let recipients = [
                (has_mail, Recipient::Mail),
                (has_webhook, Recipient::Webhook),
                (has_store, Recipient::Store),
            ];
            for (has_secret, recipient) in recipients {
                if !has_secret {
                    continue;
                }
                self.check_recipient(recipient).map_err(|error| ConfigError::UntrustedDelivery {
                    number,
                    name: config.name.as_ref().unwrap_or(&config.report).clone(),
                    error: Box::new(error),
                })?;
            }
        }
        Ok(())
    }
}
