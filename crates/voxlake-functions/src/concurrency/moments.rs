//! When spans begin and end: the moments and how often each came, in the order of time.
//!
//! Calls come nearly in the order of their starts, so moments are kept in blocks of an hour or so, and
//! only within these are they ever put in order. A block's moment takes four bytes until then.

use std::collections::BTreeMap;
use std::mem::{size_of, size_of_val};

/// Length of a block, in ms.
pub(super) const BLOCK: i64 = 1 << 22;
/// Moments that may wait to be put in order, if there are not more that are.
const MAY_WAIT: usize = 8192;

/// Moments of a block, in ms after its beginning, ascending, each once, with how often it came.
pub(super) type Counted = [(u32, u32)];

/// Moments of one block, in ms after its beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    waiting: Vec<u32>,
    /// Ascending, each once, with how often it came.
    counted: Vec<(u32, u32)>,
}

impl Times {
    fn push(&mut self, time: u32) {
        if self.waiting.len() >= MAY_WAIT.max(self.counted.len()) {
            self.settle();
        }
        self.waiting.push(time);
    }

    fn settle(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting.sort_unstable();
        let waiting = std::mem::take(&mut self.waiting);
        let runs = waiting.chunk_by(|a, b| a == b);
        self.add(runs.map(|run| (run[0], u32::try_from(run.len()).unwrap_or(u32::MAX))));
    }

    /// Adds moments in ascending order with how often they came.
    pub(super) fn add(&mut self, counted: impl Iterator<Item = (u32, u32)>) {
        let alone = self.counted.is_empty();
        self.counted.extend(counted);
        if alone {
            return;
        }
        // Two runs in order, which a stable sort merges.
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
        self.waiting.capacity() * size_of::<u32>() + self.counted.capacity() * size_of::<(u32, u32)>()
    }
}

/// What begins and what ends within a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) begins: Times,
    pub(super) ends: Times,
}

/// The moments at which spans begin and end.
#[derive(Debug, Default)]
pub(super) struct Moments {
    /// The places of blocks by their numbers: their beginnings in [`BLOCK`]s since 1970.
    places: BTreeMap<i64, usize>,
    blocks: Vec<Block>,
    /// Number and place of the blocks that were asked for last, for begins and for ends.
    last: [(i64, usize); 2],
}

impl Moments {
    /// Adds the span `[begins, ends)`, in ms since 1970; one of no length is none.
    pub(super) fn add(&mut self, begins: i64, ends: i64) {
        if begins < ends {
            let (block, time) = Self::place(begins);
            self.block(block, 0).begins.push(time);
            let (block, time) = Self::place(ends);
            self.block(block, 1).ends.push(time);
        }
    }

    /// Number of the block that `at` lies in, and how long after its beginning.
    fn place(at: i64) -> (i64, u32) {
        (at.div_euclid(BLOCK), u32::try_from(at.rem_euclid(BLOCK)).unwrap_or(0))
    }

    fn block(&mut self, number: i64, hint: usize) -> &mut Block {
        let known = self.last[hint];
        let place = if known.0 == number && known.1 < self.blocks.len() {
            known.1
        } else {
            *self.places.entry(number).or_insert_with(|| {
                self.blocks.push(Block::default());
                self.blocks.len() - 1
            })
        };
        self.last[hint] = (number, place);
        &mut self.blocks[place]
    }

    /// The block of this number, to add to.
    pub(super) fn of(&mut self, number: i64) -> &mut Block {
        self.block(number, 0)
    }

    /// Puts all moments in order.
    pub(super) fn settle(&mut self) {
        for block in &mut self.blocks {
            block.begins.settle();
            block.ends.settle();
        }
    }

    /// The blocks by their numbers, with the moments at which spans begin and those at which they end;
    /// without those that wait to be put in order.
    pub(super) fn settled(&self) -> impl Iterator<Item = (i64, &Counted, &Counted)> {
        self.places.iter().filter_map(|(number, place)| {
            let block = self.blocks.get(*place)?;
            Some((*number, block.begins.counted.as_slice(), block.ends.counted.as_slice()))
        })
    }

    /// Bytes of memory in use, this struct included.
    pub(super) fn bytes(&self) -> usize {
        let held = self.blocks.iter().map(|block| block.begins.bytes() + block.ends.bytes()).sum::<usize>();
        size_of_val(self) + self.blocks.len() * (size_of::<Block>() + 2 * size_of::<(i64, usize)>()) + held
    }
}
