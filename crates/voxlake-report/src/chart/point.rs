//! Points of a chart.

/// A point of a chart.
pub(super) struct Point {
    pub(super) name: String,
    pub(super) number: Option<f64>,
    /// The number as it stands in the answer.
    pub(super) told: String,
}
