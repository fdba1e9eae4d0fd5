//! Output of a comparison with the API.

use std::io;

use indicatif::HumanCount;
use voxlake_fetch::{ComparisonReceipt, Mismatch};
use voxlake_report::escape_control_chars;

use crate::commands::sync_report::MAX_LISTED_RANGES;

/// Prints the outcome for people.
pub(super) fn print(receipt: &ComparisonReceipt, out: &mut impl io::Write) -> io::Result<()> {
    for mismatch in receipt.mismatches.iter().take(MAX_LISTED_RANGES) {
        let Mismatch { date, slice, lake, api, .. } = mismatch;
        let (lake, api) = (HumanCount(*lake), HumanCount(*api));
        writeln!(
            out,
            "DIFFERS {date}, {}: {lake} in the lake, {api} in the API",
            escape_control_chars(slice)
        )?;
    }
    if let Some(more) = receipt.mismatches.len().checked_sub(MAX_LISTED_RANGES).filter(|more| *more > 0) {
        writeln!(out, "and {more} more")?;
    }
    for (parameter, reason) in &receipt.ignored {
        writeln!(out, "Not compared: the API ignores {parameter}: {}", escape_control_chars(reason))?;
    }
    if !receipt.countries_without_code.is_empty() {
        let countries = receipt.countries_without_code.join(", ");
        writeln!(
            out,
            "Not compared: countries whose code is not known: {}",
            escape_control_chars(&countries)
        )?;
    }
    if !receipt.unknown_values.is_empty() {
        let values = receipt.unknown_values.join(", ");
        writeln!(out, "Not compared: the API does not know {}", escape_control_chars(&values))?;
    }
    if receipt.explained_by_rejects > 0 {
        let slices = HumanCount(receipt.explained_by_rejects);
        writeln!(
            out,
            "In {slices} slices the API counts records that are rejects: `voxlake rejects list` shows them"
        )?;
    }
    if receipt.mismatches.iter().any(|one| one.lake > one.api) && !receipt.repaired_days.is_empty() {
        writeln!(out, "The lake has more calls than the API: fetching a day again deletes no calls.")?;
    }
    let [compared, equal, before, left] =
        [receipt.compared, receipt.equal, receipt.confirmed_before, receipt.not_compared].map(HumanCount);
    let days = if receipt.days == 1 {
        "1 settled day".to_owned()
    } else {
        format!("{} settled days", HumanCount(receipt.days as u64))
    };
    writeln!(
        out,
        "{days}: {compared} slices compared, {equal} equal; {before} confirmed earlier; {left} not compared; requests: {}.",
        HumanCount(receipt.requests)
    )?;
    if receipt.stopped.as_deref() == Some("interrupted") {
        writeln!(out, "Interrupted; run again to compare the rest.")?;
    }
    if receipt.left_for_next_run > 0 && receipt.stopped.is_none() {
        writeln!(out, "Stopped at --max-requests; run again to compare the rest.")?;
    }
    if !receipt.repaired_days.is_empty() {
        let days: Vec<String> = receipt.repaired_days.iter().map(ToString::to_string).collect();
        writeln!(out, "Fetched again: {}", days.join(", "))?;
    }
    Ok(())
}
