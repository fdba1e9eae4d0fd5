//! Named queries of the binary and of a user's folder.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::LazyLock;

use super::header;
use super::query::NamedQuery;
use crate::error::QueryError;
use crate::near_names::near_names;

/// Maximum size of a user's query file.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Files of `queries/` by name.
const FILES: [(&str, &str); 15] = [
    ("abandonment_rate", include_str!("../../../../queries/abandonment_rate.sql")),
    ("agent_activity", include_str!("../../../../queries/agent_activity.sql")),
    ("call_volume", include_str!("../../../../queries/call_volume.sql")),
    ("charge_audit", include_str!("../../../../queries/charge_audit.sql")),
    ("charges", include_str!("../../../../queries/charges.sql")),
    ("containment", include_str!("../../../../queries/containment.sql")),
    ("data_quality", include_str!("../../../../queries/data_quality.sql")),
    ("duration_percentiles", include_str!("../../../../queries/duration_percentiles.sql")),
    ("peak_concurrency", include_str!("../../../../queries/peak_concurrency.sql")),
    ("queue_charges", include_str!("../../../../queries/queue_charges.sql")),
    ("repeat_callers", include_str!("../../../../queries/repeat_callers.sql")),
    ("result_mix", include_str!("../../../../queries/result_mix.sql")),
    ("top_consumers", include_str!("../../../../queries/top_consumers.sql")),
    ("traffic", include_str!("../../../../queries/traffic.sql")),
    ("transfers", include_str!("../../../../queries/transfers.sql")),
];
/// Files of `queries/call/` by name.
const CALL: [(&str, &str); 2] = [
    ("call_facts", include_str!("../../../../queries/call/call_facts.sql")),
    ("call_timeline", include_str!("../../../../queries/call/call_timeline.sql")),
];
/// Files of `queries/bench/` by name, in the order of the benchmark. `NAME.summaries` is the
/// variant of a query that reads summaries, from `queries/bench/summaries/NAME.sql`.
const BENCHMARK: [(&str, &str); 18] = [
    ("q1_abandonment", include_str!("../../../../queries/bench/q1_abandonment.sql")),
    ("q1_abandonment.summaries", include_str!("../../../../queries/bench/summaries/q1_abandonment.sql")),
    ("q2_durations", include_str!("../../../../queries/bench/q2_durations.sql")),
    ("q2_durations.summaries", include_str!("../../../../queries/bench/summaries/q2_durations.sql")),
    ("q2q_queue_durations", include_str!("../../../../queries/bench/q2q_queue_durations.sql")),
    (
        "q2q_queue_durations.summaries",
        include_str!("../../../../queries/bench/summaries/q2q_queue_durations.sql"),
    ),
    ("q3_queue_charges", include_str!("../../../../queries/bench/q3_queue_charges.sql")),
    ("q3_queue_charges.summaries", include_str!("../../../../queries/bench/summaries/q3_queue_charges.sql")),
    ("q4_heatmap", include_str!("../../../../queries/bench/q4_heatmap.sql")),
    ("q4_heatmap.summaries", include_str!("../../../../queries/bench/summaries/q4_heatmap.sql")),
    ("q4z_local_heatmap", include_str!("../../../../queries/bench/q4z_local_heatmap.sql")),
    (
        "q4z_local_heatmap.summaries",
        include_str!("../../../../queries/bench/summaries/q4z_local_heatmap.sql"),
    ),
    ("q5_engagement", include_str!("../../../../queries/bench/q5_engagement.sql")),
    ("q6_consumer", include_str!("../../../../queries/bench/q6_consumer.sql")),
    ("q7_agents", include_str!("../../../../queries/bench/q7_agents.sql")),
    ("q8_day", include_str!("../../../../queries/bench/q8_day.sql")),
    ("q9_concurrency", include_str!("../../../../queries/bench/q9_concurrency.sql")),
    ("q10_repeats", include_str!("../../../../queries/bench/q10_repeats.sql")),
];

/// Named queries with unique names. They are sorted by name; those of the benchmark are in its
/// order.
///
/// # Example
/// ```
/// use voxlake_query::QueryLibrary;
///
/// let library = QueryLibrary::shipped()?;
/// let query = library.get("abandonment_rate")?;
/// assert!(query.parameters.iter().any(|parameter| parameter.name == "from"));
/// # Ok::<(), voxlake_query::QueryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct QueryLibrary(Vec<NamedQuery>);

impl QueryLibrary {
    /// Returns the embedded queries.
    ///
    /// # Errors
    /// [`QueryError::BadQueryFile`] for an invalid embedded file; a test ensures that there is
    /// none.
    pub fn shipped() -> Result<Self, QueryError> {
        static SHIPPED: LazyLock<Result<QueryLibrary, header::HeaderError>> = LazyLock::new(|| {
            FILES
                .iter()
                .map(|(name, file)| header::parse(name, file))
                .collect::<Result<_, _>>()
                .map(QueryLibrary)
        });
        SHIPPED.clone().map_err(QueryError::from)
    }

    /// Returns the embedded queries and those of the user's folder, if there is one.
    ///
    /// # Errors
    /// As for [`QueryLibrary::with_folder`].
    pub fn load(folder: Option<&Path>) -> Result<Self, QueryError> {
        let shipped = Self::shipped()?;
        match folder {
            Some(folder) => shipped.with_folder(folder),
            None => Ok(shipped),
        }
    }

    /// Returns the queries of the benchmark, which are embedded too.
    ///
    /// Their parameters name a call, a day and a month that the benchmark picks from the lake:
    /// `engagement`, `consumer`, `day_from` and `day_to`, `month_from` and `month_to`.
    ///
    /// # Errors
    /// As for [`QueryLibrary::shipped`].
    pub fn benchmark() -> Result<Self, QueryError> {
        Ok(Self(BENCHMARK.iter().map(|(name, file)| header::parse(name, file)).collect::<Result<_, _>>()?))
    }

    /// Returns the queries that show one call, which are embedded too: `call_facts` and
    /// `call_timeline`. Their parameter `engagement` is the id of the call.
    ///
    /// # Errors
    /// As for [`QueryLibrary::shipped`].
    pub fn call() -> Result<Self, QueryError> {
        Ok(Self(CALL.iter().map(|(name, file)| header::parse(name, file)).collect::<Result<_, _>>()?))
    }

    /// Adds the queries of a folder: each file `NAME.sql` is the query `NAME`, in the format of the
    /// files in `queries/`. Other files are ignored.
    ///
    /// # Errors
    /// - [`QueryError::QueryFolder`] for an unreadable folder or file, or a name that is already
    ///   used
    /// - [`QueryError::BadQueryFile`] with the file and its invalid line
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, QueryError> {
        let fail = |path: &Path, reason: String| QueryError::QueryFolder {
            path: path.display().to_string(),
            reason,
        };
        let unread = |path: &Path, error: &std::io::Error| fail(path, format!("it cannot be read: {error}"));
        for entry in fs::read_dir(folder).map_err(|error| unread(folder, &error))? {
            let path = entry.map_err(|error| unread(folder, &error))?.path();
            if path.extension().is_none_or(|extension| extension != "sql") || path.is_dir() {
                continue;
            }
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
                return Err(fail(&path, "its name is no UTF-8".to_owned()));
            };
            if self.0.iter().any(|query| query.name == name) {
                return Err(fail(&path, format!("there is a query {name} already: give it another name")));
            }
            let text = read(&path).map_err(|error| unread(&path, &error))?;
            let query = header::parse(name, &text).map_err(|error| error.of_file(&path))?;
            self.0.push(query);
        }
        self.0.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(self)
    }

    /// Returns the query `name`.
    ///
    /// # Errors
    /// [`QueryError::NoSuchQuery`] with similar names.
    pub fn get(&self, name: &str) -> Result<&NamedQuery, QueryError> {
        self.0
            .iter()
            .find(|query| query.name == name)
            .ok_or_else(|| QueryError::NoSuchQuery { name: name.to_owned(), suggestions: self.near(name) })
    }

    /// Iterates over the queries, by name.
    pub fn iter(&self) -> impl Iterator<Item = &NamedQuery> {
        self.0.iter()
    }

    /// Returns the names near `name`, nearest first; all names if none is near.
    fn near(&self, name: &str) -> Vec<String> {
        let names = || self.iter().map(|query| query.name.as_str());
        let near = near_names(name, names());
        let suggestions = if near.is_empty() { names().collect() } else { near };
        suggestions.into_iter().map(str::to_owned).collect()
    }
}

/// Reads a query file, up to the size limit.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MAX_FILE_BYTES >> 20)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
