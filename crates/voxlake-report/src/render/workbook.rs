//! A report as a workbook: a sheet for each section, whose cells are values and text, never a formula or a link.
//!
//! Numbers are numbers in the format of their unit, an amount in that of its row's currency; days and times
//! that a question writes as text are Excel's own where all of a column are.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook, Worksheet};
use unicode_width::UnicodeWidthStr as _;

use crate::content::data::{Grid, LINE};
use crate::content::{Answered, Document, Figure, Section, SectionBody};
use crate::definition::{ColumnAbout, SectionDefinition, Unit};
use crate::error::ReportError;
use crate::formats::xlsx::sheet::{FILTER, ROWS, WIDEST, fitting, guarded};
use crate::formats::xlsx::value::{Kind, Value};
use crate::layout;
use crate::text::visible;

/// Characters that a sheet's name holds.
const NAME: usize = 31;

pub(super) fn workbook(document: &Document) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    guarded(|| {
        let mut workbook = Workbook::new();
        let mut book = Book { names: HashSet::new(), formats: HashMap::new() };
        for section in &document.sections {
            if !matches!(section.body, SectionBody::Text) {
                workbook.push_worksheet(book.sheet(section)?);
            }
        }
        workbook.push_worksheet(book.about(document)?);
        bytes = workbook.save_to_buffer()?;
        Ok(())
    })?;
    Ok(bytes)
}

struct Book {
    names: HashSet<String>,
    /// Number formats, each made once.
    formats: HashMap<String, Format>,
}

/// A cell: its text and how it is to be understood.
struct Cell<'a> {
    text: Option<&'a str>,
    kind: Kind,
    /// Format of its number; empty for what has none.
    format: String,
}

impl Book {
    fn sheet(&mut self, section: &Section) -> Result<Worksheet, ReportError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.name(&section.definition.title))?;
        match &section.body {
            SectionBody::Answer(answered) => self.answer(&mut sheet, &section.definition, answered)?,
            SectionBody::Figures(figures) => self.figures(&mut sheet, figures)?,
            SectionBody::Text => {}
        }
        Ok(sheet)
    }

    fn answer(
        &mut self,
        sheet: &mut Worksheet,
        section: &SectionDefinition,
        answered: &Answered,
    ) -> Result<(), ReportError> {
        let grid = Grid::of(answered)?.picked(section);
        let schema = answered.rows.schema();
        let kinds: Vec<Kind> = (0..grid.columns.len())
            .map(|at| match Kind::of(schema.field(at).data_type()) {
                Kind::Text => kind_of_texts(
                    &grid.rows.iter().filter_map(|row| row.cells[at].as_deref()).collect::<Vec<_>>(),
                ),
                kind => kind,
            })
            .collect();
        let headings = grid.columns.iter().zip(&kinds).map(|(column, kind)| {
            let name = layout::heading(section, &column.name);
            match (&column.unit, kind) {
                (Unit::Seconds, _) => format!("{name} (s)"),
                (Unit::Other(unit), _) => format!("{name} ({unit})"),
                (_, Kind::Instant) => format!("{name} (UTC)"),
                _ => name,
            }
        });
        let headings: Vec<String> = headings.collect();
        let rows: Vec<Vec<Cell<'_>>> = grid
            .rows
            .iter()
            .map(|row| {
                let cells = grid.columns.iter().zip(&kinds).zip(&row.cells);
                cells
                    .map(|((column, kind), text)| Cell {
                        text: text.as_deref(),
                        kind: *kind,
                        format: number_format(column, *kind, |currency| grid.cell(row, currency)),
                    })
                    .collect()
            })
            .collect();
        self.table(sheet, &headings, &rows)?;
        if let Some(line) = grid.place(LINE).and_then(|at| u16::try_from(at).ok()) {
            sheet.set_column_width(line, 11)?;
        }
        Ok(())
    }

    fn figures(&mut self, sheet: &mut Worksheet, figures: &[Figure]) -> Result<(), ReportError> {
        let headings = ["Figure", "Value", "Unit", "Period before"].map(str::to_owned);
        let units: Vec<String> = figures
            .iter()
            .flat_map(|figure| {
                figure.values.iter().map(|value| match (&figure.unit, &value.currency) {
                    (Unit::Seconds, _) => "s".to_owned(),
                    (Unit::Share, _) => String::new(),
                    (Unit::Money { per, .. }, Some(currency)) => format!("{currency}{per}"),
                    (unit, Some(currency)) => format!("{}, {currency}", unit.words()),
                    (unit, None) => unit.words(),
                })
            })
            .collect();
        let values = figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
        let rows: Vec<Vec<Cell<'_>>> = values
            .zip(&units)
            .map(|((figure, value), unit)| {
                let text = |text| Cell { text, kind: Kind::Text, format: String::new() };
                let number = |number: &'static str, of: &Option<String>| {
                    let places =
                        of.as_deref().and_then(|text| text.split_once('.')).map_or(0, |(_, f)| f.len());
                    let column = ColumnAbout {
                        name: number.to_owned(),
                        unit: figure.unit.clone(),
                        is_number: true,
                        help: String::new(),
                    };
                    number_format(&column, Kind::Exact(places), |_| value.currency.as_deref())
                };
                let cell =
                    |of| Cell { text: Option::as_deref(of), kind: Kind::Exact(0), format: number("", of) };
                vec![text(Some(&figure.label)), cell(&value.now), text(Some(unit)), cell(&value.before)]
            })
            .collect();
        self.table(sheet, &headings, &rows)
    }

    /// What the report is about and what its figures mean.
    fn about(&mut self, document: &Document) -> Result<Worksheet, ReportError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.name("About"))?;
        let about = &document.about;
        let mut lines = vec![
            ("Report".to_owned(), document.definition.title.clone()),
            ("Period".to_owned(), format!("{}, {}", about.period_words, about.timezone)),
            ("From".to_owned(), about.from.to_rfc3339()),
            ("To, not included".to_owned(), about.to.to_rfc3339()),
            ("Compared with".to_owned(), about.before_words.clone()),
        ];
        lines.extend(about.parameters.iter().map(|(name, value)| (format!("Only {name}"), value.clone())));
        lines.extend(about.alerts.iter().map(|alert| ("Alert".to_owned(), alert.clone())));
        lines.push(("Settled".to_owned(), if about.standing.settled { "yes" } else { "no" }.to_owned()));
        lines.extend(about.standing.remarks.iter().map(|remark| ("Note".to_owned(), remark.clone())));
        lines.push((
            "Made".to_owned(),
            format!("{} by voxlake {}", about.made_at.to_rfc3339(), about.version),
        ));
        lines.push(("Again".to_owned(), about.command.clone()));
        let mut known = HashSet::new();
        for answered in document.answers().filter(|answered| known.insert(answered.ask.query.clone())) {
            let words = answered.description.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
            for (at, words) in words.enumerate() {
                let name = if at == 0 { answered.ask.query.clone() } else { String::new() };
                lines.push((name, words));
            }
        }
        let text = Format::new().set_quote_prefix().set_text_wrap().set_align(FormatAlign::Top);
        let name = text.clone().set_bold();
        for (row, (word, value)) in (0..).zip(&lines) {
            sheet.write_string_with_format(row, 0, fitting(&visible(word)), &name)?;
            sheet.write_string_with_format(row, 1, fitting(&visible(value)), &text)?;
        }
        sheet.set_column_width(0, 22)?.set_column_width(1, 100)?;
        Ok(sheet)
    }

    fn table(
        &mut self,
        sheet: &mut Worksheet,
        headings: &[String],
        rows: &[Vec<Cell<'_>>],
    ) -> Result<(), ReportError> {
        // Text stays text when its cell is edited, too.
        let text = Format::new().set_quote_prefix();
        let digits = text.clone().set_align(FormatAlign::Right);
        let header = text.clone().set_bold();
        let count = u32::try_from(rows.len()).ok().filter(|rows| *rows <= ROWS);
        let count = count.ok_or(ReportError::TooManyRows { limit: ROWS })?;
        sheet.set_freeze_panes(1, 0)?;
        let mut widths: Vec<usize> = Vec::with_capacity(headings.len());
        for (at, heading) in (0..).zip(headings) {
            let heading = visible(heading);
            sheet.write_string_with_format(0, at, fitting(&heading), &header)?;
            widths.push(heading.width() + FILTER);
        }
        for (row, cells) in (1..).zip(rows) {
            for (at, cell) in (0..).zip(cells) {
                let Some(said) = cell.text else { continue };
                let said = visible(said);
                // A number in its format is hardly wider than its text.
                if let Some(width) = widths.get_mut(usize::from(at)) {
                    *width = (*width).max(said.width() + if cell.format.contains('$') { 5 } else { 0 });
                }
                match cell.kind.value(&said) {
                    Value::Boolean(value) => sheet.write_boolean(row, at, value)?,
                    Value::Number(number) | Value::Milliseconds(number) => {
                        let format = self
                            .formats
                            .entry(cell.format.clone())
                            .or_insert_with(|| Format::new().set_num_format(&cell.format));
                        sheet.write_number_with_format(row, at, number, format)?
                    }
                    Value::Text => {
                        let look = if cell.kind.is_number() { &digits } else { &text };
                        sheet.write_string_with_format(row, at, fitting(&said), look)?
                    }
                };
            }
        }
        for (at, width) in (0..).zip(&widths) {
            // At most WIDEST and so exact.
            sheet.set_column_width(at, (width + 1).min(WIDEST) as f64)?;
        }
        if let Some(last) = u16::try_from(headings.len()).ok().and_then(|columns| columns.checked_sub(1)) {
            sheet.autofilter(0, 0, count, last)?;
            sheet.ignore_error_range(0, 0, count, last, IgnoreError::NumberStoredAsText)?;
        }
        Ok(())
    }

    /// A name that a sheet may have and no other has.
    fn name(&mut self, title: &str) -> String {
        let kept = visible(title)
            .chars()
            .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') { ' ' } else { c })
            .collect::<String>();
        let kept = if kept.trim().is_empty() { "Section".to_owned() } else { kept.trim().to_owned() };
        (1_u32..)
            .map(|copy| {
                let end = if copy == 1 { String::new() } else { format!(" {copy}") };
                let mut room = NAME - end.len();
                let fits = |c: &char| {
                    let left = room.checked_sub(c.len_utf16());
                    room = left.unwrap_or(0);
                    left.is_some()
                };
                format!("{}{end}", kept.chars().take_while(fits).collect::<String>().trim_end())
            })
            .find(|name| self.names.insert(name.to_lowercase()))
            .unwrap_or(kept)
    }
}

/// The format that shows a number in its unit.
fn number_format<'a>(column: &ColumnAbout, kind: Kind, cell: impl Fn(&str) -> Option<&'a str>) -> String {
    let plain = || kind.number_format().unwrap_or_default();
    match (&column.unit, kind) {
        (Unit::Share, Kind::Exact(_) | Kind::Float) => "0.0%".to_owned(),
        (Unit::Money { currency, .. }, Kind::Exact(places)) => {
            let places = format!("#,##0.00{}", "#".repeat(places.clamp(2, 12) - 2));
            // Only a code of three letters becomes part of a format; whatever else is in the column beside.
            match cell(currency)
                .filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
            {
                Some(code) => format!("[${code}] {places}"),
                None => places,
            }
        }
        (_, Kind::Exact(0)) => "#,##0".to_owned(),
        (_, Kind::Exact(places)) => format!("#,##0.{}", "0".repeat(places.min(6))),
        _ => plain(),
    }
}

/// Texts that are all days, or all times, are what they say.
fn kind_of_texts(texts: &[&str]) -> Kind {
    let all = |is: fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| is(text));
    if all(|text| text.len() == 10 && text.parse::<NaiveDate>().is_ok()) {
        Kind::Date
    } else if all(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_ok()) {
        Kind::Local
    } else {
        Kind::Text
    }
}
