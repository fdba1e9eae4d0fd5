//! Descriptions of reports for people.

use std::io::{self, Write};

use voxlake_report::{QueryRequest, ReportDefinition, View, escape_control_chars};

/// Writes the title, the period and the sections of a report, with the commands that run their
/// queries.
///
/// # Errors
/// The error of `out`.
///
/// # Example
/// ```
/// use voxlake_schedule::report::catalog::find_report;
/// use voxlake_schedule::report::describe::describe_report;
///
/// let mut text = Vec::new();
/// describe_report(&find_report("weekly-queues", None)?, |query| query.query.clone(), &mut text)?;
/// assert!(String::from_utf8(text)?.starts_with("weekly-queues: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn describe_report(
    report: &ReportDefinition,
    query_command: fn(&QueryRequest) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}: {}", escape_control_chars(&report.name), escape_control_chars(&report.title))?;
    if !report.description.is_empty() {
        writeln!(out, "\n{}", escape_control_chars(&report.description.replace('\n', " ")))?;
    }
    let zone = report.timezone.as_deref().unwrap_or("the configured one");
    let compare = report.compare.as_deref().unwrap_or("the default of the period");
    writeln!(
        out,
        "\nPeriod: {}; time zone: {}; compared with: {}\n\nSections:",
        report.period,
        escape_control_chars(zone),
        escape_control_chars(compare)
    )?;
    for section in &report.sections {
        writeln!(
            out,
            "  {:<24} {}: {}",
            escape_control_chars(&section.id),
            view_name(&section.view),
            escape_control_chars(&section.title)
        )?;
        let mut written = Vec::new();
        for command in section.requests().map(query_command) {
            if !written.contains(&command) {
                writeln!(out, "  {:<24} {}", "", escape_control_chars(&command))?;
                written.push(command);
            }
        }
    }
    Ok(())
}

fn view_name(view: &View) -> &'static str {
    match view {
        View::Table(_) => "table",
        View::Bar { .. } => "bar",
        View::StackedBar { .. } => "stacked bar",
        View::Line { .. } => "line",
        View::Heatmap { .. } => "heatmap",
        View::Figures(_) => "figures",
        View::Text => "text",
    }
}
