//! Identity of the queues, agents, teams and flows that a call names.
//!
//! The id identifies an entity. An entry with a name but without an id belongs to the call's entity
//! of that name if there is exactly one, otherwise to an entity that is known only by its name.
//! Blank texts count as missing.

use std::collections::HashMap;

/// Maximum texts for a linear search: most calls name one or two entities.
const MAX_LINEAR: usize = 16;
/// Marker of a text that refers to more than one group.
const AMBIGUOUS: usize = usize::MAX;

/// Texts by which one entry of a call identifies an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mention<'a> {
    /// Id, which identifies the entity wherever it is given.
    pub(super) id: Option<&'a str>,
    /// Weaker id, such as a queue's older id or an agent's e-mail address. Identifies the entity if
    /// no entry relates it to an id.
    pub(super) lesser_id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

/// Entity that a call names once or several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity<'a> {
    /// Id, else lesser id, else name.
    pub(super) id: &'a str,
    /// First name that the call gives it.
    pub(super) name: Option<&'a str>,
}

/// Resolves the entries of calls, one call at a time, into distinct entities. Takes linear time.
#[derive(Debug, Default)]
pub(super) struct Resolver<'a> {
    /// True if an id and a lesser id are joined when one name occurs with both and with no other.
    joins_by_name: bool,
    mentions: Vec<Mention<'a>>,
    /// Group of each mention while groups are formed, then the index of its entity.
    indices: Vec<Option<usize>>,
    entities: Vec<Identity<'a>>,
    groups: MentionGroups<'a>,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver of entities that `id` and `lesser_id` identify by themselves.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Creates a resolver of entities that one entry may know by `id` alone and another by
    /// `lesser_id` alone, and joins these by a unique name. Legs have only the newer id of a queue,
    /// and calls of older accounts only the older one.
    pub(super) fn joining_by_name() -> Self {
        Self { joins_by_name: true, ..Self::default() }
    }

    /// Resolves the entries of one call.
    pub(super) fn resolve(&mut self, mentions: impl IntoIterator<Item = Mention<'a>>) {
        self.mentions.clear();
        self.mentions.extend(mentions);
        self.indices.clear();
        self.indices.resize(self.mentions.len(), None);
        self.groups.clear();
        self.group_by_id();
        if self.mentions.iter().any(|mention| mention.id.is_none()) {
            self.group_by_lesser_id();
            self.group_by_name();
        }
        self.number_groups();
    }

    /// Returns the entities of the call in the order of their first entries.
    pub(super) fn entities(&self) -> &[Identity<'a>] {
        &self.entities
    }

    /// Returns the index among [`Self::entities`] of the entity that an entry names, or `None` if
    /// it names none.
    pub(super) fn entity_index(&self, mention: usize) -> Option<usize> {
        self.indices.get(mention).copied().flatten()
    }

    /// Returns the entries that name an entity: its index, and the name given there.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        let named = self.indices.iter().zip(&self.mentions);
        named.filter_map(|(index, mention)| Some(((*index)?, mention.name)))
    }

    fn group_by_id(&mut self) {
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            let Some(id) = mention.id else { continue };
            let group = self.groups.by_id(id);
            if let Some(lesser_id) = mention.lesser_id {
                self.groups.insert_lesser_id(group, lesser_id);
            }
            *index = Some(group);
        }
    }

    fn group_by_lesser_id(&mut self) {
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            if let (None, Some(lesser_id)) = (mention.id, mention.lesser_id) {
                *index = Some(self.groups.by_lesser_id(lesser_id));
            }
        }
        if self.joins_by_name {
            self.join_by_name();
        }
    }

    /// Joins an id without a lesser id and a lesser id without an id if a name occurs with these
    /// two only.
    fn join_by_name(&mut self) {
        let (mut with_id, mut with_lesser_id) = (TextIndex::default(), TextIndex::default());
        for (index, mention) in self.indices.iter().zip(&self.mentions) {
            let (Some(group), Some(name)) = (*index, mention.name) else { continue };
            let kind = self.groups.kinds[group];
            match kind {
                GroupKind::LesserId => with_lesser_id.insert(name, group),
                GroupKind::Id { has_lesser_id: false } => with_id.insert(name, group),
                GroupKind::Id { has_lesser_id: true } => with_id.insert(name, AMBIGUOUS),
                GroupKind::Name => {}
            }
        }
        let mut joined = TextIndex::default();
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            let (Some(group), Some(name)) = (*index, mention.name) else { continue };
            if self.groups.kinds[group] == GroupKind::LesserId
                && with_lesser_id.unique(name) == Some(group)
                && let Some(target) = with_id.unique(name)
                && let Some(lesser_id) = mention.lesser_id
            {
                joined.insert(lesser_id, target);
            }
        }
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            if let (None, Some(lesser_id)) = (mention.id, mention.lesser_id)
                && let Some(target) = joined.unique(lesser_id)
            {
                *index = Some(target);
            }
        }
    }

    fn group_by_name(&mut self) {
        if !self
            .indices
            .iter()
            .zip(&self.mentions)
            .any(|(index, mention)| index.is_none() && mention.name.is_some())
        {
            return;
        }
        let mut named = TextIndex::default();
        for (index, mention) in self.indices.iter().zip(&self.mentions) {
            if let (Some(group), Some(name)) = (*index, mention.name) {
                named.insert(name, group);
            }
        }
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            if let (None, Some(name)) = (*index, mention.name) {
                *index = Some(named.unique(name).unwrap_or_else(|| self.groups.by_name(name)));
            }
        }
    }

    /// Numbers the groups in the order of their first mentions.
    fn number_groups(&mut self) {
        self.entities.clear();
        let mut numbers = vec![None; self.groups.kinds.len()];
        for (index, mention) in self.indices.iter_mut().zip(&self.mentions) {
            let Some(group) = *index else { continue };
            let number = *numbers[group].get_or_insert_with(|| {
                self.entities.push(Identity { id: self.groups.ids[group], name: None });
                self.entities.len() - 1
            });
            let entity = &mut self.entities[number];
            entity.name = entity.name.or(mention.name);
            *index = Some(number);
        }
    }
}

/// Kind of text that identifies a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroupKind {
    Id { has_lesser_id: bool },
    LesserId,
    Name,
}

/// Groups of the mentions of one call. A text identifies one group, whichever field contains it.
#[derive(Debug, Default)]
struct MentionGroups<'a> {
    kinds: Vec<GroupKind>,
    /// Text that identifies each group.
    ids: Vec<&'a str>,
    by_text_index: TextIndex<'a>,
    /// Groups with an id by their lesser id.
    by_lesser_id_index: TextIndex<'a>,
}

impl<'a> MentionGroups<'a> {
    fn clear(&mut self) {
        self.kinds.clear();
        self.ids.clear();
        self.by_text_index.clear();
        self.by_lesser_id_index.clear();
    }

    fn by_id(&mut self, id: &'a str) -> usize {
        self.by_text(id, GroupKind::Id { has_lesser_id: false })
    }

    fn insert_lesser_id(&mut self, group: usize, lesser_id: &'a str) {
        self.kinds[group] = GroupKind::Id { has_lesser_id: true };
        self.by_lesser_id_index.insert(lesser_id, group);
    }

    /// Returns the only group with an id and this lesser id, else the group of the lesser id.
    fn by_lesser_id(&mut self, lesser_id: &'a str) -> usize {
        let known = self.by_lesser_id_index.unique(lesser_id);
        known.unwrap_or_else(|| self.by_text(lesser_id, GroupKind::LesserId))
    }

    fn by_name(&mut self, name: &'a str) -> usize {
        self.by_text(name, GroupKind::Name)
    }

    /// Returns the group of `text`, created with this kind if necessary.
    fn by_text(&mut self, text: &'a str, kind: GroupKind) -> usize {
        if let Some(known) = self.by_text_index.unique(text) {
            return known;
        }
        let group = self.ids.len();
        self.kinds.push(kind);
        self.ids.push(text);
        self.by_text_index.insert(text, group);
        group
    }
}

/// Groups by a text that refers to them.
#[derive(Debug, Default)]
struct TextIndex<'a> {
    few: Vec<(&'a str, usize)>,
    many: HashMap<&'a str, usize>,
}

impl<'a> TextIndex<'a> {
    fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }

    /// Returns the only group that `text` refers to.
    fn unique(&self, text: &str) -> Option<usize> {
        self.get(text).filter(|group| *group != AMBIGUOUS)
    }

    fn get(&self, text: &str) -> Option<usize> {
        if self.many.is_empty() {
            self.few.iter().find(|(known, _)| *known == text).map(|(_, group)| *group)
        } else {
            self.many.get(text).copied()
        }
    }

    /// Records that `text` refers to `group`. A text that refers to several groups is ambiguous.
    fn insert(&mut self, text: &'a str, group: usize) {
        let group = match self.get(text) {
            Some(known) if known == group => return,
            Some(_) => AMBIGUOUS,
            None => group,
        };
        if self.many.is_empty() && self.few.len() >= MAX_LINEAR {
            self.many.extend(self.few.iter().copied());
        }
        if !self.many.is_empty() {
            self.many.insert(text, group);
        } else if let Some((_, known)) = self.few.iter_mut().find(|(known, _)| *known == text) {
            *known = group;
        } else {
            self.few.push((text, group));
        }
    }
}

#[cfg(test)]
mod tests;
