//! What operators do.

use std::time::Duration;

use entities::{
    SyncStatus, SyncTrigger,
    queue::{self, NewDeadJob},
    syncs::SyncFilter,
};
use project_sync_api::admin::{JobVerb, change_jobs};
use serde_json::{Value, json};
use testkit::on_each_database;

use crate::scene::{Scene, id_of, small_repo};

/// The checks of the doctor that are not well.
fn unwell(doctor: &Value) -> Vec<(&str, &str)> {
    let checks = doctor["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["status"] != "ok")
        .map(|check| {
            assert!(check["advice"].is_string(), "{check}");
            (check["name"].as_str().unwrap(), check["status"].as_str().unwrap())
        })
        .collect()
}

on_each_database! {
    async fn jobs_are_listed_and_shown(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let (p, q) = (scene.project("p", &repo).await, scene.project("q", &repo).await);
        let done = scene.sync(&p).await;
        let failed = scene.start(&p, json!({})).await;
        scene.fail(failed).await;
        let running = scene.start(&q, json!({})).await;
        scene.begin(running).await;
        let project = q.rsplit('/').next().unwrap();
        let listed = async |query: &str| {
            let page = scene.get(&format!("/api/v1/admin/jobs?{query}")).await.expect(200);
            page["items"].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>()
        };
        assert_eq!(listed("").await, [running, failed, done.id]);
        assert_eq!(listed("status=failed").await, [failed]);
        assert_eq!(listed(&format!("project={project}")).await, [running]);
        assert_eq!(listed("branch=main&limit=1").await, [running]);
        assert_eq!(listed("branch=none").await, []);
        assert_eq!(listed("trigger=schedule").await, []);
        assert_eq!(listed("errorCode=unreachable").await, [failed]);
        assert_eq!(listed("olderThanSeconds=3600").await, []);
        scene.advance(3_601);
        assert_eq!(listed("olderThanSeconds=3600").await.len(), 3);
        let all = scene.walk("/api/v1/admin/jobs", "items", 1, async || {}).await;
        assert_eq!(all.len(), 3);
        let job = scene.get(&format!("/api/v1/admin/jobs/{running}")).await.expect(200);
        assert_eq!((job["project"].as_str(), job["worker"].as_str()), (Some("q"), Some("a worker")));
        assert!(job["leaseUntil"].is_string());
        let job = scene.get(&format!("/api/v1/admin/jobs/{}", done.id)).await.expect(200);
        let last = job["events"].as_array().unwrap().last().unwrap();
        assert_eq!(last["payload"]["type"], "completed");
    }

    async fn jobs_are_cancelled_repeated_and_removed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let done = scene.sync(&project).await;
        let job = |id: entities::SyncId| format!("/api/v1/admin/jobs/{id}");
        scene.delete(&job(done.id)).await.problem(409, "sync-completed");
        let failed = scene.start(&project, json!({ "force": true })).await;
        scene.post(&format!("{}/requeue", job(failed)), json!({})).await.problem(409, "sync-active");
        scene.begin(failed).await;
        scene.delete(&job(failed)).await.problem(409, "sync-active");
        scene.post(&format!("{}/cancel", job(failed)), json!({})).await.expect(202);
        scene.run_down(failed).await;
        let again = scene.post(&format!("{}/requeue", job(failed)), json!({})).await.expect(202);
        assert_eq!((again["isNew"].as_bool(), again["sync"]["forced"].as_bool()), (Some(true), Some(true)));
        let same = scene.post(&format!("{}/requeue", job(failed)), json!({})).await.expect(200);
        assert_eq!(id_of(&same["sync"]), id_of(&again["sync"]));
        scene.delete(&job(failed)).await.expect(204);
        scene.get(&job(failed)).await.problem(404, "sync-not-found");
        // One that waits is cancelled and removed.
        scene.delete(&job(id_of(&again["sync"]))).await.expect(204);
        let history = scene.get(&format!("{project}/sync/history")).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 1);
    }

    async fn many_jobs_are_changed_at_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let mut waiting = Vec::new();
        for name in ["a", "b", "c"] {
            let project = scene.project(name, &repo).await;
            scene.sync(&project).await;
            waiting.push(scene.start(&project, json!({})).await);
        }
        waiting.reverse();
        let filter = json!({ "branch": "main" });
        let path = "/api/v1/admin/jobs/cancel";
        let tried = scene.post(path, json!({ "filter": filter, "dryRun": true })).await.expect(200);
        let ids: Vec<_> = waiting.iter().map(ToString::to_string).collect();
        assert_eq!(tried, json!({ "matched": 3, "changed": 0, "ids": ids }));
        let cancelled = scene.post(path, json!({ "filter": filter })).await.expect(200);
        assert_eq!(cancelled, json!({ "matched": 3, "changed": 3, "ids": ids }));
        let none = scene.post(path, json!({ "filter": { "status": "completed" } })).await.expect(200);
        assert_eq!(none, json!({ "matched": 0, "changed": 0, "ids": [] }));
        let again = scene.post("/api/v1/admin/jobs/requeue", json!({ "filter": { "status": "cancelled" } })).await;
        assert_eq!(again.expect(200)["changed"], 3);
        // The same without a server.
        let rows = SyncFilter::default();
        let verb = JobVerb::Requeue(SyncTrigger::Cli);
        let same = change_jobs(&scene.dispatcher, verb, &rows, false, chrono::Utc::now()).await.unwrap();
        assert_eq!((same.matched, same.changed), (3, 3));
        let removed = scene.post("/api/v1/admin/jobs/remove", json!({ "filter": filter })).await.expect(200);
        assert_eq!((removed["matched"].as_u64(), removed["changed"].as_u64()), (Some(6), Some(6)));
        let left = scene.get("/api/v1/admin/jobs").await.expect(200);
        assert!(left["items"].as_array().unwrap().iter().all(|job| job["status"] == "completed"), "{left}");
    }

    async fn the_queue_is_shown_paused_and_resumed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let id = scene.start(&project, json!({})).await;
        scene.dispatcher.queue.prolong("worker-1", &[]).await.unwrap();
        scene.advance(10);
        let queue = scene.get("/api/v1/admin/queue").await.expect(200);
        assert_eq!((queue["ready"]["count"].as_u64(), queue["queued"].as_u64()), (Some(1), Some(1)));
        assert!(queue["ready"]["oldestAgeSeconds"].as_i64().unwrap() >= 10);
        assert_eq!(queue["workers"][0]["name"], "worker-1");
        assert_eq!(queue["pauses"], json!([]));
        let pause = json!({ "reason": "an upgrade" });
        let paused = scene.post("/api/v1/admin/queue/pause", pause.clone()).await.expect(200);
        assert_eq!(paused, json!({ "changed": true }));
        assert_eq!(scene.post("/api/v1/admin/queue/pause", pause).await.expect(200), json!({ "changed": false }));
        let queue = scene.get("/api/v1/admin/queue").await.expect(200);
        assert_eq!((queue["pauses"][0]["reason"].as_str(), queue["pauses"].as_array().unwrap().len()), (Some("an upgrade"), 1));
        let outcome = entities::syncs::claim(&scene.db, id, "w", chrono::Utc::now(), Duration::from_secs(9)).await;
        assert_eq!(outcome.unwrap(), entities::syncs::ClaimOutcome::Paused);
        assert_eq!(scene.post("/api/v1/admin/queue/resume", json!({})).await.expect(200), json!({ "changed": true }));
        assert_eq!(scene.run(id).await.status, SyncStatus::Completed);
        let one = json!({ "projectId": project.rsplit('/').next().unwrap() });
        scene.post("/api/v1/admin/queue/pause", one.clone()).await.expect(200);
        assert_eq!(scene.post("/api/v1/admin/queue/resume", one).await.expect(200), json!({ "changed": true }));
    }

    async fn the_dead_are_shown_repeated_and_purged(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let mut buried = Vec::new();
        for name in ["a", "b", "c"] {
            let project = scene.project(name, &repo).await;
            let id = scene.start(&project, json!({})).await;
            scene.fail(id).await;
            let new = NewDeadJob {
                sync: Some((scene.tenant, id)),
                payload: None,
                code: if name == "a" { "internal" } else { "unreachable" }.to_owned(),
                message: "away".to_owned(),
                attempts: 5,
            };
            buried.push((queue::bury(&scene.system(), new, chrono::Utc::now()).await.unwrap().id, id));
        }
        let rubbish = NewDeadJob {
            sync: None,
            payload: Some("{".to_owned()),
            code: "broken-message".to_owned(),
            message: "no job".to_owned(),
            attempts: 1,
        };
        let rubbish = queue::bury(&scene.system(), rubbish, chrono::Utc::now()).await.unwrap().id;
        let all = scene.walk("/api/v1/admin/dead", "items", 3, async || {}).await;
        assert_eq!((all.len(), all[0]["payload"].as_str(), all[3]["code"].as_str()), (4, Some("{"), Some("internal")));
        let one = scene.get(&format!("/api/v1/admin/dead/{}", buried[0].0)).await.expect(200);
        assert_eq!((one["syncId"].clone(), one["attempts"].as_i64()), (json!(buried[0].1), Some(5)));
        let path = format!("/api/v1/admin/dead/{}/requeue", buried[0].0);
        let again = scene.post(&path, json!({})).await.expect(202);
        assert_eq!(again["sync"]["status"], "pending");
        scene.post(&path, json!({})).await.problem(404, "dead-job-not-found");
        let path = format!("/api/v1/admin/dead/{rubbish}/requeue");
        scene.post(&path, json!({})).await.problem(422, "nothing-to-repeat");

        let path = "/api/v1/admin/dead/requeue";
        let tried = scene.post(path, json!({ "filter": { "code": "unreachable" }, "dryRun": true })).await.expect(200);
        assert_eq!((tried["matched"].as_u64(), tried["changed"].as_u64()), (Some(2), Some(0)));
        let done = scene.post(path, json!({ "all": true })).await.expect(200);
        assert_eq!((done["matched"].as_u64(), done["changed"].as_u64()), (Some(2), Some(2)));
        let purged = scene.post("/api/v1/admin/dead/purge", json!({ "all": true })).await.expect(200);
        assert_eq!(purged, json!({ "matched": 1, "changed": 1, "ids": [rubbish.to_string()] }));
        let kept = NewDeadJob {
            sync: None,
            payload: Some("{".to_owned()),
            code: "broken-message".to_owned(),
            message: "no job".to_owned(),
            attempts: 1,
        };
        let kept = queue::bury(&scene.system(), kept, chrono::Utc::now()).await.unwrap().id;
        scene.delete(&format!("/api/v1/admin/dead/{kept}")).await.expect(204);
        scene.delete(&format!("/api/v1/admin/dead/{kept}")).await.problem(404, "dead-job-not-found");
        assert_eq!(scene.get("/api/v1/admin/dead").await.expect(200), json!({ "items": [] }));
    }

    async fn the_doctor_tells_what_to_do(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let doctor = scene.get("/api/v1/admin/doctor").await.expect(200);
        assert_eq!(unwell(&doctor), [("workers", "warn")]);
        scene.dispatcher.queue.prolong("worker-1", &[]).await.unwrap();
        let doctor = scene.get("/api/v1/admin/doctor").await.expect(200);
        assert_eq!(doctor["status"], "ok", "{doctor}");

        let running = scene.start(&project, json!({})).await;
        scene.begin(running).await;
        scene.start(&project, json!({ "queueNext": true })).await;
        let other = scene.project("q", &repo).await;
        let stuck = scene.start(&other, json!({})).await;
        scene.advance(61);
        let doctor = scene.get("/api/v1/admin/doctor").await.expect(200);
        // The one that follows the running one is not stuck.
        assert_eq!(unwell(&doctor), [("leases", "warn"), ("stuck", "warn")]);
        let checks = doctor["checks"].as_array().unwrap();
        let detail = |name: &str| {
            let check = checks.iter().find(|check| check["name"] == name).unwrap();
            check["detail"].as_str().unwrap().to_owned()
        };
        assert!(detail("leases").contains(&running.to_string()));
        assert!(detail("stuck").ends_with(&stuck.to_string()), "{}", detail("stuck"));
        scene.post("/api/v1/admin/queue/pause", json!({})).await.expect(200);
        let doctor = scene.get("/api/v1/admin/doctor").await.expect(200);
        assert_eq!(unwell(&doctor), [("leases", "warn"), ("pauses", "warn")]);
    }
}
