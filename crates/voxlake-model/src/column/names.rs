//! Lookup of a struct's fields by their names in JSON.

use arrow::datatypes::Fields;

use crate::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY};

/// Maximum likely fields that are compared before a full lookup. More than one is needed because
/// calls omit different fields.
const MAX_TRIED_FIELDS: usize = 4;

/// Names of a struct's columns in JSON. The order of fields in earlier objects speeds up the
/// lookup.
pub(super) struct FieldNames {
    fields: Fields,
    /// Bit set of columns that are derived from others and have no name in JSON.
    derived: u64,
    /// Columns whose fields came next in earlier objects: at index 0 after the start of an object,
    /// at index `column + 1` after the field of `column`.
    successors: Vec<usize>,
}

impl FieldNames {
    /// Takes at most 64 fields.
    pub(super) fn new(fields: &Fields) -> Self {
        let is_derived = |name: &str| matches!(name, CHARGE_AMOUNT | CHARGE_CURRENCY);
        let bits = fields.iter().enumerate().map(|(at, field)| u64::from(is_derived(field.name())) << at);
        Self { fields: fields.clone(), derived: bits.sum(), successors: (0..=fields.len()).collect() }
    }

    /// Finds the next column among likely candidates: the one that followed the column `previous`
    /// in earlier objects, then the one that followed that, and so on. `matches` consumes the
    /// name if it is the next one.
    #[inline]
    pub(super) fn find_likely(
        &self,
        previous: Option<usize>,
        mut matches: impl FnMut(&str) -> bool,
    ) -> Option<usize> {
        let mut index = previous.map_or(0, |column| column + 1);
        for _ in 0..MAX_TRIED_FIELDS {
            let column = *self.successors.get(index)?;
            if !self.is_derived(column) && matches(self.fields.get(column)?.name()) {
                return Some(column);
            }
            index = column + 1;
        }
        None
    }

    /// Finds the column of the field `name` and records that it followed `previous`.
    pub(super) fn find(&mut self, name: &str, previous: Option<usize>) -> Option<usize> {
        let column = self.fields.iter().position(|field| field.name() == name)?;
        if self.is_derived(column) {
            return None;
        }
        self.successors[previous.map_or(0, |column| column + 1)] = column;
        Some(column)
    }

    fn is_derived(&self, column: usize) -> bool {
        self.derived & 1 << column != 0
    }
}
