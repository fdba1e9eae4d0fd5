//! Policy of allowed statements. A statement is classified before it is planned; all that are not
//! listed are rejected.
//!
//! Queries only read. An interactive session may also create views and tables in memory and change
//! settings, which end with it, and write results to local files with `COPY`.

use chrono_tz::Tz;
use datafusion::sql::parser::{CopyToSource, CopyToStatement, ResetStatement, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, ObjectName, ObjectType, Query, Set, SetExpr, Statement as Sql, Value, ValueWithSpan,
};

use crate::error::QueryError;
use crate::period::parse_time_zone;
use crate::settings;

const NO_EXTERNAL_TABLES: &str =
    "CREATE EXTERNAL TABLE is not supported; in a shell, \\attach NAME FILE reads a file as a table";

/// First keywords of statements that write.
const WRITING_VERBS: [&str; 8] =
    ["INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "ALTER", "CREATE", "DROP"];

/// Effect of an allowed statement.
#[derive(Debug)]
pub enum StatementKind {
    /// Returns rows and changes nothing.
    Query,
    /// Writes the result of a query to a file.
    Copy(CopyToStatement),
    /// Creates a view. A workspace plans it again when the lake has changed.
    CreateView {
        /// Name of the view.
        name: String,
        /// True if it may replace a view or table.
        or_replace: bool,
    },
    /// Creates a table in memory from a query.
    CreateTable {
        /// Name of the table.
        name: String,
        /// True if it may replace a view or table.
        or_replace: bool,
        /// True if nothing happens if the table exists.
        if_not_exists: bool,
    },
    /// Drops views or tables.
    Drop {
        /// `VIEW` or `TABLE`, as in the statement.
        kind: String,
        /// Their names.
        names: Vec<String>,
        /// True if they may be missing.
        if_exists: bool,
    },
    /// Changes a setting of DataFusion.
    Set {
        /// Name of the setting.
        name: String,
    },
    /// Changes the time zone of the session; `None` restores the first one.
    SetTimeZone {
        /// The time zone.
        zone: Option<Tz>,
    },
}

/// Returns the effect of `statement`.
///
/// # Errors
/// [`QueryError::ReadOnly`] for a statement that is not allowed, [`QueryError::Setting`] for a
/// setting or value that is not.
pub fn classify(statement: &Statement) -> Result<StatementKind, QueryError> {
    match statement {
        Statement::Statement(statement) => classify_sql(statement),
        Statement::Explain(explain) => match classify(&explain.statement)? {
            StatementKind::Query => Ok(StatementKind::Query),
            _ => reject("EXPLAIN takes a query"),
        },
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &copy.source {
                ensure_read_only(query)?;
            }
            if !copy.options.is_empty() || !copy.partitioned_by.is_empty() {
                return reject(
                    "COPY takes neither OPTIONS nor PARTITIONED BY: it writes one file, in the format of its extension or of STORED AS",
                );
            }
            Ok(StatementKind::Copy(copy.clone()))
        }
        Statement::Reset(ResetStatement::Variable(name)) if is_time_zone(name) => {
            Ok(StatementKind::SetTimeZone { zone: None })
        }
        Statement::Reset(ResetStatement::Variable(name)) => classify_setting(name, None),
        Statement::CreateExternalTable(_) => reject(NO_EXTERNAL_TABLES),
    }
}

fn classify_sql(statement: &Sql) -> Result<StatementKind, QueryError> {
    match statement {
        Sql::Query(query) => ensure_read_only(query).map(|()| StatementKind::Query),
        Sql::Explain { statement, .. } => match classify_sql(statement)? {
            StatementKind::Query => Ok(StatementKind::Query),
            _ => reject("EXPLAIN takes a query"),
        },
        Sql::ExplainTable { .. }
        | Sql::ShowVariable { .. }
        | Sql::ShowTables { .. }
        | Sql::ShowColumns { .. }
        | Sql::ShowFunctions { .. }
        | Sql::ShowCreate { .. } => Ok(StatementKind::Query),
        Sql::CreateView(view) if view.materialized => {
            reject("a materialized view would be written; CREATE TABLE name AS SELECT … keeps rows in memory")
        }
        Sql::CreateView(view) => {
            ensure_read_only(&view.query)?;
            Ok(StatementKind::CreateView { name: unqualified(&view.name)?, or_replace: view.or_replace })
        }
        Sql::CreateTable(table) => {
            if let Some(query) = &table.query {
                ensure_read_only(query)?;
            }
            if table.external || table.location.is_some() {
                return reject(NO_EXTERNAL_TABLES);
            }
            let (or_replace, if_not_exists) = (table.or_replace, table.if_not_exists);
            Ok(StatementKind::CreateTable { name: unqualified(&table.name)?, or_replace, if_not_exists })
        }
        Sql::Drop {
            object_type: kind @ (ObjectType::Table | ObjectType::View), if_exists, names, ..
        } => {
            let names = names.iter().map(unqualified).collect::<Result<_, _>>()?;
            Ok(StatementKind::Drop { kind: kind.to_string(), names, if_exists: *if_exists })
        }
        Sql::Set(Set::SetTimeZone { value, .. }) => classify_time_zone(value),
        Sql::Set(Set::SingleAssignment { variable, values, .. }) if is_time_zone(variable) => {
            match values.as_slice() {
                [value] => classify_time_zone(value),
                _ => reject("SET TIME ZONE takes one zone"),
            }
        }
        Sql::Set(Set::SingleAssignment { variable, values, .. }) => {
            let words: Vec<_> = values.iter().map(value_text).collect();
            classify_setting(variable, Some(&words.join(", ")))
        }
        other => {
            let statement = statement_verb(&other.to_string());
            let first = statement.split(' ').next().unwrap_or_default();
            let writes = WRITING_VERBS.contains(&first);
            Err(QueryError::NotAllowed { statement, writes })
        }
    }
}

/// Rejects a query with a part that writes, at any depth.
fn ensure_read_only(query: &Query) -> Result<(), QueryError> {
    let within = query.with.iter().flat_map(|with| &with.cte_tables);
    within.map(|cte| &cte.query).try_for_each(|query| ensure_read_only(query))?;
    ensure_body_read_only(&query.body)
}

fn ensure_body_read_only(body: &SetExpr) -> Result<(), QueryError> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => {
            reject("SELECT INTO would write; CREATE TABLE name AS SELECT … keeps rows in memory")
        }
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => Ok(()),
        SetExpr::Query(query) => ensure_read_only(query),
        SetExpr::SetOperation { left, right, .. } => {
            ensure_body_read_only(left).and_then(|()| ensure_body_read_only(right))
        }
        other => Err(QueryError::NotAllowed { statement: statement_verb(&other.to_string()), writes: true }),
    }
}

/// Checks that a setting may be changed to `value`, or be reset.
fn classify_setting(name: &ObjectName, value: Option<&str>) -> Result<StatementKind, QueryError> {
    let name = name.to_string().to_lowercase();
    let checked = if voxlake_engine::correctness::is_fixed(&name) {
        Err(format!(
            "{name} cannot be changed: DataFusion 55 answers some statements wrongly with other values"
        ))
    } else {
        settings::check(&name, value)
    };
    match checked {
        Ok(()) => Ok(StatementKind::Set { name }),
        Err(reason) => Err(QueryError::Setting { name, reason }),
    }
}

/// Returns whether a setting is the time zone of the session.
fn is_time_zone(name: &ObjectName) -> bool {
    matches!(name.to_string().to_lowercase().as_str(), "timezone" | "time_zone" | "time.zone")
}

/// Returns whether a statement shows the time zone of the session.
pub(crate) fn shows_time_zone(statement: &Statement) -> bool {
    let Statement::Statement(statement) = statement else { return false };
    let Sql::ShowVariable { variable } = statement.as_ref() else { return false };
    let words: Vec<String> = variable.iter().map(|word| word.value.to_lowercase()).collect();
    matches!(words.join(" ").as_str(), "timezone" | "time_zone" | "time zone")
}

/// Parses the value of SET TIME ZONE. DEFAULT and LOCAL restore the first zone of the session.
fn classify_time_zone(value: &Expr) -> Result<StatementKind, QueryError> {
    let text = match value {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => text.clone(),
        value => value.to_string(),
    };
    if matches!(text.to_lowercase().as_str(), "default" | "local") {
        return Ok(StatementKind::SetTimeZone { zone: None });
    }
    let zone = parse_time_zone("the value", &text);
    let zone = zone.map_err(|error| QueryError::Setting {
        name: "timezone".to_owned(),
        reason: format!("timezone cannot be set: {error}"),
    })?;
    Ok(StatementKind::SetTimeZone { zone: Some(zone) })
}

/// Value of SET without its quotes.
fn value_text(value: &Expr) -> String {
    let text = match value {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => text.clone(),
        value => value.to_string(),
    };
    text.to_lowercase()
}

/// Name without a qualifier, in the case that DataFusion gives it.
fn unqualified(name: &ObjectName) -> Result<String, QueryError> {
    let ident = match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    };
    match ident {
        Some(ident) if ident.quote_style.is_some() => Ok(ident.value.clone()),
        Some(ident) => Ok(ident.value.to_lowercase()),
        None => reject(&format!("{name} is qualified: your views and tables have a plain name")),
    }
}

/// Leading keywords of a statement.
fn statement_verb(sql: &str) -> String {
    let upper = |word: &&str| word.chars().all(|c| c.is_ascii_uppercase());
    let words = sql.split_whitespace().take_while(upper).take(2).collect::<Vec<_>>();
    if words.is_empty() { "this statement".to_owned() } else { words.join(" ") }
}

fn reject<T>(reason: &str) -> Result<T, QueryError> {
    Err(QueryError::ReadOnly { reason: reason.to_owned() })
}
