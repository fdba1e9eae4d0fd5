//! Lookup of a struct's fields by their names in JSON.

use arrow::datatypes::Fields;

use crate::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY};

/// Fields that are compared before a full lookup. Calls differ in which fields they leave out.
const MAX_TRIED_FIELDS: usize = 4;

/// Names of a struct's columns in JSON. The order of fields in earlier objects speeds up the
/// lookup.
pub(super) struct FieldNames {
    fields: Fields,
    /// Bit set of columns that are derived from others and have no name in JSON.
    derived: u64,
    /// For the start of an object, and then for each column, the column whose field came next
    /// before.
    after: Vec<usize>,
}

impl FieldNames {
    /// Takes at most 64 fields.
    pub(super) fn new(fields: &Fields) -> Self {
        let is_derived = |name: &str| matches!(name, CHARGE_AMOUNT | CHARGE_CURRENCY);
        let bits = fields.iter().enumerate().map(|(at, field)| u64::from(is_derived(field.name())) << at);
        Self { fields: fields.clone(), derived: bits.sum(), after: (0..=fields.len()).collect() }
    }

    /// Finds the next column among likely candidates: the one that followed the column `before` in
    /// earlier objects, then the one that followed that, and so on. `matches` consumes the name if
    /// it is the next one.
    #[inline]
    pub(super) fn find_likely(
        &self,
        before: Option<usize>,
        mut matches: impl FnMut(&str) -> bool,
    ) -> Option<usize> {
        let mut place = before.map_or(0, |column| column + 1);
        for _ in 0..MAX_TRIED_FIELDS {
            let column = *self.after.get(place)?;
            if !self.is_derived(column) && matches(self.fields.get(column)?.name()) {
                return Some(column);
            }
            place = column + 1;
        }
        None
    }

    /// Finds the column of the field `name` and records that it followed the column `before`.
    pub(super) fn find(&mut self, name: &str, before: Option<usize>) -> Option<usize> {
        let column = self.fields.iter().position(|field| field.name() == name)?;
        if self.is_derived(column) {
            return None;
        }
        self.after[before.map_or(0, |column| column + 1)] = column;
        Some(column)
    }

    fn is_derived(&self, column: usize) -> bool {
        self.derived & 1 << column != 0
    }
}
