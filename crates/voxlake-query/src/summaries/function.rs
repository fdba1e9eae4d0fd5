//! Summaries as table functions: `queue_summary(from, to, queue, per, timezone)`.
//!
//! The rows of `[from, to)` add up to its calls, whatever they come from: kept summaries for as much of the
//! period as those stand for, and for the rest the calls themselves, a row each. `queue` keeps to calls
//! through some queues, for which there are no summaries. `per` (all, month, week or day) and `timezone` say
//! which calls an answer tells apart by when they began: a row is never of two local periods, and its
//! `start_time` is in the one that it is of.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::arrow::array::Array as _;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, ident, lit};
use voxlake_lake::TimeRange;
use voxlake_model::schema::START_TIME;

use super::Summary;
use super::cover::{Per, cover};
use super::rows::{SummaryRows, Used};

/// A summary as a function.
#[derive(Debug)]
pub(crate) struct SummaryFunction {
    pub(crate) summary: Arc<Summary>,
    /// What the placeholders of the statement stand for, which a function has to know when it is planned.
    pub(crate) values: Arc<HashMap<String, ScalarValue>>,
    pub(crate) used: Arc<Used>,
}

/// What a summary is asked for.
struct Asked {
    period: TimeRange,
    /// A list of text, or NULL.
    queue: ScalarValue,
    per: Per,
    zone: Tz,
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
        let (per, zone) = (text(1, "all")?, text(2, "UTC")?);
        Ok(Asked {
            period: TimeRange { from: self.instant(from)?, to: self.instant(to)? },
            queue: rest.first().cloned().unwrap_or(ScalarValue::Null),
            per: Per::named(&per).ok_or_else(|| {
                plan_datafusion_err!("{name} takes all, month, week or day for per, not {per:?}")
            })?,
            zone: crate::functions::time_zone(&zone)?,
        })
    }

    fn value(&self, arg: &Expr) -> Result<ScalarValue> {
        match arg {
            Expr::Literal(value, _) => Ok(value.clone()),
            Expr::Placeholder(placeholder) => {
                let name = placeholder.id.trim_start_matches('$');
                self.values.get(name).cloned().ok_or_else(|| plan_datafusion_err!("no value for ${name}"))
            }
            other => plan_err!("{} takes constants, not {other}", self.summary.definition.name),
        }
    }

    fn instant(&self, value: &ScalarValue) -> Result<DateTime<chrono::Utc>> {
        let ms = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        match value.cast_to(&ms) {
            Ok(ScalarValue::TimestampMillisecond(Some(ms), _)) => DateTime::from_timestamp_millis(ms)
                .ok_or_else(|| plan_datafusion_err!("{ms} ms is beyond all time")),
            _ => plan_err!("{} takes times for from and to, not {value}", self.summary.definition.name),
        }
    }

    fn plan(&self, asked: &Asked) -> Result<LogicalPlan> {
        let summary = &self.summary;
        let through_all = match &asked.queue {
            ScalarValue::List(queues) => queues.value(0).is_empty(),
            queue => queue.is_null(),
        };
        let cover = cover(
            asked.period,
            summary.definition.grain,
            (asked.per, asked.zone),
            summary.kept.dates(),
            |span| through_all && summary.kept.has(span),
        );
        let scanned = || summary.scanned(&cover.scanned, asked.queue.clone());
        if cover.spans.is_empty() {
            return scanned();
        }
        let rows = SummaryRows {
            name: summary.definition.name,
            kept: Arc::clone(&summary.kept),
            schema: Arc::clone(summary.schema()?),
            used: Arc::clone(&self.used),
            spans: cover.spans,
        };
        let reaches_out = rows.spans.first().is_some_and(|span| span.range().from < cover.within.from)
            || rows.spans.last().is_some_and(|span| cover.within.to < span.range().to);
        let mut kept = LogicalPlanBuilder::scan("kept", provider_as_source(Arc::new(rows)), None)?;
        if reaches_out {
            kept = kept.filter(is_in(cover.within))?;
        }
        let columns: Vec<_> =
            summary.schema()?.fields().iter().map(|field| ident(field.name()).alias(field.name())).collect();
        let kept = kept.project(columns)?;
        if cover.scanned.is_empty() {
            return kept.build();
        }
        kept.union(scanned()?)?.build()
    }
}

/// Whether a row is of these moments.
pub(super) fn is_in(range: TimeRange) -> Expr {
    let at = |at: DateTime<chrono::Utc>| {
        lit(ScalarValue::TimestampMillisecond(Some(at.timestamp_millis()), Some("UTC".into())))
    };
    col(START_TIME).gt_eq(at(range.from)).and(col(START_TIME).lt(at(range.to)))
}
