//! Answers on their way out: to the screen, to a file, or into a file of their own.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use futures::StreamExt as _;
use indicatif::HumanCount;
use voxlake_query::{Answer, NamedQuery};
use voxlake_report::{
    Format, ReportError, ResultWriter, WriterOptions, escape_control_chars, expanded_writer,
    fitted_table_writer, result_writer,
};
use voxlake_shell::Copy;

use super::failure::Origin;
use super::progress::Progress;
use super::shell::{Look, Shell};
use super::sink::{Page, check_place, named_format};
use crate::commands::query::output::by_extension;
use crate::commands::query::print::{TABLE_ROWS, columns_of};
use crate::commands::query::{Output, explain};
use crate::screen;
use crate::stderr::stderr_line;

/// The rows of the last answer, as far as a table would show them.
pub(crate) struct Kept {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    rows: usize,
}

impl Kept {
    fn of(schema: SchemaRef) -> Self {
        Self { schema, batches: Vec::new(), rows: 0 }
    }

    fn keep(&mut self, batch: &RecordBatch) {
        let room = TABLE_ROWS.saturating_sub(self.rows).min(batch.num_rows());
        if room > 0 {
            self.batches.push(batch.slice(0, room));
            self.rows += room;
        }
    }
}

impl Look {
    /// The writer of an answer in this format.
    fn writer<'a>(
        &self,
        format: Format,
        schema: SchemaRef,
        options: &WriterOptions,
        page: &'a mut Page<'_>,
    ) -> Result<Box<dyn ResultWriter + Send + 'a>, ReportError> {
        match format {
            Format::Table if self.expanded => Ok(expanded_writer(schema, options, page)),
            Format::Table if is_plan(&schema) => Ok(Box::new(Plan { page })),
            Format::Table => Ok(fitted_table_writer(schema, options, page)),
            format => result_writer(format, schema, options, page),
        }
    }
}

/// Whether it is the answer to `EXPLAIN`, whose text has lines of its own.
fn is_plan(schema: &SchemaRef) -> bool {
    matches!(
        schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().as_slice(),
        ["plan_type", "plan"]
    )
}

/// The answer to `EXPLAIN` as text.
struct Plan<'a, 'b> {
    page: &'a mut Page<'b>,
}

impl ResultWriter for Plan<'_, '_> {
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

impl Shell {
    /// Shows an answer, that of a named question with its heading.
    pub(crate) fn show(
        &mut self,
        mut answer: Answer,
        named: Option<(&NamedQuery, &str)>,
        begun: Instant,
        sql: &str,
        origin: &Origin,
    ) -> anyhow::Result<()> {
        for notice in answer.notices() {
            stderr_line!("{}", escape_control_chars(notice));
        }
        let format = self.out.format(self.look.format);
        let for_people = format == Format::Table;
        let query = named.map(|(query, _)| query);
        let ids = if matches!(format, Format::Table | Format::Markdown | Format::Html) {
            columns_of(query, &answer.schema(), "id")
        } else {
            Vec::new()
        };
        let notes = if for_people { columns_of(query, &answer.schema(), "note") } else { Vec::new() };
        let schema = answer.schema();
        let shown: Vec<usize> = (0..schema.fields().len())
            .filter(|place| !ids.contains(place) && !notes.contains(place))
            .collect();
        let shown_schema: SchemaRef = Arc::new(schema.project(&shown)?);
        let on_terminal = self.out.is_terminal();
        let options = WriterOptions::default()
            .with_title(named.map(|(_, heading)| heading.replace('\n', "; ")))
            .with_width(on_terminal.then(screen::size).flatten().map(|(width, _)| width));
        let gauge = answer.gauge();
        let mut progress = Progress::since(begun);
        let mut kept = Kept::of(Arc::clone(&shown_schema));
        let mut page = self.out.page(format, self.look.pager && self.interactive)?;
        if let Some((_, heading)) = named.filter(|_| for_people) {
            writeln!(page, "{heading}\n")?;
        }
        let (mut rows, mut cut, mut said) = (0, false, BTreeSet::new());
        {
            let mut out = self.look.writer(format, shown_schema, &options, &mut page)?;
            loop {
                let next = async move {
                    let batch = answer.next().await;
                    (answer, batch)
                };
                let (same, batch) = self.engine.run(next, || progress.tick(Some(&gauge)))?;
                answer = same;
                let batch = match batch {
                    None => break,
                    Some(Ok(batch)) => batch,
                    Some(Err(error)) => {
                        drop(out);
                        drop(page);
                        return Err(self.failure(&error, sql, origin));
                    }
                };
                for note in notes.iter().filter(|_| batch.num_rows() > 0) {
                    said.insert(array_value_to_string(batch.column(*note), 0)?);
                }
                let room = if for_people { TABLE_ROWS - rows } else { usize::MAX };
                cut = batch.num_rows() > room;
                let batch = batch.slice(0, batch.num_rows().min(room)).project(&shown)?;
                rows += batch.num_rows();
                kept.keep(&batch);
                if on_terminal && !for_people {
                    progress.end();
                }
                out.write(&batch)?;
                if cut {
                    break;
                }
            }
            progress.end();
            out.finish()?;
        }
        if for_people {
            let name = query.map_or("", |query| query.name.as_str());
            for note in said {
                writeln!(page, "\n{name}: {}", escape_control_chars(&note))?;
            }
            if cut {
                writeln!(
                    page,
                    "these are the first {TABLE_ROWS} rows; there are more: \\copy, or \\format csv with \\o FILE, gives all"
                )?;
            }
            let took = explain::in_short(&gauge.reading(), begun.elapsed());
            let took = if self.look.timing { format!("; {took}") } else { String::new() };
            writeln!(page, "({}{took})", counted(rows))?;
        }
        page.finish()?;
        self.words.set_columns(kept.schema.fields().iter().map(|field| field.name().clone()));
        self.kept = Some(kept);
        Ok(())
    }

    /// Shows rows that are there already.
    pub(crate) fn show_rows(&mut self, rows: &RecordBatch, below: &str) -> anyhow::Result<()> {
        let format = self.out.format(self.look.format);
        let width = if self.out.is_terminal() { screen::size().map(|(width, _)| width) } else { None };
        let options = WriterOptions::default().with_width(width);
        let mut page = self.out.page(format, self.look.pager && self.interactive)?;
        let mut out = self.look.writer(format, rows.schema(), &options, &mut page)?;
        out.write(rows)?;
        out.finish()?;
        drop(out);
        if format == Format::Table {
            writeln!(page, "{below}")?;
        }
        Ok(page.finish()?)
    }

    /// Shows text.
    pub(crate) fn show_text(&mut self, text: &str) -> anyhow::Result<()> {
        let mut page = self.out.page(Format::Table, self.look.pager && self.interactive)?;
        writeln!(page, "{}", text.trim_end())?;
        Ok(page.finish()?)
    }

    /// Says what was done, where people read it.
    pub(crate) fn tell(&mut self, done: &str, begun: Option<Instant>) -> anyhow::Result<()> {
        if self.look.quiet || self.out.format(self.look.format) != Format::Table {
            return Ok(());
        }
        let took = begun.filter(|_| self.look.timing);
        let took = took.map(|begun| format!(" ({:.2} s)", begun.elapsed().as_secs_f64())).unwrap_or_default();
        writeln!(io::stdout(), "{done}{took}")?;
        Ok(())
    }

    /// Prints a notice on stderr, so that it is not taken for an answer.
    pub(crate) fn notice(&self, notice: &str) -> anyhow::Result<()> {
        if !self.look.quiet {
            stderr_line!("notice: {}", escape_control_chars(notice));
        }
        Ok(())
    }

    /// Writes an answer to a file of its own, which appears when it is whole.
    pub(crate) fn copy(
        &mut self,
        copy: Copy,
        begun: Instant,
        sql: &str,
        origin: &Origin,
    ) -> anyhow::Result<()> {
        let Copy { mut answer, target, format } = copy;
        let path = Path::new(&target);
        check_place(path)?;
        let format = match format {
            None => by_extension(path).map_err(|wrong| anyhow!("{wrong}: say which by STORED AS"))?,
            Some(name) => named_format(&name)?,
        };
        let gauge = answer.gauge();
        let mut progress = Progress::since(begun);
        let mut output = Output::open(Some(path))?;
        let mut rows = 0;
        let mut out = result_writer(format, answer.schema(), &WriterOptions::default(), &mut output)?;
        loop {
            let next = async move {
                let batch = answer.next().await;
                (answer, batch)
            };
            let (same, batch) = self.engine.run(next, || progress.tick(Some(&gauge)))?;
            answer = same;
            match batch {
                None => break,
                Some(Ok(batch)) => {
                    rows += batch.num_rows();
                    out.write(&batch)?;
                }
                Some(Err(error)) => return Err(self.failure(&error, sql, origin)),
            }
        }
        progress.end();
        out.finish()?;
        drop(out);
        output.finish()?;
        self.tell(&format!("COPY {rows}"), Some(begun))
    }
}

/// `1 row`, `12,345 rows`
pub(crate) fn counted(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{} rows", HumanCount(rows as u64)) }
}
