//! Rows of an answer in a format for machines.

use crate::content::Answered;
use crate::error::ReportError;
use crate::format::Format;
use crate::formats::writer;
use crate::options::Layout;

/// All rows and columns of an answer, as `voxlake query` writes them.
pub(super) fn written(answered: &Answered, format: Format) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let mut out = writer(format, answered.rows.schema(), &Layout::default(), &mut bytes)?;
    out.write(&answered.rows)?;
    out.finish()?;
    drop(out);
    Ok(bytes)
}
