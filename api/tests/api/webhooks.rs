//! Webhooks: made, changed, tried, and what was sent to them.

use bus::IntegrationKind;
use entities::{
    EventId, ProjectId,
    webhooks::{self, MAX_WEBHOOKS, Told},
};
use serde_json::{Value, json};
use testkit::on_each_database;

use crate::scene::{Scene, small_repo};

const PATH: &str = "/api/v1/webhooks";
const URL: &str = "https://receiver.example/in?key=1";

async fn put(scene: &Scene, path: &str, body: Value) -> crate::scene::Reply {
    let headers = [("content-type", "application/json")];
    scene.call("PUT", path, &headers, Some(body.to_string().into_bytes())).await
}

/// A webhook; its path and its secret.
async fn made(scene: &Scene, body: Value) -> (String, String) {
    let made = scene.post(PATH, body).await.expect(201);
    let id = made["webhook"]["id"].as_str().unwrap();
    (format!("{PATH}/{id}"), made["secret"].as_str().unwrap().to_owned())
}

on_each_database! {
    async fn a_webhook_is_made_changed_and_removed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (path, secret) = made(&scene, json!({ "url": URL, "kinds": ["project_sync.failed"] })).await;
        assert!(secret.starts_with("whsec_"));
        let shown = scene.get(&path).await.expect(200);
        assert_eq!((&shown["url"], &shown["kinds"], &shown["enabled"]), (&json!(URL), &json!(["project_sync.failed"]), &json!(true)));
        assert_eq!((&shown["projectId"], &shown["disabledReason"], &shown["failures"]), (&Value::Null, &Value::Null, &json!(0)));
        let changed = put(&scene, &path, json!({ "enabled": false, "kinds": [] })).await.expect(200);
        assert_eq!((&changed["url"], &changed["kinds"], &changed["enabled"]), (&json!(URL), &json!([]), &json!(false)));
        let rotated = scene.post(&format!("{path}/rotate-secret"), json!({})).await.expect(200);
        assert_ne!(rotated["secret"], json!(secret));
        assert_eq!(rotated["webhook"]["id"], shown["id"]);
        for text in [scene.get(PATH).await.text, scene.get(&path).await.text, scene.get("/api/v1/audit").await.text] {
            assert!(!text.contains("whsec_") && !text.contains("sealed"), "{text}");
        }
        assert_eq!(scene.delete(&path).await.status, 204);
        scene.get(&path).await.problem(404, "webhook-not-found");
        let audit = scene.get("/api/v1/audit").await.expect(200);
        let words: Vec<_> = audit["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
        assert_eq!(words, ["webhook.delete", "webhook.rotate", "webhook.update", "webhook.create"]);
        assert!(!audit.to_string().contains("key=1"), "what is in a URL may be secret");
    }

    async fn what_cannot_be_one_is_refused(db: TestDatabase) {
        let scene = Scene::new(db).await;
        for url in [
            "", "receiver.example", "ftp://receiver.example/", "file:///etc/passwd", "https://user@receiver.example/",
            "https://:pass@receiver.example/", "https://receiver.example/#x", "http://127.0.0.1/", "http://[::1]/",
            "http://169.254.169.254/", "http://0x7f000001/", "http://10.1.2.3:8080/", &format!("https://receiver.example/{}", "x".repeat(2_000)),
        ] {
            let problem = scene.post(PATH, json!({ "url": url })).await.problem(422, "invalid-value");
            assert_eq!(problem["field"], "url", "{url}: {problem}");
        }
        let problem = scene.post(PATH, json!({ "url": URL, "kinds": ["no.such"] })).await.problem(422, "invalid-value");
        assert_eq!(problem["field"], "kinds");
        scene.post(PATH, json!({ "url": URL, "projectId": ProjectId::generate() })).await.problem(404, "project-not-found");
        scene.post(PATH, json!({ "url": URL, "surplus": 1 })).await.problem(400, "malformed-request");
        let (path, _) = made(&scene, json!({ "url": URL })).await;
        put(&scene, &path, json!({ "url": "http://127.0.0.1/" })).await.problem(422, "invalid-value");
        for _ in 1..MAX_WEBHOOKS {
            made(&scene, json!({ "url": URL })).await;
        }
        scene.post(PATH, json!({ "url": URL })).await.problem(409, "limit-reached");
        let all = scene.walk(PATH, "items", 7, async || {}).await;
        assert_eq!(all.len() as u64, MAX_WEBHOOKS);
        assert!(all.windows(2).all(|pair| pair[0]["id"].as_str() > pair[1]["id"].as_str()));
    }

    /// What is noted for whom, by project and kind.
    async fn the_end_of_a_sync_is_noted_for_those_who_want_it(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (repo, other) = (small_repo(), small_repo());
        let project = scene.project("one", &repo).await;
        let id = project.rsplit('/').next().unwrap().to_owned();
        let other = scene.project("other", &other).await;
        let (all, _) = made(&scene, json!({ "url": URL })).await;
        let (of_project, _) = made(&scene, json!({ "url": URL, "projectId": id })).await;
        let (failed, _) = made(&scene, json!({ "url": URL, "kinds": [IntegrationKind::Failed.as_str()] })).await;
        let (off, _) = made(&scene, json!({ "url": URL })).await;
        put(&scene, &off, json!({ "enabled": false })).await.expect(200);
        let sync = scene.sync(&project).await;
        scene.sync(&other).await;
        let mut counts = Vec::new();
        for path in [&all, &of_project, &failed, &off] {
            let log = scene.get(&format!("{path}/deliveries?status=pending")).await.expect(200);
            counts.push(log["items"].as_array().unwrap().len());
        }
        assert_eq!(counts, [2, 1, 0, 0]);
        let log = scene.get(&format!("{of_project}/deliveries")).await.expect(200);
        let delivery = format!("{of_project}/deliveries/{}", log["items"][0]["id"].as_str().unwrap());
        assert!(log["items"][0].get("body").is_none());
        let shown = scene.get(&delivery).await.expect(200);
        let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
        assert_eq!((&body["id"], &body["data"]["syncId"]), (&shown["eventId"], &json!(sync.id)));
        // Of another webhook it is not.
        let elsewhere = delivery.replace(&of_project, &all);
        scene.get(&elsewhere).await.problem(404, "delivery-not-found");
        // A project takes what is for it alone with it.
        let confirmed = format!("{project}?confirm=one");
        assert_eq!(scene.delete(&confirmed).await.status, 204);
        scene.get(&of_project).await.problem(404, "webhook-not-found");
        assert_eq!(scene.get(&format!("{all}/deliveries")).await.expect(200)["items"].as_array().unwrap().len(), 2);
    }

    async fn deliveries_are_tried_paged_and_repeated(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (path, _) = made(&scene, json!({ "url": URL, "kinds": [IntegrationKind::Failed.as_str()] })).await;
        let ping = scene.post(&format!("{path}/test"), json!({})).await.expect(202);
        assert_eq!((&ping["kind"], &ping["status"]), (&json!("project_sync.test"), &json!("pending")));
        for _ in 0..11 {
            let told = Told {
                event: EventId::generate(),
                project: ProjectId::generate(),
                kind: IntegrationKind::Failed.as_str().to_owned(),
                body: "{}".to_owned(),
                trace_parent: None,
            };
            assert_eq!(webhooks::notify(&scene.db, &told, chrono::Utc::now()).await.unwrap(), 1);
        }
        let all = scene.walk(&format!("{path}/deliveries"), "items", 5, async || {}).await;
        assert_eq!(all.len(), 12);
        scene.get(&format!("{path}/deliveries?status=lost")).await.problem(400, "malformed-request");
        put(&scene, &path, json!({ "enabled": false })).await.expect(200);
        let failed = scene.get(&format!("{path}/deliveries?status=failed")).await.expect(200);
        assert_eq!(failed["items"].as_array().unwrap().len(), 12, "what waits is given up");
        let again = format!("{path}/deliveries/{}/redeliver", ping["id"].as_str().unwrap());
        scene.post(&again, json!({})).await.problem(409, "webhook-disabled");
        scene.post(&format!("{path}/test"), json!({})).await.problem(409, "webhook-disabled");
        put(&scene, &path, json!({ "enabled": true })).await.expect(200);
        let due = scene.post(&again, json!({})).await.expect(202);
        assert_eq!((&due["eventId"], &due["status"], &due["attempts"]), (&ping["eventId"], &json!("pending"), &json!(0)));
        let words = scene.get("/api/v1/audit?action=webhook.redeliver").await.expect(200);
        assert_eq!(words["items"].as_array().unwrap().len(), 1);
    }
}
