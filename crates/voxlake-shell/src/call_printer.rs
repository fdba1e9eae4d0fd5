//! Printing of one call.

use std::io::Write as _;

use arrow::array::RecordBatch;
use chrono_tz::Tz;
use voxlake_query::{BoundQuery, LakeSession, QueryLibrary, all_days};
use voxlake_report::{Format, WriterOptions, expanded_writer, result_writer};

use crate::output::Output;
use crate::result_description::describe_result;
use crate::result_printer::ResultPrinter;
use crate::terminal;

/// Prints the calls with the id `engagement` in `format`: several only if they share an id. A table
/// has the facts of each call, one on a line, and a timeline of its legs, with times in `zone`.
/// Other formats have all fields. Returns the number of calls.
///
/// # Example
/// ```no_run
/// use voxlake_query::LakeSession;
/// use voxlake_report::Format;
/// use voxlake_shell::{Output, print_call};
///
/// # async fn run(session: &LakeSession) -> anyhow::Result<()> {
/// let mut output = Output::stdout();
/// let id = "7Zy3pXkqQmO0fXh5bJ1hJw";
/// let zone = chrono_tz::Europe::Berlin;
/// let calls = print_call(session, id, zone, Format::Table, &mut output).await?;
/// assert_eq!(calls, 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The error of a query or of the output.
pub async fn print_call(
    session: &LakeSession,
    engagement: &str,
    zone: Tz,
    format: Format,
    output: &mut Output,
) -> anyhow::Result<usize> {
    if format != Format::Table {
        return print_fields(session, engagement, format, output).await;
    }
    let library = QueryLibrary::call()?;
    let [facts, timeline] = ["call_facts", "call_timeline"].map(|name| {
        let query = library.get(name)?;
        let bound = BoundQuery::new(query, all_days(session), zone);
        anyhow::Ok(bound.with_parameters([("engagement", engagement)]))
    });
    let calls = print_rows(session, &facts?, CallLayout::Facts, output).await?;
    if calls > 0 {
        print_rows(session, &timeline?, CallLayout::Legs, output).await?;
    }
    Ok(calls)
}

/// Prints all fields of the calls.
async fn print_fields(
    session: &LakeSession,
    engagement: &str,
    format: Format,
    output: &mut Output,
) -> anyhow::Result<usize> {
    let quoted = engagement.replace('\'', "''");
    let condition = format!("FROM voice_calls WHERE engagement_id = '{quoted}'");
    let calls = session.sql(&format!("SELECT engagement_id {condition}")).await?.collect().await?;
    let calls = calls.iter().map(RecordBatch::num_rows).sum();
    if calls > 0 {
        let fields = session.sql(&format!("SELECT * {condition} ORDER BY start_time")).await?;
        ResultPrinter::new(format).print(fields, output).await?;
    }
    Ok(calls)
}

/// CallLayout of the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallLayout {
    /// A line for each value.
    Facts,
    /// A table with a heading, or nothing if there are no rows.
    Legs,
}

async fn print_rows(
    session: &LakeSession,
    query: &BoundQuery<'_>,
    layout: CallLayout,
    output: &mut Output,
) -> anyhow::Result<usize> {
    let result = session.run(query.query, &query.params()).await?;
    let schema = result.schema();
    let options = WriterOptions::default()
        .with_width(output.is_terminal().then(terminal::size).flatten().map(|(width, _)| width))
        .with_description(Some(describe_result(query, session, false).await?));
    let batches = result.collect().await?;
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    if rows == 0 {
        return Ok(0);
    }
    if layout == CallLayout::Legs {
        writeln!(output, "\nLegs")?;
    }
    let mut writer = match layout {
        CallLayout::Facts => expanded_writer(schema, &options, &mut *output),
        CallLayout::Legs => result_writer(Format::Table, schema, &options, &mut *output)?,
    };
    for batch in &batches {
        writer.write(batch)?;
    }
    writer.finish()?;
    Ok(rows)
}
