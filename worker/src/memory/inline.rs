//! Takes inline markup out of headings, where no parser does it for us.

/// An AsciiDoc title as text.
pub(super) fn asciidoc(title: &str) -> String {
    let mut text = without_anchors(title);
    for mark in ["**", "__", "``", "##"] {
        text = without_pairs(&text, mark, true);
    }
    for mark in ["*", "_", "`", "#"] {
        text = without_pairs(&text, mark, false);
    }
    text
}

/// A reStructuredText title as text.
pub(super) fn rst(title: &str) -> String {
    let mut text = without_pairs(title, "``", false);
    text = without_roles(&text);
    for mark in ["**", "*"] {
        text = without_pairs(&text, mark, false);
    }
    text
}

/// Drops pairs of `mark` with text between. Unless they may stand `inside_words`, the opening one does not follow a
/// letter or digit, nor does the closing one precede any; neither has white space on its inner side. Takes time in proportion to the text: an opening mark that nothing closes ends it.
fn without_pairs(text: &str, mark: &str, inside_words: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(mark) {
        let (head, tail) = (&rest[..at], &rest[at + mark.len()..]);
        plain.push_str(head);
        before = head.chars().next_back().or(before);
        let in_word = !inside_words && before.is_some_and(char::is_alphanumeric);
        if in_word || tail.starts_with(char::is_whitespace) {
            plain.push_str(mark);
            before = mark.chars().next_back();
            rest = tail;
            continue;
        }
        let Some(end) = closing(tail, mark, inside_words) else {
            plain.push_str(mark);
            rest = tail;
            break;
        };
        plain.push_str(&tail[..end]);
        before = tail[..end].chars().next_back();
        rest = &tail[end + mark.len()..];
    }
    plain.push_str(rest);
    plain
}

/// Where in `text` the mark that closes it starts; not at once, since there would be nothing between.
fn closing(text: &str, mark: &str, inside_words: bool) -> Option<usize> {
    text.match_indices(mark).map(|(at, _)| at).find(|&at| {
        let inside = text[..at].chars().next_back();
        let after = text[at + mark.len()..].chars().next();
        inside.is_some_and(|c| !c.is_whitespace())
            && (inside_words || !after.is_some_and(char::is_alphanumeric))
    })
}

/// Drops AsciiDoc's inline anchors, `[[id]]`.
fn without_anchors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("[[") {
        let Some((_, after)) = tail.split_once("]]") else {
            break;
        };
        plain.push_str(head);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// Reduces reStructuredText's interpreted text to what is shown: `` :role:`text` ``, `` `text <target>`_ ``.
fn without_roles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('`') {
        let Some((inside, after)) = tail.split_once('`') else {
            break;
        };
        plain.push_str(without_role(head));
        let shown =
            inside.rsplit_once(" <").filter(|(_, target)| target.ends_with('>')).map(|(shown, _)| shown);
        plain.push_str(shown.unwrap_or(inside));
        rest = after.trim_start_matches('_');
    }
    plain.push_str(rest);
    plain
}

/// Drops a `:role:` from the end of `text`.
fn without_role(text: &str) -> &str {
    let is_name = |c: char| c.is_alphanumeric() || "-_.+".contains(c);
    let Some(before) = text.strip_suffix(':') else {
        return text;
    };
    let start = before.trim_end_matches(|c| is_name(c) || c == ':');
    if start.len() == before.len() || !before[start.len()..].starts_with(':') { text } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asciidoc_titles_become_text() {
        for (title, text) in [
            ("The `foo` *bar*", "The foo bar"),
            ("_Soon_ **un**bound", "Soon unbound"),
            ("snake_case_name stays", "snake_case_name stays"),
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("[[id]]Title [[open", "Title [[open"),
            ("*open", "*open"),
            ("C#", "C#"),
            ("**", "**"),
        ] {
            assert_eq!(asciidoc(title), text, "{title:?}");
        }
    }

    #[test]
    fn rst_titles_become_text() {
        for (title, text) in [
            ("The ``foo`` *bar*", "The foo bar"),
            ("See :ref:`the end <end>` and `x`_", "See the end and x"),
            (":py:class:`Foo`: a class", "Foo: a class"),
            ("Note: `x`", "Note: x"),
            ("odd ` tick", "odd ` tick"),
            ("**bold** 2*3*4", "bold 2*3*4"),
        ] {
            assert_eq!(rst(title), text, "{title:?}");
        }
    }
}
