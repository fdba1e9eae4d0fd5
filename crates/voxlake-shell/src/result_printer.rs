//! Printing of a result to a file or to standard output.

use std::io::Write as _;

use arrow::array::RecordBatch;
use futures::StreamExt as _;
use voxlake_query::{
    ALL_CALL_FIELDS, BoundQuery, CALL_OVERVIEW, LEG_OVERVIEW, LakeSession, QueryResult, ScanMetrics,
};
use voxlake_report::{Format, ResultDescription, WriterOptions, escape_control_chars, result_writer};

use crate::output::Output;
use crate::result_description::{TABLE_ROWS, describe_result};
use crate::{stderr_line, terminal};

/// Prints the notices of a result to stderr.
pub(crate) fn print_notices(result: &QueryResult) {
    for notice in result.notices().iter().chain(result.charge_notices()) {
        stderr_line!("{}", escape_control_chars(notice));
    }
}

/// Printer of results in one format.
///
/// # Example
/// ```no_run
/// use voxlake_query::LakeSession;
/// use voxlake_report::Format;
/// use voxlake_shell::{Output, ResultPrinter};
///
/// # async fn run(session: &LakeSession) -> anyhow::Result<()> {
/// let mut output = Output::stdout();
/// let printer = ResultPrinter::new(Format::Csv);
/// printer.print(session.sql("SELECT count(*) FROM calls").await?, &mut output).await?;
/// output.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ResultPrinter {
    format: Format,
    all_rows_hint: &'static str,
    exact: bool,
}

impl ResultPrinter {
    /// Creates a printer.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, all_rows_hint: "", exact: false }
    }

    /// Sets a hint on how to print all rows of a result that is too long for a table.
    #[must_use]
    pub fn with_all_rows_hint(mut self, hint: &'static str) -> Self {
        self.all_rows_hint = hint;
        self
    }

    /// Sets whether formats for people show exact values of named queries.
    #[must_use]
    pub fn with_exact(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }

    /// Runs a named query and prints its result, with a heading in a table. Its notices go to
    /// stderr.
    ///
    /// # Errors
    /// The error of the query or of the output.
    pub async fn print_query(
        &self,
        session: &LakeSession,
        query: &BoundQuery<'_>,
        output: &mut Output,
    ) -> anyhow::Result<ScanMetrics> {
        let result = session.run(query.query, &query.params()).await?;
        let description = describe_result(query, session, self.exact).await?;
        self.print_rows(result, Some((query, description)), output).await
    }

    /// Prints a result with all its columns.
    ///
    /// # Errors
    /// The error of the query or of the output.
    pub async fn print(&self, result: QueryResult, output: &mut Output) -> anyhow::Result<ScanMetrics> {
        self.print_rows(result, None, output).await
    }

    /// Prints the calls of a small lake. A table also has their legs, and `differences` between the
    /// calls and another lake, if there are any.
    ///
    /// # Errors
    /// The error of a query or of the output.
    pub async fn print_calls(
        &self,
        session: &LakeSession,
        differences: Option<&RecordBatch>,
        output: &mut Output,
    ) -> anyhow::Result<()> {
        if self.format != Format::Table {
            self.print(session.sql(ALL_CALL_FIELDS).await?, output).await?;
            return Ok(());
        }
        self.print(session.sql(CALL_OVERVIEW).await?, output).await?;
        let legs = session.sql(LEG_OVERVIEW).await?.collect().await?;
        if legs.iter().any(|batch| batch.num_rows() > 0) {
            writeln!(output, "\nLegs")?;
            self.print(session.sql(LEG_OVERVIEW).await?, output).await?;
        }
        if let Some(rows) = differences.filter(|rows| rows.num_rows() > 0) {
            writeln!(output, "\nDifferences from the lake")?;
            let mut table =
                result_writer(self.format, rows.schema(), &WriterOptions::default(), &mut *output)?;
            table.write(rows)?;
            table.finish()?;
        }
        Ok(())
    }

    /// Prints rows batch by batch. Nothing is written before the first batch is there, so that a
    /// query that fails until then can run again.
    async fn print_rows(
        &self,
        mut result: QueryResult,
        named: Option<(&BoundQuery<'_>, ResultDescription)>,
        output: &mut Output,
    ) -> anyhow::Result<ScanMetrics> {
        print_notices(&result);
        let (bound, description) = named.unzip();
        let format = self.format;
        let options = WriterOptions::default()
            .with_title(bound.map(|bound| bound.heading().replace('\n', "; ")))
            .with_width(output.is_terminal().then(terminal::size).flatten().map(|(width, _)| width))
            .with_description(description);
        let mut next = result.next().await.transpose()?;
        if let Some(bound) = bound.filter(|_| format == Format::Table) {
            writeln!(output, "{}\n", bound.heading())?;
        }
        let mut left = if format == Format::Table { TABLE_ROWS } else { usize::MAX };
        let mut is_cut = false;
        let mut out = result_writer(format, result.schema(), &options, &mut *output)?;
        while let Some(batch) = next {
            is_cut = batch.num_rows() > left;
            let batch = batch.slice(0, batch.num_rows().min(left));
            left -= batch.num_rows();
            out.write(&batch)?;
            if is_cut {
                break;
            }
            next = result.next().await.transpose()?;
        }
        out.finish()?;
        drop(out);
        if is_cut {
            let hint = Some(self.all_rows_hint).filter(|hint| !hint.is_empty());
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            writeln!(output, "\nonly the first {TABLE_ROWS} rows are shown{hint}")?;
        }
        Ok(result.metrics())
    }
}
