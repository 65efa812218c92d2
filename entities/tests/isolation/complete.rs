//! Every query in a tenant's name is tried with another tenant's ids: the sources are compared with the tests beside this
//! one, so that one that is added and not tried is found.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where queries are tried.
const TRIED: [&str; 2] = [include_str!("functions.rs"), include_str!("outward.rs")];

/// Those that are not, by their beginning, each with why.
const NOT_TRIED: [(&str, &str); 7] = [
    ("identity/", "tests/identity tries them, with users and tokens"),
    ("gc/mod::plan", "tells what forget and remove would do, which are tried"),
    ("temporal/changes::count_renames_to", "counts what changes_to gives, which is tried"),
    ("projects::lock_project_of", "gives and changes nothing"),
    ("projects::lock_project", "gives and changes nothing"),
    ("projects::lock_branch", "gives and changes nothing"),
    ("idempotency::begin", "a key is one of whoever asks: no id of another's goes in"),
];

/// A function that asks in a tenant's name.
struct Query {
    /// The file without its ending, and the name.
    shown: String,
    /// The ways in which it may be called.
    calls: Vec<String>,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The public queries of a file.
fn queries(file: &Path, root: &Path) -> Vec<Query> {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let place = file.strip_prefix(root).unwrap().with_extension("");
    let modules: Vec<_> = place.iter().map(|part| part.to_str().unwrap()).collect();
    let mut queries = Vec::new();
    for (start, _) in code.match_indices("pub async fn ") {
        let rest = &code[start + "pub async fn ".len()..];
        let name = rest.split(['(', '<']).next().unwrap();
        let head = rest.split([';', '{']).next().unwrap();
        if !["impl OfTenant", "&TenantDb", "&TenantTx"].iter().any(|scope| head.contains(scope)) {
            continue;
        }
        let is_method = !code[..start].ends_with('\n');
        let mut calls: Vec<_> = modules.iter().map(|module| format!("{module}::{name}(")).collect();
        if is_method {
            calls.extend([format!(".{name}("), format!("StateAt::{name}(")]);
        }
        queries.push(Query { shown: format!("{}::{name}", modules.join("/")), calls });
    }
    queries
}

#[test]
fn every_query_is_tried() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let queries: Vec<_> = files.iter().flat_map(|file| queries(file, &root)).collect();
    assert!(queries.len() > 120, "they were found: {}", queries.len());
    let is_tried =
        |query: &&Query| query.calls.iter().any(|call| TRIED.iter().any(|text| text.contains(call)));
    let is_excepted =
        |query: &&Query| NOT_TRIED.iter().any(|(beginning, _)| query.shown.starts_with(beginning));
    let missing: Vec<_> = queries.iter().filter(|query| !is_tried(query) && !is_excepted(query)).collect();
    let missing: Vec<_> = missing.iter().map(|query| &query.shown).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    for (beginning, why) in NOT_TRIED {
        let is_there = queries.iter().any(|query| query.shown.starts_with(beginning) && !is_tried(&query));
        assert!(is_there, "{beginning} ({why}) is tried, or is not there any more");
    }
}
