//! Queue of windows: splits those that are too large, and requeues those that failed.

use std::collections::VecDeque;

use chrono::TimeDelta;
use voxlake_lake::TimeRange;

use crate::hourly_profile::HourlyProfile;
use crate::paging::pages_for;
use crate::plan::WindowOrder;

/// Divisor of the remaining daily requests that all workers may have in progress. Windows that the
/// daily limit interrupts are fetched again on the next day.
const DAILY_SHARE_DIVISOR: u64 = 2;
/// Divisor of the maximum window size for pieces, since the hourly profile is an estimate. A window
/// wastes half a page on average, its last one.
const PIECE_SIZE_DIVISOR: u64 = 2;
/// Minimum pages of a piece. Pieces shrink towards the end of a run, so that all workers finish
/// together.
const MIN_PIECE_PAGES: u64 = 4;
/// Failures after which a window is given up: twice whole, then in halves, then in quarters.
const MAX_WINDOW_FAILURES: u32 = 4;

/// Window to fetch.
#[derive(Clone, Debug)]
pub(crate) struct WindowTask {
    pub(crate) range: TimeRange,
    /// Estimated records; `None` before the first count.
    expected: Option<u64>,
    /// Records of the window that it was split from.
    split_from: Option<u64>,
    failures: u32,
}

impl WindowTask {
    /// Returns whether the window should be split instead of fetched, for a count of `total`. A
    /// piece with the count of the whole window does not become smaller by another split.
    pub(crate) fn is_too_large(&self, total: u64, max_pages: u64) -> bool {
        pages_for(total) > max_pages
            && self.range.to - self.range.from > TimeDelta::seconds(1)
            && self.split_from.is_none_or(|parent| total < parent)
    }

    /// Returns the estimated requests of the window.
    pub(crate) fn pages(&self) -> u64 {
        pages_for(self.expected.unwrap_or(0))
    }
}

/// Windows that wait for a worker.
#[derive(Debug)]
pub(crate) struct WindowQueue {
    waiting: VecDeque<WindowTask>,
    order: WindowOrder,
    pub(crate) profile: HourlyProfile,
}

impl WindowQueue {
    /// Creates a queue of `windows`, in their order.
    pub(crate) fn new(windows: &[TimeRange], order: WindowOrder, profile: HourlyProfile) -> Self {
        let task =
            |range: &TimeRange| WindowTask { range: *range, expected: None, split_from: None, failures: 0 };
        Self { waiting: windows.iter().map(task).collect(), order, profile }
    }

    /// Returns the next window without removing it.
    pub(crate) fn peek(&self) -> Option<&WindowTask> {
        self.waiting.front()
    }

    /// Removes and returns the next window.
    pub(crate) fn next(&mut self) -> Option<WindowTask> {
        self.waiting.pop_front()
    }

    /// Splits a window of `total` records into pieces of about `max_pages`, which come next.
    /// Returns their number.
    pub(crate) fn split(
        &mut self,
        task: &WindowTask,
        total: u64,
        concurrency: usize,
        max_pages: u64,
    ) -> usize {
        // A waiting window that was never counted may be large: the run is not near its end.
        let known: Option<u64> = self.waiting.iter().map(|task| task.expected.map(pages_for)).sum();
        let mut shares = piece_sizes(pages_for(total), known, concurrency as u64, max_pages);
        if self.order == WindowOrder::NewestFirst {
            shares.reverse();
        }
        let sum: u64 = shares.iter().sum::<u64>().max(1);
        let ranges = self.profile.split(task.range, &shares);
        let mut pieces: Vec<WindowTask> = ranges
            .into_iter()
            .zip(&shares)
            .map(|(range, share)| WindowTask {
                range,
                expected: Some(
                    (u128::from(total) * u128::from(*share) / u128::from(sum)).try_into().unwrap_or(total),
                ),
                split_from: Some(total),
                ..task.clone()
            })
            .collect();
        let count = pieces.len();
        // The first piece to fetch is pushed last.
        if self.order == WindowOrder::OldestFirst {
            pieces.reverse();
        }
        pieces.into_iter().for_each(|piece| self.waiting.push_front(piece));
        count
    }

    /// Requeues a failed window behind the others: whole at first, then in halves. Returns false
    /// after too many failures.
    pub(crate) fn requeue(&mut self, task: &WindowTask) -> bool {
        let task = WindowTask { failures: task.failures + 1, ..task.clone() };
        if task.failures >= MAX_WINDOW_FAILURES {
            return false;
        }
        if task.failures == 1 {
            self.waiting.push_back(task);
            return true;
        }
        for range in self.profile.split(task.range, &[1, 1]) {
            let expected = task.expected.map(|expected| expected / 2);
            self.waiting.push_back(WindowTask { range, expected, ..task.clone() });
        }
        true
    }
}

/// Returns the maximum pages of a window: `usual`, or fewer as the day's requests run out.
pub(crate) fn max_window_pages(usual: u64, requests_left: u64, concurrency: usize) -> u64 {
    let share = requests_left / (DAILY_SHARE_DIVISOR * (concurrency as u64).max(1));
    share.max(MIN_PIECE_PAGES).min(usual).max(1)
}

/// Returns the pages of each piece of a window with `total` pages, in fetch order. `behind` are the
/// pages that wait behind it; `None` if unknown.
fn piece_sizes(total: u64, behind: Option<u64>, concurrency: u64, most: u64) -> Vec<u64> {
    let (usual, fewest) =
        ((most / PIECE_SIZE_DIVISOR).max(1), MIN_PIECE_PAGES.min(most / PIECE_SIZE_DIVISOR).max(1));
    let mut sizes = Vec::new();
    let mut left = total;
    while left > 0 {
        let size = match behind {
            Some(behind) => ((left + behind) / (2 * concurrency.max(1))).clamp(fewest, usual),
            None => usual,
        };
        // The last piece takes a remainder that is too small for a window.
        let size = if left < size + fewest { left } else { size };
        sizes.push(size);
        left -= size;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn hours(from: i64, to: i64) -> TimeRange {
        let hour = |hour: i64| DateTime::<Utc>::from_timestamp(1_793_491_200 + hour * 3600, 0).unwrap();
        TimeRange { from: hour(from), to: hour(to) }
    }

    fn queue(windows: &[TimeRange], order: WindowOrder) -> WindowQueue {
        WindowQueue::new(windows, order, HourlyProfile::default())
    }

    fn waiting(queue: &WindowQueue) -> Vec<TimeRange> {
        queue.waiting.iter().map(|task| task.range).collect()
    }

    #[test]
    fn pieces_shrink_towards_the_end() {
        assert_eq!(piece_sizes(100, None, 4, 60), [30, 30, 30, 10]);
        assert_eq!(piece_sizes(92, None, 4, 60), [30, 30, 32]);
        assert_eq!(piece_sizes(100, Some(1000), 4, 60), [30, 30, 30, 10]);
        assert_eq!(piece_sizes(100, Some(0), 4, 60), [12, 11, 9, 8, 7, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 5]);
        assert_eq!(piece_sizes(3, Some(0), 4, 60), [3]);
        assert_eq!(piece_sizes(5, None, 4, 2), [1, 1, 1, 1, 1]);
    }

    #[test]
    fn pieces_come_next_in_order() {
        let windows = [hours(0, 24), hours(24, 48)];
        let mut oldest = queue(&windows, WindowOrder::OldestFirst);
        let task = oldest.next().unwrap();
        assert!(!task.is_too_large(6000, 60));
        assert!(task.is_too_large(6001, 60));
        assert_eq!(oldest.split(&task, 9000, 4, 60), 3);
        assert_eq!(waiting(&oldest), [hours(0, 8), hours(8, 16), hours(16, 24), hours(24, 48)]);

        let mut newest = queue(&[hours(24, 48), hours(0, 24)], WindowOrder::NewestFirst);
        let task = newest.next().unwrap();
        newest.split(&task, 9000, 4, 60);
        assert_eq!(waiting(&newest), [hours(40, 48), hours(32, 40), hours(24, 32), hours(0, 24)]);
    }

    #[test]
    fn pieces_with_the_whole_count_are_not_split() {
        let mut queue = queue(&[hours(0, 24)], WindowOrder::OldestFirst);
        let whole = queue.next().unwrap();
        queue.split(&whole, 9000, 4, 60);
        let piece = queue.next().unwrap();
        assert!(piece.is_too_large(8999, 60));
        assert!(!piece.is_too_large(9000, 60));
        let second = TimeRange { from: hours(0, 1).from, to: hours(0, 1).from + TimeDelta::seconds(1) };
        assert!(
            !super::WindowQueue::new(&[second], WindowOrder::OldestFirst, HourlyProfile::default())
                .peek()
                .unwrap()
                .is_too_large(1_000_000, 60)
        );
    }

    #[test]
    fn windows_shrink_with_the_remaining_requests() {
        assert_eq!(max_window_pages(60, u64::MAX, 4), 60);
        assert_eq!(max_window_pages(60, 480, 4), 60);
        assert_eq!(max_window_pages(60, 70, 2), 17);
        assert_eq!(max_window_pages(60, 0, 2), 4);
        assert_eq!(max_window_pages(2, u64::MAX, 2), 2);
        let mut queue = queue(&[hours(0, 24)], WindowOrder::OldestFirst);
        let task = queue.next().unwrap();
        assert!(task.is_too_large(1701, 17) && !task.is_too_large(1700, 17));
        queue.split(&task, 6000, 2, 17);
        assert!(queue.waiting.iter().all(|task| task.pages() <= 17 + 4));
    }

    #[test]
    fn failed_windows_are_halved_and_given_up() {
        let mut queue = queue(&[hours(0, 4), hours(4, 5)], WindowOrder::OldestFirst);
        let task = queue.next().unwrap();
        assert!(queue.requeue(&task));
        assert_eq!(waiting(&queue), [hours(4, 5), hours(0, 4)]);
        queue.next();
        let task = queue.next().unwrap();
        assert!(queue.requeue(&task));
        assert_eq!(waiting(&queue), [hours(0, 2), hours(2, 4)]);
        let task = queue.next().unwrap();
        assert!(queue.requeue(&task));
        assert_eq!(waiting(&queue), [hours(2, 4), hours(0, 1), hours(1, 2)]);
        queue.next();
        let task = queue.next().unwrap();
        assert!(!queue.requeue(&task));
        assert_eq!(waiting(&queue), [hours(1, 2)]);
    }
}
