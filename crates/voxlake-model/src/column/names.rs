//! The fields of a struct, by their names in JSON.

use arrow::datatypes::Fields;

use crate::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY};

/// Fields that are tried before a name is looked for among all: calls leave out some of what others
/// have.
const LIKELY: usize = 4;

/// The names that a struct's columns have in JSON, found quickest in the order in which they came
/// before.
pub(super) struct Names {
    fields: Fields,
    /// The columns that are made from another and so have no name in JSON, a bit for each.
    made: u64,
    /// For the beginning, and then for each column, a column whose field came after it.
    after: Vec<usize>,
}

impl Names {
    /// The names of no more than 64 fields.
    pub(super) fn new(fields: &Fields) -> Self {
        let is_made = |name: &str| matches!(name, CHARGE_AMOUNT | CHARGE_CURRENCY);
        let bits = fields.iter().enumerate().map(|(at, field)| u64::from(is_made(field.name())) << at);
        Self { fields: fields.clone(), made: bits.sum(), after: (0..=fields.len()).collect() }
    }

    /// The column, of those whose fields are likely to follow that of the column `before`, whose
    /// name `comes`: the one that came there before, the one after that, for where that is
    /// missing, and so on. What `comes` is taken, so that it is asked of names alone that may.
    #[inline]
    pub(super) fn likely(&self, before: Option<usize>, mut comes: impl FnMut(&str) -> bool) -> Option<usize> {
        let mut place = before.map_or(0, |column| column + 1);
        for _ in 0..LIKELY {
            let column = *self.after.get(place)?;
            if !self.is_made(column) && comes(self.fields.get(column)?.name()) {
                return Some(column);
            }
            place = column + 1;
        }
        None
    }

    /// The column of the field `name`, which follows that of the column `before`.
    pub(super) fn find(&mut self, name: &str, before: Option<usize>) -> Option<usize> {
        let column = self.fields.iter().position(|field| field.name() == name)?;
        if self.is_made(column) {
            return None;
        }
        self.after[before.map_or(0, |column| column + 1)] = column;
        Some(column)
    }

    fn is_made(&self, column: usize) -> bool {
        self.made & 1 << column != 0
    }
}
