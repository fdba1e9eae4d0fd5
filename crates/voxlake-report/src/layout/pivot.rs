//! Values of a result by two categories.

use std::collections::{HashMap, HashSet};

use crate::content::grid::{Grid, Row};
use crate::content::number::Decimal;

/// Returns the label of a row in a column: its value, or the label of its line if that is NULL.
pub(super) fn row_text(grid: &Grid, row: &Row, column: &str) -> String {
    grid.cell(row, column).map_or_else(|| grid.row_label(row, column), str::to_owned)
}

/// Returns the value of a row as a number.
pub(super) fn row_number(grid: &Grid, row: &Row, column: &str) -> Option<Decimal> {
    grid.cell(row, column).and_then(Decimal::parse)
}

/// Returns the distinct labels of a column, in the order of the rows.
pub(super) fn distinct_labels(grid: &Grid, column: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let labels = grid.rows.iter().map(|row| row_text(grid, row, column));
    labels.filter(|label| seen.insert(label.clone())).collect()
}

/// Returns the distinct labels of a column by descending sums of `value`. The largest series is
/// then at the foot of every bar, and in the first colour.
pub(super) fn labels_by_sum(grid: &Grid, column: &str, value: &str) -> Vec<String> {
    let mut sums: Vec<(String, f64)> = Vec::new();
    for row in &grid.rows {
        let number = row_number(grid, row, value).map_or(0.0, Decimal::to_f64);
        let label = row_text(grid, row, column);
        match sums.iter_mut().find(|(other, _)| *other == label) {
            Some((_, sum)) => *sum += number,
            None => sums.push((label, number)),
        }
    }
    sums.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    sums.into_iter().map(|(label, _)| label).collect()
}

/// Returns the values of a column, by the labels of two others.
///
/// # Errors
/// If two rows have the same labels.
pub(super) fn pivot(
    grid: &Grid,
    (first, first_labels): (&str, &[String]),
    (second, second_labels): (&str, &[String]),
    value: &str,
) -> Result<Vec<Vec<Option<Decimal>>>, String> {
    let (firsts, seconds) = (indexes(first_labels), indexes(second_labels));
    let mut cells = vec![vec![None; second_labels.len()]; first_labels.len()];
    let mut taken = HashSet::new();
    for row in &grid.rows {
        let (a, b) = (row_text(grid, row, first), row_text(grid, row, second));
        let (Some(a), Some(b)) = (firsts.get(a.as_str()), seconds.get(b.as_str())) else { continue };
        if !taken.insert((*a, *b)) {
            return Err(format!(
                "two rows have the same {first} and {second}: distinguish them by another column or by lines"
            ));
        }
        cells[*a][*b] = row_number(grid, row, value);
    }
    Ok(cells)
}

/// Returns the values of a column, one for each category.
///
/// # Errors
/// If two rows have the same category.
pub(super) fn values_by_category(
    grid: &Grid,
    (category, categories): (&str, &[String]),
    value: &str,
) -> Result<Vec<Option<Decimal>>, String> {
    if categories.len() < grid.rows.len() {
        return Err(format!("two rows have the same {category}: distinguish them by series or lines"));
    }
    Ok(grid.rows.iter().map(|row| row_number(grid, row, value)).collect())
}

fn indexes(labels: &[String]) -> HashMap<&str, usize> {
    labels.iter().enumerate().map(|(at, label)| (label.as_str(), at)).collect()
}
