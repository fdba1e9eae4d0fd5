//! Faults drawn from a seed, from which a correct client can always recover.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::fault::Fault;
use crate::rng::Rng;
use crate::server::endpoint::Endpoint;
use crate::server::limits::LimitDisclosure;
use crate::server::request_info::RequestInfo;
use crate::server::retry_after::RetryAfter;

/// Separates these draws from those of calls and anomalies.
const FAULT: u64 = 0x0066_6175_6c74;
/// Maximum consecutive failures of the same request.
const MAX_CONSECUTIVE_FAILURES: u8 = 2;
/// Minimum requests between two revoked tokens, so that all refused requests are repeated with the
/// new token.
const MIN_REQUESTS_BETWEEN_REVOCATIONS: u64 = 50;
const STATUSES: [u16; 4] = [500, 502, 503, 504];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seeded {
    seed: u64,
    rate: f64,
}

/// Window of a request: `from` and `to` of [`RequestInfo`].
type Period = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Recent faults, as far as the rules of [`Seeded`] need them.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Consecutive failures by request; removed when the request succeeds.
    failures: HashMap<u64, u8>,
    /// Windows of which one read was corrupted.
    corrupted: HashSet<Period>,
    last_revocation: Option<u64>,
}

/// Cost of a fault for a client.
enum Cost {
    Nothing,
    Request,
    AccessToken,
    Read,
}

impl Seeded {
    pub(crate) fn new(seed: u64, rate: f64) -> Self {
        Self { seed, rate }
    }

    /// Draws the fault of a request, if any. A fault that the history forbids becomes a slow
    /// response.
    pub(crate) fn draw(self, request: &RequestInfo, history: &mut History) -> Option<Fault> {
        let (endpoint, calls) = match request.endpoint.counted_as() {
            Endpoint::Token => (0, false),
            Endpoint::VoiceCalls => (1, true),
            _ => return None,
        };
        let mut rng = Rng::new(&[self.seed, FAULT, endpoint, request.number]);
        if !rng.chance(self.rate) {
            history.failures.remove(&request.fingerprint);
            return None;
        }
        let slow = slow(&mut rng);
        let fault = any_fault(&mut rng, calls);
        let fault = if history.allows(request, &fault) { fault } else { slow };
        history.record(request, &fault);
        Some(fault)
    }
}

impl History {
    fn allows(&self, request: &RequestInfo, fault: &Fault) -> bool {
        let failures = self.failures.get(&request.fingerprint).copied().unwrap_or(0);
        let revocation_allowed =
            self.last_revocation.is_none_or(|last| request.number > last + MIN_REQUESTS_BETWEEN_REVOCATIONS);
        match cost(fault) {
            Cost::Nothing => true,
            Cost::Request => failures < MAX_CONSECUTIVE_FAILURES,
            Cost::AccessToken => failures == 0 && revocation_allowed,
            Cost::Read => !self.corrupted.contains(&(request.from, request.to)),
        }
    }

    fn record(&mut self, request: &RequestInfo, fault: &Fault) {
        match cost(fault) {
            Cost::Request => *self.failures.entry(request.fingerprint).or_default() += 1,
            Cost::AccessToken => {
                *self.failures.entry(request.fingerprint).or_default() += 1;
                self.last_revocation = Some(request.number);
            }
            Cost::Read => {
                self.failures.remove(&request.fingerprint);
                self.corrupted.insert((request.from, request.to));
            }
            Cost::Nothing => {
                self.failures.remove(&request.fingerprint);
            }
        }
    }
}

fn cost(fault: &Fault) -> Cost {
    match fault {
        Fault::Slow(_) | Fault::CutAfter | Fault::PageAgain | Fault::RecordTwice => Cost::Nothing,
        Fault::Status { .. }
        | Fault::PerSecond { .. }
        | Fault::DailyLimit { .. }
        | Fault::CutBefore
        | Fault::CutInBody
        | Fault::TruncatedJson
        | Fault::InvalidJson => Cost::Request,
        Fault::TokenDies => Cost::AccessToken,
        Fault::PageTwice | Fault::PageTokenDies | Fault::TotalMoves(_) => Cost::Read,
    }
}

/// Draws a recoverable fault. The first eight are the ones that the token endpoint supports.
fn any_fault(rng: &mut Rng, calls: bool) -> Fault {
    match rng.below(if calls { 14 } else { 8 }) {
        0 => Fault::CutBefore,
        1 => Fault::CutInBody,
        2 => Fault::CutAfter,
        3 => Fault::TruncatedJson,
        4 => Fault::InvalidJson,
        5 => slow(rng),
        6 | 7 => failure(rng),
        8 => Fault::PerSecond { disclosure: rng.pick(&LimitDisclosure::ALL), retry_after: retry_after(rng) },
        9 => Fault::TokenDies,
        10 => Fault::PageTokenDies,
        11 => Fault::PageTwice,
        12 if rng.chance(0.5) => Fault::PageAgain,
        12 => Fault::RecordTwice,
        _ => {
            let by = i64::from(rng.between(1, 3));
            Fault::TotalMoves(if rng.chance(0.5) { by } else { -by })
        }
    }
}

/// Draws a delay: long enough for other requests to overtake, short enough for many of them.
fn slow(rng: &mut Rng) -> Fault {
    Fault::Slow(Duration::from_millis(rng.between(1, 20).into()))
}

fn failure(rng: &mut Rng) -> Fault {
    match (Fault::status(rng.pick(&STATUSES)), retry_after(rng)) {
        (Fault::Status { status, code, message, .. }, retry_after) => {
            Fault::Status { status, code, message, retry_after, wait: Duration::from_secs(1) }
        }
        (other, _) => other,
    }
}

/// Draws a format of `Retry-After`, mostly absent: that is the hardest for a client and the fastest
/// for a test.
fn retry_after(rng: &mut Rng) -> RetryAfter {
    match rng.below(8) {
        0 => RetryAfter::Seconds,
        1 => RetryAfter::Instant,
        2 => RetryAfter::HttpDate,
        _ => RetryAfter::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The n-th request, which is the same as others with the same `fingerprint`.
    fn nth_request(number: u64, fingerprint: u64) -> RequestInfo {
        RequestInfo {
            endpoint: Endpoint::VoiceCalls,
            number,
            received_at: DateTime::UNIX_EPOCH,
            from: None,
            to: None,
            page: 2,
            fingerprint,
        }
    }

    /// A client that retries gets its response at any rate of faults.
    #[test]
    fn failures_in_a_row_are_limited() {
        for seed in 0..50 {
            let (seeded, mut history) = (Seeded::new(seed, 1.0), History::default());
            let (mut consecutive, mut revocations, mut corrupted) = (0, Vec::new(), 0);
            for number in 1..500 {
                let fault = seeded.draw(&nth_request(number, 7), &mut history).unwrap();
                consecutive = match cost(&fault) {
                    Cost::Request | Cost::AccessToken => consecutive + 1,
                    Cost::Nothing | Cost::Read => 0,
                };
                assert!(consecutive <= MAX_CONSECUTIVE_FAILURES);
                revocations.extend((fault == Fault::TokenDies).then_some(number));
                corrupted += u32::from(matches!(cost(&fault), Cost::Read));
            }
            assert!(
                revocations.len() > 1
                    && revocations.windows(2).all(|two| two[1] - two[0] > MIN_REQUESTS_BETWEEN_REVOCATIONS)
            );
            assert_eq!(corrupted, 1);
        }
    }

    #[test]
    fn history_forgets_answered_requests() {
        let (seeded, mut history) = (Seeded::new(3, 0.5), History::default());
        for number in 1..500 {
            // A client continues with the next page once it has this one.
            while seeded
                .draw(&nth_request(number, number), &mut history)
                .is_some_and(|fault| matches!(cost(&fault), Cost::Request | Cost::AccessToken))
            {}
        }
        assert!(history.failures.is_empty());
    }
}
