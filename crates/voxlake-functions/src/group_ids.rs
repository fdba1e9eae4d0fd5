//! Consecutive integer ids of the groups of a query.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use datafusion::common::{Result, exec_datafusion_err};

/// Ids of distinct keys, from 0 in the order of their first occurrence.
#[derive(Debug)]
pub(crate) struct GroupIds<K> {
    keys: Vec<K>,
    ids: HashMap<K, u32>,
}

impl<K> Default for GroupIds<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), ids: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> GroupIds<K> {
    /// Returns the id of `key` if it has one.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.ids.get(key).copied()
    }

    /// Returns the id of `key`, and assigns the next one to a new key.
    ///
    /// # Errors
    /// If there are more than 2^32 keys.
    pub(crate) fn get_or_insert(&mut self, key: K) -> Result<u32> {
        if let Some(id) = self.get(&key) {
            return Ok(id);
        }
        let id = u32::try_from(self.keys.len())
            .map_err(|_| exec_datafusion_err!("a query has more than {} groups", u32::MAX))?;
        self.keys.push(key.clone());
        self.ids.insert(key, id);
        Ok(id)
    }

    /// Returns the key with this id.
    pub(crate) fn key(&self, id: u32) -> Option<&K> {
        self.keys.get(id as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_first_occurrence() {
        let mut ids = GroupIds::default();
        let assigned = ["b", "a", "b"].map(|key| ids.get_or_insert(key.to_owned()).unwrap());
        assert_eq!(assigned, [0, 1, 0]);
        assert_eq!((ids.get("a"), ids.get("c")), (Some(1), None));
        assert_eq!((ids.key(1).map(String::as_str), ids.key(2)), (Some("a"), None));
    }
}
