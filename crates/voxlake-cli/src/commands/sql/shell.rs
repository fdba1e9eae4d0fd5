//! The state of a session in SQL, and what becomes of a statement.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::anyhow;
use chrono_tz::Tz;
use tokio::runtime::Handle;
use voxlake_lake::Lake;
use voxlake_query::{Catalog, QueryError};
use voxlake_report::Format;
use voxlake_shell::script::{self, Piece};
use voxlake_shell::{Outcome, Workspace};

use super::commands;
use super::engine::{Engine, Interrupted};
use super::failure::{Failure, Origin};
use super::progress::Progress;
use super::show::Kept;
use super::sink::Sink;
use super::words::Words;
use crate::args::SqlArgs;
use crate::commands::query;
use crate::config::Settings;
use crate::signals::Interrupts;

/// How answers look.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) format: Format,
    pub(crate) expanded: bool,
    pub(crate) timing: bool,
    pub(crate) pager: bool,
    /// Whether a script goes on after an error.
    pub(crate) keep_going: bool,
    /// Whether only rows and errors are told.
    pub(crate) quiet: bool,
}

/// What was asked last, so that it can be asked again.
#[derive(Clone, Debug)]
pub(crate) enum Last {
    Sql(String, Origin),
    Named(String, Box<voxlake_query::QueryArguments>),
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    End,
}

pub(crate) struct Shell {
    pub(crate) engine: Engine,
    pub(crate) workspace: Workspace,
    pub(crate) words: Words,
    pub(crate) catalog: Catalog,
    pub(crate) zone: Tz,
    pub(crate) look: Look,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) out: Sink,
    pub(crate) last: Option<Last>,
    /// The rows of the last answer, for a chart.
    pub(crate) kept: Option<Kept>,
    pub(crate) interactive: bool,
    /// Whether something failed in a script that goes on.
    pub(crate) failed: bool,
    /// How many files are being read, each by a command in the other.
    pub(crate) depth: usize,
    /// What the next line of the prompt begins with.
    pub(crate) begun: Option<String>,
}

impl Shell {
    pub(crate) async fn open(
        settings: &Settings,
        args: &SqlArgs,
        format: Format,
        interactive: bool,
        outer: Handle,
    ) -> anyhow::Result<Self> {
        let catalog = query::questions(settings.queries.as_deref())?;
        let lake = Lake::open(&settings.lake).await?;
        let workspace = Workspace::open(&lake, query::options(settings, args.skip_damaged)?).await?;
        query::tell_what_is_left_out(workspace.session());
        let look = Look {
            format,
            expanded: args.expanded,
            timing: interactive,
            pager: !args.no_pager,
            keep_going: args.keep_going,
            quiet: false,
        };
        let shell = Self {
            engine: Engine::new(outer.clone(), Interrupts::listen(!interactive)?)?,
            words: Words::new(workspace.clone(), outer),
            workspace,
            catalog,
            zone: settings.timezone,
            look,
            variables: args.variables.iter().cloned().collect(),
            out: Sink::open(args.output.as_deref())?,
            last: None,
            kept: None,
            interactive,
            failed: false,
            depth: 0,
            begun: None,
        };
        shell.words.set_variables(shell.variables.keys().cloned());
        Ok(shell)
    }

    /// Carries out a piece of a script.
    pub(crate) fn perform(&mut self, piece: Piece, origin: &Origin) -> anyhow::Result<Flow> {
        self.engine.forget();
        let done = match piece {
            Piece::Statement(statement) => self.statement(&statement.sql, origin).map(|()| Flow::Go),
            Piece::Command(command) => commands::perform(self, command, origin),
        };
        if done.as_ref().is_err_and(anyhow::Error::is::<Interrupted>) {
            self.workspace.renew();
        }
        done
    }

    /// Carries out a statement as it was typed.
    pub(crate) fn statement(&mut self, typed: &str, origin: &Origin) -> anyhow::Result<()> {
        let sql = script::insert_variables(typed, |name| self.variables.get(name).cloned());
        self.last = Some(Last::Sql(typed.to_owned(), origin.clone()));
        self.sql(&sql, origin)
    }

    /// Carries out a statement.
    pub(crate) fn sql(&mut self, sql: &str, origin: &Origin) -> anyhow::Result<()> {
        let begun = Instant::now();
        let (workspace, text) = (self.workspace.clone(), sql.to_owned());
        let mut progress = Progress::since(begun);
        let done = self.engine.run(async move { workspace.run(&text).await }, || progress.tick(None))?;
        progress.end();
        let (workspace, outcome) = done.map_err(|error| self.failure(&error, sql, origin))?;
        let changed = matches!(outcome, Outcome::Done(_));
        self.follow(workspace, changed);
        match outcome {
            Outcome::Rows(answer) => self.show(answer, None, begun, sql, origin),
            Outcome::Copy(copy) => self.copy(copy, begun, sql, origin),
            Outcome::Done(done) => self.tell(&done, Some(begun)),
        }
    }

    /// Goes by another workspace from now on.
    pub(crate) fn follow(&mut self, workspace: Workspace, changed: bool) {
        self.words.follow(&workspace, changed);
        self.workspace = workspace;
    }

    /// The error of a statement, told to its author.
    pub(crate) fn failure(&mut self, error: &QueryError, sql: &str, origin: &Origin) -> anyhow::Error {
        let lexicon = self.words.lexicon();
        Failure::new(error, sql, &lexicon, origin).into()
    }

    /// The named question of this name.
    pub(crate) fn question(&self, name: &str) -> anyhow::Result<&voxlake_query::NamedQuery> {
        self.catalog.get(name).map_err(|error| anyhow!("{error}"))
    }
}
