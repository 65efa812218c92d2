//! The OpenAPI document is what is served.

use std::{collections::BTreeSet, fs, path::Path};

use entities::SyncId;
use serde_json::Value;
use testkit::database::TestDatabase;

use crate::scene::Scene;

fn document() -> Value {
    serde_json::to_value(project_sync_api::openapi(gateway::openapi())).unwrap()
}

/// Method, path and operation of everything in the document.
pub fn operations() -> Vec<(String, String, Value)> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(operations.len() > 30);
    operations
}

/// A path with an id wherever one is wanted.
pub fn with_ids(path: &str) -> String {
    let id = SyncId::generate().to_string();
    ["{projectId}", "{syncId}", "{tokenId}", "{userId}", "{id}"]
        .iter()
        .fold(path.replace("{host}", "github"), |path, name| path.replace(name, &id))
}

/// Clients are made from this file. `UPDATE_OPENAPI=1` writes it anew.
#[test]
fn the_document_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let document = project_sync_api::openapi(gateway::openapi()).to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, &document).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == document, "api/openapi.json is outdated: run this test with UPDATE_OPENAPI=1");
}

#[test]
fn every_operation_is_described() {
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(ids.insert(id.clone()) && !id.is_empty(), "{method} {path}: {id}");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            assert!(response["content"]["application/problem+json"].is_object(), "{id} {status}");
        }
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|parameter| parameter["name"] == name), "{id} {name}");
        }
    }
    for id in [
        "projects.create",
        "projects.sync.branches",
        "projects.sync.status",
        "projects.sync.start",
        "projects.sync.history",
        "projects.sync.restoreMemory",
    ] {
        assert!(ids.contains(id), "{id}");
    }
}

#[test]
fn every_schema_says_what_it_is() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let has_words = [property, &property["oneOf"][0]]
                .iter()
                .any(|schema| schema["description"].is_string() || schema["$ref"].is_string());
            assert!(has_words, "{name}.{field}: {property}");
        }
    }
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document["components"]["schemas"][reference].is_object(), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers() {
    let scene = Scene::new(TestDatabase::sqlite().await).await;
    for (method, path, operation) in operations() {
        let body = matches!(method.as_str(), "POST" | "PUT").then(|| b"{}".to_vec());
        let headers = [("content-type", "application/json")];
        let reply = scene.call(&method, &with_ids(&path), &headers, body).await;
        let status = reply.status.as_u16();
        assert_ne!(status, 405, "{method} {path}");
        assert!(status < 500, "{method} {path}: {reply:?}");
        if path != "/metrics" {
            assert!(!reply.text.contains("problem:not-found"), "{method} {path}");
        }
        let is_described = operation["responses"][status.to_string()].is_object() || status == 400;
        assert!(is_described, "{method} {path}: {status} is not in the document");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_with_a_page_that_shows_it() {
    let scene = Scene::new(TestDatabase::sqlite().await).await;
    assert_eq!(scene.get("/openapi.json").await.expect(200), document());
    let page = scene.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui") && !page.text.contains("https://"), "{}", page.text);
    for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        assert_eq!(scene.get(&format!("/docs/{file}")).await.status, 200, "{file}");
    }
}
