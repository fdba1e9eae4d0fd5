//! Definitions of reports, and the TOML files they are read from.

mod builtin;
mod file;
mod report;
mod request;
mod section;
mod section_file;
mod unit;

pub use builtin::builtin_reports;
pub use report::{DefinitionError, Period, ReportDefinition};
pub use request::{ColumnMeta, QueryRequest, ShareParts};
pub use section::{ChangeDefinition, FigureDefinition, SectionDefinition, View};
pub use unit::Unit;
