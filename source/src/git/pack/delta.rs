//! Deltas: an object told as copies from another and new bytes (git's `Documentation/gitformat-pack.txt`).

use crate::SourceError;

/// The sizes that a delta starts with, and how many bytes they take: the base's and the result's.
pub(super) fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), SourceError> {
    let (base, first) = size(delta)?;
    let (result, second) = size(&delta[first..])?;
    Ok((base, result, first + second))
}

fn size(bytes: &[u8]) -> Result<(u64, usize), SourceError> {
    let mut size = 0u64;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        size |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((size, index + 1));
        }
    }
    Err(malformed())
}

/// The object that `delta` makes of `base`; the result's size must already be known to be bearable.
pub(in super::super) fn apply(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, SourceError> {
    let (base_size, result_size, start) = sizes(delta)?;
    let result_size = usize::try_from(result_size).map_err(|_| malformed())?;
    if base.len() as u64 != base_size {
        return Err(malformed());
    }
    let mut result = Vec::with_capacity(result_size);
    let mut rest = &delta[start..];
    while let Some((command, after)) = rest.split_first() {
        rest = after;
        let bytes = if command & 0x80 != 0 {
            let offset = operand(&mut rest, *command, 4)?;
            let size = match operand(&mut rest, command >> 4, 3)? {
                0 => 0x1_0000,
                size => size,
            };
            base.get(offset..offset + size).ok_or_else(malformed)?
        } else if *command != 0 {
            let (new, after) = rest.split_at_checked(usize::from(*command)).ok_or_else(malformed)?;
            rest = after;
            new
        } else {
            return Err(malformed());
        };
        if bytes.len() > result_size - result.len() {
            return Err(malformed());
        }
        result.extend_from_slice(bytes);
    }
    if result.len() == result_size { Ok(result) } else { Err(malformed()) }
}

/// A little-endian number of which only the bytes flagged in the low bits of `flags` are there.
fn operand(rest: &mut &[u8], flags: u8, bytes: u32) -> Result<usize, SourceError> {
    let mut number = 0;
    for index in 0..bytes {
        if flags & 1 << index != 0 {
            let (byte, after) = rest.split_first().ok_or_else(malformed)?;
            number |= usize::from(*byte) << (8 * index);
            *rest = after;
        }
    }
    Ok(number)
}

fn malformed() -> SourceError {
    SourceError::Corrupt("a malformed delta in the pack".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_inserts() {
        let base = b"hello world";
        let delta = [11, 9, 0x90, 5, 2, b',', b' ', 0x91, 9, 2];
        assert_eq!(apply(base, &delta).unwrap(), b"hello, ld");
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let base = b"hello world";
        for bad in [
            &[][..],
            &[0x80],
            &[10, 1, 1, b'x'],
            &[11, 1],
            &[11, 1, 0],
            &[11, 1, 2, b'x', b'y'],
            &[11, 2, 2, b'x'],
            &[11, 9, 0x91, 9, 9],
            &[11, 5, 0x90],
        ] {
            assert!(matches!(apply(base, bad), Err(SourceError::Corrupt(_))), "{bad:?}");
        }
    }
}
