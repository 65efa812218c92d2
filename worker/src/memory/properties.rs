//! What must hold for any bytes and any edit.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use entities::MemoryKind;
use proptest::prelude::*;

use super::{Derived, Entry, MemorySettings, Rules};

const KINDS: [MemoryKind; 3] = [MemoryKind::Letter, MemoryKind::Guide, MemoryKind::Document];
const PATHS: [&[u8]; 6] =
    [b"a.md", b"a.adoc", b"a.rst", b"README", b".memory/letter_20261003_0001.md", b"\xff#%.md"];

fn derive(path: &[u8], kind: MemoryKind, content: &[u8]) -> Derived {
    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new(&MemorySettings::default()).unwrap());
    RULES.derive(path, kind, content)
}

fn document(text: &str) -> Vec<Entry> {
    derive(b"a.md", MemoryKind::Document, text.as_bytes()).entries
}

fn by_key(entries: Vec<Entry>) -> BTreeMap<String, String> {
    entries.into_iter().map(|entry| (entry.key, entry.body)).collect()
}

/// Lines that mean something to one of the formats, in any order, with any text between.
fn any_markup() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just("---".to_owned()),
        Just("title: x".to_owned()),
        Just("====".to_owned()),
        Just("~~~~".to_owned()),
        Just("```".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("[discrete]".to_owned()),
        Just(".. _target:".to_owned()),
        Just("|===".to_owned()),
        "[#=>*+-]{0,7} ?[a-c]{0,3}",
        " {0,5}[a-cäש\\[\\]`*_:<|.~/\t]{0,8}",
        "\\PC{0,12}",
    ];
    let end = prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")];
    prop::collection::vec((line, end), 0..40)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect())
}

/// A section's heading (level and text) and its paragraph.
type Section = (usize, String, String);

/// Sections as people write them; headings may repeat.
fn sections() -> impl Strategy<Value = Vec<Section>> {
    prop::collection::vec((1_usize..=6, "[a-d]", "[a-z]{1,6}( [a-z]{1,6}){0,3}"), 1..12)
}

fn markdown(sections: &[Section]) -> String {
    sections
        .iter()
        .map(|(level, heading, text)| format!("{} {heading}\n\n{text}\n\n", "#".repeat(*level)))
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_derive(content in prop::collection::vec(any::<u8>(), 0..400)) {
        for (path, kind) in PATHS.into_iter().flat_map(|path| KINDS.map(|kind| (path, kind))) {
            derive(path, kind, &content);
        }
    }

    #[test]
    fn keys_differ_and_titles_are_not_empty(text in any_markup()) {
        for (path, kind) in PATHS.into_iter().flat_map(|path| KINDS.map(|kind| (path, kind))) {
            let entries = derive(path, kind, text.as_bytes()).entries;
            let keys: HashSet<_> = entries.iter().map(|entry| &entry.key).collect();
            prop_assert_eq!(keys.len(), entries.len());
            prop_assert!(entries.iter().all(|entry| !entry.title.is_empty()));
        }
    }

    #[test]
    fn nothing_is_lost(text in any_markup()) {
        let expected = text.replace("\r\n", "\n");
        for path in [&b"a.md"[..], b"a.adoc", b"a.rst", b"README"] {
            let derived = derive(path, MemoryKind::Document, text.as_bytes());
            let bodies: String = derived.entries.iter().map(|entry| entry.body.as_str()).collect();
            let front = if path == b"a.md" { super::front_matter::read(&expected).body_from } else { 0 };
            let before = expected[front..].strip_suffix(bodies.as_str());
            // Only a blank beginning is left out.
            prop_assert!(before.is_some_and(|before| before.trim().is_empty()), "{path:?}: {bodies:?}");
        }
    }

    #[test]
    fn line_ends_do_not_matter(text in any_markup()) {
        let unix = text.replace("\r\n", "\n").replace('\r', "");
        prop_assert_eq!(document(&unix), document(&unix.replace('\n', "\r\n")));
    }

    #[test]
    fn an_edited_paragraph_changes_one_entry(mut sections in sections(), at in any::<prop::sample::Index>()) {
        let before = document(&markdown(&sections));
        let at = at.index(sections.len());
        sections[at].2.push_str(" edited");
        let after = document(&markdown(&sections));
        prop_assert_eq!(before.len(), sections.len());
        for (index, (old, new)) in before.iter().zip(&after).enumerate() {
            if index == at {
                prop_assert_ne!(&old.body, &new.body);
                prop_assert_eq!((&old.key, &old.title), (&new.key, &new.title));
            } else {
                prop_assert_eq!(old, new);
            }
        }
    }

    #[test]
    fn a_new_section_leaves_the_others_alone(mut sections in sections(), at in any::<prop::sample::Index>()) {
        let before = by_key(document(&markdown(&sections)));
        let at = at.index(sections.len() + 1);
        // On the level of what follows, so that it becomes nobody's parent.
        let level = sections.get(at).map_or(3, |(level, ..)| *level);
        sections.insert(at, (level, "new".to_owned(), "text".to_owned()));
        let mut after = by_key(document(&markdown(&sections)));
        let new: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).cloned().collect();
        prop_assert_eq!(new.len(), 1);
        after.remove(&new[0]);
        prop_assert_eq!(before, after);
    }
}
