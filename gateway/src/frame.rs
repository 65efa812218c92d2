//! Server-sent events as bytes: each is written once, and shared by everybody who gets it.
//!
//! Format: WHATWG HTML, 9.2 Server-sent events; chunks: RFC 9112, 7.1.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

/// The end of a chunked body.
pub(crate) const LAST_CHUNK: Bytes = Bytes::from_static(b"0\r\n\r\n");

/// What every chunk ends with.
const CHUNK_END: &[u8] = b"\r\n";

/// The room that the size of a chunk takes at most: 8 hexadecimal digits and the line break.
const SIZE_ROOM: usize = 10;

/// Some whole lines of an event stream, framed as one HTTP/1.1 chunk. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    chunk: Bytes,
    /// Where in the chunk the lines begin.
    body: u8,
}

impl Frame {
    /// An event. `id` and `name` must be without line breaks, which those of ours are.
    ///
    /// # Errors
    /// If the data cannot be written as JSON.
    pub(crate) fn event(id: Option<&str>, name: &str, data: &impl Serialize) -> serde_json::Result<Self> {
        // JSON escapes line breaks, so the data is one line.
        let json = serde_json::to_vec(data)?;
        let mut lines = BytesMut::with_capacity(json.len() + name.len() + id.map_or(0, str::len) + 24);
        if let Some(id) = id {
            lines.put_slice(b"id: ");
            lines.put_slice(id.as_bytes());
            lines.put_u8(b'\n');
        }
        lines.put_slice(b"event: ");
        lines.put_slice(name.as_bytes());
        lines.put_slice(b"\ndata: ");
        lines.put_slice(&json);
        lines.put_slice(b"\n\n");
        Ok(Self::of(&lines))
    }

    /// How long a client is to wait before it comes again, in milliseconds.
    pub(crate) fn retry(milliseconds: u64) -> Self {
        Self::of(format!("retry: {milliseconds}\n\n").as_bytes())
    }

    /// A comment that says nothing but that we are there.
    pub(crate) fn heartbeat() -> Self {
        Self::of(b":\n\n")
    }

    fn of(lines: &[u8]) -> Self {
        let mut chunk = BytesMut::with_capacity(lines.len() + SIZE_ROOM + CHUNK_END.len());
        let size = format!("{:x}\r\n", lines.len());
        chunk.put_slice(size.as_bytes());
        chunk.put_slice(lines);
        chunk.put_slice(CHUNK_END);
        Self { chunk: chunk.freeze(), body: size.len() as u8 }
    }

    /// For a chunked body that is written by hand.
    pub(crate) fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// For a body that is framed elsewhere.
    pub(crate) fn body(&self) -> Bytes {
        self.chunk.slice(usize::from(self.body)..self.chunk.len() - CHUNK_END.len())
    }

    /// How much memory it takes, in bytes, not counting what all frames take.
    pub(crate) fn len(&self) -> usize {
        self.chunk.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_lines_in_a_chunk() {
        let frame =
            Frame::event(Some("7"), "warning", &serde_json::json!({ "message": "a\r\nb\n\nid: 9" })).unwrap();
        let lines = "id: 7\nevent: warning\ndata: {\"message\":\"a\\r\\nb\\n\\nid: 9\"}\n\n";
        assert_eq!(frame.body(), lines);
        assert_eq!(*frame.chunk(), format!("{:x}\r\n{lines}\r\n", lines.len()));
        assert_eq!(Frame::event(None, "reset", &()).unwrap().body(), "event: reset\ndata: null\n\n");
        assert_eq!(Frame::retry(1_500).body(), "retry: 1500\n\n");
        assert_eq!(*Frame::heartbeat().chunk(), "3\r\n:\n\n\r\n");
    }
}
