//! Execution of named queries.

use super::parameter::Params;
use super::query::NamedQuery;
use super::{charge_notices, chosen_entities};
use crate::error::QueryError;
use crate::query_result::QueryResult;
use crate::session::LakeSession;

impl LakeSession {
    /// Runs `query` with these parameters.
    ///
    /// # Errors
    /// As for [`NamedQuery::bind`] and [`LakeSession::sql`]; [`QueryError::UnknownNames`] for a
    /// queue that no call of the lake ever had; [`QueryError::MissingColumn`] if the SQL does not
    /// return a column of the header.
    pub async fn run(&self, query: &NamedQuery, params: &Params) -> Result<QueryResult, QueryError> {
        let session = self.in_utc();
        let mut values = query.bind(params)?;
        let mut notices = chosen_entities::resolve(&session, query, &mut values).await?;
        if let (Some(from), Some(to)) = (values.get("from"), values.get("to"))
            && from == to
        {
            notices.push("the period is empty: it ends where it begins, and its end is exclusive".to_owned());
        }
        let charge_notices = if query.has_charge_notices {
            charge_notices::charge_notices(&session, &values).await?
        } else {
            Vec::new()
        };
        let answer = session.execute_statement(&session.parse(&query.sql)?, &query.sql, values).await?;
        let schema = answer.schema();
        match query.columns.iter().find(|column| schema.index_of(&column.name).is_err()) {
            None => Ok(answer.with_notices(notices).with_charge_notices(charge_notices)),
            Some(column) => {
                Err(QueryError::MissingColumn { query: query.name.clone(), column: column.name.clone() })
            }
        }
    }
}
