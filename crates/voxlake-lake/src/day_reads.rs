//! Reads of day files and their footers.

use chrono::NaiveDate;
use object_store::{ObjectMeta, ObjectStoreExt as _};
use parquet::file::metadata::ParquetMetaData;

use crate::day::DayFile;
use crate::error::StoreContext as _;
use crate::file_checksums::{TAIL_BYTES, check_rest, check_without_checksums};
use crate::footer::{DayFooter, check_footer};
use crate::parquet_footer::LoadedFooter;
use crate::range_reader::DayRangeReader;
use crate::{FileChecksums, Lake, LakeError, layout};

/// Maximum attempts to read a footer that is being replaced.
const MAX_ATTEMPTS: u32 = 3;

impl Lake {
    /// Returns the number of calls of a day, their time range and the fetched ranges. Reads only
    /// the footer.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if the footer cannot be read, or if the file is shorter than the
    /// footer says. [`LakeError::Replaced`] if the file has another version than `day`.
    pub async fn footer(&self, day: &DayFile) -> Result<DayFooter, LakeError> {
        self.footer_with_metadata(day).await.map(|(footer, _)| footer)
    }

    /// Returns a day's footer, also as Parquet's metadata, without the page index. Both come from
    /// one read.
    ///
    /// # Errors
    /// As [`footer`](Self::footer).
    pub async fn footer_with_metadata(
        &self,
        day: &DayFile,
    ) -> Result<(DayFooter, ParquetMetaData), LakeError> {
        let damaged = |reason: String| LakeError::Damaged { path: day.meta.location.to_string(), reason };
        if day.meta.size == 0 {
            return Err(damaged("the file is empty".to_owned()));
        }
        let reader = self.range_reader(&day.meta);
        let LoadedFooter { metadata, tail } = reader.load_footer(reader.footer_read_bytes()).await?;
        let sums = FileChecksums::from_footer(&metadata).map_err(damaged)?;
        let start = sums.as_ref().map_or(day.meta.size.saturating_sub(TAIL_BYTES), FileChecksums::data_end);
        let rest = start.min(day.meta.size)..day.meta.size;
        let tail = reader.extend(tail, rest.end - rest.start).await?;
        let rest = tail.slice(&rest).unwrap_or_default();
        match sums {
            Some(_) => check_rest(&mut Vec::from(rest), &metadata).map_err(damaged)?,
            None => check_without_checksums(&rest).map_err(damaged)?,
        }
        let footer = check_footer(&metadata, day).map_err(damaged)?;
        Ok((footer, metadata))
    }

    /// Returns a reader of the version of a day file that `meta` describes. Nothing is read yet.
    #[must_use]
    pub fn range_reader(&self, meta: &ObjectMeta) -> DayRangeReader {
        DayRangeReader::new(self.store(), self.root(), meta)
    }

    /// Returns the current file of a day. `None` if it has none.
    pub(crate) async fn listed_day(&self, date: NaiveDate) -> Result<Option<DayFile>, LakeError> {
        let path = layout::day_file(date);
        match self.store().head(&path).await {
            Ok(meta) if self.root().is_some() => Ok(Some(DayFile { date, meta })),
            Ok(meta) => Ok(Some(DayFile::in_store(date, meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).context("read", path.as_ref()),
        }
    }

    /// Returns the current file of a day and its footer, although another process may be replacing
    /// it. `None` if the day has no file.
    ///
    /// # Errors
    /// As [`Lake::footer`].
    pub(crate) async fn current_footer(
        &self,
        date: NaiveDate,
    ) -> Result<Option<(DayFile, DayFooter)>, LakeError> {
        let mut attempts = 1..=MAX_ATTEMPTS;
        loop {
            let Some(day) = self.listed_day(date).await? else { return Ok(None) };
            match self.footer(&day).await {
                Err(LakeError::Replaced { .. }) if attempts.next().is_some() => {}
                footer => return footer.map(|footer| Some((day, footer))),
            }
        }
    }
}
