//! Real-looking files, and nasty ones.

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

fn letter(path: &str, text: &str) -> (Entry, Vec<Warning>) {
    let Derived { mut entries, warnings } = rules().derive(path.as_bytes(), Letter, text.as_bytes());
    assert_eq!(entries.len(), 1, "{path}");
    (entries.remove(0), warnings)
}

/// What follows the path in each entry's key, and its body.
fn outline(path: &str, text: &str) -> Vec<(String, String)> {
    let strip = |key: &str| key.strip_prefix(path).unwrap().to_owned();
    document(path, text).into_iter().map(|entry| (strip(&entry.key), entry.body)).collect()
}

#[track_caller]
fn assert_outline(path: &str, text: &str, expected: &[(&str, &str)]) {
    let outline = outline(path, text);
    let found: Vec<_> = outline.iter().map(|(key, body)| (key.as_str(), body.as_str())).collect();
    assert_eq!(found, expected, "{path}");
}

#[track_caller]
fn assert_titles(path: &str, text: &str, expected: &[&str]) {
    let titles: Vec<_> = document(path, text).into_iter().map(|entry| entry.title).collect();
    assert_eq!(titles, expected, "{path}");
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

#[test]
fn markdown_sections_have_heading_paths() {
    let text =
        "intro\n\n# Project\n\ntext\n\n## Install\n\na\n\n### From source\n\nb\n\n## Use\nc\n# Licence\n";
    assert_outline(
        "docs/a.md",
        text,
        &[
            ("", "intro\n\n"),
            ("#project", "# Project\n\ntext\n\n"),
            ("#project/install", "## Install\n\na\n\n"),
            ("#project/install/from-source", "### From source\n\nb\n\n"),
            ("#project/use", "## Use\nc\n"),
            ("#licence", "# Licence\n"),
        ],
    );
    let entries = document("docs/a.md", text);
    assert_eq!((entries[0].title.as_str(), entries[0].heading_path.len()), ("a.md", 0));
    assert_eq!(entries[3].heading_path, ["Project", "Install", "From source"]);
    assert_eq!((entries[3].title.as_str(), entries[3].date), ("From source", None));
}

#[test]
fn markdown_finds_headings_and_nothing_else() {
    let text = concat!(
        "Setext\n======\n\nTwo\nlines\n---\n\n```sh\n# comment\n```\n\n~~~~\n## no\n~~~\n~~~~\n\n    # indented code\n\n",
        "> # quoted\n\n- # in a list\n\n<!--\n# in a comment\n-->\n\n<pre>\n# in html\n</pre>\n\n#no space\n\n",
        "####### seven\n\n   ## Indented ##\n\n\\# escaped\n\n`# code`\n",
    );
    assert_titles("a.md", text, &["Setext", "Two lines", "Indented"]);
    let bodies: String = document("a.md", text).into_iter().map(|entry| entry.body).collect();
    assert_eq!(bodies, text);
}

#[test]
fn markdown_titles_are_text() {
    let long = format!("# {}\n", "long ".repeat(100));
    for (text, title) in [
        ("## The `foo` *bar*\n", "The foo bar"),
        ("# [Link](http://x) ![logo](a.png) <b>bold</b> &amp; ~~more~~\n", "Link logo bold & more"),
        ("# Title {#id .class}\n", "Title"),
        ("# שלום **עולם**\n", "שלום עולם"),
        ("# Grüße 🚀\n", "Grüße 🚀"),
        ("# esc\u{1b}[31m\n", "esc [31m"),
        ("#\n", "a.md"),
        ("# ![](x.png)\n", "a.md"),
    ] {
        assert_titles("a.md", text, &[title]);
    }
    let entries = document("a.md", &long);
    assert_eq!(entries[0].title.chars().count(), MAX_TITLE_CHARS);
    assert!(entries[0].key.len() < 200, "{}", entries[0].key);
}

#[test]
fn markdown_front_matter_is_no_text() {
    let text = "---\ntitle: The guide\n---\nintro\n\n# Head\n";
    assert_titles("a.md", text, &["The guide", "Head"]);
    assert_outline("a.md", text, &[("", "intro\n\n"), ("#head", "# Head\n")]);
    assert_outline("a.md", "---\n\n# Head\n", &[("", "---\n\n"), ("#head", "# Head\n")]);
    assert_outline("a.md", "---\ntitle: only\n---\n", &[]);
}

#[test]
fn markdown_levels_may_be_odd() {
    assert_outline(
        "a.md",
        "### Deep\n# Top\n#### Skipped\n## Less\n",
        &[
            ("#deep", "### Deep\n"),
            ("#top", "# Top\n"),
            ("#top/skipped", "#### Skipped\n"),
            ("#top/less", "## Less\n"),
        ],
    );
    assert_outline(
        "a.md",
        "# A\n## B\n### C\n#### D\n##### E\n###### F\n",
        &[
            ("#a", "# A\n"),
            ("#a/b", "## B\n"),
            ("#a/b/c", "### C\n"),
            ("#a/b/c/d", "#### D\n"),
            ("#a/b/c/d/e", "##### E\n"),
            ("#a/b/c/d/e/f", "###### F\n"),
        ],
    );
}

#[test]
fn repeated_headings_have_their_own_keys() {
    let text = "# API\n## Get\n### Example\n## Get\n### Example\n# api\n## Get\n# API~2\n";
    let keys: Vec<_> = outline("a.md", text).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "#api",
            "#api/get",
            "#api/get/example",
            "#api/get~2",
            "#api/get~2/example",
            "#api~2",
            "#api~2/get",
            "#api%7E2",
        ]
    );
}

#[test]
fn odd_paths_have_unambiguous_keys() {
    let keys = |path: &[u8]| -> Vec<String> {
        let derived = rules().derive(path, Document, b"x\n# B\n");
        derived.entries.into_iter().map(|entry| entry.key).collect()
    };
    assert_eq!(keys(b"a#b.md"), ["a%23b.md", "a%23b.md#b"]);
    assert_eq!(keys(b"\xff.md"), ["%FF.md", "%FF.md#b"]);
    assert_eq!(rules().derive(b"d/\xff.md", Document, b"x").entries[0].title, "\u{fffd}.md");
}

#[test]
fn plain_text_is_one_entry() {
    for (path, kind) in [("README", Document), ("a/README.txt", Document), (".cursorrules", Guide)] {
        let derived = rules().derive(path.as_bytes(), kind, b"# Not a heading\n\nText\n");
        let entry = &derived.entries[0];
        assert_eq!(derived.entries.len(), 1);
        assert_eq!((entry.key.as_str(), entry.body.as_str()), (path, "# Not a heading\n\nText\n"));
        assert_eq!(entry.title, path.rsplit('/').next().unwrap());
    }
    let guide = rules().derive(b"AGENTS.md", Guide, b"# Build\n\nmake\n\n# Test\n");
    assert_eq!(guide.entries.len(), 2);
}

#[test]
fn asciidoc_sections() {
    let text = concat!(
        "= The Project\nAn Author <a@b.c>\n:toc:\n\nintro\n\n[[install]]\n[role=x]\n== Install `it` ==\n\n",
        "----\n== in a listing\n----\n\n....\n== in a literal\n....\n\n====\n== in an example\n====\n\n",
        "[discrete]\n=== Not a section\n\n[float#id]\n=== Nor this\n\n////\n== in a comment\n////\n\n",
        "some text\n== in a paragraph\n\n|===\n|a\n\n== in a table\n|===\n\n=== Deeper\n:attr: x\n",
        "==== Deepest\n\n======= seven\n\n==no space\n\nifdef::x[]\n== Use\nendif::[]\n",
    );
    let entries = document("a.adoc", text);
    let titles: Vec<_> = entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["The Project", "Install it", "Deeper", "Deepest", "Use"]);
    assert_eq!(entries[3].heading_path, ["The Project", "Install it", "Deeper", "Deepest"]);
    assert!(entries[1].body.starts_with("[[install]]\n[role=x]\n== Install"), "{}", entries[1].body);
    let bodies: String = entries.iter().map(|entry| entry.body.as_str()).collect();
    assert_eq!(bodies, text);
}

#[test]
fn asciidoc_two_line_titles() {
    let text = concat!(
        "git-add(1)\n==========\n\nNAME\n----\ngit-add - Add\n\n.Title\n------\ncode\n------\n\n",
        "[source]\n--------\nNAME\n----\n--------\n\nOptions\n~~~~~~~\n\nSee also the text\n----\nlisting\n----\n",
    );
    assert_titles("a.asc", text, &["git-add(1)", "NAME", "Options"]);
    assert_eq!(document("a.asc", text)[2].heading_path, ["git-add(1)", "NAME", "Options"]);
}

#[test]
fn rst_sections() {
    let text = concat!(
        ".. SPDX-License-Identifier: GPL-2.0\n\n.. _top:\n\n=========\n The Book\n=========\n\nintro\n\n",
        "Chapter ``one``\n===============\nSection\n-------\n\ntext::\n\n    Not\n    ===\n\n",
        ".. code-block:: rst\n\n   Neither\n   -------\n\n=====  =====\nA      B\n=====  =====\n\n----------\n\n",
        "a paragraph\nof two lines\n------------\n\n- item\n------\n\nChapter two\n===========\n\nFAQ\n---\n",
    );
    let entries = document("a.rst", text);
    let titles: Vec<_> = entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["a.rst", "The Book", "Chapter one", "Section", "Chapter two", "FAQ"]);
    assert_eq!(entries[3].heading_path, ["The Book", "Chapter one", "Section"]);
    assert_eq!(entries[5].heading_path, ["The Book", "Chapter two", "FAQ"]);
    assert!(entries[1].body.starts_with(".. _top:\n\n====="), "{}", entries[1].body);
    let bodies: String = entries.iter().map(|entry| entry.body.as_str()).collect();
    assert_eq!(bodies, text);
}

#[test]
fn deep_rst_levels_are_bounded() {
    let marks = "=-~^\"'`+*#:.<>_!$%&(";
    let text: String =
        marks.chars().map(|mark| format!("Title\n{}\n\n", mark.to_string().repeat(5))).collect();
    let entries = document("a.rst", &text);
    assert_eq!(entries.len(), marks.len());
    assert!(entries.iter().all(|entry| entry.heading_path.len() <= super::sections::MAX_LEVELS));
}
