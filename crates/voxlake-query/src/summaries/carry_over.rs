//! Summaries of day files that were rewritten with the same calls.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use voxlake_lake::{DayFile, Lake, LakeError, WriterLock};

use super::definition::DEFINITIONS;
use super::store::{DaySources, READS_AT_ONCE};

/// Keeps the summaries of the day files `before`, some of which were since replaced by files with
/// the same calls. Otherwise they would be built again. Returns their number.
///
/// No other change of the days may lie between `before` and now.
///
/// # Errors
/// If the lake cannot be listed, or a summary cannot be renamed.
pub async fn carry_over_summaries(
    lake: &Lake,
    lock: &WriterLock,
    before: &[DayFile],
) -> Result<usize, LakeError> {
    let (before, now) = (DaySources::new(before), DaySources::new(&lake.days().await?));
    let mut kept = 0;
    for definition in &DEFINITIONS {
        let (former, current) = (before.spans(definition), now.spans(definition));
        let files = lake.summaries(definition.name).await?.into_iter();
        let renames = files.filter_map(|file| {
            let source = *current.get(&file.span)?;
            (former.get(&file.span) == Some(&file.source) && source != file.source).then_some((file, source))
        });
        kept +=
            stream::iter(renames.collect::<Vec<_>>())
                .map(|(file, source)| async move {
                    lake.rename_summary(lock, definition.name, &file, source).await
                })
                .buffer_unordered(READS_AT_ONCE)
                .try_fold(0, async |kept, _| Ok(kept + 1))
                .await?;
    }
    Ok(kept)
}
