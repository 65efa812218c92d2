//! What is measured of requests.

use metrics_exporter_prometheus::PrometheusBuilder;
use project_sync_api::{Settings, describe_metrics};
use testkit::database::TestDatabase;

use crate::scene::Scene;

/// The only test that has a recorder, which is one for the whole process.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_their_route() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    describe_metrics();
    let scene = Scene::measured(TestDatabase::sqlite().await, Settings::default(), Some(handle)).await;
    scene.get("/api/v1/projects").await.expect(200);
    let id = entities::SyncId::generate();
    scene.get(&format!("/api/v1/syncs/{id}")).await.problem(404, "sync-not-found");
    scene.get("/api/v1/nothing/1").await.problem(404, "not-found");
    scene.call("BREW", "/coffee", &[], None).await.problem(404, "not-found");
    scene.call("PATCH", "/api/v1/projects", &[], None).await.problem(405, "method-not-allowed");
    scene.call("GET", "/api/v1/projects", &[("origin", "null")], None).await.problem(403, "foreign-origin");
    let text = scene.get("/metrics").await;
    assert_eq!(text.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let count = |labels: &str| {
        let begin = format!("project_sync_http_requests_total{{{labels}}} ");
        text.text.lines().find_map(|line| line.strip_prefix(&begin)).map(ToOwned::to_owned)
    };
    for labels in [
        r#"method="GET",route="/api/v1/projects",status="200""#,
        r#"method="GET",route="/api/v1/syncs/{syncId}",status="404""#,
        r#"method="GET",route="none",status="404""#,
        r#"method="other",route="none",status="404""#,
        r#"method="PATCH",route="/api/v1/projects",status="405""#,
        r#"method="GET",route="/api/v1/projects",status="403""#,
    ] {
        assert_eq!(count(labels).as_deref(), Some("1"), "{labels}\n{}", text.text);
    }
    assert!(text.text.contains("# HELP project_sync_http_request_duration_seconds"), "{}", text.text);
    assert!(!text.text.contains(&id.to_string()));
}
