//! Headings of reStructuredText: titles with a line of one punctuation character under them, or over and under.
//!
//! Follows docutils: each style of adornment is a level, in the order in which they first appear, and only the first
//! line of a block can be a title, so literal blocks and directives, which are indented, hold none. A section starts at
//! the targets (`.. _name:`) right above its title.

use super::{
    inline,
    lines::{Line, lines, uniform},
    sections::Headings,
};

/// An adornment shorter than its title must have this length at least, in characters.
const MIN_SHORT_ADORNMENT: usize = 4;

/// An adornment's character, and whether it stands over the title as well.
type Style = (char, bool);

/// Tells `headings` every heading of `text`.
pub(super) fn find_headings(text: &str, headings: &mut Headings) {
    let mut rest = lines(text);
    let mut styles: Vec<Style> = Vec::new();
    let mut targets: Option<usize> = None;
    while let Some(Line { start, text: line }) = rest.next() {
        if line.is_empty() {
            continue;
        }
        if line.starts_with(".. _") {
            targets.get_or_insert(start);
            continue;
        }
        let start = targets.take().unwrap_or(start);
        let mut ahead = rest.clone().map(|line| line.text);
        let (next, after) = (ahead.next().unwrap_or(""), ahead.next().unwrap_or(""));
        drop(ahead);
        if let Some(mark) = adornment(line) {
            if after == line && !next.is_empty() && fits(next.trim_start(), line) {
                add(headings, &mut styles, (mark, true), start, next);
                rest.next();
                rest.next();
            }
        } else if line.starts_with([' ', '\t']) || starts_marked_block(line) {
            // More of a block that is not a paragraph; the next line may start one.
        } else if let Some(mark) = adornment(next).filter(|_| fits(line, next)) {
            add(headings, &mut styles, (mark, false), start, line);
            rest.next();
        } else {
            skip_paragraph(&mut rest);
        }
    }
}

fn add(headings: &mut Headings, styles: &mut Vec<Style>, style: Style, start: usize, title: &str) {
    let level = styles.iter().position(|known| *known == style).unwrap_or_else(|| {
        // There are twice as many styles as ASCII has punctuation characters, at most.
        styles.push(style);
        styles.len() - 1
    });
    headings.add(level + 1, start, &inline::rst(title.trim()));
}

/// The character of a line that can adorn a title. `::` and `..` mean something else.
fn adornment(line: &str) -> Option<char> {
    let mark = uniform(line).filter(char::is_ascii_punctuation)?;
    (line != "::" && line != "..").then_some(mark)
}

/// Whether `line` is long enough to adorn `title`.
fn fits(title: &str, line: &str) -> bool {
    line.len() >= MIN_SHORT_ADORNMENT || line.len() >= title.chars().count()
}

/// Whether a line starts a list item, a field, a directive, a table or the like, and so cannot be a title.
fn starts_marked_block(line: &str) -> bool {
    let marks = ["- ", "* ", "+ ", "• ", "‣ ", "⁃ ", ".. ", "__ ", "| ", ">>> ", "+-", "+="];
    let is_field = line
        .strip_prefix(':')
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(name, rest)| !name.is_empty() && (rest.is_empty() || rest.starts_with(' ')));
    is_field || line == ".." || marks.iter().any(|mark| line.starts_with(mark))
}

fn skip_paragraph<'a>(rest: &mut impl Iterator<Item = Line<'a>>) {
    for line in rest {
        if line.text.is_empty() {
            return;
        }
    }
}
