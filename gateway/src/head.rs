//! The beginning of a connection: does it ask for a stream, and nothing else?

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::target::PREFIX;

/// What a request for a stream begins with.
const METHOD: &[u8] = b"GET ";

/// What a connection of HTTP/2 begins with. Hyper waits for all of it, for as long as it takes; so it is waited for here.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The longest head of a request that is looked at here, in bytes. Longer ones are left to hyper.
const MAX_HEAD: usize = 16 << 10;

/// The most headers that are looked at here.
const MAX_HEADERS: usize = 64;

/// How much is made room for at first, in bytes.
const FIRST_ROOM: usize = 1 << 10;

/// A request for a stream.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

/// Reads a connection's first request into `buffer`, as far as it takes to know what it is. None if it is no plain
/// HTTP/1.1 request for a stream; then whoever takes the connection must begin with what is in `buffer`.
///
/// # Errors
/// If the connection breaks.
pub(crate) async fn read(
    connection: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> std::io::Result<Option<Request>> {
    loop {
        let is_preface_begun = buffer.len() < PREFACE.len() && PREFACE.starts_with(buffer);
        if !is_preface_begun {
            if !may_begin(buffer) || buffer.len() >= MAX_HEAD {
                return Ok(None);
            }
            match parse(buffer) {
                Parsed::Incomplete => {}
                Parsed::Request(request) => return Ok(Some(request)),
                Parsed::Other => return Ok(None),
            }
        }
        buffer.reserve(FIRST_ROOM);
        if connection.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Whether a request for a stream may begin so.
fn may_begin(buffer: &[u8]) -> bool {
    let mut begin = METHOD.iter().chain(PREFIX.as_bytes());
    buffer.iter().zip(&mut begin).all(|(byte, wanted)| byte == wanted)
}

enum Parsed {
    Incomplete,
    Request(Request),
    /// Hyper knows what to make of it.
    Other,
}

fn parse(buffer: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(buffer) {
        // What follows the head would be lost.
        Ok(httparse::Status::Complete(length)) if length == buffer.len() => {}
        Ok(httparse::Status::Partial) => return Parsed::Incomplete,
        Ok(httparse::Status::Complete(_)) | Err(_) => return Parsed::Other,
    }
    match plain(&request) {
        Some(request) => Parsed::Request(request),
        None => Parsed::Other,
    }
}

/// The request, if there is nothing special about it.
fn plain(request: &httparse::Request<'_, '_>) -> Option<Request> {
    if request.version != Some(1) {
        return None;
    }
    let uri = request.path?.parse().ok()?;
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for field in &*request.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    let special = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::UPGRADE, header::EXPECT];
    let is_plain =
        headers.contains_key(header::HOST) && !special.iter().any(|name| headers.contains_key(name));
    is_plain.then_some(Request { uri, headers })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str =
        "GET /api/v1/events/projects/x?lastEventId=7 HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 8\r\n\r\n";

    /// Reads what comes in these pieces; gives what is known of the request, and how much was read.
    fn read_pieces(pieces: &[&[u8]]) -> (Option<Request>, usize) {
        let mut mock = pieces.iter().copied().map(bytes::Bytes::copy_from_slice).collect::<Vec<_>>();
        mock.retain(|piece| !piece.is_empty());
        let stream = futures::stream::iter(mock.into_iter().map(Ok::<_, std::io::Error>));
        let mut reader = tokio_util::io::StreamReader::new(stream);
        let mut buffer = BytesMut::new();
        let request = futures::executor::block_on(read(&mut reader, &mut buffer)).unwrap();
        (request, buffer.len())
    }

    proptest! {
        #[test]
        fn a_request_may_come_in_pieces(at in 0..PLAIN.len(), more in 0..PLAIN.len()) {
            let (at, more) = (at.min(more), at.max(more));
            let bytes = PLAIN.as_bytes();
            let (request, read) = read_pieces(&[&bytes[..at], &bytes[at..more], &bytes[more..]]);
            let request = request.unwrap();
            prop_assert_eq!(read, bytes.len());
            prop_assert_eq!(request.uri.query(), Some("lastEventId=7"));
            prop_assert_eq!(&request.headers["last-event-id"], "8");
        }

        /// Whatever comes: it is a request for a stream, or nothing of it is lost.
        #[test]
        fn anything_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200), begins in any::<bool>()) {
            let head = if begins { &PLAIN.as_bytes()[..40] } else { b"" };
            let (request, read) = read_pieces(&[head, &bytes]);
            prop_assert!(request.is_none() || read == head.len() + bytes.len());
        }
    }

    #[test]
    fn only_plain_requests_for_streams_are_taken() {
        assert!(read_pieces(&[PLAIN.as_bytes()]).0.is_some());
        for other in [
            PLAIN.replace("GET", "POST"),
            PLAIN.replace("events", "projects"),
            PLAIN.replace("1.1", "1.0"),
            PLAIN.replace("Host: a\r\n", ""),
            PLAIN.replace("Host: a", "Host: a\r\nContent-Length: 2"),
            PLAIN.replace("Host: a", "Host: a\r\nUpgrade: h2c"),
            format!("{PLAIN}GET / HTTP/1.1\r\n\r\n"),
            PLAIN.replace("Host: a", &format!("Host: a\r\nX: {}", "x".repeat(MAX_HEAD))),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            PLAIN.replace("Host: a", "Host a"),
        ] {
            assert_eq!(read_pieces(&[other.as_bytes()]).0, None, "{other}");
        }
    }
}
