//! The servers, the program and the requests of one test.

use std::{path::Path, time::Duration};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::prepared,
    postgres::PrivatePostgres,
    redis::PrivateRedis,
    repo::TestRepo,
    server::server_folder,
    service::{ApiClient, Deployment, Launcher},
};

/// How long anything that is awaited may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two looks at what other processes do.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// The program with settings under which little is waited for.
pub(crate) fn launcher(folder: &Path) -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder)
        .set("sync.retry_first_delay_ms", 50)
        .set("source.retry_first_delay_ms", 50)
        .set("worker.rescue_seconds", 1)
        .set("telemetry.log_format", "json")
}

/// Servers of a test's own, and what runs on them.
pub(crate) struct Stage {
    pub(crate) deployment: Deployment,
    _postgres: PrivatePostgres,
    _redis: PrivateRedis,
    _folder: TempDir,
}

impl Stage {
    /// With more settings.
    pub(crate) async fn with(settings: impl FnOnce(Launcher) -> Launcher) -> Self {
        let folder = server_folder().unwrap();
        let postgres = PrivatePostgres::start(&folder.path().join("postgres")).unwrap();
        let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
        let postgres_url = prepared(&postgres.url()).await;
        let launcher = settings(launcher(folder.path()));
        let deployment = Deployment { launcher, postgres_url, redis_url: redis.url() };
        Self { deployment, _postgres: postgres, _redis: redis, _folder: folder }
    }
}

/// A repository with something to remember in it.
pub(crate) fn repository() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("CLAUDE.md", "# Guide\n\nHow it is done.\n").write("src/lib.rs", "pub fn it() {}\n");
    repo.commit("First");
    repo
}

/// Makes a project of a repository, and gives its id.
pub(crate) async fn project(api: &ApiClient, name: &str, repo: &TestRepo) -> String {
    api.create_project(name, repo.path().to_str().unwrap()).await
}

/// A client that goes through no proxy.
pub(crate) fn http() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Asks for a sync as a part of a trace, and gives its id.
pub(crate) async fn traced_sync(base: &str, project: &str, trace_parent: &str) -> String {
    let request = http()
        .post(format!("{base}/api/v1/projects/{project}/sync"))
        .header("traceparent", trace_parent)
        .header("content-type", "application/json")
        .body(json!({}).to_string());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 202);
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    body["sync"]["id"].as_str().unwrap().to_owned()
}

/// Reads the stream of a sync to its end.
pub(crate) async fn streamed(base: &str, sync: &str, trace_parent: Option<&str>) -> String {
    let mut request = http().get(format!("{base}/api/v1/events/project-sync/{sync}"));
    if let Some(trace_parent) = trace_parent {
        request = request.header("traceparent", trace_parent);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}
