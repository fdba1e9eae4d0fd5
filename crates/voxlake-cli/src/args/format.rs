//! Output formats as values of `--format`.

use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use voxlake_report::{Format, ReportFormat};

/// Output format of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormatName(Format);

impl ValueEnum for FormatName {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<[FormatName; Format::ALL.len()]> = LazyLock::new(|| Format::ALL.map(FormatName));
        ALL.as_slice()
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.description()))
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        name.0
    }
}

/// Output format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportFormatName(ReportFormat);

impl ValueEnum for ReportFormatName {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<[ReportFormatName; ReportFormat::ALL.len()]> =
            LazyLock::new(|| ReportFormat::ALL.map(ReportFormatName));
        ALL.as_slice()
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.description()))
    }
}

impl From<ReportFormatName> for ReportFormat {
    fn from(name: ReportFormatName) -> Self {
        name.0
    }
}
