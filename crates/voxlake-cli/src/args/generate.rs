//! What can be typed after `voxlake generate`.

use std::num::{NonZeroU64, NonZeroUsize};

use chrono::NaiveDate;
use clap::ValueEnum;

use super::{HouseArgs, ViewName, date};

/// Fill a lake with simulated calls, millions of them, without the way over HTTP.
///
/// For measuring, and for trying questions on a large lake. The calls are those of `voxlake sim` and
/// `voxlake demo`, in the files that a sync would write, one UTC day each, every day noted as fetched whole.
///
/// The simulated day's size is chosen so that as many calls as asked for come together in the period; where
/// chance allows no such size, a few more or less. The same seed, calls, days and end give the same files. It
/// may be ended at any moment: the days that are complete are kept, and the same command goes on with the
/// others.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake generate --calls 1M --days 30
  voxlake generate --calls 10M --seed 7 --until 2026-11-01 --lake /tmp/calls
  voxlake generate --calls 1B --days 365 --columns few --lake /srv/billion")]
pub(crate) struct GenerateArgs {
    /// The lake of simulated calls: a folder or a URL
    #[arg(long, value_name = "PATH|URL", default_value = "data/generated")]
    pub(crate) lake: String,
    /// How many calls: a number such as 250k, 10M or 1B; 10,000,000 a day at most
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) calls: NonZeroU64,
    /// Over how many days
    #[arg(long, default_value_t = 365, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// First day without calls, a UTC date [default: today, so that yesterday is the last]
    ///
    /// The calls of a run that names it are noted as fetched two days later, when all of them are settled.
    /// Name it where a run has to be repeated on another day.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) house: HouseArgs,
    /// How much each call tells; a summary has no legs
    #[arg(long, value_enum, default_value_t = ViewName::Detail)]
    pub(crate) view: ViewName,
    /// Which columns to fill
    #[arg(long, value_enum, default_value_t = ColumnsName::All)]
    pub(crate) columns: ColumnsName,
    /// Do not make the daily summaries; `voxlake summarize` makes them later
    #[arg(long)]
    pub(crate) no_summaries: bool,
    /// Days made at once, a thread each [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

/// Columns that are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnsName {
    /// Every one that the API fills
    All,
    /// What counts, durations and charges by queue, hour and result are made of: engagement_id, start_time,
    /// total_duration, direction, distributions, queues, result, charge_amount, charge_currency, fetched_at.
    /// The others are null
    Few,
}

/// A number as people write large ones: `250k`, `10M`, `2.5M`, `1B`, `1_000_000`, `1,000,000`.
fn count(text: &str) -> Result<NonZeroU64, String> {
    let wrong = || format!("{text:?} is no number of calls such as 250000, 250k, 10M or 1B");
    let (digits, zeros) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 3),
        Some((at, 'm' | 'M')) => (&text[..at], 6),
        Some((at, 'b' | 'B')) => (&text[..at], 9),
        _ => (text, 0),
    };
    let digits = digits.trim_end();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if digits.ends_with('.') || !whole.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole = whole.replace(['_', ','], "");
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > zeros || !format!("{whole}{fraction}").bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = format!("{whole}{fraction:0<zeros$}").parse().map_err(|_| wrong())?;
    NonZeroU64::new(number).ok_or_else(|| "no calls are no lake: ask for one at least".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<u64> {
        count(text).ok().map(NonZeroU64::get)
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in [
            ("1", 1),
            ("250000", 250_000),
            ("250k", 250_000),
            ("250K", 250_000),
            ("10M", 10_000_000),
            ("10 M", 10_000_000),
            ("2.5M", 2_500_000),
            ("2.50M", 2_500_000),
            ("0.001k", 1),
            ("1b", 1_000_000_000),
            ("1_000_000", 1_000_000),
            ("1,000,000", 1_000_000),
            ("7.0", 7),
        ] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        for text in [
            "", "k", "0", "0M", "-1", "+1", "1.5", "1.0005k", "1e6", "10G", "1.k", ".5k", "1 0", "M10", "1kk",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read("18446744073709551616"), None);
        assert_eq!(read("99999999999B"), None);
    }

    proptest! {
        #[test]
        fn thousands_mean_the_same_with_and_without_their_letter(number in 1..=u64::from(u32::MAX)) {
            for (letter, size) in [("k", 1_000_u64), ("M", 1_000_000), ("B", 1_000_000_000)] {
                let (whole, rest) = (number / size, number % size);
                let digits = size.ilog10() as usize;
                prop_assert_eq!(read(&format!("{whole}.{rest:0digits$}{letter}")), Some(number));
            }
            prop_assert_eq!(read(&number.to_string()), Some(number));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC*") {
            let _ = count(&text);
        }
    }
}
