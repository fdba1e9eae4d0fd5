//! `voxlake generate`: writes simulated calls directly into a lake.

mod progress;

use std::io::{self, Write as _};
use std::sync::Arc;

use voxlake_generate::{GenerateOptions, Generator};
use voxlake_lake::{Lake, TimeRange};
use voxlake_sim::{Centre, SizingError};

use self::progress::ProgressDisplay;
use super::{origin, publish, summarize};
use crate::args::{ContactCenterArgs, GenerateArgs};
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::signals;
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: GenerateArgs) -> anyhow::Result<Exit> {
    let now = clock::now();
    let mut options = GenerateOptions::new(args.days, args.until, now);
    (options.view, options.columns) = (args.view, args.columns);
    options.concurrency = args.jobs.unwrap_or(options.concurrency);
    // Before the lake is created: invalid arguments leave no lake behind.
    let (centre, calls) = centre(&args.contact_center, args.calls.get(), options.period)?;
    let display = Arc::new(ProgressDisplay::new(calls));
    let shared = Arc::clone(&display);
    let lake = Lake::create(settings.lake_at(&args.lake)?).await?;
    let generator = Generator::new(Arc::new(centre), options);
    let on_progress = Arc::new(move |progress| shared.show(progress));
    let result = generator.run(&lake, now, on_progress, signals::interrupted()).await;
    display.finish();
    let report = result.map_err(origin::with_remedy)?;
    if report.interrupted {
        stderr_line!(
            "interrupted; the complete days are kept, and the same command generates the remaining ones"
        );
        return Ok(Exit::Interrupted.and(publish::update(&lake, settings.publish_keep).await));
    }
    writeln!(io::stdout(), "{}", report.describe().join("\n"))?;
    if !args.no_summaries {
        summarize::refresh(&lake).await;
    }
    Ok(publish::update(&lake, settings.publish_keep).await)
}

/// Returns the centre that has `calls` calls in the period, and its exact number of calls.
fn centre(args: &ContactCenterArgs, calls: u64, period: TimeRange) -> Result<(Centre, u64), UsageError> {
    Centre::with_call_count(&args.config(), calls, period.from, period.to).map_err(|error| {
        UsageError(match error {
            SizingError::TooManyCalls { .. } => format!("{error}; spread them over more --days"),
            _ => error.to_string(),
        })
    })
}
