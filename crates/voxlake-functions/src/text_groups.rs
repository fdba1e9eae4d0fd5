//! `group_code(texts…)` and `group_text(code)`: grouping by texts through integer ids.
//!
//! Grouping by text hashes and compares the text of each row. For dictionary-encoded columns, the
//! ids of all combinations of dictionary entries are looked up once per batch, and each row costs
//! one table lookup. The optimizer rule `dictionary_group_by` creates both functions for one query.
//! They share its [`TextGroups`] and are not registered in the session.

mod functions;

use std::sync::{Arc, Mutex, MutexGuard};

use datafusion::arrow::array::{Array, ArrayRef, DictionaryArray};
use datafusion::arrow::datatypes::{FieldRef, Int32Type};
use datafusion::common::Result;
use datafusion::common::cast::as_string_array;
use datafusion::logical_expr::Expr;
use voxlake_model::sync;

pub use self::functions::TextGroupFunction;
use crate::group_ids::GroupIds;

/// Prefix of the names of columns with group ids.
pub const GROUP_COLUMN: &str = "__group_code";

/// Maximum entries of the table of group ids, unless a batch has more rows. Larger combinations are
/// hashed row by row.
const MAX_TABLE_ENTRIES: usize = 4096;
/// Dictionaries per column whose text ids are kept: one for each reading thread.
const MAX_KEPT_DICTIONARIES: usize = 16;

/// Group ids of one query, shared by its calls of `group_code` and `group_text`.
#[derive(Debug)]
pub struct TextGroups {
    state: Mutex<TextGroupState>,
}

impl TextGroups {
    /// Creates groups by `columns` texts.
    #[must_use]
    pub fn new(columns: usize) -> Arc<Self> {
        let state = TextGroupState {
            texts: (0..columns).map(|_| TextIds::default()).collect(),
            groups: GroupIds::default(),
        };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Number of texts of a group.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.state().texts.len()
    }

    /// Builds `group_code(texts…)`: the group id of each row, never null.
    pub fn id_expr(self: &Arc<Self>, texts: Vec<Expr>) -> Expr {
        TextGroupFunction::Code.of(self).call(texts)
    }

    /// Builds `group_text(code)`: the text of a group at `index` among its columns, named as
    /// `field`.
    pub fn text_expr(self: &Arc<Self>, code: Expr, index: usize, field: FieldRef) -> Expr {
        TextGroupFunction::Text { index, field }.of(self).call(vec![code])
    }

    fn state(&self) -> MutexGuard<'_, TextGroupState> {
        // Ids stay consecutive even if a thread panicked while it held the lock.
        sync::lock(&self.state)
    }
}

#[derive(Debug)]
struct TextGroupState {
    texts: Vec<TextIds>,
    /// Groups by the text ids of their columns.
    groups: GroupIds<Box<[u32]>>,
}

impl TextGroupState {
    /// Returns the text ids of each column's dictionary entries; the last id is that of null.
    fn dictionary_ids(&mut self, columns: &[DictionaryArray<Int32Type>]) -> Result<Vec<Arc<[u32]>>> {
        self.texts
            .iter_mut()
            .zip(columns)
            .map(|(texts, column)| texts.dictionary_ids(column.values()))
            .collect()
    }

    fn group_id(&mut self, texts: &[u32]) -> Result<u32> {
        match self.groups.get(texts) {
            Some(id) => Ok(id),
            None => self.groups.get_or_insert(texts.into()),
        }
    }
}

/// Ids of the texts of one column.
#[derive(Debug, Default)]
struct TextIds {
    ids: GroupIds<Option<Box<str>>>,
    /// Recent dictionaries with the ids of their entries.
    dictionaries: Vec<(ArrayRef, Arc<[u32]>)>,
}

impl TextIds {
    /// Returns the ids of a dictionary's entries; the last id is that of null.
    fn dictionary_ids(&mut self, dictionary: &ArrayRef) -> Result<Arc<[u32]>> {
        let is_same = |known: &ArrayRef| known.to_data().ptr_eq(&dictionary.to_data());
        if let Some((_, ids)) = self.dictionaries.iter().find(|(known, _)| is_same(known)) {
            return Ok(Arc::clone(ids));
        }
        let texts = as_string_array(dictionary)?;
        let ids = texts.iter().chain([None]).map(|text| self.ids.get_or_insert(text.map(Box::from)));
        let ids = ids.collect::<Result<Arc<[u32]>>>()?;
        if self.dictionaries.len() == MAX_KEPT_DICTIONARIES {
            self.dictionaries.remove(0);
        }
        self.dictionaries.push((Arc::clone(dictionary), Arc::clone(&ids)));
        Ok(ids)
    }
}

/// Returns the group id of each of `rows` rows of `columns`.
fn group_ids(groups: &TextGroups, columns: &[DictionaryArray<Int32Type>], rows: usize) -> Result<Vec<u32>> {
    let text_ids = groups.state().dictionary_ids(columns)?;
    let size = text_ids.iter().try_fold(1_usize, |size, ids| size.checked_mul(ids.len()));
    let Some(size) = size.filter(|size| *size <= MAX_TABLE_ENTRIES.max(rows)) else {
        return hashed_group_ids(&mut groups.state(), columns, &text_ids, rows);
    };
    let indices = table_indices(columns, &text_ids, rows);
    let mut seen = vec![false; size];
    for index in &indices {
        seen[*index as usize] = true;
    }
    let mut table = vec![0; size];
    let mut group = vec![0; columns.len()];
    // The lock is held for the table only, not for the rows.
    let mut state = groups.state();
    for (index, id) in table.iter_mut().enumerate().filter(|(index, _)| seen[*index]) {
        let mut rest = index;
        for (text, ids) in group.iter_mut().zip(&text_ids).rev() {
            *text = ids[rest % ids.len()];
            rest /= ids.len();
        }
        *id = state.group_id(&group)?;
    }
    drop(state);
    Ok(indices.into_iter().map(|index| table[index as usize]).collect())
}

/// Returns each row's index in a table of all combinations of dictionary entries.
fn table_indices(columns: &[DictionaryArray<Int32Type>], text_ids: &[Arc<[u32]>], rows: usize) -> Vec<u32> {
    let mut indices = vec![0_u32; rows];
    for (column, ids) in columns.iter().zip(text_ids) {
        // A dictionary of a table within its limit has fewer entries than `u32::MAX`.
        let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let (null, keys) = (count - 1, column.keys());
        match keys.nulls() {
            None => {
                for (index, key) in indices.iter_mut().zip(keys.values()) {
                    *index = *index * count + u32::try_from(*key).unwrap_or(null);
                }
            }
            Some(_) => {
                for (index, key) in indices.iter_mut().zip(keys) {
                    *index = *index * count + key.and_then(|key| u32::try_from(key).ok()).unwrap_or(null);
                }
            }
        }
    }
    indices
}

/// Returns group ids row by row, for dictionaries whose table would be too large.
fn hashed_group_ids(
    state: &mut TextGroupState,
    columns: &[DictionaryArray<Int32Type>],
    text_ids: &[Arc<[u32]>],
    rows: usize,
) -> Result<Vec<u32>> {
    let mut group = vec![0; columns.len()];
    (0..rows)
        .map(|row| {
            for ((text, column), ids) in group.iter_mut().zip(columns).zip(text_ids) {
                *text = ids[column.key(row).unwrap_or(ids.len() - 1)];
            }
            state.group_id(&group)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;
    use proptest::prelude::*;

    use super::*;

    fn column(texts: &[Option<&str>]) -> DictionaryArray<Int32Type> {
        texts.iter().copied().collect()
    }

    fn texts(groups: &Arc<TextGroups>, index: usize, codes: Vec<u32>) -> Vec<Option<String>> {
        let state = groups.state();
        let text = |code: u32| {
            let group = state.groups.key(code).unwrap();
            state.texts[index].ids.key(group[index]).unwrap().as_deref()
        };
        codes.into_iter().map(|code| text(code).map(str::to_owned)).collect()
    }

    #[test]
    fn repeated_and_null_entries_share_groups() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a")]));
        let keys = [Some(0), Some(1), None, Some(2)].into_iter().collect();
        let column = DictionaryArray::<Int32Type>::try_new(keys, values).unwrap();
        let groups = TextGroups::new(1);
        assert_eq!(group_ids(&groups, &[column], 4).unwrap(), [0, 1, 1, 0]);
    }

    proptest! {
        /// Equal rows have equal ids over any batches, different rows have different ids, and each
        /// id leads back to its texts.
        #[test]
        fn group_ids_stand_for_texts(
            batches in prop::collection::vec(
                prop::collection::vec((prop::option::of("[a-d]{0,2}"), prop::option::of("[a-d]{0,4}")), 0..200),
                0..8,
            ),
        ) {
            let groups = TextGroups::new(2);
            let mut distinct = std::collections::HashSet::new();
            for batch in batches {
                let one: Vec<_> = batch.iter().map(|row| row.0.as_deref()).collect();
                let other: Vec<_> = batch.iter().map(|row| row.1.as_deref()).collect();
                let columns = [column(&one), column(&other)];
                let ids = group_ids(&groups, &columns, batch.len()).unwrap();
                for (index, wanted) in [one, other].into_iter().enumerate() {
                    let found = texts(&groups, index, ids.clone());
                    prop_assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), wanted);
                }
                distinct.extend(batch);
            }
            let count = u32::try_from(distinct.len()).unwrap();
            let state = groups.state();
            prop_assert!(count == 0 || state.groups.key(count - 1).is_some());
            prop_assert!(state.groups.key(count).is_none());
        }
    }
}
