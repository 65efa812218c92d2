//! How a file's text is marked up, told by its name.

use super::{asciidoc, markdown, rst, sections::Headings};

/// How a file's text is marked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Markdown,
    AsciiDoc,
    ReStructuredText,
    Plain,
}

impl Format {
    /// Tells the format by the name's ending; plain if it is none of the known ones.
    pub(super) fn of(path: &[u8]) -> Self {
        let name = file_name(path);
        let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else {
            return Self::Plain;
        };
        match name[dot + 1..].to_ascii_lowercase().as_slice() {
            b"md" | b"markdown" | b"mdown" | b"mdx" | b"mdc" => Self::Markdown,
            b"adoc" | b"asciidoc" | b"asc" => Self::AsciiDoc,
            b"rst" => Self::ReStructuredText,
            _ => Self::Plain,
        }
    }

    /// Tells `headings` every heading of `text`, in order.
    pub(super) fn find_headings(self, text: &str, headings: &mut Headings) {
        match self {
            Self::Markdown => markdown::find_headings(text, headings),
            Self::AsciiDoc => asciidoc::find_headings(text, headings),
            Self::ReStructuredText => rst::find_headings(text, headings),
            Self::Plain => {}
        }
    }
}

/// The last part of a path.
pub(super) fn file_name(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    &path[start..]
}
