//! Columns of the result of a bound query: which of them the user groups by, and labels of values
//! of which the result has only a part.

use std::collections::BTreeMap;

use crate::period::{CalendarUnit, partial_units};
use crate::{BoundQuery, Column, LakeSession, QueryError};

/// A column of the result of a bound query.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DescribedColumn<'a> {
    /// Declaration in the header of the query.
    pub column: &'a Column,
    /// True if a parameter that the user gave groups by the column.
    pub is_key: bool,
    /// Labels for people of the days, weeks and months of which the result has only a part, by
    /// their names: `2026-W46, 3 of 7 days`.
    pub labels: BTreeMap<String, String>,
}

impl<'a> BoundQuery<'a> {
    /// Returns the columns of the result over the calls of `session`.
    ///
    /// # Errors
    /// As [`LakeSession::gaps`].
    pub async fn describe_columns(
        &self,
        session: &LakeSession,
    ) -> Result<Vec<DescribedColumn<'a>>, QueryError> {
        let grouping = self.calendar_grouping();
        let labels = match grouping {
            Some((_, unit)) => partial_units(unit, self.period, &session.gaps(self.period).await?, self.zone),
            None => BTreeMap::new(),
        };
        let has_labels = |name: &str| grouping.is_some_and(|(columns, _)| columns.contains(&name));
        let columns = self.query.columns.iter().map(|column| DescribedColumn {
            column,
            is_key: self
                .given_parameters()
                .any(|parameter| grouping_columns(parameter).contains(&column.name.as_str())),
            labels: if has_labels(&column.name) { labels.clone() } else { BTreeMap::new() },
        });
        Ok(columns.collect())
    }

    /// Returns the calendar unit of the rows, and the columns with its names.
    pub(crate) fn calendar_grouping(&self) -> Option<(&'static [&'static str], CalendarUnit)> {
        ["by", "per"].into_iter().find_map(|parameter| {
            let unit = CalendarUnit::parse(self.parameter_value(parameter)?)?;
            Some((grouping_columns(parameter), unit))
        })
    }
}

/// Returns the columns by which this parameter of a query groups its rows.
fn grouping_columns(parameter: &str) -> &'static [&'static str] {
    match parameter {
        "by" => &["group_name", "day", "hour"],
        "per" => &["period"],
        _ => &[],
    }
}
