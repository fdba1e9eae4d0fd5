//! Definitions of reports.

mod builtin;
mod file;
mod query;
mod report;
mod unit;

pub use builtin::builtin;
pub use query::{Ask, ColumnAbout};
pub use report::{DefinitionError, FigureDefinition, Period, ReportDefinition, SectionDefinition, View};
pub use unit::Unit;
