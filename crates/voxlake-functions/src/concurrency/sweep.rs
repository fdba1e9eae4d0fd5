//! The walk through time: what the spans come to in each interval of a local clock.

use super::super::clock::Clock;
use super::moments::{BLOCK, Counted, Moments};

/// What spans come to in one interval; times in ms since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// When the interval begins.
    pub(super) begins: i64,
    /// What the clock shows then.
    pub(super) local: i64,
    /// Spans that overlap the interval.
    pub(super) spans: i64,
    /// How long they do, added up.
    pub(super) milliseconds: i64,
    /// The most at once.
    pub(super) peak: i64,
    /// When there were first as many.
    pub(super) peak_at: i64,
    /// The most just after one began; `None` where none began.
    pub(super) peak_as_begun: Option<i64>,
}

/// The intervals of `clock` from the first moment of settled `moments` to the last, each with what the
/// spans come to in it.
pub(super) fn sweep(moments: &Moments, clock: Clock) -> Vec<Level> {
    let mut changes = changes(moments).peekable();
    let Some(first) = changes.peek().map(|change| change.at) else { return Vec::new() };
    let last = moments
        .settled()
        .filter_map(|(block, _, ends)| Some(block * BLOCK + i64::from(ends.last()?.0)))
        .max()
        .unwrap_or(first);
    let mut pieces = Vec::new();
    clock.cut(first, last, &mut pieces);
    let mut levels: Vec<Level> = Vec::new();
    let (mut at, mut now) = (first, 0);
    for piece in pieces {
        let to = at + piece.milliseconds;
        if levels.last().is_none_or(|level| level.begins != piece.begins) {
            levels.push(Level {
                begins: piece.begins,
                local: piece.local,
                spans: now,
                milliseconds: 0,
                peak: i64::MIN,
                peak_at: at,
                peak_as_begun: None,
            });
        }
        let Some(level) = levels.last_mut() else { continue };
        while at < to {
            if let Some(change) = changes.next_if(|change| change.at == at) {
                now += change.begin - change.end;
                level.spans += change.begin;
                // What ends as the interval begins does not overlap it.
                if level.peak == i64::MIN {
                    level.spans -= change.end;
                }
                if change.begin > 0 {
                    level.peak_as_begun = level.peak_as_begun.max(Some(now));
                }
            }
            if now > level.peak {
                (level.peak, level.peak_at) = (now, at);
            }
            let next = changes.peek().map_or(to, |change| change.at.min(to));
            level.milliseconds += now * (next - at);
            at = next;
        }
    }
    levels
}

/// How many spans begin and end at a moment.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: i64,
    begin: i64,
    end: i64,
}

/// The moments at which spans begin or end, ascending, each once.
struct Changes<B: Iterator<Item = (i64, i64)>, E: Iterator<Item = (i64, i64)>> {
    begins: std::iter::Peekable<B>,
    ends: std::iter::Peekable<E>,
}

/// The changes of settled `moments`.
fn changes(moments: &Moments) -> impl Iterator<Item = Change> {
    Changes {
        begins: moments.settled().flat_map(|(block, begins, _)| instants(block, begins)).peekable(),
        ends: moments.settled().flat_map(|(block, _, ends)| instants(block, ends)).peekable(),
    }
}

/// The moments of a block, in ms since 1970, with how often they came.
fn instants(block: i64, times: &Counted) -> impl Iterator<Item = (i64, i64)> {
    let from = block * BLOCK;
    times.iter().map(move |(time, count)| (from + i64::from(*time), i64::from(*count)))
}

impl<B: Iterator<Item = (i64, i64)>, E: Iterator<Item = (i64, i64)>> Iterator for Changes<B, E> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let at = match (self.begins.peek(), self.ends.peek()) {
            (Some((begin, _)), Some((end, _))) => *begin.min(end),
            (Some((at, _)), None) | (None, Some((at, _))) => *at,
            (None, None) => return None,
        };
        let count = |pair: Option<(i64, i64)>| pair.map_or(0, |(_, count)| count);
        let begin = count(self.begins.next_if(|(begin, _)| *begin == at));
        let end = count(self.ends.next_if(|(end, _)| *end == at));
        Some(Change { at, begin, end })
    }
}
