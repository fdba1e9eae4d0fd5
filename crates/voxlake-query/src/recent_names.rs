//! Names and ids of queues and agents in the newest days of a lake.

use datafusion::arrow::array::AsArray as _;
use voxlake_lake::{Lake, LakeError, LakeLocation};

use crate::{LakeSession, QueryError, SessionOptions};

/// Maximum number of days whose names are read, the newest ones.
const MAX_DAYS: usize = 62;

/// Ids and names of queues and agents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecentNames {
    /// Id and name of queues.
    pub queues: Vec<(String, String)>,
    /// Id and name of agents.
    pub agents: Vec<(String, String)>,
}

/// Returns the names of queues and agents in the newest 62 days of the lake at `location`, without
/// damaged days. Without a lake, there are no names.
///
/// # Errors
/// [`QueryError`] if the lake cannot be read.
pub async fn recent_names_of_lake(location: &LakeLocation) -> Result<RecentNames, QueryError> {
    match Lake::open(location).await {
        Ok(lake) => {
            let options = SessionOptions::new().skip_damaged(true);
            recent_names(&LakeSession::open(&lake, options).await?).await
        }
        Err(LakeError::NoLake { .. }) => Ok(RecentNames::default()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the names of queues and agents in the newest 62 days of a session.
///
/// # Errors
/// [`QueryError`] if the day files cannot be read.
pub async fn recent_names(session: &LakeSession) -> Result<RecentNames, QueryError> {
    let mut names = RecentNames::default();
    let Some(first) = session.days().iter().rev().take(MAX_DAYS).map(|day| day.date).min() else {
        return Ok(names);
    };
    for (column, id, name, found) in [
        ("queues", "cc_queue_id", "queue_name", &mut names.queues),
        ("agents", "user_id", "display_name", &mut names.agents),
    ] {
        let sql = format!(
            "SELECT DISTINCT entry['{id}'] AS id, entry['{name}'] AS name \
             FROM (SELECT unnest({column}) AS entry FROM voice_calls WHERE date >= '{first}') AS entries \
             WHERE entry['{id}'] IS NOT NULL AND entry['{name}'] IS NOT NULL"
        );
        for batch in session.sql(&sql).await?.collect().await? {
            let texts = |column: usize| batch.column(column).as_string::<i32>().iter().flatten();
            found.extend(texts(0).zip(texts(1)).map(|(id, name)| (id.to_owned(), name.to_owned())));
        }
    }
    Ok(names)
}
