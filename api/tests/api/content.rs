//! Files, memory and changes, page by page.

use std::collections::BTreeSet;

use chrono::Utc;
use entities::{
    gc::{self, Order, Retention},
    temporal::StateAt,
};
use serde_json::{Value, json};
use testkit::{on_each_database, repo::TestRepo};

use crate::scene::{Scene, small_repo};

/// A repository with files of all kinds, some with names that are no UTF-8.
fn many_files() -> TestRepo {
    let repo = TestRepo::new();
    for n in 0..25 {
        repo.write(format!("src/file_{n:02}.rs"), format!("// {n}\n"));
        repo.write(
            format!("docs/part_{n:02}.md"),
            format!("# Part {n}\n\nabout elephants {}\n", "and mice ".repeat(n)),
        );
    }
    repo.write(b"caf\xe9.txt", "latin").symlink("link", "src").submodule("sub", &"1".repeat(40));
    repo.write("100%_Odd name.TXT", "odd");
    repo.commit("first");
    repo
}

fn paths(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["path"].as_str().unwrap().to_owned()).collect()
}

/// Forgets all but the latest sync of every branch.
async fn forget(scene: &Scene) {
    let order = Order { retention: Retention { keep_syncs: 1, keep_days: 0 }, ..Order::default() };
    gc::forget(&scene.db, &order, Utc::now()).await.unwrap();
    gc::remove(&scene.db, &order, Utc::now()).await.unwrap();
}

on_each_database! {
    /// A state that is not kept any more is gone, whatever asks for it; the sync itself is told.
    async fn a_forgotten_state_is_gone(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = many_files();
        let project = scene.project("p", &repo).await;
        let first = scene.sync(&project).await;
        let page = scene.get(&format!("{project}/files?limit=5")).await.expect(200);
        let cursor = page["nextCursor"].as_str().unwrap();
        repo.write("a", "1").commit("second");
        let second = scene.sync(&project).await;
        let told = async |sync: &entities::ProjectSync| {
            scene.get(&format!("/api/v1/syncs/{}", sync.id)).await.expect(200)["forgotten"].clone()
        };
        assert_eq!((told(&first).await, told(&second).await), (json!(false), json!(false)));
        forget(&scene).await;
        assert_eq!((told(&first).await, told(&second).await), (json!(true), json!(false)));
        for (path, field) in [
            (format!("{project}/files?at=1"), Some("at")),
            (format!("{project}/files?at={}", first.id), Some("at")),
            (format!("{project}/files?limit=5&cursor={cursor}"), Some("cursor")),
            (format!("{project}/memory?at=1"), Some("at")),
            (format!("/api/v1/syncs/{}/diff", first.id), None),
            (format!("/api/v1/syncs/{}/diff", second.id), None),
            (format!("/api/v1/syncs/{}/diff?against={}", second.id, first.id), Some("against")),
        ] {
            let problem = scene.get(&path).await.problem(410, "sync-forgotten");
            assert_eq!(problem.get("field").and_then(Value::as_str), field, "{path}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("the first one that is, is #2"), "{path}: {detail}");
        }
        let restore = scene.post(&format!("{project}/sync/restore"), json!({ "syncId": first.id })).await;
        restore.problem(410, "sync-forgotten");
        let restore = scene.post(&format!("{project}/sync/restore"), json!({ "syncId": second.id })).await;
        restore.expect(202);
        scene.get(&format!("{project}/files?at=2")).await.expect(200);
        scene.get(&format!("/api/v1/syncs/{}/diff?against={}", second.id, second.id)).await.expect(200);
    }

    async fn pages_of_files_meet_each_file_of_one_state(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = many_files();
        let project = scene.project("p", &repo).await;
        let sync = scene.sync(&project).await;
        let expected: Vec<String> = {
            let mut entries = repo.ls_tree(&repo.head());
            entries.sort_by(|a, b| a.path.cmp(&b.path));
            entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
        };
        let mut commits = 0;
        // A sync that comes in between changes nothing of the list that was begun.
        let all = scene
            .walk(&format!("{project}/files"), "items", 7, async || {
                commits += 1;
                if commits < 3 {
                    repo.write(format!("src/new_{commits}"), "new").remove(format!("docs/part_{commits:02}.md"));
                    repo.commit("more");
                    scene.sync(&project).await;
                }
            })
            .await;
        assert_eq!(paths(&all), expected);
        let at = scene.walk(&format!("{project}/files?at={}", sync.id), "items", 500, async || {}).await;
        assert_eq!(at, all);
        assert_eq!(scene.walk(&format!("{project}/files?at=1"), "items", 10, async || {}).await, all);
        let latin = all.iter().find(|file| file.get("pathBase64").is_some()).unwrap();
        assert_eq!(latin["pathBase64"], "Y2Fm6S50eHQ=");
        let by_path = |path: &str| all.iter().find(|file| file["path"] == path).unwrap();
        assert_eq!((by_path("link")["mode"].as_str(), by_path("link")["kind"].as_str()), (Some("120000"), Some("symlink")));
        assert_eq!(by_path("sub")["submoduleId"], "1".repeat(40));
        assert_eq!(by_path("sub").get("size"), None);
        assert_eq!(by_path("100%_Odd name.TXT")["size"], 3);
    }

    async fn files_are_found_by_text_and_by_prefix(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = many_files();
        let project = scene.project("p", &repo).await;
        scene.sync(&project).await;
        let found = async |query: &str| {
            let page = scene.get(&format!("{project}/files?{query}")).await.expect(200);
            paths(page["items"].as_array().unwrap())
        };
        assert_eq!(found("query=FILE_1&limit=3").await, ["src/file_10.rs", "src/file_11.rs", "src/file_12.rs"]);
        assert_eq!(found("prefix=src/file_2").await.len(), 5);
        assert_eq!(found("prefix=src/&query=_07").await, ["src/file_07.rs"]);
        assert_eq!(found("query=100%25_odd").await, ["100%_Odd name.TXT"]);
        assert_eq!(found("query=%25").await, ["100%_Odd name.TXT"]);
        assert_eq!(found("query=nothing").await, [] as [&str; 0]);
        let all = scene.walk(&format!("{project}/files?prefix=docs/"), "items", 4, async || {}).await;
        assert_eq!(all.len(), 25);
    }

    async fn pages_of_memory_meet_each_entry_of_one_state(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = many_files();
        let project = scene.project("p", &repo).await;
        scene.sync(&project).await;
        let path = format!("{project}/memory");
        let all = scene.walk(&path, "items", 500, async || {}).await;
        assert_eq!(all.len(), 25);
        assert_eq!(all[3]["title"], "Part 3");
        assert_eq!((all[3]["headingPath"].clone(), all[3]["isSuperseded"].clone()), (json!(["Part 3"]), json!(false)));
        for query in ["", "?query=elephant", "?query=mice", "?kind=document", "?all=true"] {
            let whole = scene.walk(&format!("{path}{query}"), "items", 500, async || {}).await;
            let paged = scene.walk(&format!("{path}{query}"), "items", 4, async || {}).await;
            assert_eq!(paged, whole, "{query}");
            let ids: BTreeSet<i64> = paged.iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
            assert_eq!(ids.len(), if query == "?query=mice" { 24 } else { 25 }, "{query}");
        }
        let letters = scene.get(&format!("{path}?kind=letter")).await.expect(200);
        assert_eq!(letters["items"], json!([]));

        // A sync that comes in between changes nothing of the list that was begun; superseded ones are marked.
        let mut is_first = true;
        let paged = scene
            .walk(&path, "items", 6, async || {
                if std::mem::take(&mut is_first) {
                    repo.write("docs/part_20.md", "# Part 20\n\nanew\n").remove("docs/part_21.md").commit("second");
                    scene.sync(&project).await;
                }
            })
            .await;
        assert_eq!(paged, all);
        let every = scene.walk(&format!("{path}?all=true"), "items", 6, async || {}).await;
        let superseded: Vec<_> = every.iter().filter(|entry| entry["isSuperseded"] == true).collect();
        assert_eq!((every.len(), superseded.len()), (26, 2));
        assert!(superseded.iter().all(|entry| entry["validTo"] == 2));
        assert_eq!(scene.walk(&path, "items", 6, async || {}).await.len(), 24);
    }

    async fn a_page_of_large_texts_is_cut_short(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        for n in 0..8 {
            repo.write(format!(".memory/letter_{n}.md"), format!("# Letter {n}\n\n{}\n", "word ".repeat(190_000)));
        }
        repo.commit("large");
        let project = scene.project("p", &repo).await;
        scene.sync(&project).await;
        let page = scene.get(&format!("{project}/memory?limit=100")).await.expect(200);
        let count = page["items"].as_array().unwrap().len();
        assert!((4..8).contains(&count), "{count}");
        let next = page["nextCursor"].as_str().unwrap();
        let rest = scene.get(&format!("{project}/memory?limit=100&cursor={next}")).await.expect(200);
        assert_eq!(count + rest["items"].as_array().unwrap().len(), 8);
    }

    async fn changes_are_paged_as_they_are_told_at_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = many_files();
        let project = scene.project("p", &repo).await;
        let first = scene.sync(&project).await;
        repo.rename("src/file_01.rs", "moved/z").rename("src/file_02.rs", "moved/a");
        repo.write("same_1", "// 3\n").write("same_2", "// 3\n").remove("src/file_03.rs");
        repo.remove("src/file_04.rs").remove("sub").chmod("src/file_05.rs", true);
        repo.write("docs/part_06.md", "# Part 6\n\nchanged\n").write("docs/part_30.md", "# Part 30\n\nnew\n");
        repo.remove("docs/part_07.md").write(b"caf\xe9.txt", "changed");
        repo.commit("second");
        let second = scene.sync(&project).await;
        repo.remove("same_1").write("src/file_04.rs", "// 4\n").commit("third");
        let third = scene.sync(&project).await;
        for (from, to) in [(&first, &second), (&second, &third), (&first, &third), (&third, &first), (&first, &first)] {
            let (before, after) = (
                StateAt::after(&scene.db, from).await.unwrap(),
                StateAt::after(&scene.db, to).await.unwrap(),
            );
            let path = format!("/api/v1/syncs/{}/diff?against={}", to.id, from.id);
            let whole = before.changes_to(&scene.db, &after).await.unwrap();
            let all = before.changes_page(&scene.db, &after, None, 1_000).await.unwrap();
            assert_eq!(all, whole);
            let paged = scene.walk(&path, "files", 2, async || {}).await;
            let shown: Vec<String> =
                whole.iter().map(|change| String::from_utf8_lossy(&change.path).into_owned()).collect();
            assert_eq!(paths(&paged), shown);
            let whole = before.memory_changes_to(&scene.db, &after).await.unwrap();
            let all = before.memory_changes_page(&scene.db, &after, None, 1_000).await.unwrap();
            assert_eq!(all, whole);
            let paged = scene.walk(&format!("{path}&part=memory"), "memory", 1, async || {}).await;
            let keys: Vec<_> = paged.iter().map(|change| change["key"].as_str().unwrap()).collect();
            assert_eq!(keys, whole.iter().map(|change| change.entry_key.as_str()).collect::<Vec<_>>());
        }
        // Without another one a sync is compared with the one that it followed.
        let diff = scene.get(&format!("/api/v1/syncs/{}/diff", third.id)).await.expect(200);
        assert_eq!(diff["against"], second.id.to_string());
        let kinds: Vec<_> = diff["files"].as_array().unwrap().iter().map(|f| (f["path"].clone(), f["change"].clone())).collect();
        assert_eq!(kinds, [(json!("same_1"), json!("deleted")), (json!("src/file_04.rs"), json!("added"))]);
        let diff = scene.get(&format!("/api/v1/syncs/{}/diff?limit=500", first.id)).await.expect(200);
        assert_eq!((diff.get("against"), diff["files"].as_array().unwrap().len()), (None, 54));
        assert_eq!(diff.get("memory"), None);
        let renamed = scene.get(&format!("/api/v1/syncs/{}/diff?limit=500", second.id)).await.expect(200);
        let renamed = renamed["files"].as_array().unwrap().iter().find(|f| f["path"] == "moved/z").cloned().unwrap();
        assert_eq!((renamed["change"].clone(), renamed["from"]["path"].clone()), (json!("renamed"), json!("src/file_01.rs")));
    }

    async fn states_that_are_not_there_are_told(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let other = scene.project("q", &repo).await;
        let first = scene.sync(&project).await;
        let foreign = scene.sync(&other).await;
        let waiting = scene.start(&project, json!({})).await;
        let get = async |query: String| scene.get(&format!("{project}/files?{query}")).await;
        assert_eq!(get("at=9".into()).await.problem(404, "sync-not-found")["field"], "at");
        assert_eq!(get("at=x".into()).await.problem(422, "invalid-value")["field"], "at");
        assert_eq!(get(format!("at={}", foreign.id)).await.problem(404, "sync-not-found")["field"], "at");
        get(format!("at={waiting}")).await.problem(409, "sync-not-completed");
        get("branch=none".into()).await.problem(404, "branch-not-found");
        get(format!("at={}&branch=none", first.id)).await.problem(422, "invalid-value");
        let page = get("limit=1".into()).await.expect(200);
        let cursor = page["nextCursor"].as_str().unwrap();
        let crossed = scene.get(&format!("{other}/files?cursor={cursor}")).await;
        assert_eq!(crossed.problem(400, "malformed-request")["field"], "cursor");
        scene.get(&format!("/api/v1/syncs/{waiting}/diff")).await.problem(409, "sync-not-completed");
        let path = format!("/api/v1/syncs/{}/diff?against={}", first.id, foreign.id);
        assert_eq!(scene.get(&path).await.problem(422, "invalid-value")["field"], "against");
    }
}
