//! Faults drawn from a seed, from which a correct client can always recover.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::fault::Fault;
use crate::draw::Draw;
use crate::server::endpoint::Endpoint;
use crate::server::limits::Told;
use crate::server::request_info::Asked;
use crate::server::retry_after::RetryAfter;

/// Separates these draws from those of calls and anomalies.
const FAULT: u64 = 0x0066_6175_6c74;
/// Maximum consecutive failures of the same request.
const FAILURES_IN_A_ROW: u8 = 2;
/// Minimum requests between two revoked tokens, so that all refused requests are repeated with the
/// new token.
const BETWEEN_DEATHS: u64 = 50;
const STATUSES: [u16; 4] = [500, 502, 503, 504];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seeded {
    seed: u64,
    rate: f64,
}

/// Window of a request: `from` and `to` of [`Asked`].
type Period = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Recent faults, as far as the rules of [`Seeded`] need them.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Consecutive failures by request; removed when the request succeeds.
    failures: HashMap<u64, u8>,
    /// Windows of which one read was corrupted.
    spoilt: HashSet<Period>,
    last_death: Option<u64>,
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
    pub(crate) fn draw(self, asked: &Asked, history: &mut History) -> Option<Fault> {
        let (endpoint, calls) = match asked.endpoint.counted_as() {
            Endpoint::Token => (0, false),
            Endpoint::VoiceCalls => (1, true),
            _ => return None,
        };
        let mut draw = Draw::new(&[self.seed, FAULT, endpoint, asked.number]);
        if !draw.chance(self.rate) {
            history.failures.remove(&asked.question);
            return None;
        }
        let slow = slow(&mut draw);
        let fault = any(&mut draw, calls);
        let fault = if history.allows(asked, &fault) { fault } else { slow };
        history.note(asked, &fault);
        Some(fault)
    }
}

impl History {
    fn allows(&self, asked: &Asked, fault: &Fault) -> bool {
        let failures = self.failures.get(&asked.question).copied().unwrap_or(0);
        let long_since_death = self.last_death.is_none_or(|last| asked.number > last + BETWEEN_DEATHS);
        match cost(fault) {
            Cost::Nothing => true,
            Cost::Request => failures < FAILURES_IN_A_ROW,
            Cost::AccessToken => failures == 0 && long_since_death,
            Cost::Read => !self.spoilt.contains(&(asked.from, asked.to)),
        }
    }

    fn note(&mut self, asked: &Asked, fault: &Fault) {
        match cost(fault) {
            Cost::Request => *self.failures.entry(asked.question).or_default() += 1,
            Cost::AccessToken => {
                *self.failures.entry(asked.question).or_default() += 1;
                self.last_death = Some(asked.number);
            }
            Cost::Read => {
                self.failures.remove(&asked.question);
                self.spoilt.insert((asked.from, asked.to));
            }
            Cost::Nothing => {
                self.failures.remove(&asked.question);
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
fn any(draw: &mut Draw, calls: bool) -> Fault {
    match draw.below(if calls { 14 } else { 8 }) {
        0 => Fault::CutBefore,
        1 => Fault::CutInBody,
        2 => Fault::CutAfter,
        3 => Fault::TruncatedJson,
        4 => Fault::InvalidJson,
        5 => slow(draw),
        6 | 7 => failure(draw),
        8 => Fault::PerSecond { told: draw.pick(&Told::ALL), retry_after: form(draw) },
        9 => Fault::TokenDies,
        10 => Fault::PageTokenDies,
        11 => Fault::PageTwice,
        12 if draw.chance(0.5) => Fault::PageAgain,
        12 => Fault::RecordTwice,
        _ => {
            let by = i64::from(draw.between(1, 3));
            Fault::TotalMoves(if draw.chance(0.5) { by } else { -by })
        }
    }
}

/// Draws a delay: long enough for other requests to overtake, short enough for many of them.
fn slow(draw: &mut Draw) -> Fault {
    Fault::Slow(Duration::from_millis(draw.between(1, 20).into()))
}

fn failure(draw: &mut Draw) -> Fault {
    match (Fault::status(draw.pick(&STATUSES)), form(draw)) {
        (Fault::Status { status, code, message, .. }, retry_after) => {
            Fault::Status { status, code, message, retry_after, wait: Duration::from_secs(1) }
        }
        (other, _) => other,
    }
}

/// Draws a format of `Retry-After`, mostly absent: that is the hardest for a client and the fastest
/// for a test.
fn form(draw: &mut Draw) -> RetryAfter {
    match draw.below(8) {
        0 => RetryAfter::Seconds,
        1 => RetryAfter::Instant,
        2 => RetryAfter::HttpDate,
        _ => RetryAfter::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The n-th request, which is the same as others with the same `question`.
    fn asked(number: u64, question: u64) -> Asked {
        Asked {
            endpoint: Endpoint::VoiceCalls,
            number,
            at: DateTime::UNIX_EPOCH,
            from: None,
            to: None,
            page: 2,
            question,
        }
    }

    #[test]
    fn however_many_requests_fail_a_patient_client_gets_its_answer() {
        for seed in 0..50 {
            let (seeded, mut history) = (Seeded::new(seed, 1.0), History::default());
            let (mut in_a_row, mut deaths, mut spoilt) = (0, Vec::new(), 0);
            for number in 1..500 {
                let fault = seeded.draw(&asked(number, 7), &mut history).unwrap();
                in_a_row = match cost(&fault) {
                    Cost::Request | Cost::AccessToken => in_a_row + 1,
                    Cost::Nothing | Cost::Read => 0,
                };
                assert!(in_a_row <= FAILURES_IN_A_ROW);
                deaths.extend((fault == Fault::TokenDies).then_some(number));
                spoilt += u32::from(matches!(cost(&fault), Cost::Read));
            }
            assert!(deaths.len() > 1 && deaths.windows(2).all(|two| two[1] - two[0] > BETWEEN_DEATHS));
            assert_eq!(spoilt, 1);
        }
    }

    #[test]
    fn nothing_is_remembered_of_requests_that_were_answered() {
        let (seeded, mut history) = (Seeded::new(3, 0.5), History::default());
        for number in 1..500 {
            // A client continues with the next page once it has this one.
            while seeded
                .draw(&asked(number, number), &mut history)
                .is_some_and(|fault| matches!(cost(&fault), Cost::Request | Cost::AccessToken))
            {}
        }
        assert!(history.failures.is_empty());
    }
}
