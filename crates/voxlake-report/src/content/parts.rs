//! Numerators and denominators of shares.

use super::grid::{Grid, PERIOD_COLUMN, Row, RowKind};
use super::number::{self, Decimal};
use crate::definition::Unit;

/// Denominators below this are marked as small groups. With 30 calls, a rate of 10 % has a 95 %
/// confidence interval from 3 % to 26 %, and one call changes it by 3.3 points.
pub const SMALL_GROUP_LIMIT: u32 = 30;

/// Mark of rates of small groups.
pub(crate) const SMALL_GROUP_MARK: &str = "†";

/// Numerator and denominator of a share, as the query returns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueParts {
    /// Numerator.
    pub numerator: String,
    /// Denominator.
    pub denominator: String,
}

impl ValueParts {
    /// Returns the parts of the share in the column at `at`; `None` if it is NULL, or if its parts
    /// are not known. `grid` has all rows of the result.
    pub(crate) fn of_share(grid: &Grid, row: &Row, at: usize) -> Option<Self> {
        let declared = grid.columns.get(at)?.parts.as_ref()?;
        row.cells.get(at)?.as_ref()?;
        let mut sum = Decimal::ZERO;
        for column in &declared.numerator {
            sum = sum.plus(Decimal::parse(grid.cell(row, column)?)?)?;
        }
        let whole = if declared.of_total { total_of(grid, row)? } else { row };
        let denominator = grid.cell(whole, &declared.denominator)?.to_owned();
        Some(Self { numerator: sum.plain(), denominator })
    }

    /// Formats as `4 of 28`.
    pub(crate) fn format(&self) -> String {
        let format = |text: &str| number::format_value(text, &Unit::None);
        format!("{} of {}", format(&self.numerator), format(&self.denominator))
    }

    /// Returns true if the denominator is below [`SMALL_GROUP_LIMIT`].
    pub(crate) fn is_small(&self) -> bool {
        let limit = Decimal::from(SMALL_GROUP_LIMIT);
        Decimal::parse(&self.denominator).is_some_and(|denominator| denominator.compare(limit).is_lt())
    }
}

/// Returns the total to which a row belongs: that of the same period, if there are several periods.
fn total_of<'a>(grid: &'a Grid, row: &Row) -> Option<&'a Row> {
    let period = grid.cell(row, PERIOD_COLUMN);
    let mut totals = grid.rows.iter().filter(|total| total.kind == RowKind::Total);
    totals.find(|total| grid.cell(total, PERIOD_COLUMN) == period)
}

/// Returns the explanation of [`SMALL_GROUP_MARK`].
pub(crate) fn small_group_note() -> String {
    format!(
        "{SMALL_GROUP_MARK} Small group: a rate of fewer than {SMALL_GROUP_LIMIT}, which a few calls change much."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{ColumnMeta, ShareParts};

    fn column(name: &str, parts: Option<ShareParts>) -> ColumnMeta {
        ColumnMeta::new(name, Some("share, 0 to 1"), true, "").with_parts(parts)
    }

    fn grid(parts: ShareParts, rows: &[(RowKind, [Option<&str>; 4])]) -> Grid {
        let columns = vec![
            column(PERIOD_COLUMN, None),
            column("lost", None),
            column("calls", None),
            column("rate", Some(parts)),
        ];
        let row = |(kind, cells): &(RowKind, [Option<&str>; 4])| Row {
            kind: *kind,
            line: String::new(),
            cells: cells.iter().map(|cell| cell.map(str::to_owned)).collect(),
        };
        Grid { columns, rows: rows.iter().map(row).collect() }
    }

    fn parts(numerator: &[&str], of_total: bool) -> ShareParts {
        let numerator = numerator.iter().map(|name| (*name).to_owned()).collect();
        ShareParts { numerator, denominator: "calls".to_owned(), of_total }
    }

    fn shown(grid: &Grid) -> Vec<Option<(String, bool)>> {
        let parts = grid.rows.iter().map(|row| ValueParts::of_share(grid, row, 3));
        parts.map(|parts| parts.map(|parts| (parts.format(), parts.is_small()))).collect()
    }

    #[test]
    fn shares_have_the_parts_of_their_row() {
        let rows = [
            (RowKind::Item, [None, Some("4"), Some("28"), Some("0.142857")]),
            (RowKind::Item, [None, Some("1200"), Some("30000"), Some("0.04")]),
            (RowKind::Item, [None, Some("30"), Some("30"), Some("1")]),
            (RowKind::Item, [None, Some("0"), Some("0"), None]),
            (RowKind::Item, [None, None, Some("5"), Some("0")]),
        ];
        let part = |text: &str, is_small| Some((text.to_owned(), is_small));
        assert_eq!(
            shown(&grid(parts(&["lost"], false), &rows)),
            [part("4 of 28", true), part("1,200 of 30,000", false), part("30 of 30", false), None, None]
        );
        let sum = grid(parts(&["lost", "lost"], false), &rows[..1]);
        assert_eq!(shown(&sum), [part("8 of 28", true)]);
    }

    #[test]
    fn shares_of_the_total_use_that_of_their_period() {
        let rows = [
            (RowKind::Item, [Some("2026-W44"), Some("1"), Some("2"), Some("0.1")]),
            (RowKind::Item, [Some("2026-W45"), Some("3"), Some("5"), Some("0.1")]),
            (RowKind::Total, [Some("2026-W44"), None, Some("10"), None]),
            (RowKind::Total, [Some("2026-W45"), None, Some("30"), None]),
        ];
        let part = |text: &str, is_small| Some((text.to_owned(), is_small));
        assert_eq!(
            shown(&grid(parts(&["lost"], true), &rows)),
            [part("1 of 10", true), part("3 of 30", false), None, None]
        );
        assert_eq!(shown(&grid(parts(&["lost"], true), &rows[..1])), [None]);
    }
}
