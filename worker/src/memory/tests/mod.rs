//! Real-looking files, and nasty ones: what counts as memory, and what becomes of bytes.

mod letters;
mod sections;

use std::sync::LazyLock;

use entities::MemoryKind::{self, Document, Guide, Letter};

use super::{Derived, Entry, FrontMatterFault, MAX_TITLE_CHARS, MemorySettings, Rules, RulesError, Warning};

fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new(&MemorySettings::default()).unwrap());
    &RULES
}

fn limited(max_file_bytes: u64, max_entries_per_file: usize) -> Rules {
    let settings = MemorySettings { max_file_bytes, max_entries_per_file, ..MemorySettings::default() };
    Rules::new(&settings).unwrap()
}

fn document(path: &str, text: &str) -> Vec<Entry> {
    let derived = rules().derive(path.as_bytes(), Document, text.as_bytes());
    assert_eq!(derived.warnings, [], "{path}");
    derived.entries
}

fn kind_of(path: &[u8]) -> Option<MemoryKind> {
    rules().kind_of(path)
}

#[test]
fn paths_tell_the_kind() {
    for (path, kind) in [
        (".memory/letter_01.md", Some(Letter)),
        (".memory/2026/10/letter_20261003_0001.md", Some(Letter)),
        (".MEMORY/Letter_01.MD", Some(Letter)),
        (".memory/picture.png", None),
        ("docs/.memory/letter_01.md", Some(Document)),
        ("AGENTS.md", Some(Guide)),
        ("crates/core/agents.md", Some(Guide)),
        ("CLAUDE.md", Some(Guide)),
        ("GEMINI.md", Some(Guide)),
        ("CONTRIBUTING", Some(Guide)),
        ("docs/contributing.rst", Some(Guide)),
        (".cursorrules", Some(Guide)),
        ("web/.cursor/rules/style/css.mdc", Some(Guide)),
        (".windsurfrules", Some(Guide)),
        (".github/copilot-instructions.md", Some(Guide)),
        (".github/instructions/rust.instructions.md", Some(Guide)),
        ("CODE_OF_CONDUCT.md", Some(Document)),
        ("NOTAGENTS.md", Some(Document)),
        ("README", Some(Document)),
        ("lib/readme.TXT", Some(Document)),
        ("docs/a.markdown", Some(Document)),
        ("docs/a.mdx", Some(Document)),
        ("docs/a.adoc", Some(Document)),
        ("docs/a.rst", Some(Document)),
        ("a b/new\nline.md", Some(Document)),
        ("src/main.rs", None),
        ("notes.txt", None),
        ("md", None),
        ("", None),
    ] {
        assert_eq!(kind_of(path.as_bytes()), kind, "{path:?}");
    }
    assert_eq!(kind_of(b"docs/\xff\xfe.md"), Some(Document));
    assert_eq!(kind_of(&[b"d/".repeat(8_000), b"a.md".to_vec()].concat()), Some(Document));
}

#[test]
fn the_first_list_that_matches_wins() {
    let globs = |list: &[&str]| list.iter().map(|&glob| glob.to_owned()).collect();
    let settings = MemorySettings {
        exclude: globs(&["vendor/**", "**/x.md"]),
        letters: globs(&["notes/*.md"]),
        guides: globs(&["**/a.md"]),
        ..MemorySettings::default()
    };
    let rules = Rules::new(&settings).unwrap();
    assert_eq!(rules.kind_of(b"vendor/a.md"), None);
    assert_eq!(rules.kind_of(b"notes/x.md"), None);
    assert_eq!(rules.kind_of(b"notes/a.md"), Some(Letter));
    assert_eq!(rules.kind_of(b"notes/more/a.md"), Some(Guide));
    assert_eq!(rules.kind_of(b"notes/more/b.md"), Some(Document));
    let off = Rules::new(&MemorySettings { enabled: false, ..settings }).unwrap();
    assert_eq!(off.kind_of(b"notes/a.md"), None);
}

#[test]
fn bad_settings_are_named() {
    let settings = MemorySettings { guides: vec!["a/[b".to_owned()], ..MemorySettings::default() };
    let error = Rules::new(&settings).unwrap_err();
    assert!(
        matches!(&error, RulesError::Glob { setting: "guides", glob, .. } if glob == "a/[b"),
        "{error:?}"
    );
    assert!(error.to_string().starts_with("memory.guides: 'a/[b': "), "{error}");
    let settings = MemorySettings { exclude: vec!["a".to_owned(); 501], ..MemorySettings::default() };
    let error = Rules::new(&settings).unwrap_err();
    assert_eq!(error, RulesError::TooManyGlobs { setting: "exclude", count: 501 });
}

#[test]
fn the_digest_follows_every_setting() {
    let base = MemorySettings::default();
    let digest = |settings: &MemorySettings| Rules::new(settings).unwrap().digest();
    let mut digests = vec![
        digest(&base),
        digest(&MemorySettings { enabled: false, ..base.clone() }),
        digest(&MemorySettings { max_file_bytes: 5, ..base.clone() }),
        digest(&MemorySettings { max_entries_per_file: 5, ..base.clone() }),
        digest(&MemorySettings { letters: vec!["ab".into()], ..base.clone() }),
        digest(&MemorySettings { letters: vec!["a".into(), "b".into()], ..base.clone() }),
        digest(&MemorySettings { guides: vec!["ab".into()], ..base.clone() }),
        digest(&MemorySettings { documents: vec!["ab".into()], ..base.clone() }),
        digest(&MemorySettings { exclude: vec!["ab".into()], ..base.clone() }),
    ];
    assert!(digests.iter().all(|digest| digest.len() == 16), "{digests:?}");
    assert_eq!(digest(&base.clone()), digests[0]);
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
}

#[test]
fn what_is_not_text_gives_no_entries() {
    let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for (rules, content, warning) in [
        (rules().clone(), &b"# Title\0\n"[..], Some(Warning::NotText)),
        (rules().clone(), b"\xff\xfe#\0 \0T\0", Some(Warning::NotText)),
        (limited(10, 5), b"# 123456789", Some(Warning::TooLarge { bytes: 11, limit: 10 })),
        (limited(10, 5), b"# \xff\xff\xff\xff", Some(Warning::TooLarge { bytes: 14, limit: 10 })),
        (rules().clone(), lfs, Some(Warning::LfsPointer)),
        (rules().clone(), b"", None),
        (rules().clone(), b"\xef\xbb\xbf \n\t\r\n", None),
    ] {
        for (path, kind) in [(&b".memory/a.md"[..], Letter), (b"a.md", Document), (b".cursorrules", Guide)] {
            let derived = rules.derive(path, kind, content);
            assert_eq!(derived.entries, [], "{content:?}");
            assert_eq!(derived.warnings, Vec::from_iter(warning.clone()), "{content:?}");
        }
    }
    let signature = b"-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----\n";
    assert_eq!(rules().derive(b"v1.tar.gz.asc", Document, signature), Derived::default());
}

#[test]
fn bytes_become_text() {
    let derived = rules().derive(b"a.md", Document, b"# Caf\xe9\n");
    assert_eq!(derived.warnings, [Warning::Lossy]);
    assert_eq!(derived.entries[0].body, "# Caf\u{fffd}\n");
    assert_eq!(document("a.md", "# A\r\n\r\ntext\r\n"), document("a.md", "# A\n\ntext\n"));
    assert_eq!(document("a.md", "\u{feff}# A\n"), document("a.md", "# A\n"));
}

#[test]
fn too_many_sections_are_cut_with_a_warning() {
    let derived = limited(1_000, 2).derive(b"a.md", Document, b"intro\n# A\na\n# B\n# C\n# D\n");
    let keys: Vec<_> = derived.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["a.md", "a.md#a"]);
    assert_eq!(derived.entries[1].body, "# A\na\n");
    assert_eq!(derived.warnings, [Warning::TooManyEntries { kept: 2, found: 5 }]);
    assert_eq!(derived.warnings[0].to_string(), "has 5 sections; the first 2 were kept");
    let none = limited(1_000, 0);
    for (path, kind) in [(".memory/a.md", Letter), ("a.md", Document), ("README", Document)] {
        let derived = none.derive(path.as_bytes(), kind, b"text");
        assert_eq!(derived.entries, []);
        assert_eq!(derived.warnings, [Warning::TooManyEntries { kept: 0, found: 1 }], "{path}");
    }
}
