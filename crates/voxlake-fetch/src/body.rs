//! Response bodies, read with a size limit.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use crate::FetchError;

/// Reads the body of `response`: at most `max_bytes` after decompression.
///
/// # Errors
/// [`FetchError::ResponseTooLarge`], [`FetchError::Transport`].
pub(crate) async fn read_body(mut response: Response, max_bytes: usize) -> Result<Bytes, FetchError> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > max_bytes => {
                return Err(FetchError::ResponseTooLarge { host, max_bytes });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(FetchError::Transport { host, source: error.without_url() }),
        }
    }
}
