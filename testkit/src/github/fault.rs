//! What goes wrong with an answer, on demand.

use std::io;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::connection::Connection;

/// What goes wrong with one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing: lets one request pass, so that a later one fails.
    Pass,
    /// An answer with this status: GitHub's JSON below 500, the HTML page of its proxies from there.
    Status(u16),
    /// The secondary limit, with this status (403 or 429), in force for `retry_after` seconds (60 if not told).
    SecondaryLimit {
        /// 403 or 429.
        status: u16,
        /// The `Retry-After` header in seconds, if one is sent.
        retry_after: Option<u64>,
    },
    /// The connection is reset before any answer.
    Reset,
    /// The connection is reset after this many bytes of the body.
    ResetAfter(usize),
    /// The connection is closed after this many bytes of a longer announced body.
    Truncate(usize),
    /// The body ends after this many bytes and its announced length agrees.
    CutShort(usize),
    /// The lowest bit of the body's byte at this index (modulo its length) is flipped.
    FlipByte(usize),
    /// No answer ever comes.
    Stall,
    /// The body stops coming after this many bytes, and the connection stays open.
    StallAfter(usize),
}

impl Fault {
    /// Whether this fault spoils the body of an answer that is made first.
    pub(super) fn is_for_body(&self) -> bool {
        matches!(
            self,
            Self::ResetAfter(_)
                | Self::Truncate(_)
                | Self::CutShort(_)
                | Self::FlipByte(_)
                | Self::StallAfter(_)
        )
    }

    /// Makes a whole body with these headers come as the fault has it.
    pub(super) fn spoil(&self, mut response: Response, body: Bytes, connection: &Connection) -> Response {
        let announced = HeaderValue::from(body.len());
        let part = |length: usize| body.slice(..length.min(body.len()));
        let spoiled = match self {
            Self::CutShort(length) => {
                *response.body_mut() = Body::from(part(*length));
                return response;
            }
            Self::FlipByte(index) => {
                let mut bytes = body.to_vec();
                if let Some(length) = (!bytes.is_empty()).then_some(bytes.len()) {
                    bytes[index % length] ^= 1;
                }
                *response.body_mut() = Body::from(bytes);
                return response;
            }
            Self::ResetAfter(length) => break_after(part(*length), Some(connection.clone())),
            Self::Truncate(length) => break_after(part(*length), None),
            Self::StallAfter(length) => {
                let first = stream::iter([Ok::<_, io::Error>(part(*length))]);
                Body::from_stream(first.chain(stream::pending()))
            }
            _ => Body::from(body),
        };
        response.headers_mut().insert(header::CONTENT_LENGTH, announced);
        *response.body_mut() = spoiled;
        response
    }
}

/// A response that ends in a reset before its first byte.
pub(super) fn reset(connection: &Connection) -> Response {
    connection.break_off();
    Response::new(break_after(Bytes::new(), None))
}

fn break_after(part: Bytes, connection: Option<Connection>) -> Body {
    let end = stream::once(async move {
        // Lets the first part reach the socket before the connection breaks under it.
        tokio::task::yield_now().await;
        if let Some(connection) = connection {
            connection.break_off();
        }
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(stream::iter([Ok(part)]).chain(end))
}
