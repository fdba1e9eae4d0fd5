//! Queries on a scheduler and executors in processes of their own.

mod answers;
mod commands;
mod errors;
mod how_to;
#[cfg(unix)]
mod kills;
mod processes;
#[cfg(target_os = "linux")]
mod tls;

/// A query with several stages.
const GROUPED: &str = "SELECT a.result, b.direction, count(*), sum(a.total_duration) FROM voice_calls a JOIN voice_calls b ON a.consumer_number = b.consumer_number GROUP BY 1, 2 ORDER BY 1, 2";
/// A query that takes a few seconds.
const LONG: &str = "SELECT count(*), sum(a.total_duration + b.total_duration + c.total_duration) FROM voice_calls a, voice_calls b, (SELECT total_duration FROM voice_calls ORDER BY start_time, engagement_id LIMIT 20) c WHERE a.total_duration + b.total_duration + c.total_duration > 100";
/// A query that takes hours.
const ENDLESS: &str = "SELECT sum(a.total_duration * b.total_duration + c.total_duration) FROM voice_calls a, voice_calls b, voice_calls c";
