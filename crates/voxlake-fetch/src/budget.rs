//! Requests per UTC day: counted over all runs in the lake's quota ledger, and limited by the
//! remaining requests that the API reports for the account.
//!
//! Requests are reserved in the ledger before they are made, [`RESERVED_REQUESTS`] at a time. After
//! a crash the ledger counts too many requests rather than too few.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;
use tokio::sync::Mutex;
use voxlake_lake::{Lake, WriterLock};

use crate::FetchError;
use crate::clock::{Clock, next_midnight};

/// Requests reserved in the ledger at once.
const RESERVED_REQUESTS: u64 = 50;

/// Daily request budget of a lake, kept in its quota ledger.
pub struct Budget {
    lake: Lake,
    lock: Arc<WriterLock>,
    clock: Clock,
    per_day: Option<u64>,
    spent: Mutex<LedgerDay>,
    /// Remaining requests of this budget today; [`u64::MAX`] for no limit.
    own_remaining: AtomicU64,
    /// Remaining requests of the account today, as the API reports them; [`u64::MAX`] if unknown.
    api_remaining: AtomicU64,
}

/// Requests of one UTC day.
struct LedgerDay {
    date: NaiveDate,
    requests: u64,
    /// Requests in the ledger, which includes reserved ones.
    reserved: u64,
}

impl Budget {
    /// Opens the quota ledger of `lake`. `per_day` is the maximum per UTC day; `None` for no limit.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub async fn open(
        lake: Lake,
        lock: Arc<WriterLock>,
        clock: Clock,
        per_day: Option<u64>,
    ) -> Result<Self, FetchError> {
        let date = clock().date_naive();
        let requests = lake.requests().await?.get(&date).copied().unwrap_or(0);
        let spent = Mutex::new(LedgerDay { date, requests, reserved: requests });
        let own_remaining = per_day.map_or(u64::MAX, |budget| budget.saturating_sub(requests));
        let (own_remaining, api_remaining) = (own_remaining.into(), u64::MAX.into());
        Ok(Self { lake, lock, clock, per_day, spent, own_remaining, api_remaining })
    }

    /// Spends one request of today's budget.
    ///
    /// # Errors
    /// [`FetchError::BudgetSpent`] if none is left. Fails if the ledger cannot be written.
    pub(crate) async fn spend(&self) -> Result<(), FetchError> {
        let today = (self.clock)().date_naive();
        let mut spent = self.spent.lock().await;
        if spent.date != today {
            self.lake.record_requests(&self.lock, spent.date, spent.requests).await?;
            let reserved = self.lake.requests().await?.get(&today).copied().unwrap_or(0);
            *spent = LedgerDay { date: today, requests: reserved, reserved };
            self.api_remaining.store(u64::MAX, Ordering::Relaxed);
        }
        if let Some(budget) = self.per_day
            && spent.requests >= budget
        {
            return Err(self.exhausted(today, budget));
        }
        if spent.requests >= spent.reserved {
            let ahead = spent.requests + RESERVED_REQUESTS;
            let ahead = self.per_day.map_or(ahead, |budget| ahead.min(budget));
            self.lake.record_requests(&self.lock, today, ahead).await?;
            spent.reserved = ahead;
        }
        spent.requests += 1;
        if let Some(budget) = self.per_day {
            self.own_remaining.store(budget.saturating_sub(spent.requests), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Checks that `requests` are left today.
    ///
    /// # Errors
    /// [`FetchError::BudgetSpent`] or [`FetchError::DailyLimit`].
    pub(crate) async fn ensure_remaining(&self, requests: u64) -> Result<(), FetchError> {
        let today = (self.clock)().date_naive();
        if let Some(budget) = self.per_day
            && requests > budget.saturating_sub(self.requests_today().await)
        {
            return Err(self.exhausted(today, budget));
        }
        if requests > self.api_remaining.load(Ordering::Relaxed) {
            return Err(FetchError::DailyLimit { resumes_at: next_midnight(today) });
        }
        Ok(())
    }

    /// Returns the requests left today: the smaller of the lake's budget and the account's limit.
    pub(crate) fn remaining(&self) -> u64 {
        self.own_remaining.load(Ordering::Relaxed).min(self.api_remaining.load(Ordering::Relaxed))
    }

    /// Sets the account's remaining requests of today, which other apps use too.
    pub(crate) fn set_api_remaining(&self, requests: u64) {
        self.api_remaining.store(requests, Ordering::Relaxed);
    }

    /// Returns the requests spent today, by earlier runs and this one.
    pub async fn requests_today(&self) -> u64 {
        let today = (self.clock)().date_naive();
        let spent = self.spent.lock().await;
        if spent.date == today { spent.requests } else { 0 }
    }

    /// Writes the requests spent to the ledger, without reserved ones.
    ///
    /// # Errors
    /// Fails if the ledger cannot be written.
    pub async fn close(&self) -> Result<(), FetchError> {
        let mut spent = self.spent.lock().await;
        if spent.reserved != spent.requests {
            self.lake.record_requests(&self.lock, spent.date, spent.requests).await?;
            spent.reserved = spent.requests;
        }
        Ok(())
    }

    /// Runs requests that spend this budget, and closes it, also after an error.
    ///
    /// # Errors
    /// The error of the requests. Fails if the ledger cannot be written.
    pub async fn close_after<T>(
        &self,
        requests: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let result = requests.await;
        self.close().await?;
        result
    }

    fn exhausted(&self, today: NaiveDate, budget: u64) -> FetchError {
        FetchError::BudgetSpent { budget, resumes_at: next_midnight(today) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;

    use chrono::{DateTime, Utc};

    use super::*;

    struct Case {
        _folder: tempfile::TempDir,
        lake: Lake,
        lock: Arc<WriterLock>,
        now: Arc<StdMutex<DateTime<Utc>>>,
    }

    impl Case {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
            let now = Arc::new(StdMutex::new("2026-11-01T23:59:00Z".parse().unwrap()));
            let lock = Arc::new(lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
            Self { _folder: folder, lake, lock, now }
        }

        async fn budget(&self, per_day: u64) -> Budget {
            let now = Arc::clone(&self.now);
            let clock: Clock = Arc::new(move || *now.lock().unwrap());
            Budget::open(self.lake.clone(), Arc::clone(&self.lock), clock, Some(per_day)).await.unwrap()
        }

        async fn ledger(&self) -> Vec<u64> {
            self.lake.requests().await.unwrap().into_values().collect()
        }
    }

    #[tokio::test]
    async fn runs_of_a_day_share_its_budget() {
        let case = Case::new().await;
        let first = case.budget(5).await;
        for _ in 0..3 {
            first.spend().await.unwrap();
        }
        first.close().await.unwrap();
        assert_eq!(case.ledger().await, [3]);

        let second = case.budget(5).await;
        second.spend().await.unwrap();
        assert!(second.ensure_remaining(1).await.is_ok());
        assert!(second.ensure_remaining(2).await.is_err());
        second.spend().await.unwrap();
        let spent = second.spend().await.unwrap_err();
        assert!(
            matches!(spent, FetchError::BudgetSpent { budget: 5, resumes_at } if resumes_at == "2026-11-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap())
        );

        *case.now.lock().unwrap() = "2026-11-02T00:00:01Z".parse().unwrap();
        second.spend().await.unwrap();
        second.close().await.unwrap();
        assert_eq!(case.ledger().await, [5, 1]);
    }

    #[tokio::test]
    async fn killed_runs_leave_their_reservation() {
        let case = Case::new().await;
        let killed = case.budget(1000).await;
        for _ in 0..RESERVED_REQUESTS + 1 {
            killed.spend().await.unwrap();
        }
        drop(killed);
        assert_eq!(case.ledger().await, [2 * RESERVED_REQUESTS]);
    }
}
