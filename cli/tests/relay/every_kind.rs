//! A service in one process: what people do arrives as what the schema says.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{rabbitmq, repo::TestRepo, service::ServiceProcess};

use crate::{Listener, PATIENCE, launcher};

/// The pause between two looks at the metrics.
const PAUSE: Duration = Duration::from_millis(50);

/// The committed schema.
const SCHEMA: &str = include_str!("../../../docs/schemas/project-sync-event.json");

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_arrives_as_four_kinds_of_events() {
    let broker = rabbitmq::vhost().await;
    let mut events = Listener::connect(&broker).await;
    let folder = TempDir::new().unwrap();
    let repo = TestRepo::new();
    repo.write("a.txt", "one");
    repo.commit("one");
    // Nobody looks for events: whoever writes one says so.
    let launcher = launcher(folder.path(), &broker).set("relay.poll_ms", 600_000);
    let service = launcher.embedded(&folder.path().join("data")).await;
    let client = service.client();
    let project = client.create_project("demo", repo.path().to_str().unwrap()).await;

    let first = client.start_sync(&project, &json!({})).await.id;
    let completed = events.next().await;
    check(&completed, "project_sync.completed", 1, &project, &first);
    assert_eq!(completed["data"]["commit"], repo.head());
    assert_eq!(completed["data"]["counts"]["added"], 1, "{completed}");
    client.must(Method::GET, completed["data"]["links"]["changes"].as_str().unwrap(), None, &[200]).await;
    client.must(Method::GET, completed["data"]["links"]["sync"].as_str().unwrap(), None, &[200]).await;
    client.must(Method::GET, completed["data"]["links"]["project"].as_str().unwrap(), None, &[200]).await;

    repo.write("a.txt", "two");
    repo.commit("two");
    let second = client.start_sync(&project, &json!({})).await.id;
    check(&events.next().await, "project_sync.completed", 2, &project, &second);

    let restore = client.restore(&project, &first).await.id;
    let restored = events.next().await;
    check(&restored, "project_sync.restored", 3, &project, &restore);
    assert_eq!(restored["data"]["restoredNumber"], 1, "{restored}");

    // What waits in a paused queue ends as soon as somebody says so.
    client.must(Method::POST, "/api/v1/admin/queue/pause", Some(&json!({})), &[200, 201, 204]).await;
    let waiting = client.start_sync(&project, &json!({})).await.id;
    client.cancel(&waiting).await;
    check(&events.next().await, "project_sync.cancelled", 4, &project, &waiting);
    client.must(Method::POST, "/api/v1/admin/queue/resume", Some(&json!({})), &[200, 204]).await;

    std::fs::remove_dir_all(repo.path()).unwrap();
    let failing = client.start_sync(&project, &json!({})).await.id;
    let failed = events.next().await;
    check(&failed, "project_sync.failed", 5, &project, &failing);
    assert!(failed["data"]["error"]["code"].is_string(), "{failed}");

    // Every number was told once, by the metrics as well; the URL with its password is in no log.
    // A message may come before the broker's word that it is there.
    let counted = async {
        while !client.page("/metrics").await.contains("project_sync_relay_published_total 5\n") {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, counted).await.expect("five are counted");
    let metrics = client.page("/metrics").await;
    assert!(metrics.contains("project_sync_relay_connected 1\n"), "{metrics}");
    stopped(service, "guest:guest").await;
}

/// Stops a service in order, which says nothing that it must not.
async fn stopped(service: ServiceProcess, secret: &str) {
    let (status, said) = service.terminate_and_tell().await;
    assert!(!said.contains(secret) && said.contains("events go to the broker"), "{said}");
    assert!(status.success());
}

/// An event is what the schema says, as far as names, presence and words go.
fn check(event: &Value, kind: &str, sequence: u64, project: &str, sync: &str) {
    assert_eq!(event["type"], kind, "{event}");
    assert_eq!(event["sequence"], sequence.to_string(), "{event}");
    assert_eq!((&event["projectid"], &event["subject"]), (&json!(project), &json!(sync)), "{event}");
    assert_eq!((&event["data"]["projectId"], &event["data"]["syncId"]), (&json!(project), &json!(sync)));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    fits(event, &schema, &schema);
}

fn fits(value: &Value, schema: &Value, root: &Value) {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(value, &root["$defs"][name.trim_start_matches("#/$defs/")], root);
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{value} is none of {words:?}");
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant);
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{name} is missing: {value}");
    }
    for (name, value) in value.as_object().unwrap_or_else(|| panic!("no object: {value}")) {
        let property = properties.get(name).unwrap_or_else(|| panic!("{name} is not in the schema"));
        fits(value, property, root);
    }
}
