//! A line of braille dots: two beside and four above each other in every character.

use unicode_width::UnicodeWidthStr as _;

use super::point::Point;
use crate::text::cut;

/// The bits of the dots of a braille character, by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The line through `points`, with the greatest and the least number beside it and the first and last name below.
pub(super) fn line(points: &[Point], width: usize, height: usize) -> String {
    let told = |best: fn(f64, f64) -> bool| {
        let mut chosen: Option<(f64, &str)> = None;
        for point in points {
            if let Some(number) = point.number
                && chosen.is_none_or(|(other, _)| best(number, other))
            {
                chosen = Some((number, &point.told));
            }
        }
        chosen.unwrap_or((0.0, ""))
    };
    let ((most, most_told), (least, least_told)) = (told(|a, b| a > b), told(|a, b| a < b));
    // Counts and sums are seen beside zero, unless the line would lie far from it.
    let from_zero = least >= 0.0 && least <= most / 2.0;
    let (bottom, bottom_told) = if from_zero { (0.0, "0") } else { (least, least_told) };
    let axis = most_told.width().max(bottom_told.width());
    let columns = width.saturating_sub(axis + 2).clamp(8, points.len().max(8) * 4);
    let rows = height.clamp(2, 60);
    let mut cells = vec![vec![0_u32; columns]; rows];
    let mut last = None;
    for (at, point) in points.iter().enumerate() {
        let Some(number) = point.number else {
            last = None;
            continue;
        };
        let x = scaled(at, points.len().saturating_sub(1), columns * 2 - 1);
        let share = if most > bottom { (number - bottom) / (most - bottom) } else { 0.5 };
        let y = rows * 4 - 1 - of_share(share, rows * 4 - 1);
        for (x, y) in between(last.unwrap_or((x, y)), (x, y)) {
            cells[y / 4][x / 2] |= DOTS[x % 2][y % 4];
        }
        last = Some((x, y));
    }
    let mut lines = Vec::new();
    for (row, dots) in cells.iter().enumerate() {
        let told = match row {
            0 => most_told,
            row if row + 1 == rows => bottom_told,
            _ => "",
        };
        let dots: String = dots.iter().filter_map(|bits| char::from_u32(0x2800 + bits)).collect();
        lines.push(format!(
            "{}{told} │{}",
            " ".repeat(axis - told.width()),
            dots.trim_end_matches('\u{2800}')
        ));
    }
    let first = points.first().map_or("", |point| point.name.as_str());
    let last = points.last().map_or("", |point| point.name.as_str());
    let (first, last) = (cut(first, columns / 2), cut(last, columns / 2));
    let gap = columns.saturating_sub(first.width() + last.width());
    lines.push(format!("{} └{}", " ".repeat(axis), "─".repeat(columns)));
    lines.push(format!("{}  {first}{}{last}", " ".repeat(axis), " ".repeat(gap)));
    lines.join("\n")
}

/// `at` of `of`, on a scale that ends with `to`.
fn scaled(at: usize, of: usize, to: usize) -> usize {
    (at * to).checked_div(of).unwrap_or(0)
}

/// A share from 0 to 1, on a scale that ends with `to`.
fn of_share(share: f64, to: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "a terminal's height")]
    let at = (share.clamp(0.0, 1.0) * to as f64).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the height")]
    let at = at as usize;
    at.min(to)
}

/// The dots of the straight line from one to another.
fn between(from: (usize, usize), to: (usize, usize)) -> Vec<(usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    let along = |a: usize, b: usize, step: usize| {
        let way = a.abs_diff(b) * step;
        let way = (way + steps / 2).checked_div(steps).unwrap_or(0);
        if b >= a { a + way } else { a - way }
    };
    (0..=steps).map(|step| (along(from.0, to.0, step), along(from.1, to.1, step))).collect()
}
