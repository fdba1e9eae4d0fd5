//! The words that can be completed and suggested: asked of the engine once, and again when they may have changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use voxlake_model::sync;
use voxlake_query::Lexicon;
use voxlake_shell::Workspace;

/// How long a press of Tab may wait for values.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The words of a session, shared by its prompt and its shell.
#[derive(Clone)]
pub(crate) struct Words {
    outer: Handle,
    known: Arc<Mutex<Known>>,
}

struct Known {
    workspace: Workspace,
    lexicon: Option<Arc<Lexicon>>,
    /// Values by table and column; those of the user's own tables go when these change.
    values: BTreeMap<(String, String), Arc<Vec<String>>>,
    /// Variables, and the columns of the last answer.
    variables: Vec<String>,
    columns: Vec<String>,
}

impl Words {
    pub(crate) fn new(workspace: Workspace, outer: Handle) -> Self {
        let known = Known {
            workspace,
            lexicon: None,
            values: BTreeMap::new(),
            variables: Vec::new(),
            columns: Vec::new(),
        };
        Self { outer, known: Arc::new(Mutex::new(known)) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What is there is whole: nothing panics while it holds the lock.
        sync::lock(&self.known)
    }

    /// Goes by another workspace from now on; `changed`: its tables are others.
    pub(crate) fn follow(&self, workspace: &Workspace, changed: bool) {
        let mut known = self.known();
        known.workspace = workspace.clone();
        if changed {
            known.lexicon = None;
            known.values.clear();
        }
    }

    pub(crate) fn set_variables(&self, names: impl Iterator<Item = String>) {
        self.known().variables = names.collect();
    }

    pub(crate) fn set_columns(&self, names: impl Iterator<Item = String>) {
        self.known().columns = names.collect();
    }

    pub(crate) fn variables(&self) -> Vec<String> {
        self.known().variables.clone()
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        self.known().columns.clone()
    }

    /// Tables, columns and functions. Called where waiting is allowed; empty where the engine cannot tell in time.
    pub(crate) fn lexicon(&self) -> Arc<Lexicon> {
        let mut known = self.known();
        if let Some(lexicon) = &known.lexicon {
            return Arc::clone(lexicon);
        }
        let workspace = known.workspace.clone();
        let lexicon = self.in_time(async move { workspace.lexicon().await });
        lexicon.map(|lexicon| Arc::clone(known.lexicon.insert(Arc::new(lexicon)))).unwrap_or_default()
    }

    /// The values of a column that has few; none where it has many, or they are not known in time.
    pub(crate) fn values(&self, table: &str, column: &str) -> Arc<Vec<String>> {
        let mut known = self.known();
        let key = (table.to_owned(), column.to_owned());
        if let Some(values) = known.values.get(&key) {
            return Arc::clone(values);
        }
        let workspace = known.workspace.clone();
        let (table, column) = key.clone();
        let Some(values) = self.in_time(async move { workspace.values(&table, &column).await }) else {
            return Arc::default();
        };
        let values = Arc::new(values);
        known.values.insert(key, Arc::clone(&values));
        values
    }

    fn in_time<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Option<T> {
        let work = self.outer.spawn(tokio::time::timeout(PATIENCE, work));
        self.outer.block_on(work).ok()?.ok()?.ok()
    }
}
