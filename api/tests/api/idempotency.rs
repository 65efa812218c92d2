//! The same request under the same key is served once.

use std::time::{Duration, Instant};

use entities::projects;
use futures::future::join_all;
use serde_json::json;
use testkit::on_each_database;
use tokio::net::TcpListener;

use crate::scene::{Scene, small_repo, source};

/// How long the answer to a client that went away may take, and the pause between two looks for it.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

on_each_database! {
    async fn the_same_request_gets_the_same_answer(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let body = json!({ "name": "p", "source": source(&repo) });
        let key = [("idempotency-key", "one")];
        let first = scene.post_with("/api/v1/projects", body.clone(), &key).await;
        first.expect(201);
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = scene.post_with("/api/v1/projects", body.clone(), &key).await;
        assert_eq!(again.expect(201), first.json());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        for name in ["location", "content-type"] {
            assert_eq!(again.header(name), first.header(name));
        }
        // Without the key it is another request.
        scene.post("/api/v1/projects", body.clone()).await.problem(409, "name-taken");
        let other = json!({ "name": "q", "source": source(&repo) });
        scene.post_with("/api/v1/projects", other, &key).await.problem(422, "idempotency-key-reused");
        let project = first.header("location").unwrap();
        let elsewhere = scene.post_with(&format!("{project}/sync"), body.clone(), &key).await;
        elsewhere.problem(422, "idempotency-key-reused");

        // Refusals are answers, too.
        let key = [("idempotency-key", "two")];
        let refused = scene.post_with("/api/v1/projects", body.clone(), &key).await;
        refused.problem(409, "name-taken");
        scene.delete(&format!("{project}?confirm=p")).await.expect(204);
        let again = scene.post_with("/api/v1/projects", body.clone(), &key).await;
        assert_eq!(again.problem(409, "name-taken"), refused.json());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));

        // After a day the key is free.
        scene.advance(24 * 60 * 60 + 1);
        let anew = scene.post_with("/api/v1/projects", body, &key).await;
        anew.expect(201);
        assert_eq!(anew.header("idempotency-replayed"), None);
        for wrong in ["", &"x".repeat(256), "ümlaut"] {
            let reply = scene.post_with("/api/v1/projects", json!({}), &[("idempotency-key", wrong)]).await;
            assert_eq!(reply.problem(400, "malformed-request")["field"], "Idempotency-Key");
        }
    }

    async fn syncs_are_asked_for_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = small_repo();
        let project = scene.project("p", &repo).await;
        let path = format!("{project}/sync");
        let key = [("idempotency-key", "k")];
        let first = scene.post_with(&path, json!({}), &key).await;
        let id = crate::scene::id_of(&first.expect(202)["sync"]);
        scene.run(id).await;
        // It has ended since, and still it is the answer.
        let again = scene.post_with(&path, json!({}), &key).await;
        assert_eq!(again.expect(202), first.json());
        let replies = join_all((0..6).map(|_| scene.post_with(&path, json!({}), &[("idempotency-key", "many")]))).await;
        for reply in &replies {
            // Served, or told that it is being served: never done twice.
            assert!(matches!(reply.status.as_u16(), 202 | 409), "{reply:?}");
        }
        let history = scene.get(&format!("{project}/sync/history")).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 2);
    }

    async fn a_client_that_went_away_finds_the_answer(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x.git", silent.local_addr().unwrap());
        let body = json!({ "name": "p", "source": { "kind": "git", "url": url } });
        let key = [("idempotency-key", "k")];
        let mut first = Box::pin(scene.post_with("/api/v1/projects", body.clone(), &key));
        let connection = tokio::select! {
            connection = silent.accept() => connection.unwrap(),
            reply = &mut first => panic!("answered: {reply:?}"),
        };
        drop(first);
        drop((connection, silent));
        let deadline = Instant::now() + PATIENCE;
        let reply = loop {
            let reply = scene.post_with("/api/v1/projects", body.clone(), &key).await;
            if reply.status != 409 {
                break reply;
            }
            assert!(Instant::now() < deadline, "{reply:?}");
            tokio::time::sleep(PAUSE).await;
        };
        reply.problem(422, "source-unreachable");
        assert_eq!(reply.header("idempotency-replayed"), Some("true"));
    }

    async fn a_request_that_was_lost_is_taken_over(db: TestDatabase) {
        let scene = Scene::new(db).await;
        // A repository that takes connections and says nothing: the first request hangs.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x.git", silent.local_addr().unwrap());
        let body = json!({ "name": "p", "source": { "kind": "git", "url": url } });
        let key = [("idempotency-key", "k")];
        let path = "/api/v1/projects";
        let mut first = Box::pin(scene.post_with(path, body.clone(), &key));
        let _connection = tokio::select! {
            connection = silent.accept() => connection.unwrap(),
            reply = &mut first => panic!("answered: {reply:?}"),
        };
        let second = scene.post_with(path, body.clone(), &key).await;
        second.problem(409, "request-in-progress");
        assert!(second.header("retry-after").is_some());
        scene.advance(61);
        drop(silent);
        // Now it is served, and fails by itself: nobody listens any more.
        let third = scene.post_with(path, body.clone(), &key).await;
        third.problem(422, "source-unreachable");
        assert_eq!(third.header("idempotency-replayed"), None);
        let fourth = scene.post_with(path, body, &key).await;
        assert_eq!(fourth.header("idempotency-replayed"), Some("true"));
        assert_eq!(projects::list(&scene.db).await.unwrap().len(), 0);
    }
}
