//! What a UTC day's requests may come to: counted over all runs, in the lake's ledger, and by what
//! the API says is left of the account's own limit.
//!
//! Requests are noted in the ledger before they are made, a block at a time, so that a run that is
//! killed has noted too many rather than too few.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;
use tokio::sync::Mutex;
use voxlake_lake::{Lake, WriterLock};

use crate::FetchError;
use crate::clock::{Clock, next_midnight};

/// Requests that are noted ahead.
const BLOCK: u64 = 50;

/// The requests of one lake's account, day by day.
pub struct Budget {
    lake: Lake,
    lock: Arc<WriterLock>,
    clock: Clock,
    per_day: Option<u64>,
    spent: Mutex<Spent>,
    /// What is left of our own day, and what the API said is left of the account's; [`u64::MAX`]
    /// for no bound.
    own_left: AtomicU64,
    api_left: AtomicU64,
}

struct Spent {
    date: NaiveDate,
    requests: u64,
    /// What the ledger says.
    noted: u64,
}

impl Budget {
    /// Opens the ledger of `lake`; `per_day` is the most requests of a UTC day, `None` for no
    /// bound.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub async fn open(
        lake: Lake,
        lock: Arc<WriterLock>,
        clock: Clock,
        per_day: Option<u64>,
    ) -> Result<Self, FetchError> {
        let date = clock().date_naive();
        let requests = lake.requests().await?.get(&date).copied().unwrap_or(0);
        let spent = Mutex::new(Spent { date, requests, noted: requests });
        let own_left = per_day.map_or(u64::MAX, |budget| budget.saturating_sub(requests));
        let (own_left, api_left) = (own_left.into(), u64::MAX.into());
        Ok(Self { lake, lock, clock, per_day, spent, own_left, api_left })
    }

    /// Takes one request from today's budget.
    ///
    /// # Errors
    /// [`FetchError::BudgetSpent`] where nothing is left of it; where the ledger cannot be written.
    pub(crate) async fn take(&self) -> Result<(), FetchError> {
        let today = (self.clock)().date_naive();
        let mut spent = self.spent.lock().await;
        if spent.date != today {
            self.lake.record_requests(&self.lock, spent.date, spent.requests).await?;
            let noted = self.lake.requests().await?.get(&today).copied().unwrap_or(0);
            *spent = Spent { date: today, requests: noted, noted };
            self.api_left.store(u64::MAX, Ordering::Relaxed);
        }
        if let Some(budget) = self.per_day
            && spent.requests >= budget
        {
            return Err(self.exhausted(today, budget));
        }
        if spent.requests >= spent.noted {
            let ahead = spent.requests + BLOCK;
            let ahead = self.per_day.map_or(ahead, |budget| ahead.min(budget));
            self.lake.record_requests(&self.lock, today, ahead).await?;
            spent.noted = ahead;
        }
        spent.requests += 1;
        if let Some(budget) = self.per_day {
            self.own_left.store(budget.saturating_sub(spent.requests), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether so many requests are left of today; otherwise the error that says what is spent.
    pub(crate) async fn has(&self, requests: u64) -> Result<(), FetchError> {
        let today = (self.clock)().date_naive();
        if let Some(budget) = self.per_day
            && requests > budget.saturating_sub(self.spent_today().await)
        {
            return Err(self.exhausted(today, budget));
        }
        if requests > self.api_left.load(Ordering::Relaxed) {
            return Err(FetchError::DailyLimit { resumes_at: next_midnight(today) });
        }
        Ok(())
    }

    /// Requests that are left of today, as far as anyone said.
    pub(crate) fn left(&self) -> u64 {
        self.own_left.load(Ordering::Relaxed).min(self.api_left.load(Ordering::Relaxed))
    }

    /// Takes note of what the API says is left of the account's day. Other apps spend of it too.
    pub(crate) fn api_says_left(&self, requests: u64) {
        self.api_left.store(requests, Ordering::Relaxed);
    }

    /// Requests spent today, by the ledger and since.
    pub async fn spent_today(&self) -> u64 {
        let today = (self.clock)().date_naive();
        let spent = self.spent.lock().await;
        if spent.date == today { spent.requests } else { 0 }
    }

    /// Notes what was really spent.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub async fn close(&self) -> Result<(), FetchError> {
        let mut spent = self.spent.lock().await;
        if spent.noted != spent.requests {
            self.lake.record_requests(&self.lock, spent.date, spent.requests).await?;
            spent.noted = spent.requests;
        }
        Ok(())
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

        async fn noted(&self) -> Vec<u64> {
            self.lake.requests().await.unwrap().into_values().collect()
        }
    }

    #[tokio::test]
    async fn runs_share_a_day_s_budget_and_the_next_day_has_its_own() {
        let case = Case::new().await;
        let first = case.budget(5).await;
        for _ in 0..3 {
            first.take().await.unwrap();
        }
        first.close().await.unwrap();
        assert_eq!(case.noted().await, [3]);

        let second = case.budget(5).await;
        second.take().await.unwrap();
        assert!(second.has(1).await.is_ok());
        assert!(second.has(2).await.is_err());
        second.take().await.unwrap();
        let spent = second.take().await.unwrap_err();
        assert!(
            matches!(spent, FetchError::BudgetSpent { budget: 5, resumes_at } if resumes_at == "2026-11-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap())
        );

        *case.now.lock().unwrap() = "2026-11-02T00:00:01Z".parse().unwrap();
        second.take().await.unwrap();
        second.close().await.unwrap();
        assert_eq!(case.noted().await, [5, 1]);
    }

    #[tokio::test]
    async fn a_run_that_is_killed_has_noted_too_many_requests_rather_than_too_few() {
        let case = Case::new().await;
        let killed = case.budget(1000).await;
        for _ in 0..BLOCK + 1 {
            killed.take().await.unwrap();
        }
        drop(killed);
        assert_eq!(case.noted().await, [2 * BLOCK]);
    }
}
