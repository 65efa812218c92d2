//! What must hold for any bytes that a client sends before it gets a stream. For the fuzzer (`fuzz/`) only; all of it
//! panics where something does not hold.

use std::str::FromStr;

use bytes::BytesMut;
use http::{HeaderMap, HeaderValue, Uri};

use crate::{
    head,
    position::{MAX_NAMED, Position},
    target::{LAST_EVENT_ID, PREFIX, Target, last_event_id},
};

/// The id of the last event that a client saw, and a path. A position is written as it was read.
pub fn position(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(position) = Position::from_str(text) {
            assert_eq!(position.to_string(), text);
            assert!(position.open.len() <= MAX_NAMED && position.known >= 0);
            assert!(!position.is_ahead_of(&position));
        }
        if let Some(target) = Target::of(text) {
            assert!(text.starts_with(PREFIX), "{target:?}");
        }
        if let Ok(uri) = text.parse::<Uri>() {
            let _ = last_event_id(&uri, &HeaderMap::new());
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let headers = HeaderMap::from_iter([(LAST_EVENT_ID, value)]);
        let id = last_event_id(&Uri::from_static("/"), &headers);
        assert!(id.is_none_or(|id| !id.is_empty() && id.len() <= bytes.len().max(1)));
    }
}

/// The beginning of a connection, in two pieces. It is a request for a stream and nothing else, or not a byte is lost.
///
/// What comes after a whole head has been read is for nobody: the connection is a stream by then. Where reading stops is
/// where a piece ends, or the room that was made for it. So two ways for the same bytes to come may differ in what they
/// are if something follows the head, and only then.
pub fn head(bytes: &[u8]) {
    let at = usize::from(bytes.first().copied().unwrap_or(0)).min(bytes.len());
    let whole = read(bytes, bytes.len());
    let pieces = read(bytes, at);
    let is_all = |(request, buffer): &(Option<_>, BytesMut)| request.is_some() && buffer.len() == bytes.len();
    assert_eq!(is_all(&whole), is_all(&pieces), "it depends on how the bytes come");
    for (request, buffer) in [whole, pieces] {
        assert_eq!(&buffer[..], &bytes[..buffer.len()]);
        let Some(request) = request else { continue };
        assert!(buffer.starts_with(b"GET ") && buffer.ends_with(b"\n"));
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let parsed = httparse::Request::new(&mut headers).parse(bytes);
        assert_eq!(
            parsed,
            Ok(httparse::Status::Complete(buffer.len())),
            "something of what was read follows the head"
        );
        assert!(request.uri.path().starts_with(PREFIX) || request.uri.to_string().starts_with(PREFIX));
        for name in ["content-length", "transfer-encoding", "upgrade", "expect"] {
            assert!(!request.headers.contains_key(name), "{name}");
        }
    }
}

/// Reads bytes that come in two pieces.
fn read(bytes: &[u8], at: usize) -> (Option<head::Request>, BytesMut) {
    let (first, second) = bytes.split_at(at);
    let mut connection = tokio::io::AsyncReadExt::chain(first, second);
    let mut buffer = BytesMut::new();
    let request = futures::executor::block_on(head::read(&mut connection, &mut buffer));
    (request.ok().flatten(), buffer)
}
