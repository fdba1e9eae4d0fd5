//! Classification of statements before they are planned: a list of the allowed ones; all others are
//! refused.
//!
//! Questions read. A prompt may besides make what lives and goes with it: views, tables in memory,
//! settings. `COPY` writes an answer to a file of the user's own, and is carried out by whoever
//! writes answers.

use datafusion::sql::parser::{CopyToSource, CopyToStatement, ResetStatement, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, ObjectName, ObjectType, Query, Set, SetExpr, Statement as Sql, Value, ValueWithSpan,
};

use crate::error::QueryError;
use crate::settings;

const NO_TIME_ZONE: &str = "the time zone cannot be set: times are UTC; to_local_time(start_time AT TIME ZONE 'Europe/Berlin') is local";

/// Effect of a statement.
#[derive(Debug)]
pub enum Deed {
    /// Answers with rows, and changes nothing.
    Question,
    /// Writes the answer of a question to a file.
    Copy(CopyToStatement),
    /// Makes a view, which is planned anew whenever the lake changed.
    CreateView {
        /// The view.
        name: String,
        /// Whether one of that name may be replaced.
        or_replace: bool,
    },
    /// Keeps the rows of an answer in memory, under a name.
    CreateTable {
        /// The table.
        name: String,
        /// Whether one of that name may be replaced.
        or_replace: bool,
        /// Whether one of that name may stay.
        if_not_exists: bool,
    },
    /// Takes views or tables away.
    Drop {
        /// What they are called there.
        kind: String,
        /// Their names.
        names: Vec<String>,
        /// Whether they may be missing.
        if_exists: bool,
    },
    /// Changes a setting of the engine.
    Set {
        /// The setting.
        name: String,
    },
}

/// Returns the effect of `statement`.
///
/// # Errors
/// [`QueryError::ReadOnly`] with what it would have done, where that is not on the list;
/// [`QueryError::Setting`] for a setting or value that is not.
pub fn deed(statement: &Statement) -> Result<Deed, QueryError> {
    match statement {
        Statement::Statement(statement) => deed_of_sql(statement),
        Statement::Explain(explain) => match deed(&explain.statement)? {
            Deed::Question => Ok(Deed::Question),
            _ => refuse("EXPLAIN takes a question"),
        },
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &copy.source {
                reads(query)?;
            }
            if !copy.options.is_empty() || !copy.partitioned_by.is_empty() {
                return refuse(
                    "COPY takes neither OPTIONS nor PARTITIONED BY: it writes one file, in the format that its name ends with or STORED AS says",
                );
            }
            Ok(Deed::Copy(copy.clone()))
        }
        Statement::Reset(ResetStatement::Variable(name)) => setting(name, None),
        Statement::CreateExternalTable(_) => refuse(
            "CREATE EXTERNAL TABLE is not taken; in `voxlake sql`, \\attach NAME FILE reads a file as a table",
        ),
    }
}

fn deed_of_sql(statement: &Sql) -> Result<Deed, QueryError> {
    match statement {
        Sql::Query(query) => reads(query).map(|()| Deed::Question),
        Sql::Explain { statement, .. } => match deed_of_sql(statement)? {
            Deed::Question => Ok(Deed::Question),
            _ => refuse("EXPLAIN takes a question"),
        },
        Sql::ExplainTable { .. }
        | Sql::ShowVariable { .. }
        | Sql::ShowTables { .. }
        | Sql::ShowColumns { .. }
        | Sql::ShowFunctions { .. }
        | Sql::ShowCreate { .. } => Ok(Deed::Question),
        Sql::CreateView(view) if view.materialized => {
            refuse("a materialized view would be stored; CREATE TABLE name AS SELECT … keeps rows in memory")
        }
        Sql::CreateView(view) => {
            reads(&view.query)?;
            Ok(Deed::CreateView { name: bare(&view.name)?, or_replace: view.or_replace })
        }
        Sql::CreateTable(table) => {
            if let Some(query) = &table.query {
                reads(query)?;
            }
            if table.external || table.location.is_some() {
                return refuse(
                    "CREATE EXTERNAL TABLE is not taken; in `voxlake sql`, \\attach NAME FILE reads a file as a table",
                );
            }
            let (or_replace, if_not_exists) = (table.or_replace, table.if_not_exists);
            Ok(Deed::CreateTable { name: bare(&table.name)?, or_replace, if_not_exists })
        }
        Sql::Drop {
            object_type: kind @ (ObjectType::Table | ObjectType::View), if_exists, names, ..
        } => {
            let names = names.iter().map(bare).collect::<Result<_, _>>()?;
            Ok(Deed::Drop { kind: kind.to_string(), names, if_exists: *if_exists })
        }
        Sql::Set(Set::SingleAssignment { variable, values, .. }) => {
            let words: Vec<_> = values.iter().map(word).collect();
            setting(variable, Some(&words.join(", ")))
        }
        Sql::Set(Set::SetTimeZone { .. }) => {
            Err(QueryError::Setting { name: "zone".to_owned(), reason: NO_TIME_ZONE.to_owned() })
        }
        other => refuse(&not_taken(&verb(&other.to_string()))),
    }
}

/// Refuses a query with a part that writes, wherever that stands.
fn reads(query: &Query) -> Result<(), QueryError> {
    let within = query.with.iter().flat_map(|with| &with.cte_tables);
    within.map(|cte| &cte.query).try_for_each(|query| reads(query))?;
    body_reads(&query.body)
}

fn body_reads(body: &SetExpr) -> Result<(), QueryError> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => {
            refuse("SELECT INTO would write; CREATE TABLE name AS SELECT … keeps rows in memory")
        }
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => Ok(()),
        SetExpr::Query(query) => reads(query),
        SetExpr::SetOperation { left, right, .. } => body_reads(left).and_then(|()| body_reads(right)),
        other => refuse(&format!("{} would write", verb(&other.to_string()))),
    }
}

/// A setting that may be changed to `value`, or be reset.
fn setting(name: &ObjectName, value: Option<&str>) -> Result<Deed, QueryError> {
    let name = name.to_string().to_lowercase();
    let checked = if name == "timezone" {
        Err(NO_TIME_ZONE.to_owned())
    } else if voxlake_engine::correctness::is_fixed(&name) {
        Err(format!(
            "{name} cannot be changed: DataFusion 55 answers some statements wrongly with other values"
        ))
    } else {
        settings::check(&name, value)
    };
    match checked {
        Ok(()) => Ok(Deed::Set { name }),
        Err(reason) => Err(QueryError::Setting { name, reason }),
    }
}

/// A value of SET without its quotes.
fn word(value: &Expr) -> String {
    let text = match value {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => text.clone(),
        value => value.to_string(),
    };
    text.to_lowercase()
}

/// A name of one part, in the case that the engine gives it.
fn bare(name: &ObjectName) -> Result<String, QueryError> {
    let ident = match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    };
    match ident {
        Some(ident) if ident.quote_style.is_some() => Ok(ident.value.clone()),
        Some(ident) => Ok(ident.value.to_lowercase()),
        None => refuse(&format!("{name} has several parts: views and tables of your own have a single name")),
    }
}

/// The first words of a statement, which say what it does.
fn verb(sql: &str) -> String {
    let upper = |word: &&str| word.chars().all(|c| c.is_ascii_uppercase());
    let words = sql.split_whitespace().take_while(upper).take(2).collect::<Vec<_>>();
    if words.is_empty() { "this statement".to_owned() } else { words.join(" ") }
}

/// Reason for refusing a statement that is not on the list.
fn not_taken(verb: &str) -> String {
    let first = verb.split(' ').next().unwrap_or(verb);
    let writes = ["INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "ALTER", "CREATE", "DROP"];
    format!("{verb} {}", if writes.contains(&first) { "would write" } else { "is not taken" })
}

fn refuse<T>(reason: &str) -> Result<T, QueryError> {
    Err(QueryError::ReadOnly { reason: reason.to_owned() })
}
