//! Objects that a user has created in a workspace, to recreate them in a new session.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use voxlake_query::{LakeSession, QueryError};

/// Table or view of the user.
#[derive(Clone, Debug)]
pub(super) enum UserObject {
    /// The statement that creates a view. It is planned again in each session.
    View(String),
    /// Rows in memory, or an attached file.
    Table(Arc<dyn TableProvider>),
}

/// Objects in the order of creation, since views may depend on earlier ones.
#[derive(Clone, Debug, Default)]
pub(super) struct UserCatalog {
    objects: Vec<(String, UserObject)>,
    /// Last statement for each setting.
    settings: Vec<(String, String)>,
}

impl UserCatalog {
    pub(super) fn has(&self, name: &str) -> bool {
        self.objects.iter().any(|(own, _)| own == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn add(&mut self, name: String, object: UserObject) {
        self.remove(&name);
        self.objects.push((name, object));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.objects.retain(|(own, _)| own != name);
    }

    pub(super) fn set(&mut self, name: String, sql: String) {
        self.settings.retain(|(own, _)| *own != name);
        self.settings.push((name, sql));
    }

    /// Creates all objects in a session that has none of them.
    pub(super) async fn replay_into(&self, session: &LakeSession) -> Result<(), QueryError> {
        let ctx = session.context();
        for (_, sql) in &self.settings {
            session.define(&session.parse(sql)?, sql).await?;
        }
        for (name, object) in &self.objects {
            match object {
                UserObject::View(sql) => session.define(&session.parse(sql)?, sql).await?,
                UserObject::Table(table) => {
                    ctx.register_table(name.as_str(), Arc::clone(table)).map_err(QueryError::planning)?;
                }
            }
        }
        Ok(())
    }
}
