//! A session to work in: the lake's tables, and beside them what its user makes, which lives and goes with it.
//!
//! A session answers from the day files that were there when it opened, and a prompt stays open all day. So before
//! each statement the lake is listed again, and where a sync has changed it, a new session takes the old one's
//! place, with the user's own things put into it.

mod files;
mod own;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::Statement as Sql;
use voxlake_lake::{DayFile, Lake};
use voxlake_query::{Answer, Deed, LakeSession, QueryError, SessionOptions, deed};

pub use self::files::AttachOptions;
use self::own::{Own, Thing};

/// A session that follows its lake and keeps what its user makes. A clone is another workspace over the same
/// session.
#[derive(Clone, Debug)]
pub struct Workspace {
    lake: Lake,
    options: SessionOptions,
    session: LakeSession,
    /// The day files that the lake had when the session was opened.
    listed: Arc<[DayFile]>,
    /// The tables that every session has.
    tables: Arc<BTreeSet<String>>,
    own: Own,
    stale: bool,
}

/// What came of a statement.
#[derive(Debug)]
pub enum Outcome {
    /// Rows.
    Rows(Answer),
    /// An answer that is to be written to a file.
    Copy(Copy),
    /// Something else was done; in the words that SQL shells use, such as `CREATE VIEW`.
    Done(String),
}

/// An answer that is to be written to a file, and what the statement says of it.
#[derive(Debug)]
pub struct Copy {
    /// The answer.
    pub answer: Answer,
    /// The file, as it was written.
    pub target: String,
    /// The format, as it was written; none: by the file's name.
    pub format: Option<String>,
}

impl Workspace {
    /// Opens a workspace over `lake`.
    ///
    /// # Errors
    /// As [`LakeSession::open`].
    pub async fn open(lake: &Lake, options: SessionOptions) -> Result<Self, QueryError> {
        let listed = lake.days().await?;
        let session = LakeSession::open(lake, options.clone()).await?;
        let tables = session.table_names();
        Ok(Self {
            lake: lake.clone(),
            options,
            session,
            listed: listed.into(),
            tables: Arc::new(tables),
            own: Own::default(),
            stale: false,
        })
    }

    /// The session of this moment.
    #[must_use]
    pub fn session(&self) -> &LakeSession {
        &self.session
    }

    /// The lake.
    #[must_use]
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Lets the next statement open a new session, whatever the lake has: what a statement that was stopped left half
    /// done goes with the old one.
    pub fn renew(&mut self) {
        self.stale = true;
    }

    /// This workspace over the day files that the lake has now.
    ///
    /// # Errors
    /// As [`LakeSession::open`].
    pub async fn refreshed(mut self) -> Result<Self, QueryError> {
        let listed = self.lake.days().await?;
        let same = |a: &DayFile, b: &DayFile| a.date == b.date && a.meta == b.meta;
        let unchanged = listed.len() == self.listed.len()
            && listed.iter().zip(self.listed.iter()).all(|(a, b)| same(a, b));
        if unchanged && !self.stale {
            return Ok(self);
        }
        self.session = LakeSession::open(&self.lake, self.options.clone()).await?;
        self.listed = listed.into();
        self.stale = false;
        self.own.put_into(&self.session).await?;
        Ok(self)
    }

    /// Carries out a statement. The workspace that comes back has what the statement made.
    ///
    /// # Errors
    /// As [`LakeSession::sql`]; [`QueryError::ReadOnly`] for what would change anything but this workspace.
    pub async fn run(self, sql: &str) -> Result<(Self, Outcome), QueryError> {
        let mut new = self.refreshed().await?;
        let statement = new.session.parse(sql)?;
        let outcome = new.carry_out(&statement, sql).await?;
        Ok((new, outcome))
    }

    async fn carry_out(&mut self, statement: &Statement, sql: &str) -> Result<Outcome, QueryError> {
        match deed(statement)? {
            Deed::Question => self.session.question(statement, sql, HashMap::new()).await.map(Outcome::Rows),
            Deed::Copy(copy) => {
                let question = match copy.source {
                    CopyToSource::Query(query) => Statement::Statement(Box::new(Sql::Query(query))),
                    CopyToSource::Relation(name) => self.session.parse(&format!("SELECT * FROM {name}"))?,
                };
                let answer = self.session.question(&question, sql, HashMap::new()).await?;
                Ok(Outcome::Copy(Copy { answer, target: copy.target, format: copy.stored_as }))
            }
            Deed::CreateView { name, or_replace } => {
                self.check_free(&name, or_replace)?;
                self.session.define(statement, sql).await?;
                self.own.keep(name, Thing::View(sql.to_owned()));
                Ok(Outcome::Done("CREATE VIEW".to_owned()))
            }
            Deed::CreateTable { name, or_replace, if_not_exists } => {
                self.check_free(&name, or_replace || if_not_exists)?;
                if !(if_not_exists && self.own.has(&name)) {
                    self.session.define(statement, sql).await?;
                    self.keep_table(name).await?;
                }
                Ok(Outcome::Done("CREATE TABLE".to_owned()))
            }
            Deed::Drop { kind, names, if_exists } => {
                let known = names.iter().filter(|name| self.own.has(name)).cloned().collect::<Vec<_>>();
                if let Some(name) = names.iter().find(|name| !known.contains(name)) {
                    if self.tables.contains(name) {
                        return Err(QueryError::ReadOnly { reason: format!("{name} is the lake's own") });
                    }
                    if !if_exists {
                        return Err(QueryError::NoSuchTable { name: name.clone() });
                    }
                }
                for name in known {
                    self.drop_own(&name)?;
                }
                Ok(Outcome::Done(format!("DROP {kind}")))
            }
            Deed::Set { name } => {
                self.session.define(statement, sql).await?;
                self.own.set(name, sql.to_owned());
                let word = sql.split_whitespace().next().unwrap_or("SET").to_uppercase();
                Ok(Outcome::Done(word))
            }
        }
    }

    /// Reads a CSV or Parquet file as a table of this workspace. Also returns notices for the user: what was detected
    /// or renamed.
    ///
    /// The rows of a CSV file are kept in memory, at most 256 MB of them.
    ///
    /// # Errors
    /// [`QueryError::Attach`] where the file cannot be read or the name is none.
    pub async fn attach(
        self,
        name: &str,
        file: &Path,
        options: &AttachOptions,
    ) -> Result<(Self, Vec<String>), QueryError> {
        let mut new = self.refreshed().await?;
        let name = name.to_lowercase();
        if !crate::script::is_variable_name(&name) {
            let reason = format!("{name:?} is no name for a table: take letters, digits and underscores");
            return Err(QueryError::Attach { path: file.display().to_string(), reason });
        }
        new.check_free(&name, false)?;
        let notices = files::register(&new.session, &name, file, options).await?;
        new.keep_table(name).await?;
        Ok((new, notices))
    }

    /// The user's own tables and views, in the order in which they were made.
    pub fn own_tables(&self) -> impl Iterator<Item = &str> {
        self.own.names()
    }

    /// Whether a table or view is the user's own.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        self.own.has(name)
    }

    async fn keep_table(&mut self, name: String) -> Result<(), QueryError> {
        let table =
            self.session.context().table_provider(name.as_str()).await.map_err(QueryError::planning)?;
        self.own.keep(name, Thing::Table(table));
        Ok(())
    }

    fn drop_own(&mut self, name: &str) -> Result<(), QueryError> {
        self.session.context().deregister_table(name).map_err(QueryError::planning)?;
        self.own.forget(name);
        Ok(())
    }

    /// Refuses a name of the lake's, and one of the user's own unless that may be `taken`.
    fn check_free(&self, name: &str, taken: bool) -> Result<(), QueryError> {
        if self.tables.contains(name) {
            let reason = format!("{name} is a table of the lake; give yours another name");
            return Err(QueryError::ReadOnly { reason });
        }
        if !taken && self.own.has(name) {
            return Err(QueryError::NameTaken { name: name.to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
