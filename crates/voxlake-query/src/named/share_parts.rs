//! Numerator and denominator of a share, as the header of a query declares them.

/// Columns whose quotient is a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareParts {
    /// Columns whose sum is the numerator; at least one.
    pub numerator: Vec<String>,
    /// Column with the denominator.
    pub denominator: String,
    /// True if the denominator is on the line `total` of the same period, and not on the line of
    /// the share.
    pub of_total: bool,
}

impl ShareParts {
    /// Parses `abandoned + short_abandoned / offered` or, for a share of the total,
    /// `calls / total calls`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let invalid =
            || format!("{text:?} is no share of columns such as abandoned / offered or calls / total calls");
        let (numerator, denominator) = text.split_once('/').ok_or_else(invalid)?;
        let denominator = denominator.trim();
        let (denominator, of_total) = match denominator.strip_prefix("total ") {
            Some(column) => (column.trim_start(), true),
            None => (denominator, false),
        };
        let parts = Self {
            numerator: numerator.split('+').map(|column| column.trim().to_owned()).collect(),
            denominator: denominator.to_owned(),
            of_total,
        };
        let is_name = |name: &String| !name.is_empty() && !name.contains(char::is_whitespace);
        if parts.columns().all(is_name) { Ok(parts) } else { Err(invalid()) }
    }

    /// Returns the names of all columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = &String> {
        self.numerator.iter().chain([&self.denominator])
    }
}
