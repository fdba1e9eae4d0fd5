//! Identity of the queues, agents, teams and flows that a call names.
//!
//! One rule for all of them. Identity is the id. An entry with a name and no id belongs to the
//! call's thing of that name if there is exactly one, else to a thing that is known only by its
//! name. Blank text counts as missing.

use std::collections::HashMap;

/// Number of texts up to which a lookup compares one by one: most calls name one or two things.
const MAX_LINEAR: usize = 16;
/// Place of a text that stands for more than one thing.
const AMBIGUOUS: usize = usize::MAX;

/// Texts by which one entry of a call identifies a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mention<'a> {
    /// Identity wherever it is given.
    pub(super) id: Option<&'a str>,
    /// Identity where no entry says which id it belongs to, such as a queue's older id or an
    /// agent's e-mail address.
    pub(super) lesser_id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

/// A thing that a call names once or several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity<'a> {
    /// The id, else the lesser id, else the name.
    pub(super) id: &'a str,
    /// The first name that the call gives it.
    pub(super) name: Option<&'a str>,
}

/// Resolves the entries of one call after the other into distinct things. Takes time linear in
/// their number.
#[derive(Debug, Default)]
pub(super) struct Resolver<'a> {
    /// Whether an id and a lesser id may be one thing because one name goes with both and with no
    /// other.
    joins_by_name: bool,
    mentions: Vec<Mention<'a>>,
    /// Group of each mention while groups are formed, then its place among `things`.
    places: Vec<Option<usize>>,
    things: Vec<Identity<'a>>,
    groups: Groups<'a>,
}

impl<'a> Resolver<'a> {
    /// Resolver of things for which `id` and `lesser_id` identify by themselves.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Resolver of things that one entry may know by `id` alone and another by `lesser_id` alone:
    /// legs know only the newer id of a queue, and calls of older accounts only the older one.
    /// Their name joins them where it is unique.
    pub(super) fn joining_by_name() -> Self {
        Self { joins_by_name: true, ..Self::default() }
    }

    /// Resolves the entries of one call.
    pub(super) fn resolve(&mut self, mentions: impl IntoIterator<Item = Mention<'a>>) {
        self.mentions.clear();
        self.mentions.extend(mentions);
        self.places.clear();
        self.places.resize(self.mentions.len(), None);
        self.groups.clear();
        self.group_by_id();
        if self.mentions.iter().any(|mention| mention.id.is_none()) {
            self.group_by_lesser_id();
            self.group_by_name();
        }
        self.number();
    }

    /// The things of the call, in the order of their first entries.
    pub(super) fn things(&self) -> &[Identity<'a>] {
        &self.things
    }

    /// Place among [`Self::things`] of what the entry at `mention` names; `None` where it names
    /// nothing.
    pub(super) fn place(&self, mention: usize) -> Option<usize> {
        self.places.get(mention).copied().flatten()
    }

    /// Entries that name a thing: the place of the thing and the name given there.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        let named = self.places.iter().zip(&self.mentions);
        named.filter_map(|(place, mention)| Some(((*place)?, mention.name)))
    }

    fn group_by_id(&mut self) {
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            let Some(id) = mention.id else { continue };
            let group = self.groups.by_id(id);
            if let Some(lesser_id) = mention.lesser_id {
                self.groups.note_lesser_id(group, lesser_id);
            }
            *place = Some(group);
        }
    }

    fn group_by_lesser_id(&mut self) {
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            if let (None, Some(lesser_id)) = (mention.id, mention.lesser_id) {
                *place = Some(self.groups.by_lesser_id(lesser_id));
            }
        }
        if self.joins_by_name {
            self.join_by_name();
        }
    }

    /// Makes one group of an id whose lesser id no entry gives and a lesser id whose id no entry
    /// gives, where a name goes with just these two.
    fn join_by_name(&mut self) {
        let (mut with_id, mut with_lesser_id) = (Places::default(), Places::default());
        for (place, mention) in self.places.iter().zip(&self.mentions) {
            let (Some(group), Some(name)) = (*place, mention.name) else { continue };
            let kind = self.groups.kinds[group];
            match kind {
                Kind::LesserId => with_lesser_id.note(name, group),
                Kind::Id { has_lesser_id: false } => with_id.note(name, group),
                Kind::Id { has_lesser_id: true } => with_id.note(name, AMBIGUOUS),
                Kind::Name => {}
            }
        }
        let mut joined = Places::default();
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            let (Some(group), Some(name)) = (*place, mention.name) else { continue };
            if self.groups.kinds[group] == Kind::LesserId
                && with_lesser_id.unique(name) == Some(group)
                && let Some(target) = with_id.unique(name)
                && let Some(lesser_id) = mention.lesser_id
            {
                joined.note(lesser_id, target);
            }
        }
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            if let (None, Some(lesser_id)) = (mention.id, mention.lesser_id)
                && let Some(target) = joined.unique(lesser_id)
            {
                *place = Some(target);
            }
        }
    }

    fn group_by_name(&mut self) {
        if !self
            .places
            .iter()
            .zip(&self.mentions)
            .any(|(place, mention)| place.is_none() && mention.name.is_some())
        {
            return;
        }
        let mut named = Places::default();
        for (place, mention) in self.places.iter().zip(&self.mentions) {
            if let (Some(group), Some(name)) = (*place, mention.name) {
                named.note(name, group);
            }
        }
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            if let (None, Some(name)) = (*place, mention.name) {
                *place = Some(named.unique(name).unwrap_or_else(|| self.groups.by_name(name)));
            }
        }
    }

    /// Numbers the groups in the order of their first mentions.
    fn number(&mut self) {
        self.things.clear();
        let mut numbers = vec![None; self.groups.kinds.len()];
        for (place, mention) in self.places.iter_mut().zip(&self.mentions) {
            let Some(group) = *place else { continue };
            let number = *numbers[group].get_or_insert_with(|| {
                self.things.push(Identity { id: self.groups.ids[group], name: None });
                self.things.len() - 1
            });
            let thing = &mut self.things[number];
            thing.name = thing.name.or(mention.name);
            *place = Some(number);
        }
    }
}

/// Text that a group is formed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Id { has_lesser_id: bool },
    LesserId,
    Name,
}

/// Groups of the mentions of one call. A text identifies one group, whichever field gives it.
#[derive(Debug, Default)]
struct Groups<'a> {
    kinds: Vec<Kind>,
    /// Text that each group is formed by.
    ids: Vec<&'a str>,
    of_text: Places<'a>,
    /// Lesser ids of groups with an id.
    of_lesser_id: Places<'a>,
}

impl<'a> Groups<'a> {
    fn clear(&mut self) {
        self.kinds.clear();
        self.ids.clear();
        self.of_text.clear();
        self.of_lesser_id.clear();
    }

    fn by_id(&mut self, id: &'a str) -> usize {
        self.by_text(id, Kind::Id { has_lesser_id: false })
    }

    fn note_lesser_id(&mut self, group: usize, lesser_id: &'a str) {
        self.kinds[group] = Kind::Id { has_lesser_id: true };
        self.of_lesser_id.note(lesser_id, group);
    }

    /// The group with an id that alone has this lesser id, else the group of the lesser id.
    fn by_lesser_id(&mut self, lesser_id: &'a str) -> usize {
        let known = self.of_lesser_id.unique(lesser_id);
        known.unwrap_or_else(|| self.by_text(lesser_id, Kind::LesserId))
    }

    fn by_name(&mut self, name: &'a str) -> usize {
        self.by_text(name, Kind::Name)
    }

    /// Returns the group of `text`, and adds one of this kind if there is no such group.
    fn by_text(&mut self, text: &'a str, kind: Kind) -> usize {
        if let Some(known) = self.of_text.unique(text) {
            return known;
        }
        let group = self.ids.len();
        self.kinds.push(kind);
        self.ids.push(text);
        self.of_text.note(text, group);
        group
    }
}

/// Groups by a text that stands for them.
#[derive(Debug, Default)]
struct Places<'a> {
    few: Vec<(&'a str, usize)>,
    many: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }

    /// The only group that `text` stands for.
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

    /// Notes that `text` stands for `group`; for another one as well, it becomes ambiguous.
    fn note(&mut self, text: &'a str, group: usize) {
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
