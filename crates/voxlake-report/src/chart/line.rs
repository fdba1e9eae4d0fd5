//! A line of braille dots: each character is a grid of two by four dots.

use unicode_width::UnicodeWidthStr as _;

use super::point::Point;
use crate::text::truncate;

/// Bits of the dots of a braille character, by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// Braille character without dots.
const BLANK: char = '\u{2800}';
/// Columns of the axis line and the space after it.
const AXIS_COLUMNS: usize = 2;

/// Range of the vertical axis, with the labels at its ends.
struct Axis<'a> {
    bottom: (f64, &'a str),
    top: (f64, &'a str),
}

/// Draws a line through `points`. The largest and the smallest number label the vertical axis, the
/// first and the last name the horizontal one.
pub(super) fn draw_line(points: &[Point], width: usize, height: usize) -> String {
    let axis = Axis::covering(points);
    let label_columns = axis.top.1.width().max(axis.bottom.1.width());
    let columns = width.saturating_sub(label_columns + AXIS_COLUMNS).clamp(8, points.len().max(8) * 4);
    let rows = height.clamp(2, 60);
    let cells = plot(points, &axis, columns, rows);
    let mut lines = Vec::new();
    for (row, dots) in cells.iter().enumerate() {
        let label = match row {
            0 => axis.top.1,
            row if row + 1 == rows => axis.bottom.1,
            _ => "",
        };
        let dots: String = dots.iter().filter_map(|bits| char::from_u32(u32::from(BLANK) + bits)).collect();
        let indent = " ".repeat(label_columns - label.width());
        lines.push(format!("{indent}{label} │{}", dots.trim_end_matches(BLANK)));
    }
    let first = points.first().map_or("", |point| point.name.as_str());
    let last = points.last().map_or("", |point| point.name.as_str());
    let (first, last) = (truncate(first, columns / 2), truncate(last, columns / 2));
    let gap = columns.saturating_sub(first.width() + last.width());
    let indent = " ".repeat(label_columns);
    lines.push(format!("{indent} └{}", "─".repeat(columns)));
    lines.push(format!("{indent}  {first}{}{last}", " ".repeat(gap)));
    lines.join("\n")
}

impl<'a> Axis<'a> {
    /// Returns the axis of `points`. It starts at zero, unless the line would be far above zero.
    fn covering(points: &'a [Point]) -> Self {
        let extreme = |is_better: fn(f64, f64) -> bool| {
            let mut best: Option<(f64, &str)> = None;
            for point in points {
                if let Some(number) = point.number
                    && best.is_none_or(|(other, _)| is_better(number, other))
                {
                    best = Some((number, &point.label));
                }
            }
            best.unwrap_or((0.0, ""))
        };
        let (top, bottom) = (extreme(|a, b| a > b), extreme(|a, b| a < b));
        let from_zero = bottom.0 >= 0.0 && bottom.0 <= top.0 / 2.0;
        Self { top, bottom: if from_zero { (0.0, "0") } else { bottom } }
    }

    /// Returns the position of a number between the ends of the axis, from 0 to 1.
    fn share(&self, number: f64) -> f64 {
        let (bottom, top) = (self.bottom.0, self.top.0);
        if top > bottom { (number - bottom) / (top - bottom) } else { 0.5 }
    }
}

/// Returns the dots of each character, row by row.
fn plot(points: &[Point], axis: &Axis<'_>, columns: usize, rows: usize) -> Vec<Vec<u32>> {
    let mut cells = vec![vec![0_u32; columns]; rows];
    let mut previous = None;
    for (at, point) in points.iter().enumerate() {
        let Some(number) = point.number else {
            previous = None;
            continue;
        };
        let x = scale_index(at, points.len().saturating_sub(1), columns * 2 - 1);
        let y = rows * 4 - 1 - scale_share(axis.share(number), rows * 4 - 1);
        for (x, y) in line_between(previous.unwrap_or((x, y)), (x, y)) {
            cells[y / 4][x / 2] |= DOTS[x % 2][y % 4];
        }
        previous = Some((x, y));
    }
    cells
}

/// Maps `at`, from 0 to `last`, to the range from 0 to `end`.
fn scale_index(at: usize, last: usize, end: usize) -> usize {
    (at * end).checked_div(last).unwrap_or(0)
}

/// Maps a share, from 0 to 1, to the range from 0 to `end`.
fn scale_share(share: f64, end: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "a terminal's height")]
    let at = (share.clamp(0.0, 1.0) * end as f64).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the height")]
    let at = at as usize;
    at.min(end)
}

/// Returns the dots of a straight line.
fn line_between(from: (usize, usize), to: (usize, usize)) -> Vec<(usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    let interpolate = |a: usize, b: usize, step: usize| {
        let distance = a.abs_diff(b) * step;
        let distance = (distance + steps / 2).checked_div(steps).unwrap_or(0);
        if b >= a { a + distance } else { a - distance }
    };
    (0..=steps).map(|step| (interpolate(from.0, to.0, step), interpolate(from.1, to.1, step))).collect()
}
