//! Functions of text groups as data.
//!
//! `group_code` and `group_text` of one query share the ids of its groups. Encoded, they name these
//! groups. In another process, the functions of a stage share new groups, for as long as one of its
//! tasks runs. Ids do not travel between stages.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::logical_expr::ScalarUDF;
use serde::{Deserialize, Serialize};
use voxlake_functions::text_groups::{TextGroupFunction, TextGroups};

/// Maximum texts of a group in an encoded function.
const MAX_TEXTS: usize = 1000;

/// Encoded function of text groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TextGroupRef {
    groups: GroupsId,
    /// Number of texts of a group.
    columns: usize,
    function: FunctionKind,
}

/// Identity of groups: the codec that first encoded them, and a number that it assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GroupsId {
    codec: u64,
    number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum FunctionKind {
    Code,
    Text { index: usize, name: String, nullable: bool, comments: HashMap<String, String> },
}

/// Groups of the plans that a process encodes and runs.
#[derive(Debug)]
pub(super) struct KnownGroups {
    /// Random, so that codecs of different clients differ.
    codec: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    known: Vec<(GroupsId, Weak<TextGroups>)>,
}

impl KnownGroups {
    pub(super) fn new() -> Self {
        Self { codec: RandomState::new().hash_one(0), state: Mutex::default() }
    }

    /// Encodes a function of text groups; `None` for other functions.
    pub(super) fn encode(&self, function: &ScalarUDF) -> Option<TextGroupRef> {
        let (function, groups) = TextGroupFunction::find(function)?;
        let kind = match function {
            TextGroupFunction::Code => FunctionKind::Code,
            TextGroupFunction::Text { index, field } => FunctionKind::Text {
                index,
                name: field.name().clone(),
                nullable: field.is_nullable(),
                comments: field.metadata().clone(),
            },
        };
        Some(TextGroupRef { groups: self.id(groups), columns: groups.columns(), function: kind })
    }

    /// Rebuilds a function. Returns `None` if it does not fit its groups.
    pub(super) fn decode(&self, name: &str, reference: &TextGroupRef) -> Option<ScalarUDF> {
        let function = match &reference.function {
            FunctionKind::Code => TextGroupFunction::Code,
            FunctionKind::Text { index, name, nullable, comments } if *index < reference.columns => {
                let field = Field::new(name, DataType::Utf8, *nullable).with_metadata(comments.clone());
                TextGroupFunction::Text { index: *index, field: Arc::new(field) }
            }
            FunctionKind::Text { .. } => return None,
        };
        let function = function.of(&self.groups(reference)?);
        (function.name() == name).then_some(function)
    }

    /// Returns the identity of `groups`. New groups get one.
    fn id(&self, groups: &Arc<TextGroups>) -> GroupsId {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Weak<TextGroups>| std::ptr::eq(known.as_ptr(), Arc::as_ptr(groups));
        if let Some((id, _)) = state.known.iter().find(|(_, known)| same(known)) {
            return *id;
        }
        let id = GroupsId { codec: self.codec, number: state.next };
        state.next += 1;
        state.add(id, groups);
        id
    }

    /// Returns the groups of `reference`, or new ones. Returns `None` if groups with another number
    /// of texts have its identity.
    fn groups(&self, reference: &TextGroupRef) -> Option<Arc<TextGroups>> {
        if reference.columns > MAX_TEXTS {
            return None;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.known.iter().filter(|(id, _)| *id == reference.groups);
        let known = known.filter_map(|(_, groups)| groups.upgrade()).next();
        if let Some(groups) = known {
            return (groups.columns() == reference.columns).then_some(groups);
        }
        let groups = TextGroups::new(reference.columns);
        state.add(reference.groups, &groups);
        Some(groups)
    }
}

impl State {
    fn add(&mut self, id: GroupsId, groups: &Arc<TextGroups>) {
        self.known.retain(|(_, groups)| groups.strong_count() > 0);
        self.known.push((id, Arc::downgrade(groups)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(groups: &Arc<TextGroups>, index: Option<usize>) -> ScalarUDF {
        match index {
            None => TextGroupFunction::Code.of(groups),
            Some(index) => {
                let field = Arc::new(Field::new("direction", DataType::Utf8, true));
                TextGroupFunction::Text { index, field }.of(groups)
            }
        }
    }

    #[test]
    fn functions_of_one_query_share_groups_in_another_process() {
        let (client, executor) = (KnownGroups::new(), KnownGroups::new());
        let (one, other) = (TextGroups::new(2), TextGroups::new(2));
        let sent = [&one, &other]
            .map(|groups| [None, Some(1)].map(|index| client.encode(&function(groups, index)).unwrap()));
        let received = sent.map(|[code, text]| {
            let code = executor.decode("group_code", &code).unwrap();
            let text = executor.decode("group_text", &text).unwrap();
            let groups = [&code, &text].map(|function| TextGroupFunction::find(function).unwrap().1);
            assert!(Arc::ptr_eq(groups[0], groups[1]));
            code
        });
        assert_ne!(received[0], received[1], "each query has its own groups");
    }

    #[test]
    fn a_process_rebuilds_its_own_functions() {
        let known = KnownGroups::new();
        let groups = TextGroups::new(1);
        for (name, index) in [("group_code", None), ("group_text", Some(0))] {
            let function = function(&groups, index);
            let encoded = known.encode(&function).unwrap();
            assert_eq!(known.decode(name, &encoded), Some(function));
        }
    }

    #[test]
    fn groups_end_with_their_functions() {
        let executor = KnownGroups::new();
        let client = KnownGroups::new();
        for _ in 0..3 {
            let sent = client.encode(&function(&TextGroups::new(1), None)).unwrap();
            executor.decode("group_code", &sent).unwrap();
        }
        assert_eq!(executor.state.lock().unwrap().known.len(), 1);
    }

    #[test]
    fn functions_that_do_not_fit_are_refused() {
        let (client, executor) = (KnownGroups::new(), KnownGroups::new());
        let groups = TextGroups::new(2);
        let text = client.encode(&function(&groups, Some(1))).unwrap();
        assert!(executor.decode("group_code", &text).is_none());
        assert!(executor.decode("group_text", &TextGroupRef { columns: 1, ..text.clone() }).is_none());
        let kept = executor.decode("group_text", &text).unwrap();
        assert!(executor.decode("group_text", &TextGroupRef { columns: 3, ..text.clone() }).is_none());
        assert!(executor.decode("group_text", &TextGroupRef { columns: usize::MAX, ..text }).is_none());
        drop(kept);
    }
}
