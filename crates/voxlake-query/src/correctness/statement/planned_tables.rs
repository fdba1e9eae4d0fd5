//! Plans of tables that stand in a statement under a generated name.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Ident, ObjectName};
use voxlake_model::sync;

/// Plans under names, by which a statement refers to them once.
#[derive(Debug, Default)]
pub(super) struct PlannedTables {
    last: AtomicU64,
    plans: Mutex<HashMap<String, LogicalPlan>>,
}

impl PlannedTables {
    /// Gives `plan` a name that no other plan has.
    pub(super) fn put(&self, plan: LogicalPlan) -> ObjectName {
        let name = format!("planned table {}", self.last.fetch_add(1, Ordering::Relaxed));
        sync::lock(&self.plans).insert(name.clone(), plan);
        ObjectName::from(vec![Ident::with_quote('"', name)])
    }

    pub(super) fn take(&self, name: &ObjectName) -> Option<LogicalPlan> {
        let [part] = name.0.as_slice() else { return None };
        let name = &part.as_ident()?.value;
        sync::lock(&self.plans).remove(name)
    }
}
