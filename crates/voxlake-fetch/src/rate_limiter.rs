//! Pacing of requests: at the plan's rate, in order, and paused while the API asks to wait.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Share of the allowed rate that is used. At the full rate, a few milliseconds of network jitter
/// would put eleven requests into one of the API's seconds of ten.
const RATE_UTILIZATION: f64 = 0.98;
/// Cells of the token bucket per request, which makes its resolution finer than a request.
const CELLS_PER_REQUEST: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Delay of a request that does not delay the next one. Timers are no more precise.
const BURST_TOLERANCE: Duration = Duration::from_millis(5);
/// Divisor of the newest latency's weight in the moving average.
const LATENCY_SMOOTHING: u64 = 8;
/// Latency assumed until the first response.
const INITIAL_LATENCY: Duration = Duration::from_millis(400);
/// Maximum concurrent windows. Each holds about 5 MB of calls; 18 sustain ten requests a second at
/// latencies of up to 1.8 s.
const MAX_CONCURRENCY: u64 = 18;

/// Rate limiter of one account's requests, shared by all workers.
pub(crate) struct RateLimiter {
    limiter: Option<DefaultDirectRateLimiter>,
    rate: Option<NonZeroU32>,
    /// End of the current pause. The lock is held while waiting, so requests leave in order.
    paused_until: Mutex<Option<Instant>>,
    /// Moving average of the response time, in microseconds.
    latency_micros: AtomicU64,
}

impl RateLimiter {
    /// Creates a limiter of `rate` requests per second; `None` for no limit.
    pub(crate) fn new(rate: Option<NonZeroU32>) -> Self {
        let limiter = rate.and_then(|rate| {
            let cells_per_second =
                f64::from(rate.get()) * RATE_UTILIZATION * f64::from(CELLS_PER_REQUEST.get());
            let cell = Duration::from_secs_f64(1.0 / cells_per_second);
            let tolerated_cells =
                u32::try_from(BURST_TOLERANCE.as_nanos() / cell.as_nanos().max(1)).unwrap_or(0);
            let burst = CELLS_PER_REQUEST.saturating_add(tolerated_cells);
            Some(governor::RateLimiter::direct(Quota::with_period(cell)?.allow_burst(burst)))
        });
        let initial_micros = u64::try_from(INITIAL_LATENCY.as_micros()).unwrap_or(u64::MAX);
        Self { limiter, rate, paused_until: Mutex::new(None), latency_micros: initial_micros.into() }
    }

    /// Returns the allowed requests per second.
    pub(crate) fn rate(&self) -> Option<NonZeroU32> {
        self.rate
    }

    /// Waits until a request may be sent.
    pub(crate) async fn acquire(&self) {
        let mut paused_until = self.paused_until.lock().await;
        if let Some(until) = paused_until.take() {
            tokio::time::sleep_until(until).await;
        }
        if let Some(limiter) = &self.limiter {
            // Fails only for more cells than the bucket's capacity.
            let _ = limiter.until_n_ready(CELLS_PER_REQUEST).await;
        }
    }

    /// Pauses all requests: the limit that one of them met applies to the whole account.
    pub(crate) async fn pause_for(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut paused_until = self.paused_until.lock().await;
        *paused_until = paused_until.map_or(Some(until), |known| Some(known.max(until)));
    }

    /// Records the latency of a response.
    pub(crate) fn record_latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // Concurrent updates may lose a sample.
        let mean = self.latency_micros.load(Ordering::Relaxed);
        let mean =
            (mean / LATENCY_SMOOTHING * (LATENCY_SMOOTHING - 1)).saturating_add(micros / LATENCY_SMOOTHING);
        self.latency_micros.store(mean, Ordering::Relaxed);
    }

    /// Returns the number of workers that sustain the rate at the current latency: those that wait
    /// for a response, and half as many more that process one.
    pub(crate) fn target_concurrency(&self) -> usize {
        let rate = self.rate.map_or(10, |rate| u64::from(rate.get()));
        let in_flight = rate.saturating_mul(self.latency_micros.load(Ordering::Relaxed)) / 1_000_000;
        let concurrency = (in_flight + in_flight / 2 + 2).min(MAX_CONCURRENCY);
        usize::try_from(concurrency).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_follows_latency_within_bounds() {
        let limiter = RateLimiter::new(NonZeroU32::new(10));
        let after = |seconds: f64| {
            (0..100).for_each(|_| limiter.record_latency(Duration::from_secs_f64(seconds)));
            limiter.target_concurrency()
        };
        assert_eq!(after(0.01), 2);
        assert!((5..=7).contains(&after(0.3)));
        assert!((16..=18).contains(&after(1.01)));
        assert_eq!(after(60.0), 18);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_pause_delays_all_requests() {
        let limiter = RateLimiter::new(None);
        let started = Instant::now();
        limiter.pause_for(Duration::from_secs(3)).await;
        limiter.pause_for(Duration::from_secs(1)).await;
        limiter.acquire().await;
        assert_eq!(started.elapsed().as_secs(), 3);
        limiter.acquire().await;
        assert_eq!(started.elapsed().as_secs(), 3);
    }
}
