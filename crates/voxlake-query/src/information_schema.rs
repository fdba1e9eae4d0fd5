//! The schema `information_schema`: DataFusion's own, extended by comments on tables and columns.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::information_schema::InformationSchemaProvider;
use datafusion::catalog::{CatalogProviderList, SchemaProvider, TableFunction, TableProvider};
use datafusion::common::{Column, JoinType, exec_datafusion_err};
use datafusion::datasource::{MemTable, ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::{SessionContext, col};

use crate::comments::Comments;

/// Name of the schema in SQL.
const NAME: &str = "information_schema";

/// Registers the schema in a session, in place of DataFusion's own.
pub(crate) fn register(ctx: &SessionContext, comments: Comments) -> Result<()> {
    let state = ctx.state();
    let catalog = &state.config_options().catalog.default_catalog;
    let schema = Arc::new(InformationSchema {
        // Weak, because the catalogs own this schema: a strong reference would leak both.
        catalogs: Arc::downgrade(state.catalog_list()),
        functions: state.table_functions().clone(),
        comments,
    });
    ctx.catalog(catalog)
        .ok_or_else(|| exec_datafusion_err!("there is no catalog {catalog}"))?
        .register_schema(NAME, schema)
        .map(drop)
}

#[derive(Debug)]
struct InformationSchema {
    catalogs: Weak<dyn CatalogProviderList>,
    functions: HashMap<String, Arc<TableFunction>>,
    comments: Comments,
}

impl InformationSchema {
    fn engines_own(&self) -> Option<InformationSchemaProvider> {
        let catalogs = self.catalogs.upgrade()?;
        Some(InformationSchemaProvider::new(catalogs).with_table_functions(self.functions.clone()))
    }
}

#[async_trait]
impl SchemaProvider for InformationSchema {
    fn table_names(&self) -> Vec<String> {
        self.engines_own().map(|own| own.table_names()).unwrap_or_default()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(own) = self.engines_own() else { return Ok(None) };
        let Some(table) = own.table(name).await? else { return Ok(None) };
        Ok(Some(match name {
            "tables" => commented(table, self.comments.of_tables()?)?,
            "columns" => commented(table, self.comments.of_columns()?)?,
            _ => table,
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.engines_own().is_some_and(|own| own.table_exist(name))
    }
}

/// Joins `table` with the last column of `comments` on all other columns of `comments`.
fn commented(table: Arc<dyn TableProvider>, comments: RecordBatch) -> Result<Arc<dyn TableProvider>> {
    let schema = comments.schema();
    let mut names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    let comment = names.pop().unwrap_or_default();
    let own = table.schema();
    let mut columns =
        own.fields().iter().map(|field| qualified_column("own", field.name())).collect::<Vec<_>>();
    columns.push(qualified_column("comments", comment));

    let comments = MemTable::try_new(Arc::clone(&schema), vec![vec![comments]])?;
    let comments =
        LogicalPlanBuilder::scan("comments", provider_as_source(Arc::new(comments)), None)?.build()?;
    let on = |table: &str| names.iter().map(|name| Column::new(Some(table), *name)).collect::<Vec<_>>();
    let plan = LogicalPlanBuilder::scan("own", provider_as_source(table), None)?
        .join(comments, JoinType::Left, (on("own"), on("comments")), None)?
        .project(columns)?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn qualified_column(table: &str, column: &str) -> Expr {
    col(Column::new(Some(table), column))
}
