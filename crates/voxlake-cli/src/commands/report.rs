//! `voxlake report`: reports listed, described, checked and made.

use std::io::Write as _;

use chrono::Utc;
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_report::visible;
use voxlake_report::{Period, ReportDefinition, View, render};

use super::query::questions;
use crate::args::{ReportAction, RunArgs};
use crate::clock;
use crate::config::Settings;
use crate::delivery::folder;
use crate::exit::{self, Exit, UsageError};
use crate::output_guard;
use crate::report::make::{Order, make};
use crate::report::{catalog, period};
use crate::signals;
use crate::stderr::stderr_line;

pub(crate) async fn run(settings: Settings, action: ReportAction) -> anyhow::Result<Exit> {
    let questions = questions(settings.queries.as_deref())?;
    let mut out = std::io::stdout();
    match action {
        ReportAction::List { .. } => {
            let reports = catalog::reports(settings.reports.as_deref())?;
            let width = reports.iter().map(|report| report.name.len()).max().unwrap_or(0);
            for report in reports {
                let period = report.period.to_string();
                writeln!(
                    out,
                    "{:<width$}  {period:<14}  {}",
                    visible(&report.name),
                    visible(&report.description.replace('\n', " "))
                )?;
            }
            Ok(Exit::Done)
        }
        ReportAction::Describe { report, source, .. } => {
            let report = catalog::find(&report, settings.reports.as_deref())?;
            if source {
                write!(out, "{}", report.source)?;
            } else {
                describe(&report, &mut out)?;
            }
            Ok(Exit::Done)
        }
        ReportAction::Check { files, .. } => {
            let mut exit = Exit::Done;
            for file in files {
                match catalog::read(&file)
                    .and_then(|report| catalog::check(&report, &questions).map(|()| report))
                {
                    Ok(report) => writeln!(
                        out,
                        "{}: a good report of {} sections",
                        file.display(),
                        report.sections.len()
                    )?,
                    Err(error) => exit = exit::report(&error.into()),
                }
            }
            Ok(exit)
        }
        ReportAction::Run(args) => {
            tokio::select! {
                made = write(&settings, &args) => made,
                () = signals::interrupted() => Ok(Exit::Interrupted),
            }
        }
    }
}

fn describe(report: &ReportDefinition, out: &mut impl std::io::Write) -> std::io::Result<()> {
    writeln!(out, "{}: {}", visible(&report.name), visible(&report.title))?;
    if !report.description.is_empty() {
        writeln!(out, "\n{}", visible(&report.description.replace('\n', " ")))?;
    }
    let zone = report.timezone.as_deref().unwrap_or("the configured one");
    writeln!(out, "\nPeriod: {}; time zone: {}\n\nSections:", report.period, visible(zone))?;
    for section in &report.sections {
        let shown = match &section.view {
            View::Table(_) => "table",
            View::Bar { .. } => "bar",
            View::StackedBar { .. } => "stacked bar",
            View::Line { .. } => "line",
            View::Heatmap { .. } => "heatmap",
            View::Figures(_) => "figures",
            View::Text => "text",
        };
        writeln!(out, "  {:<24} {shown}: {}", visible(&section.id), visible(&section.title))?;
        let mut known = Vec::new();
        for ask in section.asks() {
            let parameters = ask.parameters.iter();
            let parameters =
                parameters.flat_map(|(name, values)| values.iter().map(move |v| format!(" -p {name}={v}")));
            let line = format!("{}{}", ask.query, parameters.collect::<String>());
            if !known.contains(&line) {
                writeln!(out, "  {:<24} voxlake query {}", "", visible(&line))?;
                known.push(line);
            }
        }
    }
    writeln!(
        out,
        "\nMake it:   voxlake report run {0} --format html,xlsx -o reports\nChange it: voxlake report describe {0} --source > my-report.toml",
        visible(&report.name)
    )
}

async fn write(settings: &Settings, args: &RunArgs) -> anyhow::Result<Exit> {
    let definition = catalog::find(&args.report, settings.reports.as_deref())?;
    let zone = zone(settings, &definition, args.timezone.as_deref())?;
    let now = clock::now();
    let order = Order {
        period: asked_period(args, &definition, now, zone)?,
        zone,
        parameters: parameters(args),
        alerts: Vec::new(),
        definition,
    };
    let questions = questions(settings.queries.as_deref())?;
    let made = make(settings, &questions, &order, now).await?;
    let stem = made.document.file_stem();
    output_guard::refuse_lake(&args.output)?;
    std::fs::create_dir_all(&args.output)
        .map_err(|error| UsageError(format!("cannot make the folder {}: {error}", args.output.display())))?;
    let mut out = std::io::stdout();
    for format in &args.format {
        for file in render(&made.document, (*format).into(), &stem)? {
            let path = folder::write(&args.output, &file.name, &file.bytes)?;
            writeln!(out, "{}", path.display())?;
        }
    }
    for remark in &made.document.about.standing.remarks {
        stderr_line!("{}", visible(remark));
    }
    Ok(Exit::Done)
}

/// The time zone of a report: as it is asked for, else its own, else the configured one.
pub(crate) fn zone(
    settings: &Settings,
    report: &ReportDefinition,
    asked: Option<&str>,
) -> anyhow::Result<Tz> {
    match asked.or(report.timezone.as_deref()) {
        None => settings.timezone(),
        Some(name) => name
            .parse()
            .map_err(|_| UsageError(format!("{name:?} is no IANA time zone such as Europe/Berlin")).into()),
    }
}

fn asked_period(
    args: &RunArgs,
    definition: &ReportDefinition,
    now: chrono::DateTime<Utc>,
    zone: Tz,
) -> Result<TimeRange, UsageError> {
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let range = TimeRange {
            from: crate::period::moment("--from", from, zone)?,
            to: crate::period::moment("--to", to, zone)?,
        };
        return if range.is_empty() {
            Err(UsageError(format!("--to {to:?} is not after --from {from:?}")))
        } else {
            Ok(range)
        };
    }
    match (&args.month, &args.period) {
        (Some(month), _) => crate::period::month(month, zone),
        (None, Some(name)) => period::resolved(&Period::named(name), now, zone),
        (None, None) => period::resolved(&definition.period, now, zone),
    }
}

fn parameters(args: &RunArgs) -> Vec<(String, String)> {
    let queues = args.queues.iter().map(|queue| ("queue".to_owned(), queue.clone()));
    queues.chain(args.params.iter().cloned()).collect()
}
