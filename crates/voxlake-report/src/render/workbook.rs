//! A report as an Excel workbook: a sheet for each section, with values and text, no formulas and
//! no links.
//!
//! Numbers have the format of their unit, amounts that of the currency of their row. A column of
//! text becomes a column of dates or times if all its values are.

mod cells;

use std::collections::{HashMap, HashSet};

use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook, Worksheet};
use unicode_width::UnicodeWidthStr as _;

use crate::content::grid::{Grid, LINE_COLUMN};
use crate::content::{ComparedPeriod, Document, Figure, Section, SectionBody, SectionResult};
use crate::definition::Unit;
use crate::error::ReportError;
use crate::formats::xlsx::sheet::{
    FILTER_ARROW_CHARS, MAX_COLUMN_CHARS, MAX_SHEET_ROWS, catch_write_panic, truncate_cell,
};
use crate::formats::xlsx::value::{CellKind, CellValue};
use crate::layout;
use crate::text::escape_control_chars;
use cells::{Cell, change_amount, change_cell, change_heading, figure_cells, kind_of_texts, number_format};

/// Maximum name of a sheet, in UTF-16 code units.
const MAX_SHEET_NAME_UNITS: usize = 31;
/// Extra width of an amount, for the code of its currency.
const CURRENCY_CHARS: usize = 5;

pub(super) fn render_workbook(document: &Document) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    catch_write_panic(|| {
        let mut workbook = Workbook::new();
        let mut builder = SheetBuilder { names: HashSet::new(), formats: HashMap::new() };
        for section in &document.sections {
            if !matches!(section.body, SectionBody::Text) {
                workbook.push_worksheet(builder.section_sheet(section)?);
            }
        }
        workbook.push_worksheet(builder.about_sheet(document)?);
        bytes = workbook.save_to_buffer()?;
        Ok(())
    })?;
    Ok(bytes)
}

/// Builds sheets with distinct names and shared formats.
struct SheetBuilder {
    /// Names in use, in lower case.
    names: HashSet<String>,
    /// Number formats in use.
    formats: HashMap<String, Format>,
}

impl SheetBuilder {
    fn section_sheet(&mut self, section: &Section) -> Result<Worksheet, ReportError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.unique_name(&section.definition.title))?;
        match &section.body {
            SectionBody::Rows(result) => {
                self.write_result(&mut sheet, section, section.with_changes(result))?;
            }
            SectionBody::Figures(figures) => self.write_figures(&mut sheet, figures)?,
            SectionBody::Text => {}
        }
        Ok(sheet)
    }

    fn write_result(
        &mut self,
        sheet: &mut Worksheet,
        section: &Section,
        result: &SectionResult,
    ) -> Result<(), ReportError> {
        let grid = Grid::from_result(result)?.select_rows(&section.definition);
        let schema = result.rows.schema();
        let kinds: Vec<CellKind> = (0..grid.columns.len())
            .map(|at| match CellKind::from_type(schema.field(at).data_type()) {
                CellKind::Text => kind_of_texts(
                    &grid.rows.iter().filter_map(|row| row.cells[at].as_deref()).collect::<Vec<_>>(),
                ),
                kind => kind,
            })
            .collect();
        let headings = grid.columns.iter().zip(&kinds).map(|(column, kind)| {
            let name = layout::column_heading(&section.definition, &column.name);
            match (&column.unit, kind) {
                (Unit::Seconds, _) => format!("{name} (s)"),
                (Unit::Other(unit), _) => format!("{name} ({unit})"),
                (_, CellKind::Instant) => format!("{name} (UTC)"),
                _ => name,
            }
        });
        let mut headings: Vec<String> = headings.collect();
        headings.extend(section.changes.as_ref().map(change_heading));
        let changes: Vec<Option<String>> =
            grid.rows.iter().map(|row| change_amount(section.changes.as_ref()?, row)).collect();
        let rows = grid.rows.iter().zip(&changes).map(|(row, change)| {
            let cells = grid.columns.iter().zip(&kinds).zip(&row.cells).enumerate();
            let cells = cells.map(|(at, ((column, kind), text))| match grid.null_words(row, at) {
                Some(words) => Cell::text(Some(words)),
                None => Cell {
                    text: text.as_deref(),
                    kind: *kind,
                    format: number_format(&column.unit, *kind, |currency| grid.cell(row, currency)),
                },
            });
            let change = section.changes.as_ref().map(|changes| change_cell(changes, change.as_deref()));
            cells.chain(change).collect()
        });
        let rows: Vec<Vec<Cell<'_>>> = rows.collect();
        self.write_table(sheet, &headings, &rows)?;
        if let Some(line) = grid.column_index(LINE_COLUMN).and_then(|at| u16::try_from(at).ok()) {
            sheet.set_column_width(line, 11)?;
        }
        Ok(())
    }

    fn write_figures(&mut self, sheet: &mut Worksheet, figures: &[Figure]) -> Result<(), ReportError> {
        let headings = ["Figure", "Value", "Unit", "Compared period", "Note", "Numerator", "Denominator"];
        let headings = headings.map(str::to_owned);
        let values = figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
        let units = values.clone().map(|(figure, value)| match (&figure.unit, &value.currency) {
            (Unit::Seconds, _) => "s".to_owned(),
            (Unit::Share, _) => String::new(),
            (Unit::Money { per, .. }, Some(currency)) => format!("{currency}{per}"),
            (unit, Some(currency)) => format!("{}, {currency}", unit.label()),
            (unit, None) => unit.label(),
        });
        let units: Vec<String> = units.collect();
        let notes = values.clone().map(|(figure, value)| figure.note(value));
        let notes: Vec<Option<String>> = notes.collect();
        let rows = values.zip(units.iter().zip(&notes));
        let rows = rows.map(|((figure, value), (unit, note))| figure_cells(figure, value, unit, note));
        let rows: Vec<Vec<Cell<'_>>> = rows.collect();
        self.write_table(sheet, &headings, &rows)
    }

    /// Returns the sheet with the period, the origin and the definitions of the report.
    fn about_sheet(&mut self, document: &Document) -> Result<Worksheet, ReportError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.unique_name("About"))?;
        let text = Format::new().set_quote_prefix().set_text_wrap().set_align(FormatAlign::Top);
        let name = text.clone().set_bold();
        let lines = metadata_lines(document).into_iter().chain(definition_lines(document));
        for (row, (label, value)) in (0..).zip(lines) {
            sheet.write_string_with_format(row, 0, truncate_cell(&escape_control_chars(&label)), &name)?;
            sheet.write_string_with_format(row, 1, truncate_cell(&escape_control_chars(&value)), &text)?;
        }
        sheet.set_column_width(0, 22)?.set_column_width(1, 100)?;
        Ok(sheet)
    }

    fn write_table(
        &mut self,
        sheet: &mut Worksheet,
        headings: &[String],
        rows: &[Vec<Cell<'_>>],
    ) -> Result<(), ReportError> {
        // The prefix keeps text from turning into a formula when its cell is edited.
        let text = Format::new().set_quote_prefix();
        let header = text.clone().set_bold();
        let count = u32::try_from(rows.len()).ok().filter(|rows| *rows <= MAX_SHEET_ROWS);
        let count = count.ok_or(ReportError::TooManyRows { limit: MAX_SHEET_ROWS })?;
        sheet.set_freeze_panes(1, 0)?;
        let mut widths: Vec<usize> = Vec::with_capacity(headings.len());
        for (at, heading) in (0..).zip(headings) {
            let heading = escape_control_chars(heading);
            sheet.write_string_with_format(0, at, truncate_cell(&heading), &header)?;
            widths.push(heading.width() + FILTER_ARROW_CHARS);
        }
        for (row, cells) in (1..).zip(rows) {
            for (at, cell) in (0..).zip(cells) {
                let width = self.write_cell(sheet, (row, at), cell, &text)?;
                if let Some(widest) = widths.get_mut(usize::from(at)) {
                    *widest = (*widest).max(width);
                }
            }
        }
        for (at, width) in (0..).zip(&widths) {
            // At most MAX_COLUMN_CHARS, so the conversion is exact.
            sheet.set_column_width(at, (width + 1).min(MAX_COLUMN_CHARS) as f64)?;
        }
        if let Some(last) = u16::try_from(headings.len()).ok().and_then(|columns| columns.checked_sub(1)) {
            sheet.autofilter(0, 0, count, last)?;
            sheet.ignore_error_range(0, 0, count, last, IgnoreError::NumberStoredAsText)?;
        }
        Ok(())
    }

    /// Writes a cell, and returns its approximate width in characters.
    fn write_cell(
        &mut self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        cell: &Cell<'_>,
        text_format: &Format,
    ) -> Result<usize, ReportError> {
        let Some(text) = cell.text else { return Ok(0) };
        let text = escape_control_chars(text);
        match cell.kind.cell_value(&text) {
            CellValue::Boolean(value) => sheet.write_boolean(row, column, value)?,
            CellValue::Number(number) | CellValue::Milliseconds(number) => {
                let format = self
                    .formats
                    .entry(cell.format.clone())
                    .or_insert_with(|| Format::new().set_num_format(&cell.format));
                sheet.write_number_with_format(row, column, number, format)?
            }
            CellValue::Text if cell.kind.is_number() => {
                let aligned = text_format.clone().set_align(FormatAlign::Right);
                sheet.write_string_with_format(row, column, truncate_cell(&text), &aligned)?
            }
            CellValue::Text => {
                sheet.write_string_with_format(row, column, truncate_cell(&text), text_format)?
            }
        };
        Ok(text.width() + if cell.format.contains('$') { CURRENCY_CHARS } else { 0 })
    }

    /// Returns a valid name for a sheet that no other sheet has.
    fn unique_name(&mut self, title: &str) -> String {
        let name = escape_control_chars(title)
            .chars()
            .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') { ' ' } else { c })
            .collect::<String>();
        let name = if name.trim().is_empty() { "Section".to_owned() } else { name.trim().to_owned() };
        (1_u32..)
            .map(|copy| {
                let suffix = if copy == 1 { String::new() } else { format!(" {copy}") };
                let mut available = MAX_SHEET_NAME_UNITS - suffix.len();
                let fits = |c: &char| {
                    let rest = available.checked_sub(c.len_utf16());
                    available = rest.unwrap_or(0);
                    rest.is_some()
                };
                format!("{}{suffix}", name.chars().take_while(fits).collect::<String>().trim_end())
            })
            .find(|name| self.names.insert(name.to_lowercase()))
            .unwrap_or(name)
    }
}

/// Returns labels and values about the report.
fn metadata_lines(document: &Document) -> Vec<(String, String)> {
    let metadata = &document.metadata;
    let freshness = &metadata.freshness;
    let line = |label: &str, value: String| (label.to_owned(), value);
    let mut lines = vec![
        line("Report", document.definition.title.clone()),
        line("Period", format!("{}, {}", metadata.period_text, metadata.timezone)),
        line("From", metadata.from.to_rfc3339()),
        line("To, not included", metadata.to.to_rfc3339()),
    ];
    let comparison = metadata.comparison.as_ref();
    let comparison = comparison.map_or_else(|| "No comparison.".to_owned(), ComparedPeriod::sentence);
    lines.push(line("Comparison", comparison));
    lines.extend(metadata.parameters.iter().map(|(name, value)| (format!("Only {name}"), value.clone())));
    lines.extend(metadata.alerts.iter().map(|alert| line("Alert", alert.clone())));
    lines.push(line("Settled", if freshness.settled { "yes" } else { "no" }.to_owned()));
    lines.extend(document.remarks().into_iter().map(|remark| line("Note", remark)));
    lines.push(line("Made", format!("{} by voxlake {}", metadata.made_at.to_rfc3339(), metadata.version)));
    lines.push(line("Command", metadata.command.clone()));
    lines
}

/// Returns the names and descriptions of the queries, one line for each paragraph.
fn definition_lines(document: &Document) -> Vec<(String, String)> {
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for result in document.results().filter(|result| seen.insert(result.request.query.clone())) {
        let paragraphs = result.description.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        for (at, paragraph) in paragraphs.enumerate() {
            let name = if at == 0 { result.request.query.clone() } else { String::new() };
            lines.push((name, paragraph));
        }
    }
    lines
}
