//! What docs/THREATS.md says that it is shown by is there.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_test_that_the_threats_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("docs/THREATS.md")).unwrap();
    let named: BTreeSet<(&str, &str)> = text.split('`').filter_map(|span| span.split_once(".rs::")).collect();
    assert!(named.len() > 60, "{}", named.len());
    let mut missing = Vec::new();
    for (file, name) in named {
        let source = fs::read_to_string(root.join(format!("{file}.rs"))).unwrap_or_default();
        let begin = format!("fn {name}(");
        // A test stands below its attribute, or within a macro that makes it one for each database.
        let Some((before, _)) = source.split_once(&begin) else {
            missing.push(format!("{file}.rs::{name}"));
            continue;
        };
        let lines: Vec<&str> = before.lines().rev().take(4).collect();
        let is_test = lines.iter().any(|line| line.contains("test"))
            || source.contains("on_each_database!")
            || source.contains("proptest!");
        if !is_test {
            missing.push(format!("{file}.rs::{name} is no test"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A table whose rows have other than three cells says something else than it should.
#[test]
fn every_threat_has_its_defence_and_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("docs/THREATS.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(cells[2].contains(".rs::") || cells[2].trim() == "Shown by", "{row}");
    }
}
