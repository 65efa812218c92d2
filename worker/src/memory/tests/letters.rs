//! Letters and their front matter.

use super::*;

fn letter(path: &str, text: &str) -> (Entry, Vec<Warning>) {
    let Derived { mut entries, warnings } = rules().derive(path.as_bytes(), Letter, text.as_bytes());
    assert_eq!(entries.len(), 1, "{path}");
    (entries.remove(0), warnings)
}

#[test]
fn letters_take_title_and_date_from_the_best_place() {
    let day = Some("2026-10-03T00:00:00+00:00");
    for (path, text, title, date) in [
        (".memory/letter_07.md", "Hello", "Letter 7", None),
        (".memory/letter_000.md", "Hello", "Letter 0", None),
        (".memory/a/letter_20261003_0012.md", "Hello", "Letter 2026-10-03 no. 12", day),
        (".memory/letter_20261003.md", "Hello", "Letter 2026-10-03", day),
        (
            ".MEMORY/LETTER_20261003140509.MD",
            "Hi",
            "Letter 2026-10-03 14:05:09",
            Some("2026-10-03T14:05:09+00:00"),
        ),
        (".memory/letter_20261399.md", "Hello", "Letter 20261399", None),
        (".memory/letter_20261399_0001.md", "Hello", "letter_20261399_0001", None),
        (".memory/letter_20261399140509.md", "Hello", "Letter 20261399140509", None),
        (".memory/letter_.md", "Hello", "letter_", None),
        (".memory/ideas for later.md", "Hello", "ideas for later", None),
        (".memory/letter_07.md", "Hi\n\n## What `we` *did*\n", "What we did", None),
        (".memory/letter_07.md", "```\n# no\n```\n", "Letter 7", None),
        (".memory/letter_07.md", "---\ntitle: \"The plan\"\n---\n# Other\n", "The plan", None),
        (".memory/letter_20251231_1.md", "---\ndate: 2026-10-03\n---\nHi", "Letter 2025-12-31 no. 1", day),
    ] {
        let (entry, warnings) = letter(path, text);
        let found = entry.date.map(|date| date.to_rfc3339());
        assert_eq!((entry.title.as_str(), found.as_deref()), (title, date), "{path}: {text}");
        assert_eq!((entry.key.as_str(), entry.heading_path.len(), warnings.len()), (path, 0, 0));
    }
}

#[test]
fn a_letter_is_its_text_without_front_matter() {
    let text = "---\ntitle: T\ndate: 2026-10-03\ntags:\n  - a\n---\n\nDear reader,\n\n# One\n\n# Two\n";
    assert_eq!(letter(".memory/x.md", text).0.body, "\nDear reader,\n\n# One\n\n# Two\n");
    assert_eq!(letter(".memory/x.md", "---\ntitle: T\n---\n").0.body, "");
}

#[test]
fn broken_front_matter_is_kept_and_told() {
    let unclosed = "---\ntitle: lost\ndate: 2026-10-03\n\n# Found\n";
    let (entry, warnings) = letter(".memory/letter_1.md", unclosed);
    assert_eq!((entry.title.as_str(), entry.date, entry.body.as_str()), ("Found", None, unclosed));
    assert_eq!(warnings, [Warning::BrokenFrontMatter(FrontMatterFault::Unclosed)]);
    let broken = "---\nno colon here\n---\nText\n";
    let (entry, warnings) = letter(".memory/letter_1.md", broken);
    assert_eq!((entry.title.as_str(), entry.body.as_str()), ("Letter 1", broken));
    assert_eq!(warnings, [Warning::BrokenFrontMatter(FrontMatterFault::Line { number: 2 })]);
    assert_eq!(
        warnings[0].to_string(),
        "has front matter that is not 'key: value' in line 2; it was kept as text"
    );
    let (entry, warnings) = letter(".memory/letter_1.md", "---\ndate: soon\n---\nText\n");
    assert_eq!((entry.date, warnings), (None, vec![Warning::UnknownDate]));
    let derived = rules().derive(b"a.md", Document, b"---\nbad\n---\n# Head\n");
    assert_eq!(derived.entries.len(), 2);
    assert_eq!(derived.warnings, [Warning::BrokenFrontMatter(FrontMatterFault::Line { number: 2 })]);
}
