//! Printing of a result, batch by batch.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use futures::StreamExt as _;
use terminal_size::{Width, terminal_size};
use voxlake_query::{BoundQuery, LakeSession, QueryResult, ScanMetrics};
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};
use voxlake_shell::{Output, ResultColumns, TABLE_ROWS};

use voxlake_shell::stderr_line;

/// Runs a named query and prints its result, with a heading in a table.
pub(crate) async fn answer(
    session: &LakeSession,
    asked: &BoundQuery<'_>,
    format: Format,
    output: &mut Output,
) -> anyhow::Result<ScanMetrics> {
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
pub(crate) async fn whole(
    answer: QueryResult,
    format: Format,
    output: &mut Output,
) -> anyhow::Result<ScanMetrics> {
    print(answer, format, None, output).await
}

/// Formats for people omit ids; columns that are equal in all rows are printed once, below a table.
async fn print(
    mut answer: QueryResult,
    format: Format,
    asked: Option<&BoundQuery<'_>>,
    output: &mut Output,
) -> anyhow::Result<ScanMetrics> {
    let query = asked.map(|asked| asked.query);
    let columns = ResultColumns::new(query, &answer.schema(), format);
    let options = WriterOptions::default()
        .with_title(asked.map(|asked| asked.heading().replace('\n', "; ")))
        .with_width(output.is_terminal().then(terminal_size).flatten().map(|(Width(width), _)| width));
    let shown = Arc::new(answer.schema().project(&columns.shown)?);
    let mut out = result_writer(format, shown, &options, &mut *output)?;
    let mut left = if format == Format::Table { TABLE_ROWS } else { usize::MAX };
    let mut cut = false;
    let mut said = BTreeSet::new();
    while let Some(batch) = answer.next().await {
        let batch = batch?;
        columns.add_notes(&batch, &mut said)?;
        cut = batch.num_rows() > left;
        let batch = batch.slice(0, batch.num_rows().min(left));
        left -= batch.num_rows();
        out.write(&batch.project(&columns.shown)?)?;
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
    Ok(answer.metrics())
}
