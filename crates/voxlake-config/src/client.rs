//! Options of the API client and of syncs, from the settings.

use voxlake_fetch::{ApiConfig, Credentials, SyncOptions};

use crate::Settings;

impl Settings {
    /// Returns the configuration of the API client, without a filter.
    #[must_use]
    pub fn api_config(&self, credentials: Credentials) -> ApiConfig {
        let mut config = ApiConfig::new(self.api_url.clone(), self.oauth_url.clone(), credentials);
        config.account.clone_from(&self.account);
        config.view = self.view;
        config.list_form = self.list_form;
        config.requests_per_second = Some(self.requests_per_second);
        config.retry.initial_delay = self.retry_delay;
        config.retry.max_attempts = usize::from(self.tries);
        config.currency_symbols = self.currency_symbols.clone();
        config.insecure_http = self.insecure_http;
        config
    }

    /// Returns the options of an ordinary sync.
    #[must_use]
    pub fn sync_options(&self) -> SyncOptions {
        let mut options = self.refetch_options();
        options.concurrency = self.walkers;
        options.window_pages = self.window_pages.into();
        options.commit.max_age = self.commit_every;
        options.commit.max_calls = self.commit_calls;
        options
    }

    /// Returns the options of a sync that fetches selected ranges again.
    #[must_use]
    pub fn refetch_options(&self) -> SyncOptions {
        let mut options = SyncOptions::default();
        options.settle = self.settle;
        options.freeze_before = self.freeze_before;
        options.daily_budget = Some(self.daily_budget);
        options
    }
}
