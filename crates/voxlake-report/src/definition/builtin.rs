//! The reports of `reports/`, embedded in the binary.

use super::report::{DefinitionError, ReportDefinition};

const FILES: [(&str, &str); 4] = [
    ("daily-operations", include_str!("../../../../reports/daily-operations.toml")),
    ("weekly-queues", include_str!("../../../../reports/weekly-queues.toml")),
    ("monthly-charges", include_str!("../../../../reports/monthly-charges.toml")),
    ("data-quality", include_str!("../../../../reports/data-quality.toml")),
];

/// Returns the built-in reports.
///
/// # Errors
/// [`DefinitionError`] if an embedded file is invalid; a test checks that none is.
///
/// ```
/// let reports = voxlake_report::builtin_reports()?;
/// assert!(reports.iter().any(|report| report.name == "weekly-queues"));
/// # Ok::<(), voxlake_report::DefinitionError>(())
/// ```
pub fn builtin_reports() -> Result<Vec<ReportDefinition>, DefinitionError> {
    FILES
        .iter()
        .map(|(name, text)| ReportDefinition::parse(name, &format!("reports/{name}.toml"), text))
        .collect()
}
