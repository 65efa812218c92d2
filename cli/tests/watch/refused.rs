//! What cannot be watched.

use crate::scene::{Form, Scene, Watched, Watcher, Way, command};

const NOBODY: &str = "0190d3f0-0000-7000-8000-000000000001";

async fn watch(scene: &Scene, what: &str) -> Watched {
    scene.watch(what, &[]).finish().await
}

async fn what_is_not_there_is_not_found(form: Form, way: Way) {
    let scene = Scene::new(form, way).await;
    let watched = watch(&scene, NOBODY).await;
    assert_eq!(watched.code, Some(4), "{watched:?}");
    assert!(watched.told.contains(&format!("there is no sync and no project {NOBODY}")), "{watched:?}");
    if form == Form::Distributed && way == Way::Server {
        // A gateway that runs alone knows no names.
        return;
    }
    let watched = watch(&scene, "nots").await;
    assert!(watched.code == Some(4) && watched.told.contains("did you mean notes?"), "{watched:?}");
    let watched = watch(&scene, "ffffffff").await;
    assert!(watched.code == Some(4) && watched.told.contains("no project and no sync"), "{watched:?}");
    let watched = watch(&scene, &scene.project[..4]).await;
    assert!(watched.code == Some(2) && watched.told.contains("ids that begin with"), "{watched:?}");
    let mut watcher = scene.watch("notes", &["-o", "json"]);
    let snapshot = watcher.until_event("snapshot").await;
    assert_eq!(snapshot["data"]["projectId"], scene.project.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_server() {
    what_is_not_there_is_not_found(Form::Embedded, Way::Server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_direct() {
    what_is_not_there_is_not_found(Form::Embedded, Way::Direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn distributed_server() {
    what_is_not_there_is_not_found(Form::Distributed, Way::Server).await;
}

/// A service that refuses, one that is not there, and one that is no service.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_and_addresses_end_it() {
    let scene = Scene::new(Form::Distributed, Way::Server).await;
    let tried = async |server: &str, token: &str| {
        let data = std::path::Path::new("/nowhere/data");
        let mut command = command(data, &["watch", NOBODY, "--server", server]);
        command.env("PROJECT_SYNC_SERVER_TOKEN", token);
        let watched = Watcher::start(command).finish().await;
        assert!(!watched.told.contains(token), "the token shows: {watched:?}");
        watched
    };
    let nobody = tried("http://127.0.0.1:9", "hush-hush").await;
    assert!(nobody.code == Some(3) && nobody.told.contains("cannot reach http://127.0.0.1:9"), "{nobody:?}");
    let open = tried(&scene.api_url(), "hush-hush").await;
    assert!(open.code == Some(4) && open.told.contains("there is no sync"), "{open:?}");
    let guarded = scene.guarded("the-token").await;
    let refused = tried(guarded.url(), "hush-hush").await;
    assert!(refused.code == Some(1) && refused.told.contains("--server-token-file"), "{refused:?}");
    let right = tried(guarded.url(), "the-token").await;
    assert!(right.code == Some(4) && right.told.contains("there is no sync"), "{right:?}");
}
