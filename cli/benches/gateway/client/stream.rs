//! Reading one event stream: HTTP/1.1, with or without chunks, and the lines of events.

use std::io::BufRead;

/// How far from the ends of an event's JSON its number and its time are looked for first, in bytes.
const NEAR: usize = 100;

/// What a stream tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// The answer is 200.
    Accepted,
    /// The state so far.
    Snapshot,
    /// An event: its number, and when it was published.
    Event(i64, u64),
}

/// Where in the answer the reader is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Status,
    Head,
    /// A stream without chunks.
    Plain,
    ChunkSize,
    /// So many bytes of a chunk are to come.
    Chunk(usize),
    /// The line's end after a chunk.
    ChunkEnd,
}

/// Reads a stream as it comes in.
#[derive(Debug)]
pub struct Reader {
    place: Place,
    is_chunked: bool,
    is_snapshot: bool,
    /// The part of a line that came: of the head or of a chunk's size.
    outer: Vec<u8>,
    /// The part of a line that came: of an event.
    inner: Vec<u8>,
}

impl Reader {
    /// At the beginning.
    pub fn new() -> Self {
        let (outer, inner) = (Vec::new(), Vec::new());
        Self { place: Place::Status, is_chunked: false, is_snapshot: false, outer, inner }
    }

    /// Reads on. The error is an answer that is no stream.
    pub fn read(&mut self, mut bytes: &[u8], mut tell: impl FnMut(Told)) -> Result<(), String> {
        while !bytes.is_empty() {
            match self.place {
                Place::Plain => {
                    self.events(bytes, &mut tell);
                    return Ok(());
                }
                Place::Chunk(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    self.events(now, &mut tell);
                    bytes = later;
                    self.place = match left - now.len() {
                        0 => Place::ChunkEnd,
                        left => Place::Chunk(left),
                    };
                }
                _ => {
                    let length = line_length(bytes);
                    self.outer.extend_from_slice(&bytes[..length]);
                    bytes = &bytes[length..];
                    if self.outer.ends_with(b"\n") {
                        let line = std::mem::take(&mut self.outer);
                        self.outer_line(String::from_utf8_lossy(&line).trim(), &mut tell)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn outer_line(&mut self, line: &str, tell: &mut impl FnMut(Told)) -> Result<(), String> {
        self.place = match self.place {
            Place::Status if line.starts_with("HTTP/1.1 200") => {
                tell(Told::Accepted);
                Place::Head
            }
            Place::Status => return Err(line.to_owned()),
            Place::Head if line.is_empty() && self.is_chunked => Place::ChunkSize,
            Place::Head if line.is_empty() => Place::Plain,
            Place::Head => {
                let line = line.to_ascii_lowercase();
                self.is_chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
                Place::Head
            }
            Place::ChunkSize => {
                let size = usize::from_str_radix(line, 16).map_err(|_| format!("chunk of {line}"))?;
                // The stream's end is a chunk of nothing; the connection's end follows.
                Place::Chunk(size)
            }
            _ => Place::ChunkSize,
        };
        Ok(())
    }

    fn events(&mut self, mut bytes: &[u8], tell: &mut impl FnMut(Told)) {
        while !bytes.is_empty() {
            let length = line_length(bytes);
            let (now, later) = bytes.split_at(length);
            bytes = later;
            if !now.ends_with(b"\n") {
                self.inner.extend_from_slice(now);
            } else if self.inner.is_empty() {
                self.line(now, tell);
            } else {
                let mut line = std::mem::take(&mut self.inner);
                line.extend_from_slice(now);
                self.line(&line, tell);
                // Its memory serves again.
                line.clear();
                self.inner = line;
            }
        }
    }

    fn line(&mut self, line: &[u8], tell: &mut impl FnMut(Told)) {
        if let Some(kind) = line.strip_prefix(b"event:") {
            self.is_snapshot = kind.trim_ascii() == b"snapshot";
        } else if let Some(data) = line.strip_prefix(b"data:") {
            if self.is_snapshot {
                tell(Told::Snapshot);
            } else if let Some((number, at)) = number_and_time(data) {
                tell(Told::Event(number, at));
            }
            self.is_snapshot = false;
        }
    }
}

/// The length of the first line with its end, or of the whole if it does not end.
fn line_length(mut bytes: &[u8]) -> usize {
    // Reading a slice does not fail.
    bytes.skip_until(b'\n').unwrap_or(0)
}

/// The number of an event is near the beginning of its JSON, the time near the end.
fn number_and_time(json: &[u8]) -> Option<(i64, u64)> {
    let number =
        number_after(&json[..json.len().min(NEAR)], b"\"seq\":").or_else(|| number_after(json, b"\"seq\":"));
    let near = &json[json.len().saturating_sub(NEAR)..];
    let time = number_after(near, b"\"bytes\":").or_else(|| number_after(json, b"\"bytes\":"));
    Some((i64::try_from(number?).ok()?, time?))
}

fn number_after(text: &[u8], key: &[u8]) -> Option<u64> {
    let begin = text.windows(key.len()).position(|part| part == key)? + key.len();
    let digits = text[begin..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
