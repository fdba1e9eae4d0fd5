//! Declared columns: `code text, price decimal(18,6)`.

use datafusion::sql::sqlparser::ast::{DataType as SqlType, ExactNumberInfo, Ident, TimezoneInfo};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::kinds::{Forms, Kind};
use super::values::MAX_DIGITS;

/// Types that can be declared.
const TYPES: &str = "text, bigint, decimal(p,s), double, date, timestamp and boolean";
/// Maximum declared columns.
const MAX_COLUMNS: usize = 10_000;

/// A column whose type is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) kind: DeclaredKind,
}

/// A declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeclaredKind {
    Text,
    Integer,
    Decimal { precision: u8, scale: u8 },
    Double,
    Date,
    Timestamp,
    Boolean,
}

/// Parses a list of names and types.
///
/// # Errors
/// The reason why the list is invalid.
pub(super) fn parse(list: &str) -> Result<Vec<Declared>, String> {
    let usage = |error: String| {
        format!("({list}) is no list of columns such as (code text, price decimal(18,6)): {error}")
    };
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(list).map_err(|error| usage(error.to_string()))?;
    let columns = parser
        .parse_comma_separated(|parser| Ok((parser.parse_identifier()?, parser.parse_data_type()?)))
        .map_err(|error| usage(error.to_string()))?;
    let rest = parser.peek_token();
    if rest.token != datafusion::sql::sqlparser::tokenizer::Token::EOF {
        return Err(usage(format!("{rest} is not expected")));
    }
    if columns.len() > MAX_COLUMNS {
        return Err(format!("at most {MAX_COLUMNS} columns can be declared"));
    }
    let mut declared: Vec<Declared> = Vec::new();
    for (name, sql_type) in columns {
        let Ident { value: name, quote_style, .. } = name;
        let name = if quote_style.is_some() { name } else { name.to_lowercase() };
        if declared.iter().any(|other| other.name == name) {
            return Err(format!("{name} is declared twice"));
        }
        let kind = kind(&sql_type).map_err(|reason| format!("{name} {sql_type}: {reason}"))?;
        declared.push(Declared { name, kind });
    }
    Ok(declared)
}

fn kind(sql_type: &SqlType) -> Result<DeclaredKind, String> {
    Ok(match sql_type {
        SqlType::Text | SqlType::Varchar(None) | SqlType::String(None) => DeclaredKind::Text,
        SqlType::BigInt(None) | SqlType::Integer(None) | SqlType::Int(None) => DeclaredKind::Integer,
        SqlType::Decimal(info) | SqlType::Numeric(info) => decimal(info)?,
        SqlType::Double(_) | SqlType::DoublePrecision => DeclaredKind::Double,
        SqlType::Date => DeclaredKind::Date,
        SqlType::Timestamp(None, TimezoneInfo::None | TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => {
            DeclaredKind::Timestamp
        }
        SqlType::Boolean | SqlType::Bool => DeclaredKind::Boolean,
        _ => return Err(format!("there is no such type; there are {TYPES}")),
    })
}

fn decimal(info: &ExactNumberInfo) -> Result<DeclaredKind, String> {
    let wrong = || format!("a decimal has 1 to {MAX_DIGITS} digits, and no more decimal places than digits");
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Err("write its digits and decimal places: decimal(18,6)".to_owned()),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    let (Ok(precision), Ok(scale)) = (u8::try_from(precision), u8::try_from(scale)) else {
        return Err(wrong());
    };
    let right = precision > 0 && usize::from(precision) <= MAX_DIGITS && scale <= precision;
    if right { Ok(DeclaredKind::Decimal { precision, scale }) } else { Err(wrong()) }
}

impl DeclaredKind {
    /// Combines the type with the notation of the column's values.
    ///
    /// # Errors
    /// The reason, to follow the column's name, if its numbers are ambiguous.
    pub(super) fn with_forms(self, forms: &Forms) -> Result<Kind, String> {
        Ok(match self {
            Self::Text => Kind::Text,
            Self::Integer => Kind::Integer,
            Self::Decimal { precision, scale } => {
                Kind::Decimal { precision, scale, sign: forms.declared_sign()? }
            }
            Self::Double => Kind::Double { sign: forms.declared_sign()? },
            Self::Date => Kind::Date,
            Self::Timestamp => Kind::Timestamp { unit: forms.unit() },
            Self::Boolean => Kind::Boolean,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_columns_are_parsed() {
        let declared =
            parse("Code TEXT, price decimal(18,6), \"N o\" bigint, at timestamp with time zone").unwrap();
        let names: Vec<&str> = declared.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["code", "price", "N o", "at"]);
        assert_eq!(declared[1].kind, DeclaredKind::Decimal { precision: 18, scale: 6 });
        for (list, expected) in [
            ("code uuid", "there are text, bigint, decimal(p,s), double, date, timestamp and boolean"),
            ("code varchar(3)", "no such type"),
            ("price decimal", "decimal(18,6)"),
            ("price decimal(40,2)", "1 to 38 digits"),
            ("price decimal(4,6)", "no more decimal places"),
            ("a text, a text", "declared twice"),
            ("a", "no list of columns"),
            ("", "no list of columns"),
            ("a text) b", "no list of columns"),
        ] {
            let error = parse(list).unwrap_err();
            assert!(error.contains(expected), "{list}: {error}");
        }
    }
}
