//! `voxlake report`: lists, describes, checks and makes reports.

pub(crate) mod builder;

use std::io::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use voxlake_lake::{TimeRange, check_output_path, counted};
use voxlake_query::QueryLibrary;
use voxlake_query::period::{parse_moment, parse_month};
use voxlake_report::escape_control_chars;
use voxlake_report::{Period, QueryRequest, ReportDefinition, render};
use voxlake_schedule::delivery::folder;
use voxlake_schedule::report::build::ReportRequest;
use voxlake_schedule::report::catalog::{check_report, find_report, list_reports, read_report};
use voxlake_schedule::report::describe::describe_report;
use voxlake_schedule::report::period::{report_zone, resolve_period};

use self::builder::report_builder;
use crate::args::{ReportAction, RunArgs};
use crate::clock;
use crate::config::Settings;
use crate::exit::{self, Exit, UsageError};
use crate::signals;
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, action: ReportAction) -> anyhow::Result<Exit> {
    let queries = QueryLibrary::load(settings.queries.as_deref())?;
    let mut out = std::io::stdout();
    match action {
        ReportAction::List { .. } => {
            let reports = list_reports(settings.reports.as_deref())?;
            let width = reports.iter().map(|report| report.name.len()).max().unwrap_or(0);
            for report in reports {
                let period = report.period.to_string();
                writeln!(
                    out,
                    "{:<width$}  {period:<14}  {}",
                    escape_control_chars(&report.name),
                    escape_control_chars(&report.description.replace('\n', " "))
                )?;
            }
            Ok(Exit::Done)
        }
        ReportAction::Describe { report, source, .. } => {
            let report = find_report(&report, settings.reports.as_deref())?;
            if source {
                write!(out, "{}", report.source)?;
            } else {
                describe_report(&report, query_command, &mut out)?;
                writeln!(
                    out,
                    "\nRun it:    voxlake report run {0} --format html,xlsx -o reports\nChange it: voxlake report describe {0} --source > my-report.toml",
                    escape_control_chars(&report.name)
                )?;
            }
            Ok(Exit::Done)
        }
        ReportAction::Check { files, .. } => {
            let mut exit = Exit::Done;
            for file in files {
                match read_report(&file)
                    .and_then(|report| check_report(&report, &queries, clock::now()).map(|()| report))
                {
                    Ok(report) => {
                        writeln!(
                            out,
                            "{}: valid report, {}",
                            file.display(),
                            counted(report.sections.len() as u64, "section", "sections")
                        )?;
                    }
                    Err(error) => exit = exit::report(&error.into()),
                }
            }
            Ok(exit)
        }
        ReportAction::Run(args) => {
            tokio::select! {
                exit = write(&settings, &args) => exit,
                () = signals::interrupted() => Ok(Exit::Interrupted),
            }
        }
    }
}

/// Returns the command that runs a query of a report.
fn query_command(request: &QueryRequest) -> String {
    let parameters = request.parameters.iter();
    let parameters =
        parameters.flat_map(|(name, values)| values.iter().map(move |v| format!(" -p {name}={v}")));
    format!("voxlake query {}{}", request.query, parameters.collect::<String>())
}

async fn write(settings: &Settings, args: &RunArgs) -> anyhow::Result<Exit> {
    let definition = find_report(&args.report, settings.reports.as_deref())?;
    let zone = report_zone(&definition, args.timezone.as_deref(), settings.timezone)?;
    let now = clock::now();
    let period = requested_period(args, &definition, now, zone)?;
    let request = ReportRequest::new(definition, period, zone)
        .with_parameters(parameters(args))
        .with_comparison(args.compare);
    let queries = QueryLibrary::load(settings.queries.as_deref())?;
    let document = report_builder(settings, queries)?.build(&request, now).await?.document;
    let stem = document.file_stem();
    check_output_path(&args.output)?;
    std::fs::create_dir_all(&args.output).map_err(|error| {
        UsageError(format!("cannot create the folder {}: {error}", args.output.display()))
    })?;
    let mut out = std::io::stdout();
    for format in &args.format {
        for file in render(&document, *format, &stem)? {
            let path = folder::write_file(&args.output, &file.name, &file.bytes)?;
            writeln!(out, "{}", path.display())?;
        }
    }
    for remark in document.remarks() {
        stderr_line!("{}", escape_control_chars(&remark));
    }
    Ok(Exit::Done)
}

fn requested_period(
    args: &RunArgs,
    definition: &ReportDefinition,
    now: DateTime<Utc>,
    zone: Tz,
) -> anyhow::Result<TimeRange> {
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let range =
            TimeRange { from: parse_moment("--from", from, zone)?, to: parse_moment("--to", to, zone)? };
        return if range.is_empty() {
            Err(UsageError(format!("--to {to:?} is not after --from {from:?}")).into())
        } else {
            Ok(range)
        };
    }
    Ok(match (&args.month, &args.period) {
        (Some(month), _) => parse_month("--month", month, zone)?,
        (None, Some(name)) => resolve_period(&Period::parse(name), now, zone)?,
        (None, None) => resolve_period(&definition.period, now, zone)?,
    })
}

fn parameters(args: &RunArgs) -> Vec<(String, String)> {
    let queues = args.queues.iter().map(|queue| ("queue".to_owned(), queue.clone()));
    queues.chain(args.params.iter().cloned()).collect()
}
