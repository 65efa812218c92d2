//! The lines of the log are as docs/OPERATIONS.md tells them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::server::server_folder;

use crate::stage::{launcher, project, repository, streamed, traced_sync};

/// The document that names every field.
const DOCUMENT: &str = include_str!("../../../docs/OPERATIONS.md");

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// What stands in the document between two lines.
fn between(begin: &str, end: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(begin).unwrap_or_else(|| panic!("no {begin}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end}")).0
}

/// The fields that the first column of a table names.
fn fields(section: &str) -> BTreeSet<&str> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| row.split(" | ").next().unwrap_or_default().split(", "))
        .map(|name| name.trim_matches('`'))
        .collect()
}

fn keys(object: &Value) -> impl Iterator<Item = &String> {
    object.as_object().into_iter().flat_map(|object| object.keys())
}

/// Panics if a line says something that the document does not name.
fn check(line: &Value) {
    let (of_line, of_span) = (fields(between("<!-- log: line -->", "<!-- log")), span_fields());
    for key in keys(line) {
        assert!(of_line.contains(key.as_str()), "{key} is not documented: {line}");
    }
    let spans = line["spans"].as_array().into_iter().flatten().chain([&line["span"]]);
    for key in spans.flat_map(keys) {
        assert!(of_span.contains(key.as_str()), "{key} of a span is not documented: {line}");
    }
}

fn span_fields() -> BTreeSet<&'static str> {
    fields(between("<!-- log: spans -->", "<!-- log"))
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_have_the_documented_fields_and_name_their_trace() {
    let (folder, data) = (server_folder().unwrap(), TempDir::new().unwrap());
    let service = launcher(folder.path())
        .set("telemetry.log_filter", "warn,project_sync=debug")
        .embedded(data.path())
        .await;
    let repo = repository();
    let id = project(&service.client(), "logged", &repo).await;
    let trace_parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let sync = traced_sync(service.url(), &id, &trace_parent).await;
    streamed(service.url(), &sync, Some(&trace_parent)).await;
    drop(repo);
    let failed = service.client().start_sync(&id, &json!({"force": true})).await.id;
    assert_eq!(service.client().wait_until_ended(&failed).await["status"], "failed");
    // All of it, to the end: of how a sync ended its row tells before the log does.
    let (status, said) = service.terminate_and_tell().await;
    assert!(status.success());

    let lines: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(lines.len() > 5, "{said}");
    lines.iter().for_each(check);
    let ours = |line: &&Value| line.to_string().contains(TRACE);
    let of_trace: Vec<&Value> = lines.iter().filter(ours).collect();
    let ended = of_trace.iter().find(|line| line["message"] == "the run ended");
    let ended = ended.unwrap_or_else(|| panic!("nothing tells of the run's end: {of_trace:#?}"));
    assert_eq!(ended["span"]["trace_id"], TRACE);
    assert_eq!(ended["span"]["sync"], sync);
    assert_eq!(ended["status"], "completed");
    assert!(
        of_trace.iter().any(|line| line["span"]["route"] == "/api/v1/projects/{projectId}/sync"),
        "{of_trace:#?}"
    );
    let failure = lines.iter().find(|line| line["message"] == "the sync ended early");
    let failure = failure.unwrap_or_else(|| panic!("nothing tells of the failure: {said}"));
    assert_eq!((&failure["sync"], &failure["level"]), (&json!(failed), &json!("WARN")));
}

/// The fields of the events in one file, read off the macros: what stands before the message.
fn fields_of_source(text: &str) -> Vec<String> {
    let calls = ["error", "warn", "info", "debug", "trace"].map(|level| format!("tracing::{level}!("));
    let mut found = Vec::new();
    for rest in calls.iter().flat_map(|call| text.split(call.as_str()).skip(1)) {
        // An expression with a comma in it would be read as a field of an odd name, and be noticed.
        let before = rest.split('"').next().unwrap_or_default();
        for part in before.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let name = part.split(" = ").next().unwrap_or_default();
            found.push(name.trim_start_matches(['%', '?']).to_owned());
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|it| it == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn every_field_of_the_sources_is_documented() {
    let documented = fields(between("<!-- log: line -->", "<!-- log"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for krate in ["api", "bus", "cli", "entities", "gateway", "migration", "source", "worker"] {
        sources(&root.join(krate).join("src"), &mut files);
    }
    let mut seen = BTreeSet::new();
    for file in files {
        for field in fields_of_source(&fs::read_to_string(&file).unwrap()) {
            assert!(
                documented.contains(field.as_str()),
                "{} logs {field}, which is not documented",
                file.display()
            );
            seen.insert(field);
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn the_example_is_as_the_fields_say() {
    let block = between("<!-- log: example -->", "<!-- log");
    let lines: Vec<Value> = block
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    assert!(lines.len() >= 2);
    lines.iter().for_each(check);
}
