//! The names of entries.
//!
//! A file's key is its path. A section's is the path, `#`, and the slugs of its headings from the top, parted by `/`.
//! Of sections with the same headings in one file the second one's last slug ends in `~2`, the third one's in `~3`; what
//! is below them continues from there. So a key depends on the headings above it and on same-named siblings before it,
//! and on nothing else of the file.
//!
//! In a path, `%`, `#`, control characters and bytes that are not UTF-8 are written as `%XX`; everything else stays, so
//! different paths have different keys. In a slug, letters are lower-case, `-` stands for white space, square brackets
//! are left out (whether Markdown shows them depends on a definition elsewhere in the file), and `%`, `#`, `/` and `~`
//! are written as `%XX`.

use std::{collections::HashMap, fmt::Write};

use sha2::{Digest, Sha256};

/// Where a heading's slug is cut, in characters; a digest of the whole heading follows then.
///
/// With [`super::sections::MAX_LEVELS`] this bounds what a key has after the path.
pub(super) const MAX_SLUG_CHARS: usize = 80;

/// How many bytes of SHA-256 stand for what was cut off a slug. Should they collide after all, the slugs count as equal.
const SLUG_DIGEST_BYTES: usize = 6;

/// What stands for a heading without text.
const EMPTY_SLUG: &str = "_";

/// The key of a file as a whole.
pub(super) fn of_file(path: &[u8]) -> String {
    let mut key = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '%' || c == '#' || c.is_control() {
                escape(&mut key, c);
            } else {
                key.push(c);
            }
        }
        push_percent(&mut key, chunk.invalid());
    }
    key
}

/// The part of a key that one heading gives. `heading` is one line.
pub(super) fn slug(heading: &str) -> String {
    let mut slug = String::new();
    let mut chars = heading.chars().filter(|c| !matches!(c, '[' | ']'));
    for c in chars.by_ref().take(MAX_SLUG_CHARS) {
        match c {
            c if c.is_whitespace() => slug.push('-'),
            '%' | '#' | '/' | '~' => escape(&mut slug, c),
            c if c.is_control() => escape(&mut slug, c),
            c => slug.extend(c.to_lowercase()),
        }
    }
    if chars.next().is_some() {
        let digest = Sha256::digest(heading.to_lowercase());
        slug.push('-');
        slug.push_str(&hex::encode(&digest[..SLUG_DIGEST_BYTES]));
    }
    if slug.is_empty() { EMPTY_SLUG.to_owned() } else { slug }
}

fn escape(text: &mut String, c: char) {
    push_percent(text, c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_percent(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "%{byte:02X}");
    }
}

/// Hands out the keys of one file's sections.
pub(super) struct SectionKeys {
    file: String,
    seen: HashMap<String, u32>,
}

impl SectionKeys {
    /// For the file at `path`.
    pub(super) fn new(path: &[u8]) -> Self {
        Self { file: of_file(path), seen: HashMap::new() }
    }

    /// The file's own key.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The anchor of the next section named `slug` under the section with the anchor `parent` (empty at the top).
    pub(super) fn anchor(&mut self, parent: &str, slug: &str) -> String {
        let mut anchor = if parent.is_empty() { slug.to_owned() } else { format!("{parent}/{slug}") };
        let count = self.seen.entry(anchor.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            // No slug holds a bare '~', so this cannot be another section's anchor.
            let _ = write!(anchor, "~{count}");
        }
        anchor
    }

    /// The key of the section with this anchor.
    pub(super) fn key(&self, anchor: &str) -> String {
        format!("{}#{anchor}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_paths_have_different_keys() {
        for (path, key) in [
            (&b"docs/a b.md"[..], "docs/a b.md"),
            (b"docs/\xff.md", "docs/%FF.md"),
            (b"docs/%FF.md", "docs/%25FF.md"),
            (b"a#b", "a%23b"),
            (b"a\nb", "a%0Ab"),
            ("ä/日本.md".as_bytes(), "ä/日本.md"),
            ("a\u{fffd}".as_bytes(), "a\u{fffd}"),
        ] {
            assert_eq!(of_file(path), key);
        }
    }

    #[test]
    fn slugs_keep_what_tells_headings_apart() {
        for (heading, expected) in [
            ("From Source", "from-source"),
            ("C++", "c++"),
            ("C#", "c%23"),
            ("a/b ~ 100%", "a%2Fb-%7E-100%25"),
            ("[1.0.0] - 2026-10-03", "1.0.0---2026-10-03"),
            ("שלום עולם", "שלום-עולם"),
            ("ÜBER", "über"),
            ("", "_"),
            ("[]", "_"),
        ] {
            assert_eq!(slug(heading), expected);
        }
    }

    #[test]
    fn long_slugs_are_cut_but_stay_apart() {
        let long = "word ".repeat(100);
        let (a, b) = (slug(&format!("{long}a")), slug(&format!("{long}b")));
        assert_ne!(a, b);
        assert_eq!(a.chars().count(), MAX_SLUG_CHARS + 1 + 2 * SLUG_DIGEST_BYTES);
    }

    #[test]
    fn repeated_headings_are_numbered_where_they_repeat() {
        let mut keys = SectionKeys::new(b"a.md");
        assert_eq!(keys.anchor("", "api"), "api");
        assert_eq!(keys.anchor("api", "get"), "api/get");
        assert_eq!(keys.anchor("api", "get"), "api/get~2");
        assert_eq!(keys.anchor("api/get~2", "example"), "api/get~2/example");
        assert_eq!(keys.anchor("", "api"), "api~2");
        assert_eq!(keys.key("api~2"), "a.md#api~2");
    }
}
