//! Bars with labels and numbers.

use unicode_width::UnicodeWidthStr as _;

use super::point::Point;
use crate::text::truncate;

/// Maximum number of bars.
const MAX_BARS: usize = 100;
/// Maximum width of a label, in terminal columns.
const MAX_LABEL_COLUMNS: usize = 30;
/// Minimum width of the longest bar, in terminal columns.
const MIN_BAR_COLUMNS: usize = 8;
/// Columns of the separators between label, bar and number.
const SEPARATOR_COLUMNS: usize = 4;
/// Ends of a bar, in eighths of a terminal column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws one bar for each point.
pub(super) fn draw_bars(points: &[Point], width: usize) -> String {
    let shown = &points[..points.len().min(MAX_BARS)];
    let numbers = shown.iter().map(|point| point.label.width()).max().unwrap_or(0);
    let names = shown.iter().map(|point| point.name.width()).max().unwrap_or(0);
    let names =
        names.min(MAX_LABEL_COLUMNS).min(width.saturating_sub(numbers + MIN_BAR_COLUMNS + SEPARATOR_COLUMNS));
    let max = shown.iter().filter_map(|point| point.number).map(f64::abs).fold(0.0, f64::max);
    let bar_columns = width.saturating_sub(names + numbers + SEPARATOR_COLUMNS).max(MIN_BAR_COLUMNS);
    let mut lines = Vec::new();
    for point in shown {
        let name = truncate(&point.name, names).into_owned();
        let share = point.number.filter(|_| max > 0.0).map_or(0.0, |number| number.abs() / max);
        let bar = bar(share, bar_columns, point.number.is_some_and(|number| number < 0.0));
        let indent = " ".repeat(names.saturating_sub(name.width()));
        lines.push(format!("{name}{indent} │{bar} {}", point.label));
    }
    if points.len() > shown.len() {
        lines.push(format!(
            "only the first {MAX_BARS} of {} rows are shown; a line chart shows all",
            points.len()
        ));
    }
    lines.join("\n")
}

/// Returns a bar that fills a share of `columns`; bars of negative numbers are lighter.
fn bar(share: f64, columns: usize, is_negative: bool) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a terminal's width")]
    let eighths = (share * columns as f64 * 8.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to eight times the width"
    )]
    let eighths = eighths as usize;
    if is_negative {
        return "░".repeat(eighths.div_ceil(8));
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
