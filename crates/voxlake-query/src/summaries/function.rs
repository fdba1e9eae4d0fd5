//! Summaries as table functions: `queue_summary(from, to, queue, per, timezone)`.
//!
//! The rows aggregate the calls of `[from, to)`. They come from stored summaries where these exist,
//! otherwise from the calls, one row each. `queue` restricts them to calls through some queues, for
//! which there are no summaries. `per` (all, month, week, day, hour or quarter_hour) and `timezone`
//! give the resolution that the query needs: each row belongs to one local period, which contains
//! its `start_time`. The default of `per` is the resolution of the summary.

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
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ident, lit};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use voxlake_lake::TimeRange;

use super::definition::Grain;
use super::plan::{Segment, TimeGranularity, cover};
use super::summary::Summary;
use super::table::SummaryRows;
use super::usage::SummaryUsage;

/// Table function of a summary.
#[derive(Clone, Debug)]
pub(crate) struct SummaryFunction {
    pub(crate) summary: Arc<Summary>,
    /// Summaries that aggregate it further, coarsest first.
    pub(crate) coarser: Vec<Arc<Summary>>,
    /// Values of the statement's placeholders. A table function needs its arguments while the
    /// statement is planned.
    pub(crate) values: Arc<HashMap<String, ScalarValue>>,
    pub(crate) used: Arc<SummaryUsage>,
}

/// Arguments of a call of the function.
pub(super) struct SummaryCall {
    period: TimeRange,
    /// List of queues, or NULL.
    queue: ScalarValue,
    per: TimeGranularity,
    zone: Tz,
}

impl SummaryCall {
    /// All calls that start within `period`, without time resolution.
    pub(super) fn whole(period: TimeRange) -> Self {
        Self { period, queue: ScalarValue::Null, per: TimeGranularity::All, zone: Tz::UTC }
    }
}

impl TableFunctionImpl for SummaryFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let asked = self.asked(args.exprs())?;
        Ok(Arc::new(ViewTable::new(self.plan(&asked)?, None)))
    }
}

impl SummaryFunction {
    fn asked(&self, args: &[Expr]) -> Result<SummaryCall> {
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
        // Without `per`, the resolution of the summary.
        let finest = match self.summary.definition.grain {
            Grain::Quarter | Grain::Hour => "quarter_hour",
            Grain::Day => "all",
        };
        let (per, zone) = (text(1, finest)?, text(2, "UTC")?);
        Ok(SummaryCall {
            period: TimeRange { from: self.instant(from)?, to: self.instant(to)? },
            queue: rest.first().cloned().unwrap_or(ScalarValue::Null),
            per: TimeGranularity::from_name(&per).ok_or_else(|| {
                plan_datafusion_err!(
                    "{name} takes all, month, week, day, hour or quarter_hour for per, not {per:?}"
                )
            })?,
            zone: voxlake_functions::time_zone(&zone)?,
        })
    }

    /// Evaluates an argument: a constant expression after placeholders are replaced.
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

    pub(super) fn plan(&self, asked: &SummaryCall) -> Result<LogicalPlan> {
        let through_all = match &asked.queue {
            ScalarValue::List(queues) => queues.value(0).is_empty(),
            queue => queue.is_null(),
        };
        // Coarser summaries have fewer rows.
        let mut open = vec![asked.period];
        let mut plans = Vec::new();
        for summary in self.coarser.iter().chain([&self.summary]) {
            let covers: Vec<_> = open
                .iter()
                .map(|range| {
                    let definition = summary.definition;
                    cover(*range, definition.grain, (asked.per, asked.zone), summary.store.dates(), |span| {
                        through_all && summary.store.has(span)
                    })
                })
                .collect();
            let segments: Vec<_> = covers.iter().flat_map(|cover| cover.segments.clone()).collect();
            if !segments.is_empty() {
                plans.push(self.stored_rows(summary, segments)?);
            }
            open = covers.into_iter().flat_map(|cover| cover.uncovered).collect();
        }
        if plans.is_empty() || !open.is_empty() {
            plans.push(LogicalPlanBuilder::from(self.summary.scan_calls(&open, asked.queue.clone())?));
        }
        let all = plans.into_iter().map(Ok).reduce(|all, more| all?.union(more?.build()?));
        all.unwrap_or_else(|| plan_err!("nothing answers"))?.build()
    }

    fn stored_rows(&self, summary: &Arc<Summary>, segments: Vec<Segment>) -> Result<LogicalPlanBuilder> {
        let rows = SummaryRows {
            summary: Arc::clone(summary),
            schema: Arc::clone(summary.schema()?),
            used: Arc::clone(&self.used),
            segments,
        };
        let columns: Vec<_> =
            rows.schema.fields().iter().map(|field| ident(field.name()).alias(field.name())).collect();
        LogicalPlanBuilder::scan("kept", provider_as_source(Arc::new(rows)), None)?.project(columns)
    }
}
