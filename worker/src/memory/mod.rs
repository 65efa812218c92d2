//! Memory: the knowledge that is derived from a file's bytes.
//!
//! Everything here is a pure function of the rules, a path and a content. [`Rules`] say by its path what kind of
//! knowledge a file holds, if any; [`Rules::derive`] turns its bytes into entries. A letter is one entry; guides and
//! documents are one entry a section, cut where `markdown`, `asciidoc` and `rst` find headings. What was odd on
//! the way comes back as [`Warning`]s, never as an error: a file that cannot be read as text simply has no entries.
//!
//! An entry is known by its key (`key` tells how it is made), which does not depend on the other sections' content, so
//! that an edit supersedes only what it touches.

mod asciidoc;
mod date;
mod format;
mod front_matter;
mod inline;
mod key;
mod letter;
mod lines;
mod markdown;
mod rst;
mod rules;
mod sections;
mod settings;
mod text;
mod title;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Utc};

pub use entities::MemoryKind;
pub use front_matter::FrontMatterFault;
pub use rules::{DERIVATION_VERSION, Rules, RulesError};
pub use settings::MemorySettings;
pub use title::MAX_TITLE_CHARS;

/// What a file's bytes gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Derived {
    /// The entries in the order of the file. Their keys differ from each other.
    pub entries: Vec<Entry>,
    /// What a user may want to know about the file.
    pub warnings: Vec<Warning>,
}

/// One piece of knowledge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Tells the entry from all others of the branch and stays the same while other sections are edited: the file's
    /// path, with what is not printable text as `%XX`, and for a section `#` and its headings' slugs.
    pub key: String,
    /// One line for people, at most [`MAX_TITLE_CHARS`] characters, never empty.
    pub title: String,
    /// The headings from the file's top to this section, each at most [`MAX_TITLE_CHARS`] characters; empty for a
    /// whole file and for the text before the first heading.
    pub heading_path: Vec<String>,
    /// When the entry was written, to the second, if a letter says so. A time without a zone is taken as UTC.
    pub date: Option<DateTime<Utc>>,
    /// The text without front matter; line ends are LF whatever the file has, so that converting them changes nothing.
    pub body: String,
}

/// Something odd about a file that knowledge was looked for in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// The bytes hold a NUL, so they are not text; no entries.
    NotText,
    /// The text is not UTF-8; what could not be decoded was replaced by U+FFFD.
    Lossy,
    /// The text is longer than the settings allow; no entries.
    TooLarge {
        /// The length in bytes.
        bytes: u64,
        /// [`MemorySettings::max_file_bytes`].
        limit: u64,
    },
    /// There are more sections than the settings allow; the first ones are kept.
    TooManyEntries {
        /// [`MemorySettings::max_entries_per_file`].
        kept: usize,
        /// How many there are.
        found: usize,
    },
    /// The block at the file's start cannot be read as front matter; it is kept as text.
    BrokenFrontMatter(FrontMatterFault),
    /// The front matter's `date` is in no form that is understood, and was passed over.
    UnknownDate,
    /// The content is a pointer to a file in Git LFS, not the file; no entries.
    LfsPointer,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("holds NUL bytes, so it is not text; nothing was derived from it"),
            Self::Lossy => f.write_str("is not UTF-8; what could not be decoded was replaced"),
            Self::TooLarge { bytes, limit } => {
                write!(
                    f,
                    "has {bytes} bytes of text, more than the {limit} allowed; nothing was derived from it"
                )
            }
            Self::TooManyEntries { kept, found } => {
                write!(f, "has {found} sections; the first {kept} were kept")
            }
            Self::BrokenFrontMatter(fault) => write!(f, "has front matter that {fault}; it was kept as text"),
            Self::UnknownDate => f.write_str("has a date in its front matter that is not understood"),
            Self::LfsPointer => f.write_str("is a Git LFS pointer; nothing was derived from it"),
        }
    }
}
