//! Asking for syncs, following them, their history, going back.

use entities::{SyncStatus, projects, syncs};
use futures::future::join_all;
use serde_json::json;
use testkit::on_each_database;

use crate::scene::{Scene, id_of, small_repo};

on_each_database! {
    async fn a_double_click_makes_one_sync(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let path = format!("{project}/sync");
        let replies = join_all((0..8).map(|_| scene.post(&path, json!({})))).await;
        let ids: std::collections::HashSet<_> =
            replies.iter().map(|reply| id_of(&reply.json()["sync"])).collect();
        assert_eq!(ids.len(), 1);
        let new: Vec<_> = replies.iter().filter(|reply| reply.json()["isNew"] == true).collect();
        assert_eq!(new.len(), 1);
        new[0].expect(202);
        for reply in &replies {
            let id = id_of(&reply.json()["sync"]);
            assert_eq!(reply.header("location").unwrap(), format!("/api/v1/syncs/{id}"));
            assert_eq!(reply.json()["eventsUrl"], format!("/api/v1/events/project-sync/{id}"));
            assert_eq!(reply.status == 202, reply.json()["isNew"] == true);
        }
        let history = scene.get(&format!("{project}/sync/history")).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 1);
    }

    async fn one_follows_however_often_it_is_asked_for(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let first = scene.start(&project, json!({})).await;
        scene.begin(first).await;
        // Without queueNext the running one is the answer.
        assert_eq!(scene.start(&project, json!({ "force": true })).await, first);
        let path = format!("{project}/sync");
        let replies = join_all((0..8).map(|_| scene.post(&path, json!({ "queueNext": true })))).await;
        let ids: std::collections::HashSet<_> =
            replies.iter().map(|reply| id_of(&reply.json()["sync"])).collect();
        assert_eq!(ids.len(), 1);
        assert!(!ids.contains(&first));
        assert_eq!(replies.iter().filter(|reply| reply.status == 202).count(), 1);
        let status = scene.get(&format!("{project}/sync/status")).await.expect(200);
        assert_eq!(id_of(&status["sync"]), first);
        assert_eq!(status["sync"]["status"], "running");
        assert!(ids.contains(&id_of(&status["next"])));
        assert_eq!(status["phases"], json!(["prepare", "scan", "import", "finalize"]));
    }

    async fn a_branch_gets_a_row_once_it_was_seen(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let reply = scene.post(&format!("{project}/sync"), json!({ "branch": "mian" })).await;
        let problem = reply.problem(404, "branch-not-found");
        assert!(problem["detail"].as_str().unwrap().contains("did you mean main"), "{problem}");
        let found = projects::find(&scene.db, "p").await.unwrap().unwrap();
        assert_eq!(projects::branches(&scene.db, &found.repository).await.unwrap().len(), 1);

        repo.branch("next");
        let next = scene.start(&project, json!({ "branch": "next" })).await;
        assert_eq!(scene.run(next).await.status, SyncStatus::Completed);
        scene.sync(&project).await;
        repo.write("more", "more").commit("second");
        let branches = scene.get(&format!("{project}/sync/branches")).await.expect(200);
        let shown: Vec<_> = branches["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|branch| (branch["name"].as_str().unwrap(), branch["isDefault"] == true, branch["headSync"].as_i64(), branch["isUpToDate"] == true))
            .collect();
        assert_eq!(shown, [("main", true, Some(1), false), ("next", false, Some(1), true)]);
        assert_eq!(branches["items"][0]["commit"], repo.head());
        let found = scene.get(&format!("{project}/sync/branches?query=NEX&limit=1")).await.expect(200);
        assert_eq!((found["total"].as_i64(), found["items"][0]["name"].as_str()), (Some(1), Some("next")));
    }

    async fn the_trace_of_a_request_is_that_of_its_sync(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let reply = scene.post_with(&format!("{project}/sync"), json!({}), &[("traceparent", trace)]).await;
        let id = id_of(&reply.expect(202)["sync"]);
        let row = syncs::get(&scene.db, id).await.unwrap().unwrap();
        assert_eq!(row.trace_parent.as_deref(), Some(trace));
        let missing = scene.call("GET", "/api/none", &[("traceparent", trace)], None).await;
        assert_eq!(missing.problem(404, "not-found")["traceId"], "0af7651916cd43dd8448eb211c80319c");
        let odd = scene.call("GET", "/api/none", &[("traceparent", "<script>")], None).await;
        assert_eq!(odd.problem(404, "not-found").get("traceId"), None);
    }

    async fn a_sync_is_told_from_asking_to_ending(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let status_path = format!("{project}/sync/status");
        let status = scene.get(&status_path).await.expect(200);
        assert_eq!((&status["sync"], status["branch"].as_str()), (&json!(null), Some("main")));
        let id = scene.start(&project, json!({ "force": true })).await;
        let status = scene.get(&status_path).await.expect(200);
        assert_eq!((status["sync"]["status"].as_str(), status["sync"]["forced"].as_bool()), (Some("pending"), Some(true)));
        scene.run(id).await;
        let sync = scene.get(&format!("/api/v1/syncs/{id}")).await.expect(200);
        assert_eq!(sync["status"], "completed");
        assert_eq!((sync["number"].as_i64(), sync["attempts"].as_i64()), (Some(1), Some(1)));
        assert_eq!(sync["commit"], repo.head());
        assert_eq!((sync["summary"].as_str(), sync["trigger"].as_str()), (Some("first"), Some("api")));
        assert_eq!(sync["counts"]["added"], 3);
        let phases: Vec<_> = sync["phases"].as_array().unwrap().iter().map(|p| p["phase"].clone()).collect();
        assert_eq!(phases, ["prepare", "scan", "import", "finalize"]);
        assert!(sync["durationMs"].as_i64().is_some());
        assert_eq!(sync["projectId"].as_str().unwrap(), project.rsplit('/').next().unwrap());
        let status = scene.get(&status_path).await.expect(200);
        assert_eq!(status["sync"], sync);
    }

    async fn progress_is_the_last_that_was_told(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let id = scene.start(&project, json!({})).await;
        scene.begin(id).await;
        let told = |seq: i64, done: u64| bus::ProgressEvent {
            sync_id: id,
            seq,
            at: chrono::Utc::now(),
            event: bus::Event::PhaseProgress {
                phase: "import".to_owned(),
                done,
                total: Some(9),
                unit: bus::Unit::Blobs,
                bytes: 10,
                requests: 2,
            },
        };
        let ended = bus::Event::PhaseCompleted { phase: "scan".to_owned(), duration_ms: 1 };
        for event in [told(2, 3), told(3, 4), bus::ProgressEvent { event: ended, ..told(4, 0) }] {
            syncs::append_event(&scene.db, event.to_row(scene.tenant).unwrap()).await.unwrap();
        }
        let status = scene.get(&format!("{project}/sync/status")).await.expect(200);
        let expected = json!({
            "phase": "import", "done": 4, "total": 9, "unit": "blobs", "bytes": 10, "requests": 2
        });
        assert_eq!(status["progress"], expected);
    }

    async fn pages_of_history_meet_each_sync_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let mut made = Vec::new();
        for _ in 0..7 {
            let id = scene.start(&project, json!({})).await;
            scene.post(&format!("/api/v1/syncs/{id}/cancel"), json!({})).await.expect(202);
            made.push(id);
        }
        let path = format!("{project}/sync/history");
        let all = scene
            .walk(&path, "items", 3, async || {
                let id = scene.start(&project, json!({})).await;
                scene.post(&format!("/api/v1/syncs/{id}/cancel"), json!({})).await.expect(202);
            })
            .await;
        made.reverse();
        assert_eq!(all.iter().map(id_of).collect::<Vec<_>>(), made);
        scene.sync(&project).await;
        let completed = scene.get(&format!("{path}?status=completed&branch=main")).await.expect(200);
        assert_eq!(completed["items"].as_array().unwrap().len(), 1);
        scene.get(&format!("{path}?branch=none")).await.problem(404, "branch-not-found");
    }

    async fn a_cancelled_sync_ends(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let id = scene.start(&project, json!({})).await;
        let cancel = format!("/api/v1/syncs/{id}/cancel");
        let ended = scene.post(&cancel, json!({})).await.expect(202);
        assert_eq!(ended["status"], "cancelled");
        let again = scene.call("POST", &cancel, &[], None).await;
        assert_eq!(again.problem(409, "already-ended")["syncId"], id.to_string());
        // A running one ends by its worker.
        let id = scene.start(&project, json!({})).await;
        scene.begin(id).await;
        let ending = scene.post(&format!("/api/v1/syncs/{id}/cancel"), json!({})).await.expect(202);
        assert_eq!((ending["status"].as_str(), ending["cancelRequested"].as_bool()), (Some("running"), Some(true)));
    }

    async fn an_earlier_state_comes_back(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let first = scene.sync(&project).await;
        repo.remove("README.md").write("later", "later").commit("second");
        scene.sync(&project).await;
        let path = format!("{project}/sync/restore");
        let restore = json!({ "syncId": first.id });
        let reply = scene.post(&path, restore.clone()).await;
        let asked = reply.expect(202);
        let sync = &asked["sync"];
        assert_eq!((sync["kind"].as_str(), sync["restoreOf"].as_i64()), (Some("restore"), Some(1)));
        let again = scene.post(&path, restore.clone()).await.expect(200);
        assert_eq!((again["isNew"].as_bool(), id_of(&again["sync"])), (Some(false), id_of(sync)));
        let status = scene.get(&format!("{project}/sync/status")).await.expect(200);
        assert_eq!(status["phases"], json!(["prepare", "restore", "finalize"]));
        scene.run(id_of(sync)).await;
        let now = scene.get(&format!("{project}/files")).await.expect(200);
        let then = scene.get(&format!("{project}/files?at=1")).await.expect(200);
        assert_eq!(now["items"], then["items"]);

        let other = scene.start(&project, json!({})).await;
        let busy = scene.post(&path, restore.clone()).await;
        assert_eq!(busy.problem(409, "branch-busy")["syncId"], other.to_string());
        let unfinished = scene.post(&path, json!({ "syncId": other })).await;
        assert_eq!(unfinished.problem(409, "sync-not-completed")["syncId"], other.to_string());
        let elsewhere = scene.project("q", &repo).await;
        let foreign = scene.post(&format!("{elsewhere}/sync/restore"), restore).await;
        assert_eq!(foreign.problem(404, "sync-not-found")["field"], "syncId");
    }
}

/// The phases that the API tells (see above) are those that the worker runs.
#[test]
fn the_phases_are_the_workers() {
    for (kind, told) in [
        (entities::SyncKind::Sync, vec!["prepare", "scan", "import", "finalize"]),
        (entities::SyncKind::Restore, vec!["prepare", "restore", "finalize"]),
    ] {
        let run: Vec<_> = worker::pipeline::phases(kind).iter().map(|phase| phase.name()).collect();
        assert_eq!(run, told);
    }
}
