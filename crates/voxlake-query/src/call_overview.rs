//! Queries that show the calls of a small lake, such as those of a lookup.

/// Overview of the calls: one row per call, with its queues and agents.
pub const CALL_OVERVIEW: &str = "\
    SELECT start_time, engagement_id, c.direction, c.result, c.total_duration AS duration_s, q.queues, a.agents, \
        c.consumer_number, c.charge \
    FROM voice_calls AS c \
    LEFT JOIN (SELECT engagement_id, start_time, string_agg(queue_name, ', ' ORDER BY queue_ordinal) AS queues \
        FROM queue_calls GROUP BY engagement_id, start_time) AS q USING (engagement_id, start_time) \
    LEFT JOIN (SELECT engagement_id, start_time, string_agg(agent_name, ', ' ORDER BY agent_ordinal) AS agents \
        FROM agent_calls GROUP BY engagement_id, start_time) AS a USING (engagement_id, start_time) \
    ORDER BY start_time, engagement_id";

/// Legs of the calls, by start time.
pub const LEG_OVERVIEW: &str = "\
    SELECT engagement_id, leg_start_time AS begins, \
        CAST(extract(epoch FROM leg_start_time) - extract(epoch FROM start_time) AS BIGINT) AS after_s, \
        leg_duration AS duration_s, call_leg AS direction, queue_name AS queue, result, charge \
    FROM call_legs ORDER BY start_time, engagement_id, leg_start_time, leg_ordinal";

/// All fields of the calls.
pub const ALL_CALL_FIELDS: &str = "SELECT * FROM voice_calls ORDER BY start_time, engagement_id";

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::RecordBatch;
    use serde_json::json;

    use super::*;
    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn overviews_have_names_and_legs() {
        let lake = TestLake::with_calls([call(
            "a",
            "2026-11-01T08:00:00Z",
            json!({
                "result": "completed",
                "queues": [{"cc_queue_id": "q1", "queue_name": "Billing"}],
                "voice_call_details": [{"start_time": "2026-11-01T08:00:05Z", "duration": 7}],
            }),
        )]);
        let session = lake.session().await;
        for (sql, rows) in [(CALL_OVERVIEW, 1), (LEG_OVERVIEW, 1), (ALL_CALL_FIELDS, 1)] {
            let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
            assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows, "{sql}");
        }
        assert!(lake.sql(CALL_OVERVIEW).await.join("\n").contains("Billing"));
    }
}
