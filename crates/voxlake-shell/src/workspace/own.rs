//! What a workspace's user made, kept so that a new session can have it too.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use voxlake_query::{LakeSession, QueryError};

/// A table or view of the user's own.
#[derive(Clone, Debug)]
pub(super) enum Thing {
    /// A view, by the statement that makes it: it has to be planned over the days of each session.
    View(String),
    /// Rows in memory, or an attached file.
    Table(Arc<dyn TableProvider>),
}

/// What the user made, in the order in which it was made: a view may stand on those before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    things: Vec<(String, Thing)>,
    /// The last statement about each setting.
    settings: Vec<(String, String)>,
}

impl Own {
    pub(super) fn has(&self, name: &str) -> bool {
        self.things.iter().any(|(own, _)| own == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.things.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn keep(&mut self, name: String, thing: Thing) {
        self.forget(&name);
        self.things.push((name, thing));
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.things.retain(|(own, _)| own != name);
    }

    pub(super) fn set(&mut self, name: String, sql: String) {
        self.settings.retain(|(own, _)| *own != name);
        self.settings.push((name, sql));
    }

    /// Puts all of it into a session that has none of it.
    pub(super) async fn put_into(&self, session: &LakeSession) -> Result<(), QueryError> {
        let ctx = session.context();
        for (_, sql) in &self.settings {
            session.define(&session.parse(sql)?, sql).await?;
        }
        for (name, thing) in &self.things {
            match thing {
                Thing::View(sql) => session.define(&session.parse(sql)?, sql).await?,
                Thing::Table(table) => {
                    ctx.register_table(name.as_str(), Arc::clone(table)).map_err(QueryError::planning)?;
                }
            }
        }
        Ok(())
    }
}
