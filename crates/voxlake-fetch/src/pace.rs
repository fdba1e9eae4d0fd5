//! When the next request may leave: at the plan's rate, in turn, and not while the API asks for a
//! rest.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The share of the allowed rate that is used: at the full rate, a few milliseconds on the way
/// would put eleven requests into one of the API's seconds of ten.
const SHARE_USED: f64 = 0.98;
/// A request is so many cells of the limiter's bucket, which gives it a grain finer than a request.
const CELLS: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// A request that leaves so much late does not delay those behind it. Timers are no finer.
const LATENESS: Duration = Duration::from_millis(5);
/// Weight of the newest answer in the running mean of answer times, as one part of so many.
const NEWEST_PART: u64 = 8;
/// Assumed until the first answer.
const FIRST_GUESS: Duration = Duration::from_millis(400);
/// Most walkers, however slow the answers: each holds a window's calls in memory, some 5 MB. They
/// fill ten requests a second at answers of up to 1.8 s.
const MOST_WALKERS: u64 = 18;

/// The pace of one account's requests, shared by all walkers.
pub(crate) struct Pace {
    limiter: Option<DefaultDirectRateLimiter>,
    rate: Option<NonZeroU32>,
    /// Until when to rest. Held while waiting, so that requests leave in the order of their coming.
    rest_until: Mutex<Option<Instant>>,
    /// Running mean of the time that an answer takes, in microseconds.
    answer_micros: AtomicU64,
}

impl Pace {
    /// A pace of so many requests a second; `None` for as fast as the API answers.
    pub(crate) fn new(rate: Option<NonZeroU32>) -> Self {
        let limiter = rate.and_then(|rate| {
            let cells_per_second = f64::from(rate.get()) * SHARE_USED * f64::from(CELLS.get());
            let cell = Duration::from_secs_f64(1.0 / cells_per_second);
            let late_cells = u32::try_from(LATENESS.as_nanos() / cell.as_nanos().max(1)).unwrap_or(0);
            let quota = Quota::with_period(cell)?.allow_burst(CELLS.saturating_add(late_cells));
            Some(RateLimiter::direct(quota))
        });
        let guess = u64::try_from(FIRST_GUESS.as_micros()).unwrap_or(u64::MAX);
        Self { limiter, rate, rest_until: Mutex::new(None), answer_micros: guess.into() }
    }

    /// Requests a second that the plan allows.
    pub(crate) fn rate(&self) -> Option<NonZeroU32> {
        self.rate
    }

    /// Waits for a request's turn.
    pub(crate) async fn turn(&self) {
        let mut rest_until = self.rest_until.lock().await;
        if let Some(until) = rest_until.take() {
            tokio::time::sleep_until(until).await;
        }
        if let Some(limiter) = &self.limiter {
            // Fails only for more cells than the bucket holds, which it does not.
            let _ = limiter.until_n_ready(CELLS).await;
        }
    }

    /// Lets no request leave for a while: the API asked one of them to wait, and the limit is
    /// everyone's.
    pub(crate) async fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut rest_until = self.rest_until.lock().await;
        *rest_until = rest_until.map_or(Some(until), |known| Some(known.max(until)));
    }

    /// Takes note of how long an answer took.
    pub(crate) fn answered(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        // Two at once may lose one measure of many.
        let mean = self.answer_micros.load(Ordering::Relaxed);
        let mean = (mean / NEWEST_PART * (NEWEST_PART - 1)).saturating_add(micros / NEWEST_PART);
        self.answer_micros.store(mean, Ordering::Relaxed);
    }

    /// How many walkers fill the rate, by how long answers take: as many as requests are under way
    /// at any time, and half as many again for those that are busy with what came.
    pub(crate) fn useful_walkers(&self) -> usize {
        let rate = self.rate.map_or(10, |rate| u64::from(rate.get()));
        let under_way = rate.saturating_mul(self.answer_micros.load(Ordering::Relaxed)) / 1_000_000;
        let walkers = (under_way + under_way / 2 + 2).min(MOST_WALKERS);
        usize::try_from(walkers).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_answers_ask_for_more_walkers_up_to_a_bound() {
        let pace = Pace::new(NonZeroU32::new(10));
        let after = |seconds: f64| {
            (0..100).for_each(|_| pace.answered(Duration::from_secs_f64(seconds)));
            pace.useful_walkers()
        };
        assert_eq!(after(0.01), 2);
        assert!((5..=7).contains(&after(0.3)));
        assert!((16..=18).contains(&after(1.01)));
        assert_eq!(after(60.0), 18);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_holds_every_request_back_and_the_longer_of_two_counts() {
        let pace = Pace::new(None);
        let begun = Instant::now();
        pace.rest(Duration::from_secs(3)).await;
        pace.rest(Duration::from_secs(1)).await;
        pace.turn().await;
        assert_eq!(begun.elapsed().as_secs(), 3);
        pace.turn().await;
        assert_eq!(begun.elapsed().as_secs(), 3);
    }
}
