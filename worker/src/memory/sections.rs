//! From headings to entries: a section starts at its heading and ends where the next one starts, whatever its level.

use super::{
    Entry,
    key::{self, SectionKeys},
    title,
};

/// The deepest level; headings further down count as being on it. Bounds the length of a heading path.
pub(super) const MAX_LEVELS: usize = 10;

/// One heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Heading {
    /// The depth, counted from 1. Only the order matters: levels may be skipped.
    level: usize,
    /// Where its section starts, in bytes.
    start: usize,
    /// Its text on one line; may be empty.
    title: String,
    slug: String,
}

/// The headings of one text in order: the first ones, and how many there are.
#[derive(Debug)]
pub(super) struct Headings {
    kept: Vec<Heading>,
    found: usize,
    limit: usize,
    offset: usize,
}

impl Headings {
    /// Keeps the first `limit` headings; `offset` is added to where they are found.
    pub(super) fn new(limit: usize, offset: usize) -> Self {
        Self { kept: Vec::new(), found: 0, limit, offset }
    }

    /// Adds the next heading: its section starts at byte `start`, and it reads `text`, without markup.
    pub(super) fn add(&mut self, level: usize, start: usize, text: &str) {
        self.found += 1;
        if self.kept.len() >= self.limit {
            return;
        }
        let line = title::one_line(text);
        let slug = key::slug(&line);
        self.kept.push(Heading {
            level: level.clamp(1, MAX_LEVELS),
            start: self.offset + start,
            title: title::cut(line),
            slug,
        });
    }

    /// The first heading's text, if it has any.
    pub(super) fn first_title(&self) -> Option<&str> {
        self.kept.first().map(|heading| heading.title.as_str()).filter(|title| !title.is_empty())
    }
}

/// Cuts `text[from..]` into at most `limit` entries and returns how many there are without the limit.
///
/// `headings` must have been kept to one more than `limit`, so that the last entry's end is known. The text before the
/// first heading is an entry titled `root_title` unless it is blank. The bodies together are the whole text.
pub(super) fn cut(
    path: &[u8],
    root_title: &str,
    text: &str,
    from: usize,
    headings: &Headings,
    limit: usize,
    entries: &mut Vec<Entry>,
) -> usize {
    let mut keys = SectionKeys::new(path);
    let mut outline: Vec<(&Heading, String)> = Vec::new();
    let root = &text[from..headings.kept.first().map_or(text.len(), |first| first.start)];
    let has_root = !root.trim().is_empty();
    if has_root && limit > 0 {
        entries.push(Entry {
            key: keys.file().to_owned(),
            title: root_title.to_owned(),
            heading_path: Vec::new(),
            date: None,
            body: root.to_owned(),
        });
    }
    for (index, heading) in headings.kept.iter().enumerate() {
        if entries.len() >= limit {
            break;
        }
        while outline.last().is_some_and(|(above, _)| above.level >= heading.level) {
            outline.pop();
        }
        let parent = outline.last().map_or("", |(_, anchor)| anchor.as_str());
        let anchor = keys.anchor(parent, &heading.slug);
        let key = keys.key(&anchor);
        outline.push((heading, anchor));
        let end = headings.kept.get(index + 1).map_or(text.len(), |next| next.start);
        entries.push(Entry {
            key,
            title: if heading.title.is_empty() { root_title.to_owned() } else { heading.title.clone() },
            heading_path: outline.iter().map(|(heading, _)| heading.title.clone()).collect(),
            date: None,
            body: text[heading.start..end].to_owned(),
        });
    }
    headings.found + usize::from(has_root)
}
