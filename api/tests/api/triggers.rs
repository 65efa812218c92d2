//! Hooks, schedules and polling, as hosts and people see them.

use entities::{
    HookDelivery, ProjectSync, SyncStatus, SyncTrigger, projects, syncs,
    triggers::{DeliveryResult, HookKind, deliveries},
};
use hmac::{Hmac, KeyInit, Mac};
use project_sync_api::{Access, Settings};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::{on_each_database, repo::TestRepo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::scene::{Reply, Scene, small_repo};

const COMMIT: &str = "1481a2de7b2a7d02428ad93446ab166be7793fbb";

/// A project whose hooks are taken, and the secret.
struct Hooked {
    scene: Scene,
    repo: TestRepo,
    /// The project's path.
    project: String,
    url: String,
    secret: String,
}

impl Hooked {
    async fn new(db: testkit::database::TestDatabase, kind: &str) -> Self {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        scene.sync(&project).await;
        let set = put(&scene, &format!("{project}/hook"), json!({ "kind": kind })).await.expect(200);
        let text = |key: &str| set[key].as_str().unwrap().to_owned();
        let (url, secret) = (text("url"), text("secret"));
        Self { scene, repo, project, url, secret }
    }

    /// What the host calls the repository.
    fn name(&self) -> String {
        let path = self.repo.path().to_str().unwrap().trim_end_matches('/').to_owned();
        let mut parts = path.rsplitn(3, '/');
        let (name, owner) = (parts.next().unwrap(), parts.next().unwrap());
        format!("{owner}/{name}")
    }

    fn push(&self, branch: &str) -> Value {
        json!({ "ref": format!("refs/heads/{branch}"), "after": COMMIT, "repository": { "full_name": self.name() } })
    }

    fn branch(&self) -> String {
        self.repo.current_branch()
    }

    /// Sends something as GitHub does.
    async fn send(&self, event: &str, delivery: &str, body: &[u8], more: &[(&str, &str)]) -> Reply {
        let signature = format!("sha256={}", sign(&self.secret, body));
        let mut headers = vec![
            ("x-github-event", event),
            ("x-github-delivery", delivery),
            ("x-hub-signature-256", signature.as_str()),
        ];
        headers.extend(more);
        self.scene.call("POST", &self.url, &headers, Some(body.to_vec())).await
    }

    async fn told(&self, event: &str, delivery: &str, body: &Value) -> Value {
        self.send(event, delivery, body.to_string().as_bytes(), &[]).await.expect(202)
    }

    async fn deliveries(&self) -> Vec<HookDelivery> {
        let id = self.project.rsplit('/').next().unwrap().parse().unwrap();
        deliveries::page(&self.scene.db, id, None, 100).await.unwrap()
    }

    /// The syncs that hooks asked for.
    async fn asked(&self) -> Vec<ProjectSync> {
        let filter = syncs::SyncFilter { trigger: Some(SyncTrigger::Webhook), ..Default::default() };
        syncs::page(&self.scene.db, &filter, None, 100).await.unwrap()
    }
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

async fn put(scene: &Scene, path: &str, body: Value) -> Reply {
    let headers = [("content-type", "application/json")];
    scene.call("PUT", path, &headers, Some(body.to_string().into_bytes())).await
}

on_each_database! {
    /// One push, one sync; what is sent again does nothing; while one runs, exactly one follows.
    async fn a_push_is_synced_once(db: TestDatabase) {
        let hooked = Hooked::new(db, "github").await;
        let push = hooked.push(&hooked.branch());
        let first = hooked.told("push", "d-1", &push).await;
        assert_eq!(first["result"], "queued");
        let again = hooked.told("push", "d-1", &push).await;
        assert_eq!(again, json!({ "result": "repeated" }));
        let asked = hooked.asked().await;
        assert_eq!(asked.len(), 1);
        assert_eq!(first["syncId"], asked[0].id.to_string());
        assert_eq!(hooked.told("push", "d-2", &push).await["syncId"], first["syncId"], "one that waits does as well");

        // One that runs may have looked at the branch before.
        hooked.scene.begin(asked[0].id).await;
        let next = hooked.told("push", "d-3", &push).await;
        assert_ne!(next["syncId"], first["syncId"]);
        assert_eq!(hooked.told("push", "d-4", &push).await["syncId"], next["syncId"]);
        assert_eq!(hooked.asked().await.len(), 2);
        assert!(hooked.asked().await.iter().all(|sync| !sync.status.is_terminal()));

        let log = hooked.deliveries().await;
        assert_eq!(log.iter().map(|row| row.delivery.as_str()).collect::<Vec<_>>(), ["d-4", "d-3", "d-2", "d-1"]);
        assert!(log.iter().all(|row| row.result == DeliveryResult::Queued && row.look_at.is_some()));
        let listed = hooked.scene.walk(&format!("{}/hook/deliveries", hooked.project), "items", 3, async || {}).await;
        assert_eq!(listed.len(), 4);
        assert_eq!((listed[3]["commit"].as_str(), listed[3]["event"].as_str()), (Some(COMMIT), Some("push")));
        let hook = hooked.scene.get(&format!("{}/hook", hooked.project)).await.expect(200);
        assert_eq!((&hook["kind"], &hook["lastResult"]), (&json!("github"), &json!("queued")));
        assert!(!hook.to_string().contains(&hooked.secret), "the secret is shown once");
    }

    /// Whoever does not know the secret learns nothing and changes nothing, whatever is there.
    async fn nothing_is_done_without_the_signature(db: TestDatabase) {
        let hooked = Hooked::new(db, "github").await;
        let scene = &hooked.scene;
        let other = scene.project("without a hook", &small_repo()).await;
        let other = other.rsplit('/').next().unwrap();
        let body = hooked.push(&hooked.branch()).to_string();
        let signed = |secret: &str| Some(("x-hub-signature-256", format!("sha256={}", sign(secret, body.as_bytes()))));
        let token = |secret: &str| Some(("x-gitlab-token", secret.to_owned()));
        // What is compared with where there is no secret.
        let (right, none) = (hooked.secret.as_str(), "there is no such project");
        let id = hooked.project.rsplit('/').next().unwrap();
        let never = entities::ProjectId::generate().to_string();
        let mut answers = Vec::new();
        for (host, project, signature) in [
            ("github", id, signed("some other secret")),
            ("github", id, None),
            ("gitlab", id, signed(right)),
            ("gitlab", id, token(right)),
            ("gitea", id, signed(right)),
            ("github", other, signed(right)),
            ("github", other, signed(none)),
            ("github", &never, signed(right)),
            ("github", &never, signed(none)),
            ("gitlab", &never, token(none)),
            ("github", "no-id", signed(right)),
            ("github", "no-id", signed(none)),
        ] {
            let mut headers = vec![("x-github-event", "push"), ("x-github-delivery", "d")];
            headers.extend(signature.iter().map(|(name, value)| (*name, value.as_str())));
            let path = format!("/api/v1/webhooks/{host}/{project}");
            let reply = scene.call("POST", &path, &headers, Some(body.clone().into_bytes())).await;
            reply.problem(401, "unauthorized");
            answers.push(reply.text);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "all are told the same: {answers:?}");
        assert!(hooked.deliveries().await.is_empty() && hooked.asked().await.is_empty());
        // A token does not stand in for the signature; what is not a hook of the path is none.
        assert_eq!(scene.call("GET", &hooked.url, &[], None).await.status, 405);
        // Removed, its secret is worth nothing.
        assert_eq!(scene.delete(&format!("{}/hook", hooked.project)).await.status, 204);
        hooked.send("push", "d", body.as_bytes(), &[]).await.problem(401, "unauthorized");
        scene.get(&format!("{}/hook", hooked.project)).await.problem(404, "hook-not-found");
    }

    async fn what_is_no_push_to_a_branch_of_ours_is_written_down(db: TestDatabase) {
        let hooked = Hooked::new(db, "github").await;
        let (branch, name) = (hooked.branch(), hooked.name());
        let foreign = json!({ "ref": format!("refs/heads/{branch}"), "repository": { "full_name": "some/other" } });
        let tag = json!({ "ref": "refs/tags/v1", "after": COMMIT, "repository": { "full_name": name } });
        for (event, body, result) in [
            ("ping", json!({ "zen": "Keep it logically awesome." }), "ping"),
            ("issues", json!({}), "ignored"),
            ("push", tag, "ignored"),
            ("push", hooked.push("never-synced"), "untracked"),
            ("push", foreign, "otherRepository"),
            ("push", json!([]), "unreadable"),
        ] {
            let told = hooked.told(event, &format!("{event} {result}"), &body).await;
            assert_eq!(told, json!({ "result": result }), "{event} {body}");
        }
        assert!(hooked.asked().await.is_empty());
        assert_eq!(hooked.deliveries().await.len(), 6);

        let deleted = json!({ "ref": branch, "ref_type": "branch", "repository": { "full_name": name } });
        assert_eq!(hooked.told("delete", "gone", &deleted).await, json!({ "result": "deleted" }));
        let project = hooked.scene.get(&hooked.project).await.expect(200);
        assert!(project["branches"][0]["deletedAt"].is_string(), "{project}");
        hooked.told("push", "back", &hooked.push(&branch)).await;
        let project = hooked.scene.get(&hooked.project).await.expect(200);
        assert!(project["branches"][0]["deletedAt"].is_null(), "{project}");
    }

    async fn gitlab_and_gitea_tell_alike(db: TestDatabase) {
        let hooked = Hooked::new(db, "gitlab").await;
        let body = json!({
            "object_kind": "push", "ref": format!("refs/heads/{}", hooked.branch()), "after": COMMIT,
            "project": { "path_with_namespace": hooked.name() }, "repository": { "name": "p" },
        });
        let send = async |url: &str, headers: &[(&str, &str)], body: &Value| {
            hooked.scene.call("POST", url, headers, Some(body.to_string().into_bytes())).await
        };
        let token = ("x-gitlab-token", hooked.secret.as_str());
        let headers = [token, ("x-gitlab-event", "Push Hook"), ("x-gitlab-event-uuid", "u"), ("idempotency-key", "i")];
        assert_eq!(send(&hooked.url, &headers, &body).await.expect(202)["result"], "queued");
        // The same under another UUID, as when it is sent again.
        let headers = [token, ("x-gitlab-event", "Push Hook"), ("x-gitlab-event-uuid", "v"), ("idempotency-key", "i")];
        assert_eq!(send(&hooked.url, &headers, &body).await.expect(202)["result"], "repeated");
        send(&hooked.url, &headers[1..], &body).await.problem(401, "unauthorized");

        let own = json!({ "kind": "gitea", "secret": "a secret of mine" });
        let set = put(&hooked.scene, &format!("{}/hook", hooked.project), own).await.expect(200);
        assert_eq!((set["secret"].is_null(), set["hint"].as_str()), (true, Some("…mine")));
        let push = hooked.push(&hooked.branch());
        let signature = sign("a secret of mine", push.to_string().as_bytes());
        let headers = [("x-gitea-signature", signature.as_str()), ("x-gitea-event", "push"), ("x-gitea-delivery", "g")];
        assert_eq!(send(set["url"].as_str().unwrap(), &headers, &push).await.expect(202)["result"], "queued");
        send(&hooked.url, &headers, &push).await.problem(401, "unauthorized");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_and_large_bodies_are_read() {
    let hooked = Hooked::new(testkit::database::TestDatabase::sqlite().await, "github").await;
    let push = hooked.push(&hooked.branch()).to_string();
    let form: String = push.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = format!("payload={form}");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let told = hooked.send("push", "form", form.as_bytes(), &kind).await.expect(202);
    assert_eq!(told["result"], "queued");

    // Far more than other routes take.
    let mut large: Value = serde_json::from_str(&push).unwrap();
    large["commits"] = json!(vec!["x".repeat(1_000); 5_000]);
    assert_eq!(hooked.told("push", "large", &large).await["result"], "queued");
    // Refused before it is sent: whoever were still sending might not hear of it.
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-github-event: push\r\n\
         x-github-delivery: too-large\r\nx-hub-signature-256: sha256=00\r\ncontent-length: {}\r\n\r\n",
        hooked.url,
        (25 << 20) + 1
    );
    let mut connection = TcpStream::connect(hooked.scene.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body-too-large"), "{answer}");
    let too_large = vec![b' '; 100_000];
    hooked
        .scene
        .call("POST", "/api/v1/projects", &[("content-type", "application/json")], Some(too_large))
        .await
        .problem(413, "body-too-large");
}

/// What could not be served is not taken for served when the host sends it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_could_not_be_served_may_come_again() {
    let hooked = Hooked::new(testkit::database::TestDatabase::sqlite().await, "github").await;
    let push = hooked.push(&hooked.branch());
    let run = async |sql| hooked.scene.database.connection().execute_unprepared(sql).await.unwrap();
    let refuse =
        "CREATE TRIGGER no_syncs BEFORE INSERT ON project_syncs BEGIN SELECT RAISE(ABORT, 'not now'); END";
    run(refuse).await;
    let reply = hooked.send("push", "d", push.to_string().as_bytes(), &[]).await;
    assert!(reply.status.is_server_error(), "{reply:?}");
    run("DROP TRIGGER no_syncs").await;
    assert_eq!(hooked.told("push", "d", &push).await["result"], "queued");
    assert_eq!((hooked.asked().await.len(), hooked.deliveries().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_counted_by_address() {
    let settings =
        Settings { requests_per_minute_per_address: 3, access: Access::Open, ..Settings::default() };
    let scene = Scene::with(testkit::database::TestDatabase::sqlite().await, settings).await;
    scene.stop_the_clock();
    let path = format!("/api/v1/webhooks/github/{}", entities::ProjectId::generate());
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(scene.call("POST", &path, &[], Some(Vec::new())).await.status.as_u16());
    }
    assert_eq!(seen, [401, 401, 401, 429, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_are_none_are_refused() {
    let scene = Scene::new(testkit::database::TestDatabase::sqlite().await).await;
    let hook = format!("{}/hook", scene.project("p", &small_repo()).await);
    for (kind, secret) in [
        ("github", "short"),
        ("github", "with a\nline"),
        ("gitlab", "whsec_not!base64.at.all"),
        ("gitea", ""),
    ] {
        let reply = put(&scene, &hook, json!({ "kind": kind, "secret": secret })).await;
        assert_eq!(reply.problem(422, "invalid-value")["field"], "secret");
    }
    put(&scene, &hook, json!({ "kind": "bitbucket" })).await.problem(400, "malformed-request");
    assert_eq!(HookKind::Github.as_str(), "github");
}

on_each_database! {
    async fn schedules_are_made_changed_and_removed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let all = format!("{project}/schedules");
        assert_eq!(scene.get(&all).await.expect(200), json!({ "items": [] }));
        let made = scene.post(&all, json!({ "cron": " 30  2 * * * ", "timeZone": "Europe/Berlin" })).await;
        let body = made.expect(201);
        assert_eq!((&body["cron"], body["nextRuns"].as_array().unwrap().len()), (&json!("30 2 * * *"), 5));
        let one = made.header("location").unwrap().to_owned();
        assert_eq!(scene.get(&one).await.expect(200), body);
        let branches = scene.get(&project).await.expect(200);
        assert_eq!(branches["branches"].as_array().unwrap().len(), 1, "what is scheduled is known");

        let changed = put(&scene, &one, json!({ "cron": "0 */2 * * *", "jitterSeconds": 60, "enabled": false })).await.expect(200);
        assert_eq!((&changed["timeZone"], &changed["nextRuns"]), (&json!("UTC"), &json!([])));
        for (body, field) in [
            (json!({ "cron": "* * * * *" }), "cron"),
            (json!({ "cron": "0 0 31 2 *" }), "cron"),
            (json!({ "cron": "0 0 0 * * *" }), "cron"),
            (json!({ "cron": "0 0 * * *", "timeZone": "Mars" }), "timeZone"),
            (json!({ "cron": "0 0 * * *", "jitterSeconds": 3601 }), "jitterSeconds"),
        ] {
            assert_eq!(scene.post(&all, body.clone()).await.problem(422, "invalid-value")["field"], field, "{body}");
        }
        scene.post(&all, json!({ "cron": "0 0 * * *", "branch": "nothing" })).await.problem(404, "branch-not-found");
        assert_eq!(scene.delete(&one).await.status, 204);
        scene.delete(&one).await.problem(404, "schedule-not-found");
        put(&scene, &one, json!({ "cron": "0 0 * * *" })).await.problem(404, "schedule-not-found");
        for _ in 0..50 {
            scene.post(&all, json!({ "cron": "0 0 * * *" })).await.expect(201);
        }
        scene.post(&all, json!({ "cron": "0 0 * * *" })).await.problem(409, "limit-reached");
        // With the project everything of it goes.
        let name = scene.get(&project).await.expect(200)["name"].as_str().unwrap().to_owned();
        put(&scene, &format!("{project}/polling"), json!({ "everySeconds": 60 })).await.expect(200);
        put(&scene, &format!("{project}/hook"), json!({ "kind": "gitea" })).await.expect(200);
        let gone = scene.delete(&format!("{project}?confirm={name}")).await;
        assert!(gone.status.is_success(), "{gone:?}");
        scene.get(&all).await.problem(404, "project-not-found");
    }

    async fn polling_is_set_and_removed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let project = scene.project("p", &small_repo()).await;
        let polling = format!("{project}/polling");
        scene.get(&polling).await.problem(404, "polling-not-found");
        let set = put(&scene, &polling, json!({ "everySeconds": 60 })).await.expect(200);
        assert_eq!((&set["everySeconds"], &set["branches"], &set["failures"]), (&json!(60), &Value::Null, &json!(0)));
        let set = put(&scene, &polling, json!({ "everySeconds": 90, "branches": ["main", "x/y"] })).await.expect(200);
        assert_eq!(set["branches"], json!(["main", "x/y"]));
        assert_eq!(scene.get(&polling).await.expect(200)["everySeconds"], 90);
        for (body, field) in [
            (json!({ "everySeconds": 1 }), "everySeconds"),
            (json!({ "everySeconds": 604_801 }), "everySeconds"),
            (json!({ "everySeconds": 60, "branches": [] }), "branches"),
            (json!({ "everySeconds": 60, "branches": [""] }), "branches"),
            (json!({ "everySeconds": 60, "branches": vec!["x"; 21] }), "branches"),
        ] {
            assert_eq!(put(&scene, &polling, body.clone()).await.problem(422, "invalid-value")["field"], field, "{body}");
        }
        assert_eq!(scene.delete(&polling).await.status, 204);
        assert_eq!(scene.delete(&polling).await.status, 204);
        let actions: Vec<_> = scene.walk("/api/v1/audit", "items", 100, async || {}).await;
        let actions: Vec<_> = actions.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect();
        assert_eq!(actions.iter().filter(|action| action.starts_with("polling.")).count(), 3, "{actions:?}");
    }
}

/// What the tests above lean on.
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_of_a_project_that_was_never_synced_begins_it() {
    let scene = Scene::new(testkit::database::TestDatabase::sqlite().await).await;
    let repo = small_repo();
    let project = scene.project("p", &repo).await;
    let id = project.rsplit('/').next().unwrap().parse().unwrap();
    let row = projects::get(&scene.db, id).await.unwrap().unwrap();
    assert_eq!(row.repository.default_branch.as_deref(), Some(repo.current_branch().as_str()));
    let set = put(&scene, &format!("{project}/hook"), json!({ "kind": "github" })).await.expect(200);
    let (url, secret) = (set["url"].as_str().unwrap().to_owned(), set["secret"].as_str().unwrap().to_owned());
    let hooked = Hooked { scene, repo, project, url, secret };
    let told = hooked.told("push", "d", &hooked.push(&hooked.branch())).await;
    assert_eq!(told["result"], "queued");
    let ended = hooked.scene.run(told["syncId"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!((ended.status, ended.trigger), (SyncStatus::Completed, SyncTrigger::Webhook));
}
