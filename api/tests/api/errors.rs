//! What is refused names what is wrong.

use std::time::{Duration, Instant};

use chrono::Utc;
use entities::{SourceSpec, projects};
use project_sync_api::Settings;
use serde_json::json;
use testkit::database::TestDatabase;

use crate::scene::{Scene, small_repo, source};

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_name_the_field() {
    let scene = Scene::new(TestDatabase::sqlite().await).await;
    let repo = small_repo();
    let project = scene.project("p", &repo).await;
    let sync = format!("{project}/sync");
    let git = source(&repo).to_string();
    let relative = r#"{"source":{"kind":"git","url":"../repo"}}"#;
    let long = format!(r#"{{"name":"{}","source":{git}}}"#, "x".repeat(201));
    let named = |name: &str| format!(r#"{{"name":{name},"source":{git}}}"#);
    let (number, blank, unknown) = (named("1"), named("\" \""), r#"{"sorce":1}"#);
    let mut shown = Vec::new();
    for (path, body) in [
        ("/api/v1/projects", "{"),
        ("/api/v1/projects", ""),
        ("/api/v1/projects", "[]"),
        ("/api/v1/projects", unknown),
        ("/api/v1/projects", r#"{"source":{"kind":"svn","url":"x"}}"#),
        ("/api/v1/projects", r#"{"source":{"kind":"git"}}"#),
        ("/api/v1/projects", r#"{"source":{"kind":"git","url":"/x","token":"t"}}"#),
        ("/api/v1/projects", r#"{"source":{"kind":"github","owner":"a b","name":"n"}}"#),
        ("/api/v1/projects", r#"{"source":{"kind":"git","url":"https://u:secret@host/x"}}"#),
        ("/api/v1/projects", r#"{"source":{"kind":"git","url":"ssh://u:secret@host/x"}}"#),
        ("/api/v1/projects", relative),
        ("/api/v1/projects", &number),
        ("/api/v1/projects", &blank),
        ("/api/v1/projects", &long),
        (&sync, r#"{"branch":1}"#),
        (&sync, r#"{"branch":""}"#),
        (&sync, r#"{"force":"yes"}"#),
        (&sync, r#"{"queue_next":true}"#),
        (&format!("{sync}/restore"), "{}"),
        (&format!("{sync}/restore"), r#"{"syncId":"x"}"#),
        ("/api/v1/admin/jobs/cancel", r#"{"filter":{"status":"done"}}"#),
        ("/api/v1/admin/jobs/cancel", r#"{"filter":{},"dryRun":true}"#),
        ("/api/v1/admin/jobs/remove", ""),
        ("/api/v1/admin/dead/purge", "{}"),
        ("/api/v1/admin/queue/pause", r#"{"projectId":"0190d3f0-0000-7000-8000-000000000001"}"#),
    ] {
        let reply =
            scene.call("POST", path, &[("content-type", "application/json")], Some(body.into())).await;
        let problem = reply.json();
        assert!(!reply.text.contains("secret"), "{reply:?}");
        shown.push(line(&path.replace(&project, "PROJECT"), body, &problem));
    }
    for path in [
        "/api/v1/projects?limit=0",
        "/api/v1/projects?limit=501",
        "/api/v1/projects?limit=x",
        "/api/v1/projects?offset=1",
        "/api/v1/projects?cursor=x",
        "/api/v1/projects/x",
        "/api/v1/projects/0190d3f0-0000-7000-8000-000000000001",
        "/api/v1/syncs/1",
        "/api/v1/syncs/0190d3f0-0000-7000-8000-000000000001",
        "/api/v1/admin/dead/x",
        "/api/v1/admin/jobs?status=done",
        "/api/v1/admin/jobs?olderThanSeconds=-1",
        "/api/v1/nothing",
        "/api/v1/projects/",
    ] {
        shown.push(line(path, "", &scene.get(path).await.json()));
    }
    for query in [
        "memory?query=%20-%20",
        "memory?kind=poem",
        "memory?all=1",
        "files?query=%00",
        "sync/history?status=x",
    ] {
        shown.push(line(query, "", &scene.get(&format!("{project}/{query}")).await.json()));
    }
    shown.push(line("PUT", "", &scene.call("PUT", "/api/v1/projects", &[], None).await.json()));
    let form = [("content-type", "text/plain")];
    shown.push(line(
        "text",
        "",
        &scene.call("POST", "/api/v1/projects", &form, Some(b"{}".to_vec())).await.json(),
    ));
    let folder = repo.path().to_str().unwrap();
    insta::assert_snapshot!(shown.join("\n").replace(folder, "REPO"));
}

fn line(path: &str, body: &str, problem: &serde_json::Value) -> String {
    let word = problem["type"].as_str().unwrap().rsplit(':').next().unwrap();
    let field = problem.get("field").map(|field| format!(" [{}]", field.as_str().unwrap()));
    let body: String = body.chars().take(60).collect();
    let detail = problem["detail"].as_str().unwrap();
    format!("{path} {body}\n    {} {word}{}: {detail}", problem["status"], field.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded() {
    let settings = Settings { max_body_bytes: 1_000, ..Default::default() };
    let scene = Scene::with(TestDatabase::sqlite().await, settings).await;
    let large = json!({ "name": "x".repeat(2_000), "source": { "kind": "git", "url": "/x" } });
    scene.post("/api/v1/projects", large.clone()).await.problem(413, "body-too-large");
    let keyed = scene.post_with("/api/v1/projects", large, &[("idempotency-key", "k")]).await;
    keyed.problem(413, "body-too-large");
    let fits = json!({ "name": "x".repeat(500), "source": { "kind": "git", "url": "/x" } });
    scene.post("/api/v1/projects", fits).await.problem(422, "invalid-value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_does_not_answer_is_given_up() {
    // A third of it is left to say so.
    let settings = Settings { request_timeout_seconds: 6, ..Default::default() };
    let scene = Scene::with(TestDatabase::sqlite().await, settings).await;
    // It takes connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let source = json!({ "kind": "git", "url": format!("http://{}/x.git", silent.local_addr().unwrap()) });
    let reply = scene.post("/api/v1/projects", json!({ "source": source })).await;
    reply.problem(422, "source-unreachable");
}

testkit::on_each_database! {
    async fn a_request_that_takes_too_long_is_given_up(db: TestDatabase) {
        let settings = Settings { request_timeout_seconds: 1, ..Default::default() };
        let scene = Scene::with(db, settings).await;
        // Made behind its back, which takes as long as it takes.
        let source = SourceSpec::Git { url: "/nowhere".to_owned() };
        let made = projects::create(&scene.db, "p", &source, Utc::now()).await.unwrap();
        let branch = projects::ensure_branch(&scene.db, &made.repository, "main", Utc::now()).await.unwrap();
        let sync = format!("/api/v1/projects/{}/sync", made.project.id);
        let wanted = json!({ "branch": "main" });
        // Somebody writes for a long time.
        let transaction = scene.db.begin_write().await.unwrap();
        projects::lock_branch(&transaction, branch.id).await.unwrap();
        let reply = scene.post(&sync, wanted.clone()).await;
        reply.problem(503, "timeout");
        assert!(reply.header("retry-after").is_some());
        transaction.rollback().await.unwrap();
        // Whoever comes again, as often as that takes on a machine that is slow, is served.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let again = scene.post(&sync, wanted.clone()).await;
            if again.status == 202 || again.status == 200 {
                return;
            }
            again.problem(503, "timeout");
            assert!(Instant::now() < deadline, "{again:?}");
        }
    }

    async fn a_database_that_is_away_is_told(db: TestDatabase) {
        let scene = Scene::new(db).await;
        scene.get("/readyz").await.expect(200);
        scene.db.database().close().await.unwrap();
        scene.get("/readyz").await.problem(503, "not-ready");
        let reply = scene.get("/api/v1/projects").await;
        reply.problem(503, "database-unavailable");
        assert!(reply.header("retry-after").is_some());
        scene.get("/healthz").await.expect(200);
        let doctor = scene.get("/api/v1/admin/doctor").await.expect(200);
        assert_eq!((doctor["status"].as_str(), doctor["checks"][0]["status"].as_str()), (Some("fail"), Some("fail")));
    }
}
