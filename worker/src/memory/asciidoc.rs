//! Headings of AsciiDoc: `== Title` and the two-line form of older documents.
//!
//! Follows Asciidoctor where it matters: nothing inside delimited blocks is a heading, nothing in the middle of a
//! paragraph is, and `[discrete]` headings do not start sections. A section starts at the attribute lines (`[…]`)
//! that belong to its heading.

use super::{
    inline,
    lines::{Line, lines, uniform},
    sections::Headings,
};

/// The underlines of two-line titles, from the highest level down.
const UNDERLINES: [char; 5] = ['=', '-', '~', '^', '+'];

/// Attribute lines that wait for the block they belong to.
#[derive(Clone, Copy)]
struct Attributes {
    start: usize,
    discrete: bool,
}

/// Tells `headings` every heading of `text`.
pub(super) fn find_headings(text: &str, headings: &mut Headings) {
    let mut rest = lines(text).peekable();
    let mut closing: Option<&str> = None;
    let mut attributes: Option<Attributes> = None;
    let mut in_paragraph = false;
    while let Some(Line { start, text: line }) = rest.next() {
        if let Some(delimiter) = closing {
            if line == delimiter {
                closing = None;
            }
            continue;
        }
        if line.is_empty() {
            in_paragraph = false;
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') {
            in_paragraph = false;
            let before = attributes.unwrap_or(Attributes { start, discrete: false });
            attributes = Some(Attributes { discrete: before.discrete || is_discrete(line), ..before });
            continue;
        }
        if let Some(delimiter) = closing_delimiter(line) {
            in_paragraph = false;
            attributes = None;
            closing = Some(delimiter);
            continue;
        }
        if in_paragraph || is_neutral(line) {
            continue;
        }
        let next = rest.peek().map_or("", |next| next.text);
        let heading = one_line_title(line).or_else(|| {
            let level = two_line_level(line, next)?;
            rest.next();
            Some((level, line))
        });
        let waiting = attributes.take();
        match heading {
            Some(_) if waiting.is_some_and(|attributes| attributes.discrete) => {}
            Some((level, title)) => {
                let start = waiting.map_or(start, |attributes| attributes.start);
                headings.add(level, start, &inline::asciidoc(title));
            }
            None => in_paragraph = !is_block_macro(line),
        }
    }
}

/// `== Title`, or `== Title ==`: its level from 1, and the title.
fn one_line_title(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('=');
    let level = line.len() - title.len();
    if !(1..=6).contains(&level) || !title.starts_with([' ', '\t']) {
        return None;
    }
    let title = title.trim();
    let shorter = title.strip_suffix(&line[..level]).filter(|shorter| shorter.ends_with([' ', '\t']));
    Some((level, shorter.unwrap_or(title).trim_end()))
}

/// A title with a line of the same length, give or take one, under it. It holds a letter or digit and does not start
/// as a block's title (`.`) or an attribute entry does.
fn two_line_level(title: &str, underline: &str) -> Option<usize> {
    let mark = uniform(underline)?;
    let level = UNDERLINES.iter().position(|known| *known == mark)? + 1;
    let fits = title.chars().count().abs_diff(underline.len()) <= 1 && underline.len() > 1;
    let is_title = !title.starts_with(['.', ':', ' ', '\t']) && title.chars().any(char::is_alphanumeric);
    (fits && is_title).then_some(level)
}

/// The line that closes the delimited block which `line` opens, if it opens one.
fn closing_delimiter(line: &str) -> Option<&str> {
    if line == "--" || line.starts_with("```") {
        return Some(if line == "--" { line } else { "```" });
    }
    if let Some(mark) = uniform(line) {
        return ("-.=*_+/".contains(mark) && line.len() >= 4).then_some(line);
    }
    let table = line.strip_prefix(['|', ',', ':', '!'])?;
    (table.len() >= 3 && uniform(table) == Some('=')).then_some(line)
}

/// `[discrete]` or `[float]`, also with an id, roles or options.
fn is_discrete(line: &str) -> bool {
    let style = line[1..].split([',', '#', '.', '%', ']']).next().unwrap_or_default().trim();
    style == "discrete" || style == "float"
}

/// Lines that neither start nor belong to a paragraph: comments, attribute entries, titles of blocks.
fn is_neutral(line: &str) -> bool {
    let is_entry = line.strip_prefix(':').and_then(|rest| rest.split_once(':')).is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_!".contains(c))
    });
    let is_block_title =
        line.strip_prefix('.').is_some_and(|rest| !rest.starts_with(['.', ' ', '\t']) && !rest.is_empty());
    is_entry || is_block_title || line.starts_with("//")
}

/// `name::target[…]`, on a line of its own: an include, a condition, an image.
fn is_block_macro(line: &str) -> bool {
    line.ends_with(']')
        && line.split_once("::").is_some_and(|(name, rest)| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
                && rest.contains('[')
        })
}
