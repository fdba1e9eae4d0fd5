//! Summaries as table functions: `queue_summary(from, to, queue, per, timezone)`.
//!
//! The rows of `[from, to)` add up to its calls, whatever they come from: kept summaries for as much of the
//! period as those stand for, and for the rest the calls themselves, a row each. `queue` keeps to calls
//! through some queues, for which there are no summaries. `per` (all, month, week, day, hour or quarter_hour) and `timezone` say
//! which calls an answer tells apart by when they began: a row is never of two local periods, and its
//! `start_time` is in the one that it is of. Where `per` is not given, it is what the summary tells apart.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::arrow::array::Array as _;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, ident, lit};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use voxlake_lake::TimeRange;
use voxlake_model::schema::START_TIME;

use super::Summary;
use super::cover::{Per, Piece, cover};
use super::definition::Grain;
use super::rows::{SummaryRows, Used};

/// A summary as a function.
#[derive(Clone, Debug)]
pub(crate) struct SummaryFunction {
    pub(crate) summary: Arc<Summary>,
    /// What adds it up further, the coarsest first.
    pub(crate) coarser: Vec<Arc<Summary>>,
    /// What the placeholders of the statement stand for, which a function has to know when it is planned.
    pub(crate) values: Arc<HashMap<String, ScalarValue>>,
    pub(crate) used: Arc<Used>,
}

/// What a summary is asked for.
pub(super) struct Asked {
    period: TimeRange,
    /// A list of chosen queues, or NULL.
    queue: ScalarValue,
    per: Per,
    zone: Tz,
}

impl Asked {
    /// All that begins within `period`, whenever.
    pub(super) fn whole(period: TimeRange) -> Self {
        Self { period, queue: ScalarValue::Null, per: Per::All, zone: Tz::UTC }
    }
}

impl TableFunctionImpl for SummaryFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let asked = self.asked(args.exprs())?;
        Ok(Arc::new(ViewTable::new(self.plan(&asked)?, None)))
    }
}

impl SummaryFunction {
    fn asked(&self, args: &[Expr]) -> Result<Asked> {
        let name = self.summary.definition.name;
        let values = args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>>>()?;
        let [from, to, rest @ ..] = values.as_slice() else {
            return plan_err!("{name} takes from, to and, if wanted, queue, per and timezone");
        };
        if rest.len() > 3 {
            return plan_err!("{name} takes from, to, queue, per and timezone, and no more");
        }
        let text = |at: usize, default: &str| match rest.get(at) {
            None => Ok(default.to_owned()),
            Some(value) => match value.try_as_str().flatten() {
                Some(text) => Ok(text.to_owned()),
                None => plan_err!("{name} takes text for per and timezone, not {value}"),
            },
        };
        // What is not said to be told apart may be, as finely as the summary can.
        let finest = match self.summary.definition.grain {
            Grain::Quarter | Grain::Hour => "quarter_hour",
            Grain::Day => "all",
        };
        let (per, zone) = (text(1, finest)?, text(2, "UTC")?);
        Ok(Asked {
            period: TimeRange { from: self.instant(from)?, to: self.instant(to)? },
            queue: rest.first().cloned().unwrap_or(ScalarValue::Null),
            per: Per::named(&per).ok_or_else(|| {
                plan_datafusion_err!(
                    "{name} takes all, month, week, day, hour or quarter_hour for per, not {per:?}"
                )
            })?,
            zone: voxlake_functions::time_zone(&zone)?,
        })
    }

    /// The value of an argument: of a constant, or of what is one once placeholders have their values.
    pub(super) fn value(&self, arg: &Expr) -> Result<ScalarValue> {
        let filled = arg.clone().transform(|part| match &part {
            Expr::Placeholder(placeholder) => {
                let name = placeholder.id.trim_start_matches('$');
                let value = self.values.get(name).cloned();
                let value = value.ok_or_else(|| plan_datafusion_err!("no value for ${name}"))?;
                Ok(Transformed::yes(lit(value)))
            }
            _ => Ok(Transformed::no(part)),
        })?;
        let simplifier = ExprSimplifier::new(SimplifyContext::default());
        match simplifier.simplify(simplifier.coerce(filled.data, &DFSchema::empty())?)? {
            Expr::Literal(value, _) => Ok(value),
            other => plan_err!("{} takes constants, not {other}", self.summary.definition.name),
        }
    }

    pub(super) fn instant(&self, value: &ScalarValue) -> Result<DateTime<chrono::Utc>> {
        let ms = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        match value.cast_to(&ms) {
            Ok(ScalarValue::TimestampMillisecond(Some(ms), _)) => DateTime::from_timestamp_millis(ms)
                .ok_or_else(|| plan_datafusion_err!("{ms} ms is beyond all time")),
            _ => plan_err!("{} takes times for from and to, not {value}", self.summary.definition.name),
        }
    }

    pub(super) fn plan(&self, asked: &Asked) -> Result<LogicalPlan> {
        let through_all = match &asked.queue {
            ScalarValue::List(queues) => queues.value(0).is_empty(),
            queue => queue.is_null(),
        };
        // The coarser one is, the fewer rows it has.
        let mut open = vec![asked.period];
        let mut plans = Vec::new();
        for summary in self.coarser.iter().chain([&self.summary]) {
            let covers: Vec<_> = open
                .iter()
                .map(|range| {
                    let definition = summary.definition;
                    cover(*range, definition.grain, (asked.per, asked.zone), summary.kept.dates(), |span| {
                        through_all && summary.kept.has(span)
                    })
                })
                .collect();
            let pieces: Vec<_> = covers.iter().flat_map(|cover| cover.pieces.clone()).collect();
            if !pieces.is_empty() {
                plans.push(self.kept_rows(summary, pieces)?);
            }
            open = covers.into_iter().flat_map(|cover| cover.rest).collect();
        }
        if plans.is_empty() || !open.is_empty() {
            plans.push(LogicalPlanBuilder::from(self.summary.scanned(&open, asked.queue.clone())?));
        }
        let all = plans.into_iter().map(Ok).reduce(|all, more| all?.union(more?.build()?));
        all.unwrap_or_else(|| plan_err!("nothing answers"))?.build()
    }

    fn kept_rows(&self, summary: &Arc<Summary>, pieces: Vec<Piece>) -> Result<LogicalPlanBuilder> {
        let rows = SummaryRows {
            summary: Arc::clone(summary),
            schema: Arc::clone(summary.schema()?),
            used: Arc::clone(&self.used),
            pieces,
        };
        let columns: Vec<_> =
            rows.schema.fields().iter().map(|field| ident(field.name()).alias(field.name())).collect();
        LogicalPlanBuilder::scan("kept", provider_as_source(Arc::new(rows)), None)?.project(columns)
    }
}

/// Whether a row is of these moments.
pub(super) fn is_in(range: TimeRange) -> Expr {
    let at = |at: DateTime<chrono::Utc>| {
        lit(ScalarValue::TimestampMillisecond(Some(at.timestamp_millis()), Some("UTC".into())))
    };
    col(START_TIME).gt_eq(at(range.from)).and(col(START_TIME).lt(at(range.to)))
}
