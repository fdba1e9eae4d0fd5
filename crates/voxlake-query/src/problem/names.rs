//! Names that there are not, with those that were perhaps meant.

use datafusion::common::{Column, TableReference};

use super::place;
use super::{Place, Problem, noise, rules};
use crate::keywords::KEYWORDS;
use crate::lexeme::Kind;
use crate::lexicon::Lexicon;

/// Minimum Jaro-Winkler similarity of a suggested name, from 0 to 1.
const ALIKE: f64 = 0.78;
/// Names to suggest.
const SUGGESTIONS: usize = 3;

/// Functions of other databases, and what to write here.
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

/// The problem of a column that none of the tables has.
pub(super) fn no_column(
    field: &Column,
    valid: &[Column],
    sql: &str,
    lexicon: &Lexicon,
    given: Option<Place>,
) -> Problem {
    let name = field.name.as_str();
    let place = given.or_else(|| place::of_name(sql, name));
    let qualifier = field.relation.as_ref().map(TableReference::table);
    let tables = place::tables(sql);
    if is_lost(field, sql) {
        let message =
            "a subquery that refers to the outer query has to compare columns by = and return an aggregate";
        return Problem { message: message.to_owned(), place, hint: None };
    }
    if let Some(table) = qualifier
        && !valid.is_empty()
        && valid.iter().all(|column| column.relation.as_ref().is_none_or(|own| own.table() != table))
    {
        return no_qualifier(table, name, &tables, place);
    }
    let limit = place.and_then(|place| place::word_before(sql, place)).map(|(word, _)| word.to_lowercase());
    if let Some(clause @ ("limit" | "offset")) = limit.as_deref() {
        let message = format!("{} takes a whole number, not a column", clause.to_uppercase());
        return Problem { message, place, hint: None };
    }
    let message = match qualifier {
        Some(table) => format!("there is no column {name} in {table}"),
        None => format!("there is no column {name}"),
    };
    let hint = column_hint(name, qualifier, valid, sql, lexicon);
    Problem { message, place, hint }
}

/// Whether `field` is not of the statement: DataFusion made it, or moved it out of a subquery, and lost it.
fn is_lost(field: &Column, sql: &str) -> bool {
    let qualifier = field.relation.as_ref().map(TableReference::table);
    if qualifier.is_some_and(|table| table.starts_with("__")) {
        return true;
    }
    // Such as `sum(calls)`. In a statement it would stand in quotes.
    let is_calculated = field.name.contains('(') && !sql.contains(&format!("\"{}\"", field.name));
    let is_unwritten = qualifier.is_some_and(|table| !place::has_qualified(sql, table, &field.name));
    let selects =
        place::words(sql).filter(|word| sql[word.place.clone()].eq_ignore_ascii_case("select")).count();
    // None: the statement is not known.
    is_calculated && selects != 1 || is_unwritten && selects > 1
}

fn column_hint(
    name: &str,
    qualifier: Option<&str>,
    valid: &[Column],
    sql: &str,
    lexicon: &Lexicon,
) -> Option<String> {
    let wanted = valid.iter().filter(|column| {
        qualifier.is_none_or(|table| column.relation.as_ref().is_some_and(|own| own.table() == table))
    });
    let suggestions = near(name, wanted.map(|column| column.name.as_str()));
    let same = suggestions.iter().find(|other| other.eq_ignore_ascii_case(name));
    let in_quotes = place::words(sql)
        .any(|part| part.kind == Kind::Name && sql[part.place].trim_matches(['"', '`']) == name);
    let elsewhere = lexicon.with_column(name).collect::<Vec<_>>();
    if let Some(same) = same {
        Some(if in_quotes {
            format!("names in double quotes keep their case; this one is {same}")
        } else {
            format!("its name has capitals, so write it in double quotes: \"{same}\"")
        })
    } else if valid.is_empty() && place::of_word(sql, "from").is_none() {
        Some(match elsewhere.first() {
            Some(table) => format!("the statement has no FROM: SELECT {name} FROM {table}"),
            None => "the statement has no FROM".to_owned(),
        })
    } else if !elsewhere.is_empty() {
        Some(format!("{name} is a column of {}", elsewhere.join(", ")))
    } else if in_quotes && suggestions.is_empty() {
        Some(format!("double quotes are for names; text is written '{}'", name.replace('\'', "''")))
    } else {
        let tables = place::tables(sql);
        let described = || tables.iter().find(|(table, _)| lexicon.table(&table.to_lowercase()).is_some());
        suggest(&suggestions).or_else(|| Some(format!("DESCRIBE {} lists the columns", described()?.0)))
    }
}

/// The problem of a table before a column that is not in `FROM`.
fn no_qualifier(table: &str, column: &str, tables: &[(&str, &str)], place: Option<Place>) -> Problem {
    let message = format!("there is no table {table} in FROM");
    let renamed = tables.iter().find(|(own, alias)| own.eq_ignore_ascii_case(table) && own != alias);
    let hint = match renamed {
        Some((_, alias)) => Some(format!("{table} is called {alias} there: write {alias}.{column}")),
        None => {
            let names = tables.iter().map(|(_, alias)| *alias).collect::<Vec<_>>();
            (!names.is_empty()).then(|| format!("there is {}", names.join(", ")))
        }
    };
    Problem { message, place, hint }
}

/// The problem of a column that several tables have.
pub(super) fn ambiguous(name: &str, sql: &str, lexicon: &Lexicon, given: Option<Place>) -> Problem {
    let has = |table: &str| {
        lexicon
            .table(&table.to_lowercase())
            .is_none_or(|table| table.columns.iter().any(|own| own.name == name))
    };
    let tables = place::tables(sql);
    let aliases = tables.iter().filter(|(table, _)| has(table)).map(|(_, alias)| *alias).collect::<Vec<_>>();
    let hint = match aliases.as_slice() {
        [first, .., last] => {
            format!("it is a column of {}: write {first}.{name} or {last}.{name}", list(&aliases, "and"))
        }
        _ => "write its table before it".to_owned(),
    };
    let place = given.or_else(|| place::of_name(sql, name));
    Problem { message: format!("{name} is ambiguous"), place, hint: Some(hint) }
}

/// The problem of a table or function that there is not; none for any other message.
pub(super) fn missing(text: &str, sql: &str, lexicon: &Lexicon, given: Option<Place>) -> Option<Problem> {
    if let Some(table) = noise::between(text, "table '", "' not found")
        && !text.starts_with("table function")
    {
        let name = table.rsplit('.').next().unwrap_or(table).trim_matches('"');
        let place = place::of_name(sql, name).or(given);
        let message = format!("there is no table {name}");
        return Some(Problem { message, place, hint: Some(table_hint(name, sql, lexicon)) });
    }
    if let Some(table) = text.strip_prefix("Invalid qualifier ") {
        return Some(no_qualifier(table, "*", &place::tables(sql), place::of_name(sql, table).or(given)));
    }
    if text.starts_with("Projections require unique expression names") {
        return Some(doubled(text, sql));
    }
    if let Some(name) = noise::between(text, "table function '", "' not found") {
        let hint = suggest(&near(name, lexicon.functions.iter().map(String::as_str)));
        let message = format!("there is no table function {name}");
        return Some(Problem { message, place: place::of_name(sql, name).or(given), hint });
    }
    let name = noise::between(text, "Invalid function '", "'")?;
    let place = place::of_name(sql, name).or(given);
    if lexicon.functions.iter().any(|function| function == name) {
        let hint = Some(format!("{name}() OVER (ORDER BY start_time)"));
        return Some(Problem { message: format!("{name} needs OVER"), place, hint });
    }
    let foreign = FOREIGN_FUNCTIONS.iter().find(|(names, _)| names.contains(&name));
    let hint = match foreign {
        Some((_, instead)) => Some(format!("write {}", instead.replace("{}", name))),
        None => suggest(&near(name, lexicon.functions.iter().map(String::as_str))),
    };
    Some(Problem { message: format!("there is no function {name}"), place, hint })
}

/// The problem of two columns of one name.
fn doubled(text: &str, sql: &str) -> Problem {
    let expression = noise::between(text, "expression \"", "\" at position").unwrap_or_default();
    let name = expression.rsplit_once(" AS ").map_or(expression, |(_, name)| name);
    let name = name.rsplit('.').next().unwrap_or(name);
    // `"CAST(x AS Float64)" at position 1`; with a name of its own it ends in ` AS name`.
    let is_cast = ["\"CAST(", "\"TRY_CAST("]
        .iter()
        .any(|cast| noise::between(text, cast, "\" at position").is_some_and(|rest| rest.ends_with(')')));
    let hint = if is_cast {
        rules::OTHER_CAST.to_owned()
    } else {
        format!("give one of them another name: … AS {name}_2")
    };
    Problem {
        message: format!("two columns are named {name}"),
        place: place::of_name(sql, name),
        hint: Some(hint),
    }
}

/// The place of the first function that a message names.
pub(super) fn of_function(message: &str, sql: &str, lexicon: &Lexicon) -> Option<Place> {
    let words = message.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_lowercase);
    let mut functions = words.filter(|word| lexicon.functions.contains(word));
    functions.find_map(|word| place::of_name(sql, &word))
}

fn table_hint(name: &str, sql: &str, lexicon: &Lexicon) -> String {
    let parts: Vec<&str> = place::words(sql).map(|part| &sql[part.place]).collect();
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
    let tables = lexicon.tables.iter().map(|table| table.name.as_str());
    suggest(&near(name, tables)).unwrap_or_else(|| "SHOW TABLES lists those that there are".to_owned())
}

/// The problem of a field that a record does not have.
pub(super) fn no_field(name: &str, sql: &str, lexicon: &Lexicon) -> Problem {
    let kinds = lexicon.tables.iter().flat_map(|table| &table.columns).map(|column| column.kind.as_str());
    let fields = kinds.filter_map(|kind| noise::between(kind, "(", ")"));
    let fields = fields.flat_map(|fields| fields.split([',', ' '])).filter(|field| field.contains('_'));
    let hint = suggest(&near(name, fields));
    let place = place::of_value(sql, name).or_else(|| place::of_name(sql, name));
    Problem { message: format!("there is no field {name}"), place, hint }
}

/// The names most like `name`, the most alike first.
pub(crate) fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    near.dedup_by_key(|(_, name)| *name);
    let best = near.first().map_or(0.0, |(alike, _)| *alike);
    // What is far less alike than the best is noise.
    near.into_iter()
        .take_while(|(alike, _)| best - alike < 0.04)
        .take(SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

pub(super) fn suggest(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", list(names, "or")))
}

/// `a`, `a or b`, `a, b or c`
fn list(names: &[&str], before_last: &str) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} {before_last} {last}", first.join(", ")),
        names => names.concat(),
    }
}
