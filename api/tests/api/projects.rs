//! Connecting, listing and deleting projects.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::json;
use testkit::{on_each_database, repo::TestRepo};

use crate::scene::{Scene, small_repo, source};

/// How many rows each table holds: whatever tables there are.
async fn rows(db: &DatabaseConnection) -> BTreeMap<String, i64> {
    let backend = db.get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'",
    };
    let mut rows = BTreeMap::new();
    for table in db.query_all_raw(Statement::from_string(backend, tables)).await.unwrap() {
        let table: String = table.try_get("", "name").unwrap();
        // The inner tables of the search index keep what was removed until they are merged; who did what stays for good.
        let kept = ["idempotency_keys", "audit_log"];
        if table.starts_with("memory_contents_search") || kept.contains(&table.as_str()) {
            continue;
        }
        let count = format!("SELECT count(*) AS n FROM {table}");
        let count = db.query_one_raw(Statement::from_string(backend, count)).await.unwrap().unwrap();
        rows.insert(table, count.try_get("", "n").unwrap());
    }
    assert!(rows.len() > 12, "{rows:?}");
    rows
}

on_each_database! {
    async fn a_project_is_made_once_its_repository_was_seen(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let reply = scene.post("/api/v1/projects", json!({ "name": " one ", "source": source(&repo) })).await;
        let made = reply.expect(201);
        assert_eq!(made["name"], "one");
        assert_eq!(made["source"], source(&repo));
        assert_eq!(made["defaultBranch"], "main");
        let location = reply.header("location").unwrap();
        assert_eq!(location, format!("/api/v1/projects/{}", made["id"].as_str().unwrap()));
        let shown = scene.get(location).await.expect(200);
        assert_eq!(shown["name"], "one");
        assert_eq!(shown["branches"], json!([{ "name": "main", "headSync": 0 }]));
        assert_eq!(shown["counts"], json!({ "files": 0, "memory": 0 }));
        assert_eq!(shown.get("latestSync"), None);

        let again = scene.post("/api/v1/projects", json!({ "name": "one", "source": source(&repo) })).await;
        assert_eq!(again.problem(409, "name-taken")["field"], "name");
        // The name is made from the source if there is none.
        let named = scene.post("/api/v1/projects", json!({ "source": source(&repo) })).await.expect(201);
        assert_eq!(named["name"], repo.path().file_name().unwrap().to_str().unwrap());

        let synced = scene.sync(location).await;
        let shown = scene.get(location).await.expect(200);
        assert_eq!(shown["counts"], json!({ "files": 3, "memory": 2 }));
        assert_eq!(shown["latestSync"]["id"], synced.id.to_string());
        assert_eq!(shown["branches"][0]["headSync"], 1);
    }

    async fn what_cannot_be_read_leaves_nothing(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let before = rows(scene.database.connection()).await;
        let empty = TestRepo::new();
        let folder = tempfile::tempdir().unwrap();
        let gone = "http://127.0.0.1:9/none.git";
        for (url, code) in [
            (empty.path().to_str().unwrap(), "source-empty-repository"),
            (folder.path().to_str().unwrap(), "source-not-a-repository"),
            (gone, "source-unreachable"),
        ] {
            let source = json!({ "kind": "git", "url": url });
            let reply = scene.post("/api/v1/projects", json!({ "name": "x", "source": source })).await;
            assert_ne!(reply.problem(422, code)["detail"], "", "{url}");
        }
        assert_eq!(rows(scene.database.connection()).await, before);
    }

    async fn pages_of_projects_meet_each_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        for name in ["d", "b", "a", "e", "c"] {
            scene.project(name, &repo).await;
        }
        let mut more = ["0", "zz"].into_iter();
        let all = scene
            .walk("/api/v1/projects", "items", 2, async || {
                if let Some(name) = more.next() {
                    scene.project(name, &repo).await;
                }
            })
            .await;
        let names: Vec<&str> = all.iter().map(|project| project["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e", "zz"]);
    }

    async fn a_project_is_deleted_with_all_that_only_it_shows(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let kept_repo = small_repo();
        let kept = scene.project("kept", &kept_repo).await;
        scene.sync(&kept).await;
        let mut before = rows(scene.database.connection()).await;
        let listed = scene.get(&format!("{kept}/memory?query=elephants")).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);

        // It shares files and letters with the other one, and has its own; some only in its history.
        let repo = small_repo();
        repo.write("own.txt", "own").write("docs/own.md", "# Own\n\ntext of its own\n").commit("second");
        let doomed = scene.project("doomed", &repo).await;
        scene.sync(&doomed).await;
        repo.remove("own.txt").write("src/main.rs", "fn main() { second(); }\n").commit("third");
        repo.branch("next");
        scene.sync(&doomed).await;
        let next = scene.start(&doomed, json!({ "branch": "next" })).await;
        scene.run(next).await;
        let first = scene.get(&format!("{doomed}/sync/history?branch=main")).await.expect(200);
        let first = first["items"][1]["id"].clone();
        let restore = scene.post(&format!("{doomed}/sync/restore"), json!({ "syncId": first })).await;
        scene.run(crate::scene::id_of(&restore.expect(202)["sync"])).await;
        let pause = json!({ "projectId": doomed.rsplit('/').next().unwrap() });
        scene.post("/api/v1/admin/queue/pause", pause).await.expect(200);

        let unconfirmed = scene.delete(&doomed).await;
        assert_eq!(unconfirmed.problem(422, "confirmation-required")["field"], "confirm");
        scene.delete(&format!("{doomed}?confirm=Doomed")).await.problem(422, "confirmation-required");
        let active = scene.start(&doomed, json!({})).await;
        let busy = scene.delete(&format!("{doomed}?confirm=doomed")).await;
        assert_eq!(busy.problem(409, "sync-active")["syncId"], active.to_string());
        scene.post(&format!("/api/v1/syncs/{active}/cancel"), json!({})).await.expect(202);

        scene.delete(&format!("{doomed}?confirm=doomed")).await.expect(204);
        // Four syncs ended and one was called off: who is told of that is told though the project is gone.
        *before.entry("outbox".to_owned()).or_default() += 5;
        assert_eq!(rows(scene.database.connection()).await, before);
        scene.get(&doomed).await.problem(404, "project-not-found");
        scene.delete(&format!("{doomed}?confirm=doomed")).await.problem(404, "project-not-found");
        // What the other one shows is all there.
        let state = scene.get(&format!("{kept}/files")).await.expect(200);
        assert!(state["items"].as_array().unwrap().iter().all(|file| file["isStored"] == true), "{state}");
        assert_eq!(scene.get(&format!("{kept}/memory?query=elephants")).await.expect(200), listed);
        let found = scene.get(&format!("{kept}/memory?query=own")).await.expect(200);
        assert_eq!(found["items"], json!([]));
    }
}
