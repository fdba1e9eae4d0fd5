//! `voxlake sql`: an interactive shell, or a script of the same statements and commands.

use std::io::IsTerminal as _;

use tokio::runtime::Handle;
use voxlake_lake::Lake;
use voxlake_query::QueryLibrary;
use voxlake_shell::script::is_variable_name;
use voxlake_shell::{
    ScriptEnd, ScriptInput, Shell, ShellHost, ShellOptions, Workspace, session_notes, user_files,
};

use super::query::CANCEL_GRACE_PERIOD;
use crate::args::SqlArgs;
use crate::commands::engine::engine_url;
use crate::commands::query;
use crate::config::Settings;
use crate::exit::{self, Exit, UsageError};
use crate::{clock, signals};

/// Runs on a thread of its own, since a prompt waits for its user and a pipe for its reader.
pub(crate) async fn run(settings: Settings, args: SqlArgs) -> anyhow::Result<Exit> {
    let options = options(&settings, &args)?;
    let interactive = options.interactive;
    let library = QueryLibrary::load(settings.queries.as_deref())?;
    let lake = Lake::open(&settings.lake).await?;
    let workspace = Workspace::open(&lake, query::sql_options(&settings, args.skip_damaged)?).await?;
    query::print_notes(&session_notes(workspace.session()));
    let host = ShellHost {
        report: |error| {
            exit::report(error);
        },
        hint: exit::query_hint,
        argument_syntax: query::option_syntax,
        clock: clock::now,
    };
    let shell = Shell::new(workspace, library, options, host, Handle::current())?;
    if interactive {
        tokio::task::spawn_blocking(move || shell.run_prompt()).await??;
        return Ok(Exit::Done);
    }
    let input = ScriptInput::new(args.commands, args.files);
    let mut work = tokio::task::spawn_blocking(move || shell.run_script(&input));
    tokio::select! {
        end = &mut work => Ok(match end?? {
            ScriptEnd::Done => Exit::Done,
            ScriptEnd::Failed => Exit::Failed,
            ScriptEnd::Interrupted => Exit::Interrupted,
        }),
        () = signals::interrupted() => {
            // The shell gets the signal too and cleans up, unless a blocked write stops it.
            drop(tokio::time::timeout(CANCEL_GRACE_PERIOD, work).await);
            Ok(Exit::Interrupted)
        }
    }
}

fn options(settings: &Settings, args: &SqlArgs) -> anyhow::Result<ShellOptions> {
    if let Some((name, _)) = args.variables.iter().find(|(name, _)| !is_variable_name(name)) {
        return Err(UsageError(format!(
            "--set {name:?} is not a valid variable name: use letters, digits and underscores"
        ))
        .into());
    }
    let mut options = ShellOptions::new();
    options.interactive = args.commands.is_empty()
        && args.files.is_empty()
        && args.output.is_none()
        && std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal();
    options.format = query::result_format(args.format, args.output.as_deref())?;
    options.expanded = args.expanded;
    options.exact = args.exact;
    options.keep_going = args.keep_going;
    options.paged = !args.no_pager;
    options.pager = command(["VOXLAKE_PAGER", "PAGER"], "less -SFRX");
    options.editor = command(["VISUAL", "EDITOR"], "vi");
    options.coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    options.output.clone_from(&args.output);
    options.variables = args.variables.iter().cloned().collect();
    options.engine = engine_url(settings).map(str::to_owned);
    options.startup_file = user_files::startup_file().filter(|_| !args.no_sqlrc);
    if options.interactive {
        options.history_file = user_files::history_file();
    }
    Ok(options)
}

/// Returns the command in the first of these variables that is set, or the default.
fn command(variables: [&str; 2], default: &str) -> String {
    let values = variables.into_iter().filter_map(|name| std::env::var(name).ok());
    values.into_iter().find(|command| !command.trim().is_empty()).unwrap_or_else(|| default.to_owned())
}
