//! Server-sent events from bytes (WHATWG HTML, 9.2.6). Our own, because what there is drops a `retry:` that comes alone,
//! which is how our gateway sends it, and holds lines of any length.

use std::{collections::VecDeque, time::Duration};

use serde::de::DeserializeOwned;

use crate::{error::CliError, render::text::clean};

/// The largest event that is read, in bytes: the state of a project with a thousand syncs is a few megabytes.
pub const MAX_EVENT_BYTES: usize = 32 << 20;

/// How much room for a line is kept for the next ones, in bytes.
const KEPT_ROOM: usize = 64 << 10;

/// What may stand at the beginning of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An event as it came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Message {
    /// The id that came with it, if one did.
    pub id: Option<String>,
    /// What it is called.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Message {
    /// The data, which is JSON on all our streams.
    ///
    /// # Errors
    /// If it is another thing: the stream is none of this API, or of a newer version of it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, CliError> {
        serde_json::from_str(&self.data).map_err(|error| CliError::Io {
            action: format!("reading the data of '{}'", clean(&self.name)),
            source: error.into(),
        })
    }
}

/// What a stream says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parsed {
    /// An event.
    Message(Message),
    /// How long to wait before coming again.
    Retry(Duration),
}

/// An event does not end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an event of more than {} MiB came", MAX_EVENT_BYTES >> 20)]
pub struct TooLarge;

/// Reads a stream, however it is cut. What is not ended when the stream ends is no event.
#[derive(Default, Debug)]
pub struct Parser {
    /// The beginning of a line.
    line: Vec<u8>,
    /// The last line ended with a carriage return, so a line feed that follows belongs to it.
    is_after_return: bool,
    /// The first line is read: from here on a byte order mark is none.
    is_begun: bool,
    /// What is known of the event that comes.
    next: Message,
}

impl Parser {
    /// Reads on, and appends what it makes out.
    ///
    /// # Errors
    /// If an event is larger than [`MAX_EVENT_BYTES`]. Nothing can be read from this stream then.
    pub fn push(&mut self, mut bytes: &[u8], parsed: &mut VecDeque<Parsed>) -> Result<(), TooLarge> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.is_after_return) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.extend_line(bytes);
            };
            self.extend_line(&bytes[..end])?;
            self.is_after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(parsed);
        }
        Ok(())
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        if self.line.len() + self.next.data.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(TooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, parsed: &mut VecDeque<Parsed>) {
        let mut line = std::mem::take(&mut self.line);
        let mut bytes = line.as_slice();
        if !std::mem::replace(&mut self.is_begun, true) {
            bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        }
        match String::from_utf8_lossy(bytes) {
            text if text.is_empty() => parsed.extend(self.end_event()),
            text => parsed.extend(self.read_field(&text)),
        }
        line.clear();
        line.shrink_to(KEPT_ROOM);
        self.line = line;
    }

    fn read_field(&mut self, line: &str) -> Option<Parsed> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.next.name),
            "data" => {
                self.next.data.push_str(value);
                self.next.data.push('\n');
            }
            "id" if !value.contains('\0') => self.next.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                return value.parse().ok().map(|ms| Parsed::Retry(Duration::from_millis(ms)));
            }
            // A comment has no name.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Parsed> {
        if self.next.data.is_empty() {
            // It is none; but an id holds from now on.
            self.next.name.clear();
            return None;
        }
        let mut message = std::mem::take(&mut self.next);
        message.data.pop();
        if message.name.is_empty() {
            "message".clone_into(&mut message.name);
        }
        Some(Parsed::Message(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Parsed> {
        let (mut parser, mut parsed) = (Parser::default(), VecDeque::new());
        pieces.into_iter().for_each(|piece| parser.push(piece, &mut parsed).unwrap());
        parsed.into()
    }

    fn message(id: Option<&str>, name: &str, data: &str) -> Parsed {
        Parsed::Message(Message { id: id.map(str::to_owned), name: name.to_owned(), data: data.to_owned() })
    }

    /// The standard's own words on a whole text, as plain as can be.
    fn by_the_book(bytes: &[u8]) -> Vec<Parsed> {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (mut id, mut name, mut data, mut parsed) = (None, String::new(), String::new(), Vec::new());
        // What stands after the last line break is no line.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.split('\n').filter(|_| text.contains('\n')) {
            let colon = line.find(':');
            let field = &line[..colon.unwrap_or(line.len())];
            let value = colon.map_or("", |at| &line[at + 1..]);
            let value = if let Some(rest) = value.strip_prefix(' ') { rest } else { value };
            match (line, field) {
                ("", _) if data.is_empty() => name.clear(),
                ("", _) => {
                    let shown = if name.is_empty() { "message" } else { &name };
                    parsed.push(message(id.take(), shown, data.strip_suffix('\n').unwrap()));
                    (name, data) = Default::default();
                }
                (_, "event") => name = value.to_owned(),
                (_, "data") => data = data + value + "\n",
                (_, "id") if !value.contains('\0') => id = Some(value),
                (_, "retry") if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                    parsed.extend(value.parse().ok().map(|ms| Parsed::Retry(Duration::from_millis(ms))));
                }
                _ => {}
            }
        }
        parsed
    }

    /// Texts that look like streams, with everything in them that is hard.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let part = prop::sample::select(vec![
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "data",
            "data:",
            "data: a",
            "id: 7",
            "id: a\0b",
            "id",
            "event: warning",
            "retry: 15",
            "retry: +1",
            "retry:",
            ":",
            ": comment",
            "\u{feff}",
            "ü",
            " ",
            "data: {\"x\":1}\n\n",
            "unknown: x",
            "retry: 99999999999999999999",
        ]);
        let part = prop_oneof![
            8 => part.prop_map(|text| text.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn streams_are_read_as_the_standard_says_however_they_are_cut(
            bytes in stream(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
            let expected = by_the_book(&bytes);
            prop_assert_eq!(parse(pieces), expected.clone());
            prop_assert_eq!(parse(bytes.chunks(1)), expected);
        }
    }

    #[test]
    fn our_gateway_is_understood() {
        let bytes = b"retry: 1500\n\n:\n\nid: 7\nevent: warning\ndata: {\"a\":1}\n\nevent: reset\ndata: {}\n\ndata: cut";
        let expected = [
            Parsed::Retry(Duration::from_millis(1_500)),
            message(Some("7"), "warning", "{\"a\":1}"),
            message(None, "reset", "{}"),
        ];
        assert_eq!(parse([&bytes[..]]), expected);
    }

    #[test]
    fn what_does_not_end_is_given_up() {
        let piece = vec![b'x'; 1 << 20];
        let room = MAX_EVENT_BYTES >> 20;
        for begin in [&b"data: "[..], b":", b"data\ndata:"] {
            let (mut parser, mut parsed) = (Parser::default(), VecDeque::new());
            parser.push(begin, &mut parsed).unwrap();
            let taken = (0..=room).take_while(|_| parser.push(&piece, &mut parsed).is_ok()).count();
            assert_eq!(taken, room - 1);
        }
        // Many short lines of one event are no better.
        let (mut parser, mut parsed) = (Parser::default(), VecDeque::new());
        let lines = b"data: xxxxxxxx\n".repeat(1 << 17);
        let taken = (0..100).take_while(|_| parser.push(&lines, &mut parsed).is_ok()).count();
        assert!((20..40).contains(&taken), "{taken}");
    }
}
