//! `voxlake call`: shows one call of the lake.

use voxlake_shell::{Output, print_call, stderr_line};

use super::query;
use crate::args::CallArgs;
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;

pub(crate) async fn run(settings: Settings, args: CallArgs) -> anyhow::Result<Exit> {
    tokio::select! {
        done = show(&settings, &args) => done,
        () = signals::interrupted() => Ok(Exit::Interrupted),
    }
}

async fn show(settings: &Settings, args: &CallArgs) -> anyhow::Result<Exit> {
    let format = query::result_format(args.format, args.output.as_deref())?;
    let session = query::open(settings, false).await?;
    let mut output = Output::open(args.output.as_deref())?;
    let calls = print_call(&session, &args.id, settings.timezone, format, &mut output).await?;
    if calls == 0 {
        stderr_line!("error: no call of the lake has the id {:?}", args.id);
        stderr_line!("hint: voxlake lookup --engagement ID asks the API");
        return Ok(Exit::Failed);
    }
    output.finish()?;
    Ok(Exit::Done)
}
