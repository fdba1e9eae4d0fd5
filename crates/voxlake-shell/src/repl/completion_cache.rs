//! Cache of names and values for completion.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::Workspace;
use tokio::runtime::Handle;
use voxlake_model::sync;
use voxlake_query::CompletionCatalog;

/// Maximum wait of the Tab key.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(1500);

/// Cache of names and values, shared by the prompt and the shell.
#[derive(Clone)]
pub(crate) struct CompletionCache {
    outer: Handle,
    state: Arc<Mutex<CacheState>>,
}

struct CacheState {
    workspace: Workspace,
    completions: Option<Arc<CompletionCatalog>>,
    /// Values by table and column. They are dropped when tables of the user change.
    values: BTreeMap<(String, String), Arc<Vec<String>>>,
    /// Names of variables.
    variables: Vec<String>,
    columns: Vec<String>,
}

impl CompletionCache {
    pub(crate) fn new(workspace: Workspace, outer: Handle) -> Self {
        let state = CacheState {
            workspace,
            completions: None,
            values: BTreeMap::new(),
            variables: Vec::new(),
            columns: Vec::new(),
        };
        Self { outer, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, CacheState> {
        sync::lock(&self.state)
    }

    /// Uses another workspace. `changed` tells that its tables differ.
    pub(crate) fn use_workspace(&self, workspace: &Workspace, changed: bool) {
        let mut state = self.state();
        state.workspace = workspace.clone();
        if changed {
            state.completions = None;
            state.values.clear();
        }
    }

    pub(crate) fn set_variables(&self, names: impl Iterator<Item = String>) {
        self.state().variables = names.collect();
    }

    pub(crate) fn set_columns(&self, names: impl Iterator<Item = String>) {
        self.state().columns = names.collect();
    }

    pub(crate) fn variables(&self) -> Vec<String> {
        self.state().variables.clone()
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        self.state().columns.clone()
    }

    /// Tables, columns and functions; empty if they are not available in time. Blocks.
    pub(crate) fn completion_catalog(&self) -> Arc<CompletionCatalog> {
        let mut state = self.state();
        if let Some(completions) = &state.completions {
            return Arc::clone(completions);
        }
        let workspace = state.workspace.clone();
        let completions = self.in_time(async move { workspace.completion_catalog().await });
        completions
            .map(|completions| Arc::clone(state.completions.insert(Arc::new(completions))))
            .unwrap_or_default()
    }

    /// Values of a column; empty if there are many or they are not available in time. Blocks.
    pub(crate) fn values(&self, table: &str, column: &str) -> Arc<Vec<String>> {
        let mut state = self.state();
        let key = (table.to_owned(), column.to_owned());
        if let Some(values) = state.values.get(&key) {
            return Arc::clone(values);
        }
        let workspace = state.workspace.clone();
        let (table, column) = key.clone();
        let Some(values) = self.in_time(async move { workspace.values(&table, &column).await }) else {
            return Arc::default();
        };
        let values = Arc::new(values);
        state.values.insert(key, Arc::clone(&values));
        values
    }

    fn in_time<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Option<T> {
        let work = self.outer.spawn(tokio::time::timeout(COMPLETION_TIMEOUT, work));
        self.outer.block_on(work).ok()?.ok()?.ok()
    }
}
