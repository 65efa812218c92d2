//! What asks for syncs by itself, through the real program: a hook, a schedule, a look at a branch. In one process, and as
//! an API with two workers over servers.

use std::{path::Path, time::Duration};

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    redis::PrivateRedis,
    repo::TestRepo,
    server::server_folder,
    service::{ApiClient, Deployment, Launcher},
};

/// How often something is looked for before it is given up, and the pause in between: a minute altogether.
const TRIES: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

fn launcher(folder: &Path) -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder)
        .set("triggers.round_seconds", 1)
        .set("triggers.min_poll_seconds", 1)
        .set("triggers.public_url", "https://sync.example.org/")
        .set("secrets.keys", "5a".repeat(32))
}

/// Waits for a sync of the project that shows a commit, and gives what asked for it.
async fn synced(api: &ApiClient, project: &str, commit: &str) -> String {
    let path = format!("/api/v1/projects/{project}/sync/history");
    for _ in 0..TRIES {
        let history = api.must(Method::GET, &path, None, &[200]).await;
        let mut found = history["items"].as_array().unwrap().iter();
        let found = found.find(|sync| sync["status"] == "completed" && sync["commit"] == commit);
        if let Some(sync) = found {
            return sync["trigger"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{commit} is not synced: {}", api.must(Method::GET, &path, None, &[200]).await);
}

/// Sends a hook as GitLab does.
async fn send(url: &str, secret: &str, body: &Value) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(url).header("x-gitlab-token", secret).header("x-gitlab-event", "Push Hook");
    let request = request.header("idempotency-key", body["after"].as_str().unwrap());
    request.body(body.to_string()).send().await.unwrap().status().as_u16()
}

/// Each of the three, one after the other; `make_due` lets all schedules come due.
async fn each_in_turn(url: &str, api: &ApiClient, make_due: impl AsyncFnOnce()) {
    let repo = TestRepo::new();
    let first = repo.write("a", "1").commit("first");
    let project = api.create_project("p", repo.path().to_str().unwrap()).await;
    let started = api.start_sync(&project, &json!({})).await;
    api.wait_until_ended(&started.id).await;
    assert_eq!(synced(api, &project, &first).await, "api");

    let path = format!("/api/v1/projects/{project}");
    let hook =
        api.must(Method::PUT, &format!("{path}/hook"), Some(&json!({ "kind": "gitlab" })), &[200]).await;
    let hook_path = hook["url"].as_str().unwrap().strip_prefix("https://sync.example.org").unwrap();
    let second = repo.write("a", "2").commit("second");
    let name = repo.path().to_str().unwrap().trim_start_matches('/').to_owned();
    let push = json!({
        "ref": format!("refs/heads/{}", repo.current_branch()), "after": second,
        "project": { "path_with_namespace": name },
    });
    let address = format!("{url}{hook_path}");
    assert_eq!(send(&address, "not the secret", &push).await, 401);
    assert_eq!(send(&address, hook["secret"].as_str().unwrap(), &push).await, 202);
    assert_eq!(synced(api, &project, &second).await, "webhook");

    let third = repo.write("a", "3").commit("third");
    let schedule = json!({ "cron": "30 2 * * *", "timeZone": "Europe/Berlin" });
    api.must(Method::POST, &format!("{path}/schedules"), Some(&schedule), &[201]).await;
    make_due().await;
    assert_eq!(synced(api, &project, &third).await, "schedule");

    api.must(Method::PUT, &format!("{path}/polling"), Some(&json!({ "everySeconds": 1 })), &[200]).await;
    let fourth = repo.write("a", "4").commit("fourth");
    assert_eq!(synced(api, &project, &fourth).await, "schedule");
    let polling = api.must(Method::GET, &format!("{path}/polling"), None, &[200]).await;
    assert_eq!(polling["failures"], 0, "{polling}");
}

const MAKE_DUE: &str = "UPDATE schedules SET next_at = created_at";

#[tokio::test(flavor = "multi_thread")]
async fn in_one_process() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let service = launcher(folder.path()).embedded(&data).await;
    let api = service.client();
    each_in_turn(service.url(), &api, async || {
        let file = format!("sqlite:{}", data.join("project-sync.db").display());
        let db = open_local(&file).await;
        db.execute_unprepared(MAKE_DUE).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_servers() {
    let folder = server_folder().unwrap();
    let postgres = PrivatePostgres::start(&folder.path().join("postgres")).unwrap();
    let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
    let postgres_url = prepared(&postgres.url()).await;
    let db = open_local(&postgres_url).await;
    let deployment = Deployment { launcher: launcher(folder.path()), postgres_url, redis_url: redis.url() };
    let service = deployment.api().await;
    let _workers = [deployment.worker().await, deployment.worker().await];
    let api = service.client();
    each_in_turn(service.url(), &api, async || {
        db.execute_unprepared(MAKE_DUE).await.unwrap();
    })
    .await;
}
