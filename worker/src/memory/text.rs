//! From bytes to text.

use super::Warning;

/// What every Git LFS pointer starts with (git-lfs `docs/spec.md`).
const LFS_POINTER: &str = "version https://git-lfs.github.com/spec/";

/// A pointer to a file in Git LFS is shorter than this many bytes (git-lfs `docs/spec.md`).
const MAX_LFS_POINTER_BYTES: usize = 1_024;

/// The file's text without a byte order mark and with LF line ends, or why there is none.
///
/// Neither the bytes nor the text are longer than `limit`: replacing what cannot be decoded may make a text longer.
pub(super) fn decode(content: &[u8], limit: u64) -> Result<(String, Option<Warning>), Warning> {
    check_length(content.len(), limit)?;
    if content.contains(&0) {
        return Err(Warning::NotText);
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let text = String::from_utf8_lossy(content);
    if text.len() < MAX_LFS_POINTER_BYTES && text.starts_with(LFS_POINTER) {
        return Err(Warning::LfsPointer);
    }
    // Valid text is borrowed.
    let warning = matches!(text, std::borrow::Cow::Owned(_)).then_some(Warning::Lossy);
    let text = if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text.into_owned() };
    check_length(text.len(), limit)?;
    Ok((text, warning))
}

fn check_length(bytes: usize, limit: u64) -> Result<(), Warning> {
    let bytes = bytes as u64;
    if bytes > limit { Err(Warning::TooLarge { bytes, limit }) } else { Ok(()) }
}

/// Whether a text is a signature or key in PGP's armor, which shares `.asc` with AsciiDoc.
pub(super) fn is_armored(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN PGP ")
}
