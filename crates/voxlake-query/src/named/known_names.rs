//! Ids and names that the calls of a lake ever had.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use datafusion::arrow::array::AsArray as _;
use voxlake_lake::TimeRange;

use crate::entity::{EntityKind, UnknownName};
use crate::error::QueryError;
use crate::near_names::likely_names;
use crate::session::LakeSession;

/// Maximum names in a notice or an error.
const MAX_LISTED: usize = 10;
/// Maximum suggestions for an unknown name.
const MAX_SUGGESTIONS: usize = 3;
/// Years of the calls that a lake can hold, the last one excluded.
const YEARS: [i32; 2] = [2000, 2200];

/// Ids and names of one kind that the calls of a lake ever had.
pub(super) struct KnownNames {
    kind: EntityKind,
    /// Ids by each id and each name.
    ids: BTreeMap<String, BTreeSet<String>>,
    /// A name of each id, if possible one of the period, else the id.
    names: BTreeMap<String, String>,
    /// Ids that calls of the period have; `None` without a period, or if it is empty.
    in_period: Option<BTreeSet<String>>,
}

impl KnownNames {
    /// Reads the names from summaries where they exist, else from the calls.
    pub(super) async fn read(
        session: &LakeSession,
        kind: EntityKind,
        period: Option<TimeRange>,
    ) -> Result<Self, QueryError> {
        let period = period.filter(|period| !period.is_empty());
        let mut known = Self {
            kind,
            ids: BTreeMap::new(),
            names: BTreeMap::new(),
            in_period: period.map(|_| BTreeSet::new()),
        };
        for batch in session.sql(&sql(kind, period)).await?.collect().await? {
            let (ids, names) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            let in_period = batch.column(2).as_boolean();
            for ((id, name), in_period) in ids.iter().zip(names).zip(in_period) {
                known.add(id, name, in_period == Some(true));
            }
        }
        Ok(known)
    }

    fn add(&mut self, id: Option<&str>, name: Option<&str>, in_period: bool) {
        let Some(id) = id else { return };
        for text in [Some(id), name].into_iter().flatten() {
            self.ids.entry(text.to_owned()).or_default().insert(id.to_owned());
        }
        if let Some(name) = name {
            self.names.insert(id.to_owned(), name.to_owned());
        } else {
            self.names.entry(id.to_owned()).or_insert_with(|| id.to_owned());
        }
        if let Some(ids) = self.in_period.as_mut().filter(|_| in_period) {
            ids.insert(id.to_owned());
        }
    }

    /// Returns the ids that each text stands for.
    ///
    /// # Errors
    /// [`QueryError::UnknownNames`] with the texts that stand for none.
    pub(super) fn resolve<'a>(
        &self,
        texts: &'a [String],
    ) -> Result<Vec<(&'a str, &BTreeSet<String>)>, QueryError> {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for text in texts {
            match self.ids.get(text) {
                Some(ids) => found.push((text.as_str(), ids)),
                None => unknown.push(self.unknown(text)),
            }
        }
        if unknown.is_empty() { Ok(found) } else { Err(QueryError::UnknownNames { names: unknown }) }
    }

    fn unknown(&self, text: &str) -> UnknownName {
        let (mut suggestions, mut suggested) = (Vec::new(), BTreeSet::new());
        for name in likely_names(text, self.ids.keys().map(String::as_str)) {
            let ids = self.ids.get(name).into_iter().flatten().collect::<BTreeSet<_>>();
            if ids.is_subset(&suggested) {
                continue;
            }
            match self.kind {
                EntityKind::Agent => suggestions.extend(ids.iter().map(|id| (*id).clone())),
                _ => suggestions.push(name.to_owned()),
            }
            suggested.extend(ids);
        }
        suggestions.truncate(MAX_SUGGESTIONS);
        UnknownName { kind: self.kind, value: text.to_owned(), suggestions, known: self.describe() }
    }

    /// Describes all names: `the lake has the queues "Billing", "Claims"`.
    fn describe(&self) -> String {
        let plural = self.kind.plural();
        let names = self.names.values().collect::<BTreeSet<_>>();
        match self.kind {
            _ if names.is_empty() => format!("the lake has no {plural}"),
            EntityKind::Agent => format!("the lake has other agents: {}", self.names.len()),
            _ => format!("the lake has the {plural} {}", list(names.into_iter())),
        }
    }

    /// Returns a notice about a text that stands for several ids.
    pub(super) fn ambiguity_notice(&self, text: &str, ids: &BTreeSet<String>) -> Option<String> {
        let plural = self.kind.plural();
        let text = match self.kind {
            EntityKind::Agent => "a given name".to_owned(),
            _ => format!("{text:?}"),
        };
        (ids.len() > 1).then(|| {
            format!("{text} stands for {} {plural}, and all of them count: {}", ids.len(), list(ids.iter()))
        })
    }

    /// Returns a notice about a text none of whose ids a call of the period has.
    pub(super) fn absence_notice(&self, text: &str, ids: &BTreeSet<String>) -> Option<String> {
        let in_period = self.in_period.as_ref()?;
        let shown = match self.kind {
            EntityKind::Agent => list(ids.iter()),
            _ => format!("{text:?}"),
        };
        ids.is_disjoint(in_period).then(|| format!("no call of the period has the {} {shown}", self.kind))
    }
}

/// Query of ids and names, and of whether calls of the period have them.
fn sql(kind: EntityKind, period: Option<TimeRange>) -> String {
    let [first, last] = YEARS.map(first_moment);
    let period = period.unwrap_or(TimeRange { from: last, to: last });
    let (from, to) = (period.from.clamp(first, last), period.to.clamp(first, last));
    let uses = |from: DateTime<Utc>, to: DateTime<Utc>, in_period: bool| {
        let [from, to] = [from, to].map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
        match kind {
            EntityKind::Country => format!(
                "SELECT nonblank(country_name) AS id, nonblank(country_name) AS name, {in_period} AS in_period \
                 FROM country_summary('{from}', '{to}')"
            ),
            kind => format!(
                "SELECT id, name, {in_period} AS in_period FROM name_summary('{from}', '{to}') WHERE kind = '{kind}'"
            ),
        }
    };
    let parts = [uses(first, from, false), uses(from, to, true), uses(to, last, false)];
    format!(
        "SELECT DISTINCT arrow_cast(id, 'Utf8') AS id, arrow_cast(name, 'Utf8') AS name, in_period FROM ({}) AS uses \
         ORDER BY in_period, name",
        parts.join(" UNION ALL ")
    )
}

/// Returns the start of a year.
fn first_moment(year: i32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    date.and_time(Default::default()).and_utc()
}

/// Lists names in quotes, at most [`MAX_LISTED`].
fn list<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = names.len().saturating_sub(MAX_LISTED);
    let listed = names.take(MAX_LISTED).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
