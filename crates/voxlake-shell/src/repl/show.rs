//! Presentation of results and messages.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::CopyRequest;
use anyhow::anyhow;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use voxlake_lake::counted;
use voxlake_query::{NamedQuery, QueryError, QueryResult};
use voxlake_report::{
    Format, ReportError, ResultDescription, ResultWriter, WriterOptions, escape_control_chars,
    expanded_writer, fitted_table_writer, result_writer,
};

use super::batches::Batches;
use super::last_rows::LastRows;
use super::runtime::InterruptibleRuntime;
use super::sink::{ResultOutput, check_destination, named_format};
use super::state::{DisplaySettings, Shell};
use crate::failure::Origin;
use crate::output::Output;
use crate::output::format_by_extension;
use crate::query_help::describe_query;
use crate::result_description::TABLE_ROWS;
use crate::result_printer::print_notices;
use crate::scan_report::summarize_scan;
use crate::stderr_line;
use crate::terminal;

/// Returns the writer of a result in this format.
fn writer_for<'a>(
    display: &DisplaySettings,
    format: Format,
    schema: SchemaRef,
    layout: &WriterOptions,
    page: &'a mut ResultOutput<'_>,
) -> Result<Box<dyn ResultWriter + Send + 'a>, ReportError> {
    match format {
        Format::Table if display.expanded => Ok(expanded_writer(schema, layout, page)),
        Format::Table if is_plan(&schema) => Ok(Box::new(PlanWriter { page })),
        Format::Table => Ok(fitted_table_writer(schema, layout, page)),
        format => result_writer(format, schema, layout, page),
    }
}

/// Returns whether a result is that of `EXPLAIN`, whose text has line breaks.
fn is_plan(schema: &SchemaRef) -> bool {
    matches!(
        schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().as_slice(),
        ["plan_type", "plan"]
    )
}

/// Writer of the result of `EXPLAIN` as text.
struct PlanWriter<'a, 'b> {
    page: &'a mut ResultOutput<'b>,
}

impl ResultWriter for PlanWriter<'_, '_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in 0..batch.num_rows() {
            writeln!(self.page, "{}:", escape_control_chars(&array_value_to_string(batch.column(0), row)?))?;
            for line in array_value_to_string(batch.column(1), row)?.lines() {
                writeln!(self.page, "  {}", escape_control_chars(line))?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        Ok(())
    }
}

/// A running query whose result is to be shown.
pub(crate) struct PendingResult<'a> {
    pub(crate) answer: QueryResult,
    pub(crate) begun: Instant,
    pub(crate) sql: &'a str,
    pub(crate) origin: &'a Origin,
}

/// Summary of a written result.
struct Written {
    rows: usize,
    /// True if there are more rows than a table shows.
    cut: bool,
    last_rows: LastRows,
}

/// Heading and description of the result of a named query.
#[derive(Clone, Debug)]
pub(crate) struct NamedResult {
    pub(crate) heading: String,
    pub(crate) description: ResultDescription,
}

/// Shows a result, with a heading if it is that of a named query.
pub(crate) fn show_result(
    shell: &mut Shell,
    result: PendingResult<'_>,
    named: Option<NamedResult>,
) -> anyhow::Result<()> {
    let PendingResult { answer, begun, sql, origin } = result;
    print_notices(&answer);
    let format = shell.out.format(shell.display.format);
    let (heading, description) = named.map(|named| (named.heading, named.description)).unzip();
    let schema = answer.schema();
    let columns = description.as_ref().map(|description| description.data_columns(&schema));
    let on_terminal = shell.out.is_terminal();
    let layout = WriterOptions::default()
        .with_title(heading.as_ref().map(|heading| heading.replace('\n', "; ")))
        .with_width(width(shell))
        .with_description(description);
    let mut batches = Batches::new(answer, begun);
    // Before anything is written, so that a query that fails until here can run again.
    let first = match batches.next(&mut shell.runtime) {
        Ok(first) => first,
        Err(error) => return Err(with_place_unless_replaced(shell, error, sql, origin)),
    };
    let pager = shell.active_pager();
    let Shell { out, display, runtime, .. } = shell;
    let mut page = out.page(format, pager)?;
    if let Some(heading) = heading.filter(|_| format == Format::Table) {
        writeln!(page, "{heading}\n")?;
    }
    let mut out = writer_for(display, format, schema, &layout, &mut page)?;
    let columns = columns.as_deref();
    let written = write_rows(runtime, first, &mut batches, columns, (format, on_terminal), out.as_mut());
    let written = written.and_then(|written| out.finish().map(|()| written).map_err(Into::into));
    drop(out);
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            drop(page);
            return Err(with_place(shell, error, sql, origin));
        }
    };
    if format == Format::Table {
        let took = summarize_scan(&batches.progress().metrics(), begun.elapsed());
        let took = display.timing.then_some(took.as_str());
        write_footer(&mut page, &written, took)?;
    }
    page.finish()?;
    let names = written.last_rows.schema.fields().iter().map(|field| field.name().clone());
    shell.completions.set_columns(names);
    shell.last_rows = Some(written.last_rows);
    Ok(())
}

/// Writes the rows of a result, up to the limit of a table. `first` is its first batch, `columns`
/// are the columns for charts and completions.
fn write_rows(
    runtime: &mut InterruptibleRuntime,
    first: Option<RecordBatch>,
    batches: &mut Batches,
    columns: Option<&[usize]>,
    (format, on_terminal): (Format, bool),
    out: &mut dyn ResultWriter,
) -> anyhow::Result<Written> {
    let is_table = format == Format::Table;
    let all: Vec<usize> = (0..batches.schema().fields().len()).collect();
    let columns = columns.unwrap_or(&all);
    let schema = Arc::new(batches.schema().project(columns)?);
    let mut written = Written { rows: 0, cut: false, last_rows: LastRows::new(schema) };
    let mut next = first;
    while let Some(batch) = next {
        let free = if is_table { TABLE_ROWS - written.rows } else { usize::MAX };
        written.cut = batch.num_rows() > free;
        let batch = batch.slice(0, batch.num_rows().min(free));
        written.rows += batch.num_rows();
        written.last_rows.push(&batch.project(columns)?);
        if on_terminal && !is_table {
            batches.end_progress();
        }
        out.write(&batch)?;
        if written.cut {
            break;
        }
        next = batches.next(runtime)?;
    }
    batches.end_progress();
    Ok(written)
}

/// Writes the lines below a table.
fn write_footer(page: &mut ResultOutput<'_>, written: &Written, took: Option<&str>) -> io::Result<()> {
    if written.cut {
        writeln!(
            page,
            "only the first {TABLE_ROWS} rows are shown: \\copy, or \\format csv with \\o FILE, writes all"
        )?;
    }
    let took = took.map(|took| format!("; {took}")).unwrap_or_default();
    writeln!(page, "({}{took})", count_rows(written.rows))
}

/// Adds the place in the statement to the error of a query, unless the query may
/// [run again](super::statement::run_with_reruns).
fn with_place_unless_replaced(
    shell: &mut Shell,
    error: anyhow::Error,
    sql: &str,
    origin: &Origin,
) -> anyhow::Error {
    match error.downcast_ref() {
        Some(QueryError::Replaced { .. }) => error,
        _ => with_place(shell, error, sql, origin),
    }
}

/// Adds the place in the statement to the error of a query. Other errors are returned unchanged.
pub(crate) fn with_place(
    shell: &mut Shell,
    error: anyhow::Error,
    sql: &str,
    origin: &Origin,
) -> anyhow::Error {
    match error.downcast::<QueryError>() {
        Ok(error) => shell.failure(&error, sql, origin),
        Err(error) => error,
    }
}

/// Width of the terminal that results go to.
fn width(shell: &Shell) -> Option<u16> {
    shell.out.is_terminal().then(terminal::size).flatten().map(|(width, _)| width)
}

/// Shows rows that are in memory.
pub(crate) fn show_rows(shell: &mut Shell, rows: &RecordBatch, below: &str) -> anyhow::Result<()> {
    let format = shell.out.format(shell.display.format);
    let layout = WriterOptions::default().with_width(width(shell));
    let pager = shell.active_pager();
    let mut page = shell.out.page(format, pager)?;
    let mut out = writer_for(&shell.display, format, rows.schema(), &layout, &mut page)?;
    out.write(rows)?;
    out.finish()?;
    drop(out);
    if format == Format::Table {
        writeln!(page, "{below}")?;
    }
    Ok(page.finish()?)
}

/// Shows text.
pub(crate) fn show_text(shell: &mut Shell, text: &str) -> anyhow::Result<()> {
    let pager = shell.active_pager();
    let mut page = shell.out.page(Format::Table, pager)?;
    writeln!(page, "{}", text.trim_end())?;
    Ok(page.finish()?)
}

/// Shows the description of a named query.
pub(crate) fn show_query(shell: &mut Shell, query: &NamedQuery) -> anyhow::Result<()> {
    let mut text = Vec::new();
    describe_query(query, shell.host.argument_syntax, &mut text)?;
    show_text(shell, &String::from_utf8_lossy(&text))
}

/// Prints a message about a statement or command, unless the output is for programs.
pub(crate) fn print_message(shell: &Shell, done: &str, begun: Option<Instant>) -> anyhow::Result<()> {
    if shell.display.quiet || shell.out.format(shell.display.format) != Format::Table {
        return Ok(());
    }
    let took = begun.filter(|_| shell.display.timing);
    let took = took.map(|begun| format!(" ({:.2} s)", begun.elapsed().as_secs_f64())).unwrap_or_default();
    writeln!(io::stdout(), "{done}{took}")?;
    Ok(())
}

/// Prints a notice to stderr, to keep it out of results.
pub(crate) fn print_notice(shell: &Shell, notice: &str) {
    if !shell.display.quiet {
        stderr_line!("notice: {}", escape_control_chars(notice));
    }
}

/// Writes a result to a file, which appears when it is complete.
pub(crate) fn copy_to_file(
    shell: &mut Shell,
    copy: CopyRequest,
    begun: Instant,
    sql: &str,
    origin: &Origin,
) -> anyhow::Result<()> {
    let CopyRequest { answer, target, format } = copy;
    print_notices(&answer);
    let path = Path::new(&target);
    check_destination(path)?;
    let format = match format {
        None => {
            format_by_extension(path).map_err(|error| anyhow!("{error}; name the format with STORED AS"))?
        }
        Some(name) => named_format(&name)?,
    };
    let mut output = Output::open(Some(path))?;
    let mut rows = 0;
    let mut out = result_writer(format, answer.schema(), &WriterOptions::default(), &mut output)?;
    let mut batches = Batches::new(answer, begun);
    loop {
        match batches.next(&mut shell.runtime) {
            Ok(Some(batch)) => {
                rows += batch.num_rows();
                out.write(&batch)?;
            }
            Ok(None) => break,
            Err(error) => return Err(with_place_unless_replaced(shell, error, sql, origin)),
        }
    }
    batches.end_progress();
    out.finish()?;
    drop(out);
    output.finish()?;
    print_message(shell, &format!("COPY {rows}"), Some(begun))
}

/// `1 row`, `12,345 rows`
pub(crate) fn count_rows(rows: usize) -> String {
    counted(rows as u64, "row", "rows")
}
