//! The fields of a struct, by their names in JSON.

use arrow::datatypes::Fields;

use crate::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY};

/// Fields that are tried before a name is looked for among all: calls leave out some of what others have.
const LIKELY: usize = 4;

/// The names that a struct's columns have in JSON, found quickest in the order in which they came before.
pub(super) struct Names {
    /// In quotes and with the colon, as JSON mostly has them; empty for a column that is made from another.
    quoted: Vec<Box<[u8]>>,
    /// For the beginning, and then for each column, a column whose field came after it.
    after: Vec<usize>,
}

impl Names {
    pub(super) fn new(fields: &Fields) -> Self {
        let quoted = |name: &str| match name {
            CHARGE_AMOUNT | CHARGE_CURRENCY => Box::default(),
            name => format!("\"{name}\":").into_bytes().into_boxed_slice(),
        };
        let quoted = fields.iter().map(|field| quoted(field.name())).collect();
        Self { quoted, after: (0..=fields.len()).collect() }
    }

    /// The column, of those whose fields are likely to follow that of the column `before`, whose name in quotes
    /// `comes`: the one that came there before, the one after that, for where that is missing, and so on.
    #[inline]
    pub(super) fn likely(
        &self,
        before: Option<usize>,
        mut comes: impl FnMut(&[u8]) -> bool,
    ) -> Option<usize> {
        let mut place = before.map_or(0, |column| column + 1);
        for _ in 0..LIKELY {
            let column = *self.after.get(place)?;
            let quoted = self.quoted.get(column)?;
            if !quoted.is_empty() && comes(quoted) {
                return Some(column);
            }
            place = column + 1;
        }
        None
    }

    /// The column of the field `name`, which follows that of the column `before`.
    pub(super) fn find(&mut self, name: &str, before: Option<usize>) -> Option<usize> {
        let is = |quoted: &[u8]| quoted.len() == name.len() + 3 && quoted[1..].starts_with(name.as_bytes());
        let column = self.quoted.iter().position(|quoted| is(quoted))?;
        self.after[before.map_or(0, |column| column + 1)] = column;
        Some(column)
    }
}
