//! A text's lines with their places.

/// One line of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    /// Where it starts in the text, in bytes.
    pub(super) start: usize,
    /// The line without its end and without white space before that.
    pub(super) text: &'a str,
}

/// The lines of `text`, which end in LF.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> + Clone {
    let mut next = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = next;
        next += line.len();
        Line { start, text: line.trim_end() }
    })
}

/// The character that a line consists of, if it is one and the same throughout.
pub(super) fn uniform(line: &str) -> Option<char> {
    let first = line.chars().next()?;
    line.chars().all(|c| c == first).then_some(first)
}
