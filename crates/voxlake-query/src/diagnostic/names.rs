//! Unknown and ambiguous names, with suggestions.

use datafusion::common::{Column, TableReference};

use super::locate;
use super::patterns::between;
use super::rewording::OTHER_CAST;
use super::span::{Diagnostic, SourceSpan};
use super::suggestions::{did_you_mean, join_words, similar_names};
use crate::completion_catalog::CompletionCatalog;
use crate::keywords::KEYWORDS;
use crate::token::TokenKind;

/// Functions of other databases with their equivalents.
const FOREIGN_FUNCTIONS: &[(&[&str], &str)] = &[
    (&["year", "month", "day", "hour", "minute", "second", "quarter", "week"], "extract({} FROM start_time)"),
    (&["dayofweek", "weekday", "dow"], "extract(dow FROM start_time)"),
    (&["datediff", "date_diff", "timestampdiff", "age"], "end_time - start_time"),
    (&["dateadd", "date_add", "adddate", "date_sub", "timestampadd"], "start_time + INTERVAL '1 day'"),
    (&["getdate", "sysdate", "sysdatetime", "curdate", "getutcdate", "today"], "now() or current_date"),
    (&["len", "datalength"], "length(…)"),
    (&["iif", "if", "decode_oracle"], "CASE WHEN … THEN … ELSE … END"),
    (&["isnull", "nvl2"], "coalesce(…, …)"),
    (&["group_concat", "listagg"], "string_agg(…, ',')"),
    (&["charindex", "locate", "instr", "position"], "strpos(text, 'part')"),
    (&["date_format", "format", "strftime"], "to_char(start_time, '%Y-%m-%d')"),
    (&["str_to_date", "parse_date", "parse_timestamp"], "to_timestamp(text, '%Y-%m-%d')"),
    (&["ucase"], "upper(…)"),
    (&["lcase"], "lower(…)"),
    (&["mid"], "substr(text, from, length)"),
    (&["rand"], "random()"),
    (&["convert", "to_number"], "CAST(… AS BIGINT)"),
    (&["safe_cast", "try_convert"], "TRY_CAST(… AS BIGINT)"),
    (&["countif", "count_if", "sumif"], "count(*) FILTER (WHERE …)"),
    (&["first", "any"], "first_value(… ORDER BY …)"),
    (&["last"], "last_value(… ORDER BY …)"),
    (&["percentile", "quantile"], "percentile_cont(0.9) WITHIN GROUP (ORDER BY …)"),
    (&["stdev", "stdevp"], "stddev(…)"),
    (&["array"], "array_agg(…)"),
    (&["regexp_matches", "regexp_extract"], "regexp_match(text, 'pattern')"),
    (&["string_split", "split"], "string_to_array(text, ',')"),
];

/// Diagnostic for a column that no table has.
pub(super) fn unknown_column(
    field: &Column,
    valid: &[Column],
    sql: &str,
    completions: &CompletionCatalog,
    given: Option<SourceSpan>,
) -> Diagnostic {
    let name = field.name.as_str();
    let span = given.or_else(|| locate::find_name(sql, name));
    let qualifier = field.relation.as_ref().map(TableReference::table);
    let tables = locate::tables(sql);
    if is_lost(field, sql) {
        let message =
            "a subquery that refers to the outer query has to compare columns by = and return an aggregate";
        return Diagnostic { message: message.to_owned(), span, hint: None };
    }
    if let Some(table) = qualifier
        && !valid.is_empty()
        && valid.iter().all(|column| column.relation.as_ref().is_none_or(|own| own.table() != table))
    {
        return unknown_qualifier(table, name, &tables, span);
    }
    let limit = span.and_then(|span| locate::word_before(sql, span)).map(|(word, _)| word.to_lowercase());
    if let Some(clause @ ("limit" | "offset")) = limit.as_deref() {
        let message = format!("{} takes a whole number, not a column", clause.to_uppercase());
        return Diagnostic { message, span, hint: None };
    }
    let message = match qualifier {
        Some(table) => format!("there is no column {name} in {table}"),
        None => format!("there is no column {name}"),
    };
    let hint = column_hint(name, qualifier, valid, sql, completions);
    Diagnostic { message, span, hint }
}

/// Returns whether `field` is not part of the statement but of DataFusion's rewriting of a
/// subquery.
fn is_lost(field: &Column, sql: &str) -> bool {
    let qualifier = field.relation.as_ref().map(TableReference::table);
    if qualifier.is_some_and(|table| table.starts_with("__")) {
        return true;
    }
    // Such as `sum(calls)`, which a statement would have to quote.
    let is_calculated = field.name.contains('(') && !sql.contains(&format!("\"{}\"", field.name));
    let is_unwritten = qualifier.is_some_and(|table| !locate::has_qualified(sql, table, &field.name));
    let selects =
        locate::words(sql).filter(|word| sql[word.range.clone()].eq_ignore_ascii_case("select")).count();
    // Without SELECT, the statement is unknown.
    is_calculated && selects != 1 || is_unwritten && selects > 1
}

fn column_hint(
    name: &str,
    qualifier: Option<&str>,
    valid: &[Column],
    sql: &str,
    completions: &CompletionCatalog,
) -> Option<String> {
    let wanted = valid.iter().filter(|column| {
        qualifier.is_none_or(|table| column.relation.as_ref().is_some_and(|own| own.table() == table))
    });
    let suggestions = similar_names(name, wanted.map(|column| column.name.as_str()));
    let same = suggestions.iter().find(|other| other.eq_ignore_ascii_case(name));
    let in_quotes = locate::words(sql)
        .any(|part| part.kind == TokenKind::QuotedIdent && sql[part.range].trim_matches(['"', '`']) == name);
    let elsewhere = completions.with_column(name).collect::<Vec<_>>();
    if let Some(same) = same {
        Some(if in_quotes {
            format!("names in double quotes keep their case; this one is {same}")
        } else {
            format!("its name has capitals, so write it in double quotes: \"{same}\"")
        })
    } else if valid.is_empty() && locate::find_word(sql, "from").is_none() {
        Some(match elsewhere.first() {
            Some(table) => format!("the statement has no FROM: SELECT {name} FROM {table}"),
            None => "the statement has no FROM".to_owned(),
        })
    } else if !elsewhere.is_empty() {
        Some(format!("{name} is a column of {}", elsewhere.join(", ")))
    } else if in_quotes && suggestions.is_empty() {
        Some(format!("double quotes are for names; text is written '{}'", name.replace('\'', "''")))
    } else {
        let tables = locate::tables(sql);
        let described =
            || tables.iter().find(|(table, _)| completions.table(&table.to_lowercase()).is_some());
        did_you_mean(&suggestions).or_else(|| Some(format!("DESCRIBE {} lists the columns", described()?.0)))
    }
}

/// Diagnostic for a qualifier that is not in `FROM`.
fn unknown_qualifier(
    table: &str,
    column: &str,
    tables: &[(&str, &str)],
    span: Option<SourceSpan>,
) -> Diagnostic {
    let message = format!("there is no table {table} in FROM");
    let renamed = tables.iter().find(|(own, alias)| own.eq_ignore_ascii_case(table) && own != alias);
    let hint = match renamed {
        Some((_, alias)) => Some(format!("{table} is called {alias} there: write {alias}.{column}")),
        None => {
            let names = tables.iter().map(|(_, alias)| *alias).collect::<Vec<_>>();
            (!names.is_empty()).then(|| format!("there is {}", names.join(", ")))
        }
    };
    Diagnostic { message, span, hint }
}

/// Diagnostic for a column of several tables.
pub(super) fn ambiguous_column(
    name: &str,
    sql: &str,
    completions: &CompletionCatalog,
    given: Option<SourceSpan>,
) -> Diagnostic {
    let has = |table: &str| {
        completions
            .table(&table.to_lowercase())
            .is_none_or(|table| table.columns.iter().any(|own| own.name == name))
    };
    let tables = locate::tables(sql);
    let aliases = tables.iter().filter(|(table, _)| has(table)).map(|(_, alias)| *alias).collect::<Vec<_>>();
    let hint = match aliases.as_slice() {
        [first, .., last] => {
            format!(
                "it is a column of {}: write {first}.{name} or {last}.{name}",
                join_words(&aliases, "and")
            )
        }
        _ => "write its table before it".to_owned(),
    };
    let span = given.or_else(|| locate::find_name(sql, name));
    Diagnostic { message: format!("{name} is ambiguous"), span, hint: Some(hint) }
}

/// Diagnostic for an unknown table or function; `None` for other messages.
pub(super) fn unknown_name(
    text: &str,
    sql: &str,
    completions: &CompletionCatalog,
    given: Option<SourceSpan>,
) -> Option<Diagnostic> {
    if let Some(table) = between(text, "table '", "' not found")
        && !text.starts_with("table function")
    {
        let name = table.rsplit('.').next().unwrap_or(table).trim_matches('"');
        let span = locate::find_name(sql, name).or(given);
        let message = format!("there is no table {name}");
        return Some(Diagnostic { message, span, hint: Some(table_hint(name, sql, completions)) });
    }
    if let Some(table) = text.strip_prefix("Invalid qualifier ") {
        return Some(unknown_qualifier(
            table,
            "*",
            &locate::tables(sql),
            locate::find_name(sql, table).or(given),
        ));
    }
    if text.starts_with("Projections require unique expression names") {
        return Some(duplicate_column(text, sql));
    }
    if let Some(name) = between(text, "table function '", "' not found") {
        let hint = did_you_mean(&similar_names(name, completions.functions.iter().map(String::as_str)));
        let message = format!("there is no table function {name}");
        return Some(Diagnostic { message, span: locate::find_name(sql, name).or(given), hint });
    }
    let name = between(text, "Invalid function '", "'")?;
    let span = locate::find_name(sql, name).or(given);
    if completions.functions.iter().any(|function| function == name) {
        let hint = Some(format!("{name}() OVER (ORDER BY start_time)"));
        return Some(Diagnostic { message: format!("{name} needs OVER"), span, hint });
    }
    let foreign = FOREIGN_FUNCTIONS.iter().find(|(names, _)| names.contains(&name));
    let hint = match foreign {
        Some((_, instead)) => Some(format!("write {}", instead.replace("{}", name))),
        None => did_you_mean(&similar_names(name, completions.functions.iter().map(String::as_str))),
    };
    Some(Diagnostic { message: format!("there is no function {name}"), span, hint })
}

/// Diagnostic for two columns of the same name.
fn duplicate_column(text: &str, sql: &str) -> Diagnostic {
    let expression = between(text, "expression \"", "\" at position").unwrap_or_default();
    let name = expression.rsplit_once(" AS ").map_or(expression, |(_, name)| name);
    let name = name.rsplit('.').next().unwrap_or(name);
    // `"CAST(x AS Float64)" at position 1`; an expression with an alias ends in ` AS name`.
    let is_cast = ["\"CAST(", "\"TRY_CAST("]
        .iter()
        .any(|cast| between(text, cast, "\" at position").is_some_and(|rest| rest.ends_with(')')));
    let hint = if is_cast {
        OTHER_CAST.to_owned()
    } else {
        format!("give one of them another name: … AS {name}_2")
    };
    Diagnostic {
        message: format!("two columns are named {name}"),
        span: locate::find_name(sql, name),
        hint: Some(hint),
    }
}

/// Span of the first function that a message names.
pub(super) fn find_function(message: &str, sql: &str, completions: &CompletionCatalog) -> Option<SourceSpan> {
    let words = message.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_lowercase);
    let mut functions = words.filter(|word| completions.functions.contains(word));
    functions.find_map(|word| locate::find_name(sql, &word))
}

fn table_hint(name: &str, sql: &str, completions: &CompletionCatalog) -> String {
    let parts: Vec<&str> = locate::words(sql).map(|part| &sql[part.range]).collect();
    let with = |window: &[&str]| {
        window[0].eq_ignore_ascii_case(name) && window[1].eq_ignore_ascii_case("as") && window[2] == "("
    };
    if parts.windows(3).any(with) {
        return format!("a query of WITH can refer to itself in WITH RECURSIVE {name} AS (…)");
    }
    let keyword = name.to_uppercase();
    if KEYWORDS.contains(&keyword.as_str()) {
        return format!("the name of a table is missing before {keyword}");
    }
    let tables = completions.tables.iter().map(|table| table.name.as_str());
    did_you_mean(&similar_names(name, tables))
        .unwrap_or_else(|| "SHOW TABLES lists those that there are".to_owned())
}

/// Diagnostic for an unknown struct field.
pub(super) fn unknown_field(name: &str, sql: &str, completions: &CompletionCatalog) -> Diagnostic {
    let kinds = completions.tables.iter().flat_map(|table| &table.columns).map(|column| column.kind.as_str());
    let fields = kinds.filter_map(|kind| between(kind, "(", ")"));
    let fields = fields.flat_map(|fields| fields.split([',', ' '])).filter(|field| field.contains('_'));
    let hint = did_you_mean(&similar_names(name, fields));
    let span = locate::find_value(sql, name).or_else(|| locate::find_name(sql, name));
    Diagnostic { message: format!("there is no field {name}"), span, hint }
}
