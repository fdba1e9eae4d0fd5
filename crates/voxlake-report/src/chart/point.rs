//! Points of a chart.

/// One row of a chart.
pub(super) struct Point {
    pub(super) name: String,
    /// Value to draw; `None` if it is NULL or not finite.
    pub(super) number: Option<f64>,
    /// Exact text of the value.
    pub(super) label: String,
}
