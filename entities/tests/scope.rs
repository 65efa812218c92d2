//! Temporal rows are read through one scope. The compiler keeps other crates from the tables' entities; these tests keep
//! everybody from going round by raw SQL or by a model's own entity.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The tables that hold temporal rows.
const TABLES: [&str; 3] = ["repository_files", "repository_trees", "memory_entries"];

/// Where they may be named: the scope itself, the tables, the queries over content that are bound to a draft, the
/// schema, the benchmark that copies a database row by row, the tests that tamper with rows or count what is left of
/// them, and this test.
const ALLOWED: [&str; 10] = [
    "entities/src/temporal/",
    "entities/src/tables/",
    "entities/src/blobs.rs",
    "migration/",
    "cli/benches/sync/floor.rs",
    "worker/tests/pipeline/proof.rs",
    "worker/tests/pipeline/retention.rs",
    "worker/tests/pipeline/retention_races.rs",
    "entities/tests/scope.rs",
    "entities/tests/isolation/",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
            found.push(path);
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Lines of the workspace for which `is_wrong` holds, outside the places where they are allowed.
fn offences(is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let root = workspace();
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "the workspace was found");
    let mut offences = Vec::new();
    for file in files {
        let shown = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        if ALLOWED.iter().any(|allowed| shown.starts_with(allowed)) {
            continue;
        }
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment && is_wrong(line) {
                offences.push(format!("{shown}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    offences
}

#[test]
fn no_query_goes_round_the_scope() {
    let offences = offences(|line| TABLES.iter().any(|table| line.contains(table)));
    assert_eq!(offences, [] as [String; 0], "name temporal tables in the scope only");
}

#[test]
fn no_entity_of_a_temporal_table_leaves_the_crate() {
    let lib = fs::read_to_string(workspace().join("entities/src/lib.rs")).unwrap();
    assert!(lib.contains("\nmod tables;"), "the tables are private");
    for table in ["repository_file", "repository_tree", "memory_entry"] {
        assert!(!lib.contains(table), "{table} is not exported");
    }
}

/// Within the scope, each statement that reads rows bounds them by validity.
#[test]
fn every_read_in_the_scope_is_bounded_by_validity() {
    let mut files = Vec::new();
    sources(&workspace().join("entities/src/temporal"), &mut files);
    let mut checked = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for table in TABLES {
            for (at, _) in text.match_indices(&format!("FROM {table}")) {
                let statement: String = text[at..].chars().take(900).collect();
                let bounded = ["HOLDS", "{scope}", "valid_from", "valid_to", "{between}", "{conditions}"];
                assert!(
                    bounded.iter().any(|word| statement.contains(word)),
                    "{}: {statement}",
                    file.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked >= 10, "{checked} statements were found");
}
