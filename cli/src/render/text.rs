//! Texts, numbers and times for people. Nothing that comes from a repository reaches a terminal unescaped.

use std::{borrow::Cow, fmt::Write as _};

use chrono::{DateTime, Utc};

/// A path as git prints it: as it is if it is plain text, else quoted as a C string. Unlike git's default, letters of
/// any script are plain.
pub fn path(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(|c| is_unsafe(c) || c == '"' || c == '\\')
    {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::with_capacity(bytes.len() + 8);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_quoted(&mut quoted, c);
        }
        push_octal(&mut quoted, chunk.invalid());
    }
    quoted.push('"');
    Cow::Owned(quoted)
}

fn push_quoted(quoted: &mut String, c: char) {
    match c {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\n' => quoted.push_str("\\n"),
        '\t' => quoted.push_str("\\t"),
        '\r' => quoted.push_str("\\r"),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{b}' => quoted.push_str("\\v"),
        '\u{c}' => quoted.push_str("\\f"),
        c if is_unsafe(c) => push_octal(quoted, c.encode_utf8(&mut [0; 4]).as_bytes()),
        c => quoted.push(c),
    }
}

fn push_octal(quoted: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(quoted, "\\{byte:03o}");
    }
}

/// Whether a character could make a terminal do or show something else than a letter: control characters, and those
/// that reorder or hide text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A line of text with everything escaped that could move a cursor.
pub fn clean(text: &str) -> Cow<'_, str> {
    clean_but(text, |_| false)
}

/// Several lines of text with everything escaped that could move a cursor, but line ends and tabs.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    clean_but(text, |c| c == '\n' || c == '\t')
}

fn clean_but(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escapes = |c: char| is_unsafe(c) && !keep(c);
    if !text.chars().any(escapes) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if escapes(c) { cleaned.extend(c.escape_default()) } else { cleaned.push(c) }
    }
    Cow::Owned(cleaned)
}

/// A text cut to at most `max` characters.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(max.saturating_sub(1)).chain(['…']).collect()),
    }
}

/// A number with thousands set apart.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub fn count(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number of bytes, in powers of 1000.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1_000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A time span given in milliseconds.
pub fn duration(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms / 1_000 % 60),
        _ => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// A moment, to the second.
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_git_does() {
        for (bytes, shown) in [
            (&b"src/main.rs"[..], "src/main.rs"),
            ("größe 文件".as_bytes(), "größe 文件"),
            (b"a\nb", r#""a\nb""#),
            (b"quote\"back\\slash", r#""quote\"back\\slash""#),
            (b"latin-\xe9", r#""latin-\351""#),
            (b"\x1b[31mred", r#""\033[31mred""#),
            ("rtl\u{202e}gpj".as_bytes(), r#""rtl\342\200\256gpj""#),
            (b"\x01\x7f\t", r#""\001\177\t""#),
        ] {
            assert_eq!(path(bytes), shown);
        }
    }

    #[test]
    fn texts_cannot_move_the_cursor() {
        assert_eq!(clean("plain ü"), "plain ü");
        assert_eq!(clean("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(clean_lines("a\n\tb\r"), "a\n\tb\\r");
    }

    #[test]
    fn numbers_read_easily() {
        assert_eq!([0, 999, 1_000, -1_234_567].map(number), ["0", "999", "1,000", "-1,234,567"]);
        assert_eq!(
            [0, 999, 1_000, 999_999, 1_500_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "1.0 MB", "1.5 MB"]
        );
        assert_eq!([5, 1_500, 61_000, 3_660_000].map(duration), ["5 ms", "1.5 s", "1 min 1 s", "1 h 1 min"]);
        assert_eq!(
            (count(1, "file", "files"), count(2, "file", "files")),
            ("1 file".into(), "2 files".into())
        );
        assert_eq!((cut("abc", 3), cut("abcd", 3)), ("abc".into(), "ab…".into()));
    }
}
