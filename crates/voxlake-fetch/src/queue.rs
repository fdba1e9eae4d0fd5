//! The windows that wait for a walker: cut where they turn out too large, restarted where they
//! fail.

use std::collections::VecDeque;

use chrono::TimeDelta;
use voxlake_lake::TimeRange;

use crate::paging::pages;
use crate::plan::Order;
use crate::shape::Shape;

/// All walkers together begin no more than one part in so many of what is left of a day's requests:
/// what a limit interrupts is begun anew on the next day.
const PART_OF_THE_DAY: u64 = 2;
/// Pieces are cut to one part in so many of the most, since the shape of a day is only guessed. A
/// window wastes half a page on average, its last one.
const USUAL_PART: u64 = 2;
/// Towards the end of a run pieces become smaller, so that all walkers end together; no smaller
/// than this.
const FEWEST_PAGES: u64 = 4;
/// A window is given up at so many failures: whole twice, then in halves, then in quarters.
const MOST_FAILURES: u32 = 4;

/// A window that is to be walked.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) range: TimeRange,
    /// Records that it may hold; `None` where nobody asked yet.
    expected: Option<u64>,
    /// Records of the window that it was cut from.
    cut_from: Option<u64>,
    failures: u32,
}

impl Task {
    /// Whether a window of so many records should be cut instead of walked. One that holds as much
    /// as the window it was cut from will not become smaller by cutting.
    pub(crate) fn is_too_large(&self, total: u64, most_pages: u64) -> bool {
        pages(total) > most_pages
            && self.range.to - self.range.from > TimeDelta::seconds(1)
            && self.cut_from.is_none_or(|parent| total < parent)
    }

    /// Requests that walking it may take.
    pub(crate) fn pages(&self) -> u64 {
        pages(self.expected.unwrap_or(0))
    }
}

/// The windows that wait.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: VecDeque<Task>,
    order: Order,
    pub(crate) shape: Shape,
}

impl Queue {
    /// A queue of `windows`, in their order.
    pub(crate) fn new(windows: &[TimeRange], order: Order, shape: Shape) -> Self {
        let task = |range: &TimeRange| Task { range: *range, expected: None, cut_from: None, failures: 0 };
        Self { waiting: windows.iter().map(task).collect(), order, shape }
    }

    /// The next window, which stays where it is.
    pub(crate) fn peek(&self) -> Option<&Task> {
        self.waiting.front()
    }

    /// Takes the next window.
    pub(crate) fn next(&mut self) -> Option<Task> {
        self.waiting.pop_front()
    }

    /// Cuts a window of `total` records into pieces of at most `most_pages`, about, that come next;
    /// says how many.
    pub(crate) fn cut(&mut self, task: &Task, total: u64, walkers: usize, most_pages: u64) -> usize {
        // Windows that nobody asked about may be of any size, and then this is not the end.
        let known: Option<u64> = self.waiting.iter().map(|task| task.expected.map(pages)).sum();
        let mut shares = piece_sizes(pages(total), known, walkers as u64, most_pages);
        if self.order == Order::NewestFirst {
            shares.reverse();
        }
        let sum: u64 = shares.iter().sum::<u64>().max(1);
        let ranges = self.shape.cut(task.range, &shares);
        let mut pieces: Vec<Task> = ranges
            .into_iter()
            .zip(&shares)
            .map(|(range, share)| Task {
                range,
                expected: Some(
                    (u128::from(total) * u128::from(*share) / u128::from(sum)).try_into().unwrap_or(total),
                ),
                cut_from: Some(total),
                ..task.clone()
            })
            .collect();
        let count = pieces.len();
        // The first to be walked is pushed last.
        if self.order == Order::OldestFirst {
            pieces.reverse();
        }
        pieces.into_iter().for_each(|piece| self.waiting.push_front(piece));
        count
    }

    /// Takes back a window that failed, to be tried again behind the others: whole at first, then
    /// in halves. Where it has failed too often it is given up, and false is said.
    pub(crate) fn restart(&mut self, task: &Task) -> bool {
        let task = Task { failures: task.failures + 1, ..task.clone() };
        if task.failures >= MOST_FAILURES {
            return false;
        }
        if task.failures == 1 {
            self.waiting.push_back(task);
            return true;
        }
        for range in self.shape.cut(task.range, &[1, 1]) {
            let expected = task.expected.map(|expected| expected / 2);
            self.waiting.push_back(Task { range, expected, ..task.clone() });
        }
        true
    }
}

/// Most pages of a window while so many requests are left of the day; `usual` while there are
/// plenty.
pub(crate) fn most_pages(usual: u64, requests_left: u64, walkers: usize) -> u64 {
    let share = requests_left / (PART_OF_THE_DAY * (walkers as u64).max(1));
    share.max(FEWEST_PAGES).min(usual).max(1)
}

/// The sizes of the pieces of `total` pages, in the order of their walking. `behind` are the pages
/// that wait behind them; `None` where nobody knows.
fn piece_sizes(total: u64, behind: Option<u64>, walkers: u64, most: u64) -> Vec<u64> {
    let (usual, fewest) = ((most / USUAL_PART).max(1), FEWEST_PAGES.min(most / USUAL_PART).max(1));
    let mut sizes = Vec::new();
    let mut left = total;
    while left > 0 {
        let size = match behind {
            Some(behind) => ((left + behind) / (2 * walkers.max(1))).clamp(fewest, usual),
            None => usual,
        };
        // What would be left over is no window of its own.
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

    fn queue(windows: &[TimeRange], order: Order) -> Queue {
        Queue::new(windows, order, Shape::default())
    }

    fn rest(queue: &Queue) -> Vec<TimeRange> {
        queue.waiting.iter().map(|task| task.range).collect()
    }

    #[test]
    fn pieces_are_of_usual_size_while_more_may_come_and_shrink_towards_the_end() {
        assert_eq!(piece_sizes(100, None, 4, 60), [30, 30, 30, 10]);
        assert_eq!(piece_sizes(92, None, 4, 60), [30, 30, 32]);
        assert_eq!(piece_sizes(100, Some(1000), 4, 60), [30, 30, 30, 10]);
        assert_eq!(piece_sizes(100, Some(0), 4, 60), [12, 11, 9, 8, 7, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 5]);
        assert_eq!(piece_sizes(3, Some(0), 4, 60), [3]);
        assert_eq!(piece_sizes(5, None, 4, 2), [1, 1, 1, 1, 1]);
    }

    #[test]
    fn a_window_too_large_is_cut_and_its_pieces_come_next_in_their_order() {
        let windows = [hours(0, 24), hours(24, 48)];
        let mut oldest = queue(&windows, Order::OldestFirst);
        let task = oldest.next().unwrap();
        assert!(!task.is_too_large(6000, 60));
        assert!(task.is_too_large(6001, 60));
        assert_eq!(oldest.cut(&task, 9000, 4, 60), 3);
        assert_eq!(rest(&oldest), [hours(0, 8), hours(8, 16), hours(16, 24), hours(24, 48)]);

        let mut newest = queue(&[hours(24, 48), hours(0, 24)], Order::NewestFirst);
        let task = newest.next().unwrap();
        newest.cut(&task, 9000, 4, 60);
        assert_eq!(rest(&newest), [hours(40, 48), hours(32, 40), hours(24, 32), hours(0, 24)]);
    }

    #[test]
    fn an_api_that_counts_the_same_for_a_piece_as_for_the_whole_does_not_have_it_cut_for_ever() {
        let mut queue = queue(&[hours(0, 24)], Order::OldestFirst);
        let whole = queue.next().unwrap();
        queue.cut(&whole, 9000, 4, 60);
        let piece = queue.next().unwrap();
        assert!(piece.is_too_large(8999, 60));
        assert!(!piece.is_too_large(9000, 60));
        let second = TimeRange { from: hours(0, 1).from, to: hours(0, 1).from + TimeDelta::seconds(1) };
        assert!(
            !super::Queue::new(&[second], Order::OldestFirst, Shape::default())
                .peek()
                .unwrap()
                .is_too_large(1_000_000, 60)
        );
    }

    #[test]
    fn windows_become_smaller_as_the_day_s_requests_run_out() {
        assert_eq!(most_pages(60, u64::MAX, 4), 60);
        assert_eq!(most_pages(60, 480, 4), 60);
        assert_eq!(most_pages(60, 70, 2), 17);
        assert_eq!(most_pages(60, 0, 2), 4);
        assert_eq!(most_pages(2, u64::MAX, 2), 2);
        let mut queue = queue(&[hours(0, 24)], Order::OldestFirst);
        let task = queue.next().unwrap();
        assert!(task.is_too_large(1701, 17) && !task.is_too_large(1700, 17));
        queue.cut(&task, 6000, 2, 17);
        assert!(queue.waiting.iter().all(|task| task.pages() <= 17 + 4));
    }

    #[test]
    fn a_failed_window_is_restarted_whole_then_in_halves_then_quarters_and_then_given_up() {
        let mut queue = queue(&[hours(0, 4), hours(4, 5)], Order::OldestFirst);
        let task = queue.next().unwrap();
        assert!(queue.restart(&task));
        assert_eq!(rest(&queue), [hours(4, 5), hours(0, 4)]);
        queue.next();
        let task = queue.next().unwrap();
        assert!(queue.restart(&task));
        assert_eq!(rest(&queue), [hours(0, 2), hours(2, 4)]);
        let task = queue.next().unwrap();
        assert!(queue.restart(&task));
        assert_eq!(rest(&queue), [hours(2, 4), hours(0, 1), hours(1, 2)]);
        queue.next();
        let task = queue.next().unwrap();
        assert!(!queue.restart(&task));
        assert_eq!(rest(&queue), [hours(1, 2)]);
    }
}
