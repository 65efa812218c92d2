//! What is derived from a file.

use std::{collections::BTreeSet, sync::OnceLock};

use entities::MemoryKind;
use worker::memory::{MAX_TITLE_CHARS, MemorySettings, Rules};

/// The most entries of a file here.
const MAX_ENTRIES: usize = 50;

/// The largest file that anything is derived from here, in bytes.
const MAX_BYTES: u64 = 64 << 10;

fn settings() -> MemorySettings {
    MemorySettings { max_file_bytes: MAX_BYTES, max_entries_per_file: MAX_ENTRIES, ..Default::default() }
}

/// The first line is a path, the rest the file's content. Whatever they are, the entries are as a row can hold them.
pub fn derive(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (path, content) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    static RULES: OnceLock<Rules> = OnceLock::new();
    let rules = RULES.get_or_init(|| match Rules::new(&settings()) {
        Ok(rules) => rules,
        Err(error) => panic!("the default rules are no rules: {error}"),
    });
    let known = rules.kind_of(path);
    for kind in [MemoryKind::Letter, MemoryKind::Guide, MemoryKind::Document] {
        if known.is_some_and(|known| known != kind) {
            continue;
        }
        let derived = rules.derive(path, kind, content);
        assert!(derived.entries.len() <= MAX_ENTRIES);
        let keys: BTreeSet<&str> = derived.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys.len(), derived.entries.len(), "two entries have one key");
        for entry in &derived.entries {
            assert!(!entry.title.is_empty() && !entry.title.contains('\n'));
            assert!(entry.title.chars().count() <= MAX_TITLE_CHARS);
            assert!(entry.heading_path.iter().all(|title| title.chars().count() <= MAX_TITLE_CHARS));
            assert!(entry.body.len() as u64 <= MAX_BYTES && !entry.body.contains('\0'));
            assert!(!entry.key.contains(char::is_control), "{:?}", entry.key);
        }
        assert_eq!(derived, rules.derive(path, kind, content), "the same bytes give other entries");
    }
}
