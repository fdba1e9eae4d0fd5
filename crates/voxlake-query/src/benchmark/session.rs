//! Session of a benchmark.

use std::error::Error;
use std::time::{Duration, Instant};

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use voxlake_lake::Lake;

use super::error::BenchmarkError;
use super::subject::Subject;
use crate::{LakeSession, NamedQuery, QueryError, QueryLibrary, SessionOptions};

/// Encodes rows as a JSON array of objects.
pub type JsonEncoder = fn(SchemaRef, &[RecordBatch]) -> Result<String, Box<dyn Error + Send + Sync>>;

/// Session over a lake, with the parameters of the queries.
pub struct Benchmark {
    pub(super) session: LakeSession,
    pub(super) subject: Subject,
    /// Location of the lake.
    pub(super) lake: String,
    /// Time that opening the session took: a listing of the lake, and the files that it reads.
    pub(super) opening: Duration,
    /// Threads that share the work of one query.
    pub(super) threads: usize,
    pub(super) memory_limit: Option<usize>,
    pub(super) encode: JsonEncoder,
}

impl Benchmark {
    /// Opens a session, and selects the call, the day and the month that the queries are about.
    ///
    /// # Errors
    /// [`BenchmarkError::NoCalls`] for a lake without calls, [`BenchmarkError::Query`] for a lake
    /// that cannot be read.
    pub async fn open(
        lake: &Lake,
        options: SessionOptions,
        encode: JsonEncoder,
    ) -> Result<Self, BenchmarkError> {
        let memory_limit = options.memory_limit;
        let started = Instant::now();
        let session = LakeSession::open(lake, options).await?;
        let opening = started.elapsed();
        let threads = session.context().copied_config().target_partitions();
        let subject = Subject::find(&session).await?;
        Ok(Self {
            session,
            subject,
            lake: lake.location().to_owned(),
            opening,
            threads,
            memory_limit,
            encode,
        })
    }

    /// Returns the number of calls in the lake.
    pub(super) async fn calls(&self) -> Result<u64, BenchmarkError> {
        let batches = self.session.sql("SELECT count(*) FROM voice_calls").await?.collect().await?;
        let counts = batches.iter().filter(|batch| batch.num_rows() > 0);
        let count = counts.map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0)).sum::<i64>();
        Ok(count.unsigned_abs())
    }

    /// Returns the size of the day files in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.session.days().iter().map(|day| day.meta.size).sum()
    }
}

/// Selects queries of the suite by name or number, in the given order; all of them for no names.
///
/// # Errors
/// [`QueryError::NoSuchQuery`] for an unknown name.
pub fn select_queries<'a>(
    catalog: &'a QueryLibrary,
    names: &[String],
) -> Result<Vec<&'a NamedQuery>, QueryError> {
    if names.is_empty() {
        return Ok(catalog.iter().collect());
    }
    let numbered = |number: &str| catalog.iter().find(|query| query.name.split('_').next() == Some(number));
    names.iter().map(|name| numbered(name).map_or_else(|| catalog.get(name), Ok)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_selected_by_number_or_name() {
        let catalog = QueryLibrary::benchmark().unwrap();
        let names = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            select_queries(&catalog, &names)
                .map(|queries| queries.iter().map(|q| q.name.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(names(&["q10", "q1_abandonment"]).unwrap(), ["q10_repeats", "q1_abandonment"]);
        assert_eq!(names(&[]).unwrap().len(), catalog.iter().count());
        assert!(names(&["q11"]).is_err() && names(&["q"]).is_err() && names(&[""]).is_err());
    }
}
