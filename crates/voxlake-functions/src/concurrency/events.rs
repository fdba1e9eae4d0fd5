//! Starts and ends of time spans, with counts, in chronological order.
//!
//! Calls arrive almost sorted by start. Events are collected in blocks of about an hour and sorted
//! only within a block. An unsorted event takes four bytes.

use std::collections::BTreeMap;
use std::mem::{size_of, size_of_val};

/// Length of a block, in ms: 2^22, about 70 minutes.
pub(super) const BLOCK_MS: i64 = 1 << 22;
/// Minimum unsorted events of a block before they are sorted.
const MIN_PENDING: usize = 8192;

/// Distinct times of a block in ascending order, in ms after its start, with their counts.
pub(super) type CountedTimes = [(u32, u32)];

/// Times of one kind of event in one block, in ms after its start.
#[derive(Clone, Debug, Default)]
pub(super) struct EventTimes {
    pending: Vec<u32>,
    /// Distinct times in ascending order with their counts.
    counted: Vec<(u32, u32)>,
}

impl EventTimes {
    fn push(&mut self, time: u32) {
        if self.pending.len() >= MIN_PENDING.max(self.counted.len()) {
            self.sort_pending();
        }
        self.pending.push(time);
    }

    fn sort_pending(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.pending.sort_unstable();
        let pending = std::mem::take(&mut self.pending);
        let runs = pending.chunk_by(|a, b| a == b);
        self.add(runs.map(|run| (run[0], u32::try_from(run.len()).unwrap_or(u32::MAX))));
    }

    /// Adds times in ascending order with their counts.
    pub(super) fn add(&mut self, counted: impl Iterator<Item = (u32, u32)>) {
        let was_empty = self.counted.is_empty();
        self.counted.extend(counted);
        if was_empty {
            return;
        }
        // Both parts are sorted, so the stable sort merges them.
        self.counted.sort_by_key(|(time, _)| *time);
        self.counted.dedup_by(|(time, count), (kept, sum)| {
            let same = time == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
    }

    fn bytes(&self) -> usize {
        self.pending.capacity() * size_of::<u32>() + self.counted.capacity() * size_of::<(u32, u32)>()
    }
}

/// Starts and ends within a block.
#[derive(Clone, Debug, Default)]
pub(super) struct EventBlock {
    pub(super) begins: EventTimes,
    pub(super) ends: EventTimes,
}

/// Starts and ends of all spans.
#[derive(Debug, Default)]
pub(super) struct SpanEvents {
    /// Indices of blocks by number: the start of a block in units of [`BLOCK_MS`] since 1970.
    indices: BTreeMap<i64, usize>,
    blocks: Vec<EventBlock>,
    /// Number and index of the last blocks used, for starts and for ends.
    last: [(i64, usize); 2],
}

impl SpanEvents {
    /// Adds the span `[begins, ends)`, in ms since 1970. Ignores empty spans.
    pub(super) fn add(&mut self, begins: i64, ends: i64) {
        if begins < ends {
            let (block, time) = Self::locate(begins);
            self.block(block, 0).begins.push(time);
            let (block, time) = Self::locate(ends);
            self.block(block, 1).ends.push(time);
        }
    }

    /// Returns the number of the block that contains `at`, and the time since its start.
    fn locate(at: i64) -> (i64, u32) {
        (at.div_euclid(BLOCK_MS), u32::try_from(at.rem_euclid(BLOCK_MS)).unwrap_or(0))
    }

    fn block(&mut self, number: i64, hint: usize) -> &mut EventBlock {
        let known = self.last[hint];
        let index = if known.0 == number && known.1 < self.blocks.len() {
            known.1
        } else {
            *self.indices.entry(number).or_insert_with(|| {
                self.blocks.push(EventBlock::default());
                self.blocks.len() - 1
            })
        };
        self.last[hint] = (number, index);
        &mut self.blocks[index]
    }

    /// Returns the block with this number, created if necessary.
    pub(super) fn block_mut(&mut self, number: i64) -> &mut EventBlock {
        self.block(number, 0)
    }

    /// Sorts all events.
    pub(super) fn sort_pending(&mut self) {
        for block in &mut self.blocks {
            block.begins.sort_pending();
            block.ends.sort_pending();
        }
    }

    /// Returns the number, starts and ends of each block in order, without events that are not
    /// sorted yet.
    pub(super) fn sorted_blocks(&self) -> impl Iterator<Item = (i64, &CountedTimes, &CountedTimes)> {
        self.indices.iter().filter_map(|(number, index)| {
            let block = self.blocks.get(*index)?;
            Some((*number, block.begins.counted.as_slice(), block.ends.counted.as_slice()))
        })
    }

    /// Returns the memory in use, including this struct, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let block_bytes =
            self.blocks.iter().map(|block| block.begins.bytes() + block.ends.bytes()).sum::<usize>();
        size_of_val(self)
            + self.blocks.len() * (size_of::<EventBlock>() + 2 * size_of::<(i64, usize)>())
            + block_bytes
    }
}
