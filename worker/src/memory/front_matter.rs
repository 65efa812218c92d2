//! The block of `key: value` lines between two `---` lines at a text's very start.
//!
//! Only `title` and `date` are read, and only from simple lines; the rest may be any YAML that keeps to indentation
//! (lists, nested maps, folded text). A block that is not closed, or that holds something else, stays in the text.

use std::fmt;

use super::{
    lines::{Line, lines},
    title,
};

/// A block with more lines than this counts as not closed.
pub(super) const MAX_FRONT_MATTER_LINES: usize = 500;

/// What is wrong with a block of front matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrontMatterFault {
    /// No second `---` within the block's longest length.
    Unclosed,
    /// A line that is not `key: value`.
    Line {
        /// Which line of the file, counted from 1.
        number: usize,
    },
}

impl fmt::Display for FrontMatterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed => f.write_str("is not closed"),
            Self::Line { number } => write!(f, "is not 'key: value' in line {number}"),
        }
    }
}

/// What stands before the text proper.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FrontMatter {
    /// The `title`, ready to show.
    pub(super) title: Option<String>,
    /// The `date` as written.
    pub(super) date: Option<String>,
    /// Why the block is not taken as front matter, if there is one.
    pub(super) fault: Option<FrontMatterFault>,
    /// Where the text proper starts, in bytes.
    pub(super) body_from: usize,
    /// Where headings may start: after a broken block, so that its lines are not taken for headings.
    pub(super) headings_from: usize,
}

/// Reads the block at the start of `text`, if there is one.
pub(super) fn read(text: &str) -> FrontMatter {
    let mut front = FrontMatter::default();
    let mut rest = lines(text);
    if rest.next().is_none_or(|first| first.text != "---") {
        return front;
    }
    let inner = || lines(text).skip(1).take(MAX_FRONT_MATTER_LINES);
    let Some(size) = inner().position(|line| matches!(line.text, "---" | "...")) else {
        return unclosed(text, inner().next());
    };
    let block_end = lines(text).nth(size + 2).map_or(text.len(), |after| after.start);
    let mut fault = None;
    let mut has_blank = false;
    for (index, line) in inner().take(size).enumerate() {
        has_blank |= line.text.is_empty();
        if let Some((key, value)) = key_value(line.text) {
            front.take(key, value);
        } else if fault.is_none() && !continues(line.text) {
            fault = Some(FrontMatterFault::Line { number: index + 2 });
        }
    }
    if fault.is_none() {
        return FrontMatter { body_from: block_end, headings_from: block_end, ..front };
    }
    if inner().next().is_some_and(|line| line.text.is_empty()) {
        // A rule, some text, and another rule.
        return FrontMatter::default();
    }
    // Text with blank lines is rather a text whose block was never closed, and which has a rule further down.
    let headings_from = if has_blank { after_first_line(text) } else { block_end };
    FrontMatter { fault, headings_from, ..FrontMatter::default() }
}

impl FrontMatter {
    fn take(&mut self, key: &str, value: &str) {
        // `|` and `>` announce a text on the following lines, which is not read.
        if value.is_empty() || value.starts_with(['|', '>']) {
            return;
        }
        if key.eq_ignore_ascii_case("title") && self.title.is_none() {
            self.title = Some(title::cut(title::one_line(value))).filter(|title| !title.is_empty());
        } else if key.eq_ignore_ascii_case("date") && self.date.is_none() {
            self.date = Some(value.to_owned());
        }
    }
}

/// A first `---` that nothing closes is front matter only if the next line looks like it; else it is a rule.
fn unclosed(text: &str, next: Option<Line<'_>>) -> FrontMatter {
    if next.is_none_or(|line| key_value(line.text).is_none()) {
        return FrontMatter::default();
    }
    FrontMatter {
        fault: Some(FrontMatterFault::Unclosed),
        headings_from: after_first_line(text),
        ..FrontMatter::default()
    }
}

fn after_first_line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// A line that starts a value: `key: value` or `key:`, not indented.
fn key_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty()
        && !key.starts_with(|c: char| c.is_whitespace() || "#-[]{},|>*&!%@`".contains(c))
        && (value.is_empty() || value.starts_with([' ', '\t']));
    is_key.then(|| (unquoted(key.trim()), unquoted(value.trim())))
}

/// A line that may stand between values: blank, a comment, or more of the value above.
fn continues(line: &str) -> bool {
    line.is_empty() || line.starts_with([' ', '\t', '#', ']', '}']) || line == "-" || line.starts_with("- ")
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> (FrontMatter, &str) {
        let front = read(text);
        let body = &text[front.body_from..];
        (front, body)
    }

    #[test]
    fn reads_simple_lines_and_steps_over_the_rest() {
        let (front, body) = body(
            "---\n\"title\": 'Hello: world'\nDate:   2026-10-03\n# note\ntags:\n  - a\n- b\nlist: [\n]\ntitle: x\n--- \nText\n",
        );
        assert_eq!(front.title.as_deref(), Some("Hello: world"));
        assert_eq!(front.date.as_deref(), Some("2026-10-03"));
        assert_eq!((front.fault, body), (None, "Text\n"));
    }

    #[test]
    fn empty_and_unended_blocks() {
        assert_eq!(body("---\n---\nText").1, "Text");
        assert_eq!(body("---\na: b\n---").1, "");
        assert_eq!(body("---\n\na: b\n...\nText").1, "Text");
    }

    #[test]
    fn rules_are_not_front_matter() {
        for text in [
            "---",
            "---\n",
            "---\n\nText\n",
            "---\n\nText\n---\nmore",
            "----\na: b\n---\n",
            " ---\na: b\n---\n",
        ] {
            assert_eq!(read(text), FrontMatter::default(), "{text:?}");
        }
    }

    #[test]
    fn broken_blocks_stay_in_the_text() {
        for (text, fault, headings) in [
            ("---\ntitle: x\n\n# Head\n", FrontMatterFault::Unclosed, "title: x\n\n# Head\n"),
            ("---\ntitle: x\nno colon\n---\n# Head\n", FrontMatterFault::Line { number: 3 }, "# Head\n"),
            ("---\ntitle:x\n---\n", FrontMatterFault::Line { number: 2 }, ""),
            ("---\na: b\n\ntext\n---\nx", FrontMatterFault::Line { number: 4 }, "a: b\n\ntext\n---\nx"),
        ] {
            let front = read(text);
            assert_eq!((front.fault, front.body_from), (Some(fault), 0), "{text:?}");
            assert_eq!(front.title, None, "{text:?}");
            assert_eq!(&text[front.headings_from..], headings, "{text:?}");
        }
        let endless = format!("---\n{}---\n", "a: b\n".repeat(MAX_FRONT_MATTER_LINES));
        assert_eq!(read(&endless).fault, Some(FrontMatterFault::Unclosed));
    }
}
