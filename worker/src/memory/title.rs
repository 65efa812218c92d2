//! One line for people.

use super::format::file_name;

/// The longest title or heading that an entry holds, in characters; longer ones are cut and end in `…`.
pub const MAX_TITLE_CHARS: usize = 200;

/// `text` on one line: control characters and runs of white space become single spaces.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// `line` with at most [`MAX_TITLE_CHARS`] characters.
pub(super) fn cut(mut line: String) -> String {
    // The byte where the last allowed character starts, if there are more characters than allowed.
    let mut places = line.char_indices().skip(MAX_TITLE_CHARS - 1).map(|(place, _)| place);
    if let (Some(last), Some(_)) = (places.next(), places.next()) {
        line.truncate(last);
        line.push('…');
    }
    line
}

/// The title of a file that has no better one: its name.
pub(super) fn of_file(path: &[u8]) -> String {
    of_bytes(file_name(path))
}

/// A title from bytes that may not be text; never empty.
pub(super) fn of_bytes(name: &[u8]) -> String {
    let title = cut(one_line(&String::from_utf8_lossy(name)));
    if title.is_empty() { "Untitled".to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_bounded_line_without_control_characters() {
        assert_eq!(one_line("  a\tb\n\n c\u{1b}[31m\u{85}d "), "a b c [31m d");
        let long = "ä".repeat(MAX_TITLE_CHARS);
        assert_eq!(cut(long.clone()), long);
        let cut = cut(format!("{long}x"));
        assert_eq!(cut.chars().count(), MAX_TITLE_CHARS);
        assert!(cut.ends_with("ä…"), "{cut}");
        assert_eq!(of_file(b"a/b\xff.md"), "b\u{fffd}.md");
        assert_eq!(of_file(b"a/\n"), "Untitled");
    }
}
