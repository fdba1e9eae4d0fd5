//! Rules that reword messages.

use super::rule::{At, Rule, rule};
use crate::diagnostic::locate::Subquery;

const JOIN_INSTEAD: &str = "join it instead: LEFT JOIN (SELECT DISTINCT key FROM …) s ON s.key = …; where there is \
    no match, s.key IS NULL";
const GROUP_INSTEAD: &str =
    "join the tables and group: SELECT a.id, count(b.id) FROM a LEFT JOIN b ON b.time > a.time GROUP BY a.id";
const COMPUTE_FIRST: &str =
    "compute it first: SELECT DISTINCT ON (key) … FROM (SELECT *, (SELECT …) AS value FROM …) t";
const KEEP_ONE: &str = "join without LATERAL and keep one row of each: QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY …) = 1";

const ONE_NAME: &str = "two expressions have the same name here, such as avg(x) and avg(CAST(x AS DOUBLE))";
/// DataFusion's names of expressions omit CAST, so that two expressions can have the same name.
pub(in crate::diagnostic) const OTHER_CAST: &str =
    "cast it in a subquery: SELECT avg(x), avg(y) FROM (SELECT *, CAST(x AS DOUBLE) AS y FROM …) t";

/// Rules in order; the first match applies.
pub(super) const RULES: &[Rule] = &[
    // Subqueries.
    rule(
        "Physical plan does not support logical expression InSubquery({}",
        "IN (SELECT …) is supported only as a condition of WHERE and HAVING",
        JOIN_INSTEAD,
        At::Subquery(Subquery::In),
    ),
    rule(
        "Physical plan does not support logical expression Exists({}",
        // A correction rewrites IN to EXISTS.
        "IN (SELECT …) and EXISTS (SELECT …) are supported only as conditions of WHERE and HAVING",
        JOIN_INSTEAD,
        At::Subquery(Subquery::Exists),
    ),
    rule(
        "Physical plan does not support logical expression ScalarSubquery({}",
        "a subquery that refers to the outer query has to compare columns by = and return an aggregate",
        GROUP_INSTEAD,
        At::Subquery(Subquery::Value),
    ),
    rule(
        "Physical plan does not support logical expression OuterReferenceColumn({}",
        "a subquery cannot refer to the outer query in this way",
        KEEP_ONE,
        At::Subquery(Subquery::Table),
    ),
    rule(
        "Correlated scalar subquery can only be used in {}",
        "a subquery is not supported in the SELECT list of DISTINCT ON, nor in LIMIT, VALUES and UNNEST",
        COMPUTE_FIRST,
        At::Word("SELECT"),
    ),
    rule(
        "In/Exist/SetComparison subquery can only be used in {}",
        "a subquery is not supported in the SELECT list of DISTINCT ON, nor in LIMIT, VALUES and UNNEST",
        COMPUTE_FIRST,
        At::Word("SELECT"),
    ),
    rule(
        "Correlated scalar subquery must be aggregated to return at most one row",
        "the subquery may return more than one row",
        "return one by an aggregate such as max(…)",
        At::Subquery(Subquery::Value),
    ),
    rule(
        "Scalar subquery returned more than one row",
        "the subquery returns more than one row",
        "return one by an aggregate such as max(…) or by LIMIT 1; IN (SELECT …) compares with all",
        At::Subquery(Subquery::Value),
    ),
    rule(
        "Too many columns! The subquery should only return one column: {}",
        "the subquery has to return one column, not {1}",
        "compare several by EXISTS (SELECT 1 FROM … WHERE a = … AND b = …)",
        At::Subquery(Subquery::Value),
    ),
    // Aggregates and windows.
    rule(
        "Aggregate functions are not allowed in the WHERE clause.{}",
        "aggregates are not allowed in WHERE",
        "HAVING filters by them: … GROUP BY result HAVING count(*) > 1",
        At::Word("where"),
    ),
    rule(
        "Physical plan does not support logical expression WindowFunction({}",
        "window functions are allowed in SELECT, QUALIFY and ORDER BY only",
        "QUALIFY filters by them: … QUALIFY row_number() OVER (ORDER BY start_time) = 1",
        At::Word("over"),
    ),
    rule(
        "Aggregate function calls cannot be nested: '{}' is nested inside '{}'",
        "aggregates cannot be nested, as {1} is here",
        "aggregate the rows of a subquery: SELECT sum(n) FROM (SELECT count(*) AS n FROM … GROUP BY …) s",
        At::Given,
    ),
    rule(
        "Aggregate function calls cannot contain window function calls: {}",
        "aggregates cannot contain window functions",
        "aggregate the rows of a subquery that has the window function",
        At::Word("over"),
    ),
    rule(
        "The window {} is not defined!",
        "there is no window {1}",
        "WINDOW {1} AS (ORDER BY …) defines it",
        At::Name(1),
    ),
    rule(
        "Cannot find column with position {} in SELECT clause. Valid columns: 1 to {}",
        "there is no column {1} in the SELECT list, which has {2}",
        "",
        At::Value(1),
    ),
    rule(
        "Order by column out of bounds, specified: {}, max: {}",
        "there is no column {1} in the SELECT list, which has {2}",
        "",
        At::Value(1),
    ),
    rule(
        "For SELECT DISTINCT, ORDER BY expressions {} must appear in select list",
        "SELECT DISTINCT can be ordered by what it selects only, not by {1}",
        "select it too, or group instead of DISTINCT: … GROUP BY … ORDER BY min({1})",
        At::Name(1),
    ),
    rule(
        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
        "ORDER BY has to begin with the expressions of DISTINCT ON",
        "",
        At::Word("order"),
    ),
    rule(
        "Argument {} to grouping function is not in grouping columns {}",
        "grouping() takes an expression of GROUP BY; {1} is not one",
        "",
        At::Name(1),
    ),
    rule(
        "[return_type] {} not supported for Null",
        "only count takes *",
        "name a column instead",
        At::Name(1),
    ),
    rule("Invalid window frame: {}", "the window frame is wrong: {1}", "", At::Word("rows")),
    rule(
        "Percentile value must be between 0.0 and 1.0 inclusive, {} is invalid",
        "a percentile is a number from 0 to 1, not {1}",
        "",
        At::Value(1),
    ),
    rule(
        "UNION queries have different number of columns",
        "the queries of UNION have different numbers of columns",
        "",
        At::Word("union"),
    ),
    // Types.
    rule(
        "Cannot create filter with non-boolean predicate '{}' returning {}",
        "a condition has to be true or false, and {1} is of type {2}",
        "compare it: {1} IS NOT NULL, {1} = …",
        At::Name(1),
    ),
    rule(
        "Cannot infer common argument type for comparison operation {}",
        "these types cannot be compared: {1}",
        "cast one of them; dates have quotes: '2026-11-28'; a boolean is a condition itself: WHERE NOT recorded",
        At::Word("="),
    ),
    rule(
        "Cannot infer common type for bitwise operation {}",
        "bitwise operators take integers: {1}",
        "sums of integers are decimals: CAST(sum(…) AS BIGINT)",
        At::Given,
    ),
    rule(
        "There isn't a common type to coerce {} and {} in {} expression",
        "{3} compares text, not {1}",
        "cast it: CAST(… AS VARCHAR) {3} …",
        At::Word("like"),
    ),
    rule(
        "Failed to coerce then ({}) and else ({}) to common types in CASE WHEN expression",
        "the branches of CASE have different types: {1} and {2}",
        "cast one of them",
        At::Word("case"),
    ),
    rule(
        "Incompatible inputs for Union: Previous inputs were of type {}, but got incompatible type {} on column '{}'",
        "the queries of UNION have different types: {1} and {2}",
        "cast one of them",
        At::Word("union"),
    ),
    rule("Unsupported CAST from {} to {}", "{1} cannot be cast to {2}", "", At::Word("cast")),
    rule(
        "Unary operator '{}' requires a boolean expression, got {}",
        "{1} takes a condition, not {2}",
        "",
        At::Word("not"),
    ),
    rule(
        "Unary operator '-' only supports signed numeric, interval and timestamp types",
        "- takes a number with a sign or an interval",
        "cast it: -CAST(… AS BIGINT)",
        At::Word("-"),
    ),
    rule(
        "Cannot access field at argument 1: type List{} is not Struct{}",
        "a field is taken of one element of a list, not of the list",
        "take an element first: queues[1]['queue_name']; unnest(queues) makes a row of each",
        At::Word("["),
    ),
    rule(
        "unnest() can only be applied to array, struct and null",
        "unnest() takes a list",
        "",
        At::Word("unnest"),
    ),
    rule(
        "Inconsistent data length across values list: got {} values in row {} but expected {}",
        "a row of VALUES has another number of values than the first: {1}, not {3}",
        "",
        At::Word("values"),
    ),
    // Names.
    rule(
        "Schema contains duplicate qualified field name {}",
        "two tables have the same name, so that {1} is ambiguous",
        "give one of them another name: … JOIN calls AS other ON …",
        At::Given,
    ),
    rule("Schema contains duplicate unqualified field name {}", ONE_NAME, OTHER_CAST, At::Word("cast")),
    rule("Windows require unique expression names{}", ONE_NAME, OTHER_CAST, At::Word("cast")),
    rule(
        "Source table contains {} columns but only {} names given as column alias",
        "the number of names is not that of the columns: {2}, not {1}",
        "",
        At::Given,
    ),
    rule(
        "WITH query name \"{}\" specified more than once",
        "WITH has two queries named {1}",
        "",
        At::Name(1),
    ),
    rule(
        "'{}' is not a variable which can be viewed with 'SHOW'",
        "there is no setting {1}",
        "SHOW ALL lists the settings",
        At::Name(1),
    ),
    rule(
        "Config value \"{}\" not found on {}",
        "there is no setting {1}",
        "SHOW ALL lists the settings",
        At::Name(1),
    ),
    rule(
        "Placeholder '{}' was not provided a value for execution.",
        "the parameter {1} has no value",
        "write the value itself",
        At::Given,
    ),
    // Values.
    rule("Divide by zero error", "division by zero", "a / nullif(b, 0) is NULL where b is 0", At::Division),
    rule("LIMIT must be >= 0, '{}' was provided", "LIMIT cannot be negative: {1}", "", At::Word("limit")),
    rule("OFFSET must be >=0, '{}' was provided", "OFFSET cannot be negative: {1}", "", At::Word("offset")),
    rule(
        "Expected LIMIT to be an integer or null, but got {}",
        "LIMIT takes a whole number, not {1}",
        "",
        At::Word("limit"),
    ),
    rule(
        "Unsupported date_trunc granularity: '{}'. Supported values are: {}",
        "date_trunc() has no unit '{1}'",
        "there are {2}",
        At::Value(1),
    ),
    rule(
        "Date part '{}' not supported",
        "there is no date part '{1}'",
        "there are year, quarter, month, week, day, doy, dow, hour, minute, second and epoch",
        At::Value(1),
    ),
    // Unsupported constructs.
    rule(
        "Unsupported ast node Pivot{}",
        "PIVOT is not supported",
        "make a column of each value: count(*) FILTER (WHERE result = 'completed') AS completed",
        At::Word("pivot"),
    ),
    rule(
        "TOP",
        "TOP is not supported",
        "LIMIT stands at the end: SELECT … FROM … ORDER BY … LIMIT 5",
        At::Word("top"),
    ),
    rule("FETCH clause is not supported yet", "FETCH is not supported", "write LIMIT", At::Word("fetch")),
    rule(
        "Unsupported SQL type {}",
        "there is no type {1}",
        "there are text, integer, bigint, decimal(p,s), double, boolean, date, timestamp and interval",
        At::Name(1),
    ),
    rule(
        "Operator {} is not yet supported",
        "there is no operator {1}",
        "fields are taken by their names: queues[1]['queue_name']",
        At::Word("->"),
    ),
    rule(
        "Dot access not supported for non-string expr: {}",
        "a field of an expression cannot be taken by a point",
        "write unnest(queues)['queue_name'], not unnest(queues).queue_name",
        At::Given,
    ),
    rule(
        "Substring without for/from is not valid {}",
        "substr() takes a text and where to begin",
        "substr(text, 1, 3) are the first 3 characters",
        At::Word("substr"),
    ),
    rule(
        "Non-recursive term and recursive term must have the same number of columns ({})",
        "the two queries of a recursive WITH have different numbers of columns ({1})",
        "",
        At::Word("recursive"),
    ),
    // Rejections by `correctness`.
    rule("{} is not supported: {}", "{1} is not supported", "{2}", At::Keyword(1)),
    rule(
        "a subquery that uses columns of the outer query cannot have {}: {}",
        "a subquery that uses columns of the outer query cannot have {1}",
        "{2}",
        At::Keyword(1),
    ),
    rule("the operator {} is ambiguous: {}", "the operator {1} is ambiguous", "{2}", At::Name(1)),
];
