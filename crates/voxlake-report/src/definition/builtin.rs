//! The reports of `reports/`, embedded so that the binary makes them without a file beside it.

use super::report::{DefinitionError, ReportDefinition};

const FILES: [(&str, &str); 4] = [
    ("daily-operations", include_str!("../../../../reports/daily-operations.toml")),
    ("weekly-queues", include_str!("../../../../reports/weekly-queues.toml")),
    ("monthly-charges", include_str!("../../../../reports/monthly-charges.toml")),
    ("data-quality", include_str!("../../../../reports/data-quality.toml")),
];

/// The built-in reports, from the daily one to the monthly one.
///
/// # Errors
/// [`DefinitionError`] where an embedded file breaks the form; a test sees to it that none does.
pub fn builtin() -> Result<Vec<ReportDefinition>, DefinitionError> {
    FILES
        .iter()
        .map(|(name, text)| ReportDefinition::parse(name, &format!("reports/{name}.toml"), text))
        .collect()
}
