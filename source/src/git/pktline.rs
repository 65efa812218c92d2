//! Packet lines, the framing of git's protocol: four hexadecimal digits of length, then that many bytes less four
//! (git's `Documentation/gitprotocol-common.txt`), and the side bands within them (`gitprotocol-pack.txt`).

use std::io::{self, BufRead, Read};

use crate::SourceError;

/// The longest packet line, its length included, in bytes.
const MAX_PACKET_BYTES: usize = 65_520;

/// Ends a message.
pub(super) const FLUSH: &[u8] = b"0000";

/// Separates the sections of a message of protocol version 2.
pub(super) const DELIMITER: &[u8] = b"0001";

/// Appends one line of text as a packet.
pub(super) fn push_line(message: &mut Vec<u8>, text: &str) {
    message.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
}

/// One packet.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Packet<'a> {
    /// A line with its bytes as they came.
    Data(&'a [u8]),
    /// The end of a message.
    Flush,
    /// A delimiter, or the end of a response.
    Delimiter,
}

/// Reads packets.
pub(super) struct Packets<R> {
    inner: R,
    buffer: Vec<u8>,
}

impl<R: Read> Packets<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, buffer: Vec::new() }
    }

    /// The next packet, or `None` where the bytes end between two.
    pub(super) fn next(&mut self) -> io::Result<Option<Packet<'_>>> {
        let mut digits = [0; 4];
        if self.inner.read(&mut digits[..1])? == 0 {
            return Ok(None);
        }
        self.inner.read_exact(&mut digits[1..])?;
        let length = std::str::from_utf8(&digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| usize::from_str_radix(digits, 16).ok())
            .filter(|length| *length != 3 && *length <= MAX_PACKET_BYTES)
            .ok_or_else(|| corrupt("a malformed packet line"))?;
        match length {
            0 => return Ok(Some(Packet::Flush)),
            1 | 2 => return Ok(Some(Packet::Delimiter)),
            _ => {}
        }
        self.buffer.resize(length - 4, 0);
        self.inner.read_exact(&mut self.buffer)?;
        Ok(Some(Packet::Data(&self.buffer)))
    }
}

/// The first side band of a stream of packets: the pack. Progress is dropped; an error message of the server's ends it.
pub(super) struct SideBand<R> {
    packets: Packets<R>,
    /// Where in the packet's bytes the unread part starts.
    start: usize,
    ended: bool,
}

impl<R: Read> SideBand<R> {
    /// Reads from the packets that follow. With `first_is_read` the packet that was read last is the first one.
    pub(super) fn new(packets: Packets<R>, first_is_read: bool) -> Self {
        let start = if first_is_read { 1 } else { packets.buffer.len() };
        Self { packets, start, ended: false }
    }
}

impl<R: Read> Read for SideBand<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for SideBand<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while !self.ended && self.start >= self.packets.buffer.len() {
            match self.packets.next()? {
                Some(Packet::Data([1, ..])) => self.start = 1,
                Some(Packet::Data(progress @ [2, ..])) => self.start = progress.len(),
                Some(Packet::Data([3, message @ ..])) => {
                    return Err(corrupt(&format!("the server broke off: {}", one_line(message))));
                }
                Some(Packet::Data(_)) => return Err(corrupt("an unknown side band")),
                Some(Packet::Flush | Packet::Delimiter) | None => self.ended = true,
            }
        }
        if self.ended {
            return Ok(&[]);
        }
        Ok(&self.packets.buffer[self.start..])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
    }
}

/// The longest part of a server's message that is passed on, in characters.
const MAX_MESSAGE_CHARS: usize = 200;

/// A server's message on one line, without control characters, cut.
pub(super) fn one_line(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let clean = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MAX_MESSAGE_CHARS).collect()
}

/// Wraps corruption for a way through `std::io`.
pub(super) fn corrupt(what: &str) -> io::Error {
    io::Error::other(SourceError::Corrupt(what.to_owned()))
}

/// Unwraps what [`corrupt`] wrapped; any other failure to read is an answer that ended early.
pub(super) fn unwrap(error: io::Error) -> SourceError {
    match error.downcast::<SourceError>() {
        Ok(error) => error,
        Err(error) => SourceError::Corrupt(format!("the answer is incomplete ({})", error.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_framed_and_bad_frames_refused() {
        let mut message = Vec::new();
        push_line(&mut message, "want");
        message.extend_from_slice(DELIMITER);
        message.extend_from_slice(FLUSH);
        let mut packets = Packets::new(&message[..]);
        assert_eq!(packets.next().unwrap(), Some(Packet::Data(b"want\n")));
        assert_eq!(packets.next().unwrap(), Some(Packet::Delimiter));
        assert_eq!(packets.next().unwrap(), Some(Packet::Flush));
        assert_eq!(packets.next().unwrap(), None);
        for bad in [&b"00"[..], b"zzzz", b"0003", b"ffff", b"0009abc", b"+005a"] {
            assert!(Packets::new(bad).next().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_first_band_is_read_across_packets() {
        let bytes = b"0007\x01ab0009\x02busy0005\x010006\x01c0000rest";
        let mut text = String::new();
        SideBand::new(Packets::new(&bytes[..]), false).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        let failed = SideBand::new(Packets::new(&b"0009\x03dead"[..]), false).read_to_string(&mut text);
        assert!(matches!(unwrap(failed.unwrap_err()), SourceError::Corrupt(text) if text.contains("dead")));
    }
}
