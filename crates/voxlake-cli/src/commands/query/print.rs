//! Writes a result, batch by batch.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::util::display::array_value_to_string;
use futures::StreamExt as _;
use terminal_size::{Width, terminal_size};
use voxlake_query::{Answer, BoundQuery, LakeSession, NamedQuery, Reading};
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use super::output::Output;

use crate::stderr::stderr_line;

/// Maximum rows of a table, which is built in memory; other formats have no limit.
pub(crate) const TABLE_ROWS: usize = 10_000;

/// Runs a named query and prints its result; a table has a heading with title and period.
pub(crate) async fn answer(
    session: &LakeSession,
    asked: &BoundQuery<'_>,
    format: Format,
    output: &mut Output,
) -> anyhow::Result<Reading> {
    let answer = session.run(asked.query, &asked.params()).await?;
    for notice in answer.notices() {
        stderr_line!("{}", escape_control_chars(notice));
    }
    if format == Format::Table {
        writeln!(output, "{}\n", asked.heading())?;
    }
    print(answer, format, Some(asked), output).await
}

/// Prints a result with all its columns.
pub(crate) async fn whole(answer: Answer, format: Format, output: &mut Output) -> anyhow::Result<Reading> {
    print(answer, format, None, output).await
}

/// Prints a result. Formats for people leave out ids, and tables have notes below them.
async fn print(
    mut answer: Answer,
    format: Format,
    asked: Option<&BoundQuery<'_>>,
    output: &mut Output,
) -> anyhow::Result<Reading> {
    let query = asked.map(|asked| asked.query);
    let ids = match format {
        Format::Table | Format::Markdown | Format::Html => columns_of(query, &answer.schema(), "id"),
        _ => Vec::new(),
    };
    let notes =
        if format == Format::Table { columns_of(query, &answer.schema(), "note") } else { Vec::new() };
    let shown: Vec<usize> = (0..answer.schema().fields().len())
        .filter(|place| !ids.contains(place) && !notes.contains(place))
        .collect();
    let options = WriterOptions::default()
        .with_title(asked.map(|asked| asked.heading().replace('\n', "; ")))
        .with_width(output.is_terminal().then(terminal_size).flatten().map(|(Width(width), _)| width));
    let mut out = result_writer(format, Arc::new(answer.schema().project(&shown)?), &options, &mut *output)?;
    let mut left = if format == Format::Table { TABLE_ROWS } else { usize::MAX };
    let mut cut = false;
    let mut said = BTreeSet::new();
    while let Some(batch) = answer.next().await {
        let batch = batch?;
        for note in notes.iter().filter(|_| batch.num_rows() > 0) {
            said.insert(array_value_to_string(batch.column(*note), 0)?);
        }
        cut = batch.num_rows() > left;
        let batch = batch.slice(0, batch.num_rows().min(left));
        left -= batch.num_rows();
        out.write(&batch.project(&shown)?)?;
        if cut {
            break;
        }
    }
    out.finish()?;
    drop(out);
    if cut {
        writeln!(output, "\nonly the first {TABLE_ROWS} rows are shown; --format csv or -o FILE writes all")?;
    }
    for note in said {
        let name = query.map_or("", |query| query.name.as_str());
        writeln!(output, "\n{name}: {}", escape_control_chars(&note))?;
    }
    Ok(answer.reading())
}

/// Returns the indexes in `schema` of the query's columns with this unit.
pub(crate) fn columns_of(query: Option<&NamedQuery>, schema: &Schema, unit: &str) -> Vec<usize> {
    let columns = query.map_or(&[][..], |query| query.columns.as_slice());
    let wanted = columns.iter().filter(|column| column.unit.as_deref() == Some(unit));
    wanted.filter_map(|column| schema.index_of(&column.name).ok()).collect()
}
