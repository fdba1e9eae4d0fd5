//! Summaries: data derived from day files and stored in the lake for reuse.
//!
//! ```text
//! <lake>/summaries/<name>/day/2026-11-01.<source>.<content>.parquet
//! <lake>/summaries/<name>/month/2026-11.<source>.<content>.parquet
//! <lake>/summaries/<name>/year/2026.<source>.<content>.parquet
//! ```
//!
//! The file name contains [`Fingerprint`]s of the source and of the content. One listing therefore
//! shows which summaries are current, and a file whose bytes do not match its name counts as
//! missing. Writes therefore need no `fsync` and readers no lock. All summaries may be deleted at
//! any time. Their writer defines the columns; this crate does not interpret them.

mod content;
mod span;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

pub use self::content::SummaryContent;
pub use self::span::SummaryPeriod;
use crate::error::{LakeError, StoreContext as _};
use crate::{Fingerprint, Lake, WriterLock, layout};

/// Default level of zstd. Higher levels cost more time than the smaller files save.
const ZSTD_LEVEL: i32 = 3;

/// A summary in the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryFile {
    /// Period that it covers.
    pub span: SummaryPeriod,
    /// Fingerprint of the data that it was computed from, as given by its writer.
    pub source: Fingerprint,
    /// Size in bytes.
    pub size: u64,
    content: Fingerprint,
    path: Path,
}

impl SummaryFile {
    fn new(name: &str, span: SummaryPeriod, source: Fingerprint, content: Fingerprint, size: u64) -> Self {
        let file = format!("{span}.{source}.{content}.parquet");
        let path = Path::from_iter([layout::SUMMARIES, name, span.folder(), &file]);
        Self { span: span.normalized(), source, size, content, path }
    }

    /// Parses the path of a summary `name`. `None` for any other path.
    fn parse(name: &str, path: &Path, size: u64) -> Option<Self> {
        // The first two parts are the folder of summaries and `name`.
        let mut parts = path.parts().skip(2);
        let (folder, file) = (parts.next()?, parts.next()?);
        let mut segments = file.as_ref().split('.');
        let span = SummaryPeriod::parse(folder.as_ref(), segments.next()?)?;
        let (source, content) =
            (Fingerprint::parse(segments.next()?)?, Fingerprint::parse(segments.next()?)?);
        let summary = Self::new(name, span, source, content, size);
        (summary.path == *path).then_some(summary)
    }
}

impl Lake {
    /// Lists the summaries of this name, in no particular order. Several may cover the same days.
    ///
    /// # Errors
    /// If the store cannot list them.
    pub async fn summaries(&self, name: &str) -> Result<Vec<SummaryFile>, LakeError> {
        let folder = Path::from_iter([layout::SUMMARIES, name]);
        let files: Vec<_> =
            self.store().list(Some(&folder)).try_collect().await.context("list", folder.as_ref())?;
        Ok(files.iter().filter_map(|meta| SummaryFile::parse(name, &meta.location, meta.size)).collect())
    }

    /// Reads a summary. `None` if it was deleted or its bytes have changed.
    ///
    /// # Errors
    /// If the store fails in another way.
    pub async fn read_summary(&self, file: &SummaryFile) -> Result<Option<SummaryContent>, LakeError> {
        let Some(bytes) = self.read_file(&file.path).await? else { return Ok(None) };
        if Fingerprint::from_parts([&bytes]) != file.content {
            tracing::warn!(path = %file.path, "ignoring a damaged summary");
            return Ok(None);
        }
        SummaryContent::decode(bytes).map(Some).context("decode", file.path.as_ref())
    }

    /// Stores a summary of `span`, then deletes the `replaced` ones.
    ///
    /// # Errors
    /// If the store fails, or if Parquet does not support a column of `rows`.
    pub async fn write_summary(
        &self,
        lock: &WriterLock,
        name: &str,
        span: SummaryPeriod,
        source: Fingerprint,
        rows: &RecordBatch,
        replaced: &[SummaryFile],
    ) -> Result<SummaryFile, LakeError> {
        let bytes = encode(rows).context("encode a summary for", format!("{name} {span}"))?;
        let file =
            SummaryFile::new(name, span, source, Fingerprint::from_parts([&bytes]), bytes.len() as u64);
        let put = async {
            let payload = PutPayload::from_bytes(bytes);
            self.store().put(&file.path, payload).await.context("write", file.path.as_ref())
        };
        lock.fence(put).await?;
        for old in replaced.iter().filter(|old| **old != file) {
            self.delete_summary(lock, old).await?;
        }
        Ok(file)
    }

    /// Moves a summary to the name of another version of its sources, which have the same calls.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn rename_summary(
        &self,
        lock: &WriterLock,
        name: &str,
        file: &SummaryFile,
        source: Fingerprint,
    ) -> Result<SummaryFile, LakeError> {
        let renamed = SummaryFile::new(name, file.span, source, file.content, file.size);
        let rename = async {
            self.store().rename(&file.path, &renamed.path).await.context("rename", file.path.as_ref())
        };
        lock.fence(rename).await?;
        Ok(renamed)
    }

    /// Deletes a summary.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn delete_summary(&self, lock: &WriterLock, file: &SummaryFile) -> Result<(), LakeError> {
        self.delete_file(lock, &file.path).await
    }
}

fn encode(rows: &RecordBatch) -> Result<Bytes, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        // Summaries are read whole, so statistics would only make them larger.
        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties))?;
    writer.write(rows)?;
    writer.into_inner().map(Bytes::from)
}

#[cfg(test)]
mod tests;
