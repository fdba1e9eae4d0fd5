//! Arguments of `voxlake generate`.

use std::num::{NonZeroU64, NonZeroUsize};

use chrono::NaiveDate;
use clap::ValueEnum;

use super::{ContactCenterArgs, ViewName, date};

/// Fill a lake with simulated calls, without HTTP.
///
/// For benchmarks and for queries on a large lake. The calls are those of `voxlake sim` and
/// `voxlake demo`, in the day files that a sync would write, each with complete coverage.
///
/// The number of calls is met exactly if the simulation allows it, otherwise approximately. The
/// same seed, calls, days and end give the same files. It can be interrupted at any time: complete
/// days are kept, and the same command continues with the others.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake generate --calls 1M --days 30
  voxlake generate --calls 10M --seed 7 --until 2026-11-01 --lake /tmp/calls
  voxlake generate --calls 1B --days 365 --columns few --lake /srv/billion")]
pub(crate) struct GenerateArgs {
    /// Lake of the simulated calls: a folder or a URL
    #[arg(long, value_name = "PATH|URL", default_value = "data/generated")]
    pub(crate) lake: String,
    /// Number of calls, such as 250k, 10M or 1B; at most 10,000,000 a day
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) calls: NonZeroU64,
    /// Number of days
    #[arg(long, default_value_t = 365, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// First day without calls, a UTC date [default: today, so that yesterday is the last]
    ///
    /// With this option, the fetch time of the calls is two days later, when all of them are
    /// settled. Runs on different days then give the same files.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) contact_center: ContactCenterArgs,
    /// Level of detail of the calls; a summary has no legs
    #[arg(long, value_enum, default_value_t = ViewName::Detail)]
    pub(crate) view: ViewName,
    /// Columns to fill
    #[arg(long, value_enum, default_value_t = ColumnsName::All)]
    pub(crate) columns: ColumnsName,
    /// Do not build the summaries; `voxlake summarize` builds them later
    #[arg(long)]
    pub(crate) no_summaries: bool,
    /// Days generated concurrently, one thread each [default: number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

/// Columns to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnsName {
    /// All that the API fills
    All,
    /// Those for counts, durations and charges by queue, hour and result: engagement_id,
    /// start_time, total_duration, direction, distributions, queues, result, charge_amount,
    /// charge_currency, fetched_at. The others are null
    Few,
}

/// Parses a large number: `250k`, `10M`, `2.5M`, `1B`, `1_000_000`, `1,000,000`.
fn count(text: &str) -> Result<NonZeroU64, String> {
    let wrong = || format!("{text:?} is not a number of calls such as 250000, 250k, 10M or 1B");
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
    NonZeroU64::new(number).ok_or_else(|| "at least one call is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<u64> {
        count(text).ok().map(NonZeroU64::get)
    }

    #[test]
    fn large_numbers_are_parsed() {
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
