//! Guides and documents of every format.

use super::*;

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
    assert!(entries.iter().all(|entry| entry.heading_path.len() <= crate::memory::sections::MAX_LEVELS));
}

#[test]
fn markdown_that_nests_without_end_is_one_entry() {
    let text = format!("# Head\n\n{}{}", ">".repeat(200_000), "a\n".repeat(100_000));
    assert_titles("a.md", &text, &["a.md"]);
    assert_titles("a.md", &format!("Head\n{}\n", "-".repeat(500)), &["Head"]);
}
