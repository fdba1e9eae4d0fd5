//! Contents of a report: the results of its queries, and the figures and rows taken from them.

pub(crate) mod change;
pub(crate) mod column_format;
pub(crate) mod document;
pub(crate) mod figure;
pub(crate) mod grid;
pub(crate) mod labels;
mod metadata;
pub(crate) mod number;
pub(crate) mod parts;
mod row_changes;
mod section_result;

pub use document::{Document, Section, SectionBody};
pub use figure::{Figure, FigureValue};
pub use metadata::{ComparedPeriod, DataFreshness, DayCounts, ReportMetadata};
pub use parts::{SMALL_GROUP_LIMIT, ValueParts};
pub use row_changes::RowChanges;
pub use section_result::SectionResult;
