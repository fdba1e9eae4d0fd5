//! The fields of a struct, by their names in JSON.

use arrow::datatypes::Fields;

use crate::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY};

/// Fields that are tried before a name is looked for among all: calls leave out some of what others
/// have.
const MAX_TRIED_FIELDS: usize = 4;

/// The names that a struct's columns have in JSON, found quickest in the order in which they came
/// before.
pub(super) struct FieldNames {
    fields: Fields,
    /// The columns that are derived from another and so have no name in JSON, a bit for each.
    derived: u64,
    /// For the beginning, and then for each column, a column whose field came after it.
    after: Vec<usize>,
}

impl FieldNames {
    /// The names of no more than 64 fields.
    pub(super) fn new(fields: &Fields) -> Self {
        let is_derived = |name: &str| matches!(name, CHARGE_AMOUNT | CHARGE_CURRENCY);
        let bits = fields.iter().enumerate().map(|(at, field)| u64::from(is_derived(field.name())) << at);
        Self { fields: fields.clone(), derived: bits.sum(), after: (0..=fields.len()).collect() }
    }

    /// The column, of those whose fields are likely to follow that of the column `before`, whose
    /// name `comes`: the one that came there before, the one after that, for where that is
    /// missing, and so on. What `comes` is taken, so that it is asked of names alone that may.
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

    /// The column of the field `name`, which follows that of the column `before`.
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
