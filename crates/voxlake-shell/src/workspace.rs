//! Workspace: a session that follows its lake and holds views, tables and settings of its user.
//!
//! A session reads the day files that existed when it was opened, but a shell stays open all day.
//! So the lake is listed before each statement. If a sync has changed it, a new session replaces
//! the old one and gets the user's objects.

mod completion;
mod files;
mod user_catalog;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::Statement as Sql;
use voxlake_lake::{DayFile, Lake};
use voxlake_query::{LakeSession, QueryError, QueryResult, SessionOptions, StatementKind, classify};

pub use self::files::AttachOptions;
use self::user_catalog::{UserCatalog, UserObject};

/// A session that follows its lake and keeps the objects of its user. A clone is another workspace
/// over the same session.
///
/// # Example
/// ```
/// use voxlake_lake::Lake;
/// use voxlake_query::SessionOptions;
/// use voxlake_shell::{StatementOutcome, Workspace};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let workspace = Workspace::open(&lake, SessionOptions::default()).await?;
/// let sql = "CREATE VIEW some_calls AS SELECT * FROM calls LIMIT 5";
/// let (workspace, _) = workspace.run(sql).await?;
/// let (_, outcome) = workspace.run("SELECT count(*) FROM some_calls").await?;
/// let StatementOutcome::Rows(result) = outcome else { unreachable!("a query has rows") };
/// assert_eq!(result.collect().await?[0].num_rows(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    lake: Lake,
    options: SessionOptions,
    /// Time zone with which the workspace was opened.
    first_zone: Option<Tz>,
    session: LakeSession,
    /// Day files of the lake when the session was opened.
    listed: Arc<[DayFile]>,
    /// Tables and views of every session.
    tables: Arc<BTreeSet<String>>,
    user_catalog: UserCatalog,
    stale: bool,
}

/// Outcome of a statement.
#[derive(Debug)]
pub enum StatementOutcome {
    /// Rows of a query.
    Rows(QueryResult),
    /// A result to be written to a file.
    Copy(CopyRequest),
    /// Command tag of another statement, such as `CREATE VIEW`.
    Done(String),
}

/// A result to be written to a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct CopyRequest {
    /// The result.
    pub answer: QueryResult,
    /// Path of the file, as in the statement.
    pub target: String,
    /// Format, as in the statement; `None` means that of the file's extension.
    pub format: Option<String>,
}

impl Workspace {
    /// Opens a workspace over `lake`.
    ///
    /// # Errors
    /// As for [`LakeSession::open`].
    pub async fn open(lake: &Lake, options: SessionOptions) -> Result<Self, QueryError> {
        let listed = lake.days().await?;
        let session = LakeSession::open_listed(lake, listed.clone(), options.clone()).await?;
        let tables = session.table_names();
        Ok(Self {
            lake: lake.clone(),
            first_zone: options.timezone,
            options,
            session,
            listed: listed.into(),
            tables: Arc::new(tables),
            user_catalog: UserCatalog::default(),
            stale: false,
        })
    }

    /// Current session.
    #[must_use]
    pub fn session(&self) -> &LakeSession {
        &self.session
    }

    /// Time zone of SQL statements and, unless they set another, of named queries.
    #[must_use]
    pub fn timezone(&self) -> Tz {
        self.session.timezone()
    }

    /// The lake.
    #[must_use]
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Makes the next statement open a new session. A cancelled statement may have left the old one
    /// in a partial state.
    pub fn invalidate(&mut self) {
        self.stale = true;
    }

    /// Returns the workspace with the current day files of the lake.
    ///
    /// # Errors
    /// As for [`LakeSession::open`].
    pub async fn refreshed(mut self) -> Result<Self, QueryError> {
        let listed = self.lake.days().await?;
        let same = |a: &DayFile, b: &DayFile| a.date == b.date && a.meta == b.meta;
        let unchanged = listed.len() == self.listed.len()
            && listed.iter().zip(self.listed.iter()).all(|(a, b)| same(a, b));
        if unchanged && !self.stale {
            return Ok(self);
        }
        self.session = LakeSession::open_listed(&self.lake, listed.clone(), self.options.clone()).await?;
        self.listed = listed.into();
        self.stale = false;
        self.user_catalog.replay_into(&self.session).await?;
        Ok(self)
    }

    /// Runs a statement. The returned workspace contains the objects that it created.
    ///
    /// # Errors
    /// As for [`LakeSession::sql`]; [`QueryError::ReadOnly`] for a statement that would change more
    /// than this workspace.
    pub async fn run(self, sql: &str) -> Result<(Self, StatementOutcome), QueryError> {
        let mut new = self.refreshed().await?;
        let statement = new.session.parse(sql)?;
        let outcome = new.execute(&statement, sql).await?;
        Ok((new, outcome))
    }

    async fn execute(&mut self, statement: &Statement, sql: &str) -> Result<StatementOutcome, QueryError> {
        match classify(statement)? {
            StatementKind::Query => self
                .session
                .execute_statement(statement, sql, HashMap::new())
                .await
                .map(StatementOutcome::Rows),
            StatementKind::Copy(copy) => {
                let question = match copy.source {
                    CopyToSource::Query(query) => Statement::Statement(Box::new(Sql::Query(query))),
                    CopyToSource::Relation(name) => self.session.parse(&format!("SELECT * FROM {name}"))?,
                };
                let answer = self.session.execute_statement(&question, sql, HashMap::new()).await?;
                Ok(StatementOutcome::Copy(CopyRequest {
                    answer,
                    target: copy.target,
                    format: copy.stored_as,
                }))
            }
            StatementKind::CreateView { name, or_replace } => {
                self.check_name_free(&name, or_replace)?;
                self.session.define(statement, sql).await?;
                self.user_catalog.add(name, UserObject::View(sql.to_owned()));
                Ok(StatementOutcome::Done("CREATE VIEW".to_owned()))
            }
            StatementKind::CreateTable { name, or_replace, if_not_exists } => {
                self.check_name_free(&name, or_replace || if_not_exists)?;
                if !(if_not_exists && self.user_catalog.has(&name)) {
                    self.session.define(statement, sql).await?;
                    self.add_table(name).await?;
                }
                Ok(StatementOutcome::Done("CREATE TABLE".to_owned()))
            }
            StatementKind::Drop { kind, names, if_exists } => {
                let known =
                    names.iter().filter(|name| self.user_catalog.has(name)).cloned().collect::<Vec<_>>();
                if let Some(name) = names.iter().find(|name| !known.contains(name)) {
                    if self.tables.contains(name) {
                        return Err(QueryError::ReadOnly { reason: format!("{name} belongs to the lake") });
                    }
                    if !if_exists {
                        return Err(QueryError::NoSuchTable { name: name.clone() });
                    }
                }
                for name in known {
                    self.drop_table(&name)?;
                }
                Ok(StatementOutcome::Done(format!("DROP {kind}")))
            }
            StatementKind::SetTimeZone { zone } => self.set_time_zone(zone.or(self.first_zone)).await,
            StatementKind::Set { name } => {
                self.session.define(statement, sql).await?;
                self.user_catalog.set(name, sql.to_owned());
                let word = sql.split_whitespace().next().unwrap_or("SET").to_uppercase();
                Ok(StatementOutcome::Done(word))
            }
        }
    }

    /// Attaches a CSV or Parquet file as a table. Also returns notices about detected formats and
    /// renamed columns.
    ///
    /// Rows of a CSV file are held in memory, up to 256 MB.
    ///
    /// # Errors
    /// [`QueryError::Attach`] for an unreadable file or an invalid table name.
    pub async fn attach(
        self,
        name: &str,
        file: &Path,
        options: &AttachOptions,
    ) -> Result<(Self, Vec<String>), QueryError> {
        let mut new = self.refreshed().await?;
        let name = name.to_lowercase();
        if !crate::script::is_variable_name(&name) {
            let reason = format!("{name:?} is not a valid table name: use letters, digits and underscores");
            return Err(QueryError::Attach { path: file.display().to_string(), reason });
        }
        new.check_name_free(&name, false)?;
        let notices = files::register(&new.session, &name, file, options).await?;
        new.add_table(name).await?;
        Ok((new, notices))
    }

    /// Tables and views of the user, in the order of creation.
    pub fn user_tables(&self) -> impl Iterator<Item = &str> {
        self.user_catalog.names()
    }

    /// Returns whether a table or view was created by the user.
    #[must_use]
    pub fn is_user_table(&self, name: &str) -> bool {
        self.user_catalog.has(name)
    }

    /// Opens a new session in this time zone.
    async fn set_time_zone(&mut self, zone: Option<Tz>) -> Result<StatementOutcome, QueryError> {
        self.options.timezone = zone;
        self.stale = true;
        *self = self.clone().refreshed().await?;
        Ok(StatementOutcome::Done("SET".to_owned()))
    }

    async fn add_table(&mut self, name: String) -> Result<(), QueryError> {
        let table =
            self.session.context().table_provider(name.as_str()).await.map_err(QueryError::planning)?;
        self.user_catalog.add(name, UserObject::Table(table));
        Ok(())
    }

    fn drop_table(&mut self, name: &str) -> Result<(), QueryError> {
        self.session.context().deregister_table(name).map_err(QueryError::planning)?;
        self.user_catalog.remove(name);
        Ok(())
    }

    /// Rejects a name of the lake's tables, and one of the user's unless it may be `taken`.
    fn check_name_free(&self, name: &str, taken: bool) -> Result<(), QueryError> {
        if self.tables.contains(name) {
            let reason = format!("{name} is a table of the lake; choose another name");
            return Err(QueryError::ReadOnly { reason });
        }
        if !taken && self.user_catalog.has(name) {
            return Err(QueryError::NameTaken { name: name.to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
