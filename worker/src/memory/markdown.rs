//! Headings of Markdown (CommonMark with GitHub's extensions), ATX and setext.
//!
//! Only headings of the document itself count, not those in quotes, list items or footnotes.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

use super::sections::Headings;

/// What READMEs commonly use. Heading attributes (`# Title {#id}`) are kept out of titles.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_GFM);

/// A text with a line that opens more quotes and list items than this has no headings: the parser's time grows with
/// the product of the depth and the number of lines.
const MAX_NESTING: usize = 100;

/// Tells `headings` every heading of `text`.
pub(super) fn find_headings(text: &str, headings: &mut Headings) {
    if text.split(['\n', '\r']).any(|line| nesting(line) > MAX_NESTING) {
        return;
    }
    let mut depth = 0_usize;
    let mut open: Option<(HeadingLevel, usize)> = None;
    let mut title = String::new();
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if let (0, Tag::Heading { level, .. }) = (depth, tag) {
                    open = Some((level, line_start(text, range.start)));
                    title.clear();
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0
                    && let Some((level, start)) = open.take()
                {
                    headings.add(level as usize, start, &title);
                }
            }
            _ if open.is_none() => {}
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            _ => {}
        }
    }
}

/// Where the line that holds byte `at` starts. A heading's own place comes after its indentation.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// How many quotes and list items a line may open at most; a rule or an underline opens none.
fn nesting(line: &str) -> usize {
    let is_space = |c: &char| matches!(c, ' ' | '\t');
    let mut marks =
        line.chars().take_while(|c| is_space(c) || ">*+-".contains(*c)).filter(|c| !is_space(c)).peekable();
    let first = marks.peek().copied();
    let is_rule =
        line.chars().filter(|c| !is_space(c)).all(|c| Some(c) == first) && matches!(first, Some('*' | '-'));
    if is_rule { 0 } else { marks.count() }
}
