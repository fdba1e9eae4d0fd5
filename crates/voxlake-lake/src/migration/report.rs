//! Plan and result of a migration.

use chrono::NaiveDate;

use crate::DayFile;
use crate::column_layout::ColumnLayout;
use crate::digits::{counted, format_bytes, group_digits};

/// Days that a migration rewrites.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MigrationPlan {
    /// Days with an outdated column layout, by date.
    pub outdated: Vec<OutdatedDay>,
    /// Number of days with today's layout.
    pub current: usize,
    /// Days that are not rewritten, by date.
    pub skipped: Vec<SkippedDay>,
}

/// A day whose file has an outdated column layout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OutdatedDay {
    /// Its file.
    pub day: DayFile,
    /// Layout of its columns.
    pub layout: ColumnLayout,
}

/// A day whose file a migration does not rewrite.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedDay {
    /// UTC date.
    pub date: NaiveDate,
    /// Reason why it is not rewritten.
    pub reason: String,
    /// True if its file is damaged.
    pub damaged: bool,
}

/// Result of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationReport {
    /// Rewritten days, by date.
    pub rewritten: Vec<NaiveDate>,
    /// Number of days that had today's layout.
    pub current: usize,
    /// Days that are not rewritten.
    pub skipped: Vec<SkippedDay>,
    /// Number of days of the lake.
    pub days: usize,
}

impl MigrationPlan {
    /// Number of days of the lake.
    #[must_use]
    pub fn days(&self) -> usize {
        self.outdated.len() + self.current + self.skipped.len()
    }

    /// Describes the plan, with a line for each day.
    ///
    /// The lines contain reasons from damaged files. Callers escape control characters before
    /// printing them.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let outdated = self.outdated.iter();
        let mut lines: Vec<String> = outdated
            .map(|OutdatedDay { day, layout }| {
                format!("{}  {:>8}  {}", day.date, format_bytes(day.meta.size), describe_layout(*layout))
            })
            .collect();
        lines.extend(self.skipped.iter().map(SkippedDay::describe));
        let bytes = self.outdated.iter().map(|outdated| outdated.day.meta.size).sum();
        lines.push(match self.outdated.len() {
            0 => describe_nothing(self.current),
            outdated => format!(
                "would rewrite {} ({}); {}",
                describe_share(outdated, self.days()),
                format_bytes(bytes),
                counted(self.current as u64, "is current", "are current")
            ),
        });
        lines
    }
}

impl MigrationReport {
    pub(super) fn new(plan: &MigrationPlan) -> Self {
        Self {
            rewritten: Vec::new(),
            current: plan.current,
            skipped: plan.skipped.clone(),
            days: plan.days(),
        }
    }

    /// Describes the result, with a line for each skipped day.
    ///
    /// The lines contain reasons from damaged files. Callers escape control characters before
    /// printing them.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.skipped.iter().map(SkippedDay::describe).collect();
        let current = self.current as u64;
        lines.push(if self.current + self.skipped.len() == self.days {
            describe_nothing(self.current)
        } else {
            let share = describe_share(self.rewritten.len(), self.days);
            format!("rewrote {share}; {}", counted(current, "was current", "were current"))
        });
        lines
    }
}

impl SkippedDay {
    fn describe(&self) -> String {
        format!("FAULT {}: {}", self.date, self.reason)
    }
}

fn describe_layout(layout: ColumnLayout) -> &'static str {
    match layout {
        ColumnLayout::FormerLists => "list children are named item",
        _ => "columns are missing, or of other types",
    }
}

/// "3 of 60 days".
fn describe_share(days: usize, all: usize) -> String {
    format!("{} of {}", group_digits(days as u64), counted(all as u64, "day", "days"))
}

fn describe_nothing(current: usize) -> String {
    format!("nothing to rewrite: {} current", counted(current as u64, "day is", "days are"))
}
