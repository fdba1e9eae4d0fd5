//! Faults applied to a successful response: delayed, garbled, truncated or cut off.

use std::convert::Infallible;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use futures::{StreamExt as _, stream};

use super::fault::Fault;
use super::refusal::tag_fault;
use crate::server::connection::CutSwitch;

const HTML: &str = "<!doctype html>\n<html><body><h1>We will be back soon</h1></body></html>\n";

/// Applies a fault to a successful response; returns any other response unchanged.
pub(crate) async fn apply_fault(
    response: Response<Body>,
    fault: &Fault,
    connection: &CutSwitch,
) -> Response<Body> {
    if !fault.changes_response() || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is in memory, so this cannot fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let body = match fault {
        Fault::Slow(by) => {
            tokio::time::sleep(*by).await;
            Body::from(whole)
        }
        Fault::CutBefore => {
            connection.cut();
            Body::empty()
        }
        Fault::CutInBody => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
            Body::from_stream(send_and_cut(half, connection).chain(stream::pending()))
        }
        Fault::CutAfter => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
            Body::from_stream(send_and_cut(whole, connection))
        }
        Fault::TruncatedJson => Body::from(half),
        Fault::InvalidJson => {
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            Body::from(HTML)
        }
        _ => Body::from(whole),
    };
    tag_fault(fault, Response::from_parts(parts, body))
}

/// Sends the last bytes of a connection.
fn send_and_cut(
    bytes: Bytes,
    connection: &CutSwitch,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let connection = connection.clone();
    stream::once(async move {
        connection.cut_after_flush();
        Ok(bytes)
    })
}
