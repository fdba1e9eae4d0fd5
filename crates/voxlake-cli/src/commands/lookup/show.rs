//! Output of looked-up calls.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use indicatif::HumanCount;
use voxlake_fetch::{CallComparison, FieldDifference};
use voxlake_query::LakeSession;
use voxlake_report::{Format, WriterOptions, result_writer};

use voxlake_shell::Output;

use crate::commands::query::printer;
use voxlake_shell::stderr_line;

/// Summary of calls, for tables.
const CALLS: &str = "\
    SELECT start_time, engagement_id, c.direction, c.result, c.total_duration AS duration_s, q.queues, a.agents, \
        c.consumer_number, c.charge \
    FROM voice_calls AS c \
    LEFT JOIN (SELECT engagement_id, start_time, string_agg(queue_name, ', ' ORDER BY queue_ordinal) AS queues \
        FROM queue_calls GROUP BY engagement_id, start_time) AS q USING (engagement_id, start_time) \
    LEFT JOIN (SELECT engagement_id, start_time, string_agg(agent_name, ', ' ORDER BY agent_ordinal) AS agents \
        FROM agent_calls GROUP BY engagement_id, start_time) AS a USING (engagement_id, start_time) \
    ORDER BY start_time, engagement_id";
/// Legs of the calls, by start time.
const LEGS: &str = "\
    SELECT engagement_id, leg_start_time AS begins, \
        CAST(extract(epoch FROM leg_start_time) - extract(epoch FROM start_time) AS BIGINT) AS after_s, \
        leg_duration AS duration_s, call_leg AS direction, queue_name AS queue, result, charge \
    FROM call_legs ORDER BY start_time, engagement_id, leg_start_time, leg_ordinal";
/// All fields of the calls, for other formats.
const ALL_FIELDS: &str = "SELECT * FROM voice_calls ORDER BY start_time, engagement_id";

/// Writes the calls of a session. Tables also have their legs and differences from the lake.
pub(super) async fn show_calls(
    session: &LakeSession,
    comparison: Option<&CallComparison>,
    format: Format,
    path: Option<&Path>,
) -> anyhow::Result<()> {
    let mut output = Output::open(path)?;
    let is_table = format == Format::Table;
    let sql = if is_table { CALLS } else { ALL_FIELDS };
    printer(format).print(session.sql(sql).await?, &mut output).await?;
    if is_table {
        let legs = session.sql(LEGS).await?.collect().await?;
        if legs.iter().any(|batch| batch.num_rows() > 0) {
            writeln!(output, "\nLegs")?;
            printer(format).print(session.sql(LEGS).await?, &mut output).await?;
        }
        if let Some(differences) = comparison.map(|comparison| &comparison.differences)
            && !differences.is_empty()
        {
            writeln!(output, "\nDifferences from the lake")?;
            let batch = differences_batch(differences)?;
            let mut out = result_writer(format, batch.schema(), &WriterOptions::default(), &mut output)?;
            out.write(&batch)?;
            out.finish()?;
        }
    }
    output.finish()?;
    if let Some(CallComparison { missing, same, different, .. }) = comparison {
        let [missing, same, different] = [missing, same, different].map(|count| HumanCount(*count as u64));
        stderr_line!("in the lake: {same} identical, {different} different, {missing} missing");
    }
    Ok(())
}

fn differences_batch(differences: &[FieldDifference]) -> anyhow::Result<RecordBatch> {
    let texts = |text: fn(&FieldDifference) -> &String| {
        Arc::new(StringArray::from_iter_values(differences.iter().map(text))) as ArrayRef
    };
    let starts = differences.iter().map(|one| one.start_time.map(|at| at.timestamp_millis()));
    let starts = Arc::new(TimestampMillisecondArray::from_iter(starts).with_timezone("UTC")) as ArrayRef;
    Ok(RecordBatch::try_from_iter([
        ("engagement_id", texts(|one| &one.engagement_id)),
        ("start_time", starts),
        ("field", texts(|one| &one.field)),
        ("in_lake", texts(|one| &one.in_lake)),
        ("in_api", texts(|one| &one.in_api)),
    ])?)
}
