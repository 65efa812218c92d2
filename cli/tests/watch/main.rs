//! `watch` over the real service in both of its forms, through its streams and by the database.

mod refused;
mod scene;

use scene::{Form, Scene, Way};
use serde_json::{Value, json};

/// Runs each scenario in each form and way.
macro_rules! in_each_way {
    ($($name:ident)+) => {$(
        mod $name {
            use crate::scene::{Form, Scene, Way};

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded_server() { crate::$name(Scene::new(Form::Embedded, Way::Server).await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded_direct() { crate::$name(Scene::new(Form::Embedded, Way::Direct).await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn distributed_server() { crate::$name(Scene::new(Form::Distributed, Way::Server).await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn distributed_direct() { crate::$name(Scene::new(Form::Distributed, Way::Direct).await).await; }
        }
    )+};
}

in_each_way! {
    a_sync_is_watched_from_anywhere
    a_project_is_watched
    endings_have_their_exit_codes
}

const JSON: &[&str] = &["-o", "json"];

async fn a_sync_is_watched_from_anywhere(mut scene: Scene) {
    scene.pause().await;
    let sync = scene.start().await;
    let mut first = scene.watch(&sync, JSON);
    let snapshot = first.until_event("snapshot").await;
    assert_eq!((&snapshot["id"], &snapshot["data"]["status"]), (&json!("1"), &json!("pending")));
    let mut people = scene.watch(&sync, &[]);
    people.until_it_tells().await;
    scene.hold();
    scene.resume().await;
    scene.host.until_held().await;
    // Whoever comes while it stands still sees what is done, and what runs.
    let mut middle = scene.watch(&sync, JSON);
    middle.until_event("snapshot").await;
    scene.host.release();
    let (first, middle, people) = (first.finish().await, middle.finish().await, people.finish().await);
    let late = scene.watch(&sync, JSON).finish().await;
    let late_people = scene.watch(&sync, &[]).finish().await;
    let kept = scene.kept(&sync).await;
    assert_eq!(kept.last().unwrap()["type"], "completed");
    for watched in [&first, &middle, &late, &people, &late_people] {
        assert_eq!(watched.code, Some(0), "{watched:?}");
        assert!(!watched.told.contains("cut off"), "{watched:?}");
    }
    assert_eq!(first.tells(&kept)["seq"], 1);
    let joined = middle.tells(&kept);
    assert_eq!((&joined["status"], &joined["phase"]), (&json!("running"), &json!("scan")));
    assert!(middle.told.contains("prepare: done in") && middle.told.contains("scan: started"), "{middle:?}");
    assert_eq!(late.tells(&kept)["seq"], kept.len() - 1);
    for watched in [&people, &late_people] {
        assert!(watched.told.contains("import: done in"), "{watched:?}");
        let [ended] = watched.printed.as_slice() else { panic!("{watched:?}") };
        assert!(ended.starts_with("completed: #2, commit ") && ended.contains("50 modified"), "{ended}");
    }
    assert!(people.told.starts_with("sync of main (api): "), "{people:?}");
}

async fn a_project_is_watched(mut scene: Scene) {
    let mut programs = scene.watch(&scene.project, JSON);
    let snapshot = programs.until_event("snapshot").await;
    assert_eq!(snapshot["data"]["syncs"], json!([]));
    let one = scene.start().await;
    programs.until_event("completed").await;
    scene.hold();
    let two = scene.start().await;
    scene.host.until_held().await;
    let mut late = scene.watch(&scene.project, JSON);
    let snapshot = late.until_event("snapshot").await;
    assert_eq!(snapshot["data"]["syncs"][0]["syncId"], two.as_str());
    scene.host.release();
    for watcher in [&mut programs, &mut late] {
        watcher.until_event("completed").await;
        watcher.interrupt();
    }
    let (programs, late) = (programs.finish().await, late.finish().await);
    assert_eq!((programs.code, late.code), (Some(130), Some(130)));
    for sync in [&one, &two] {
        let messages = programs.messages();
        let told = messages.iter().filter(|message| message["data"]["syncId"] == sync.as_str());
        let told: Vec<Value> = told.map(|message| message["data"].clone()).collect();
        assert_eq!(told, scene.kept(sync).await);
        // People read which branch and which sync it is.
        let prefix = format!("main {}: import: done in", &sync[..13]);
        assert!(programs.told.contains(&prefix), "{programs:?}");
    }
    let seen = snapshot["data"]["syncs"][0]["seq"].as_u64().unwrap() as usize;
    let told: Vec<Value> = late.messages().iter().skip(1).map(|message| message["data"].clone()).collect();
    assert_eq!(told, scene.kept(&two).await[seen..]);
}

async fn endings_have_their_exit_codes(mut scene: Scene) {
    scene.pause().await;
    let sync = scene.start().await;
    let mut watcher = scene.watch(&sync, JSON);
    watcher.until_event("snapshot").await;
    scene.client().cancel(&sync).await;
    let watched = watcher.finish().await;
    watched.tells(&scene.kept(&sync).await);
    assert_eq!(
        (watched.code, watched.messages().last().unwrap()["event"].as_str()),
        (Some(130), Some("cancelled"))
    );
    assert!(watched.told.contains("the sync was cancelled"), "{watched:?}");

    let gone = scene.start().await;
    scene.forget_repository();
    scene.resume().await;
    let watched = scene.watch(&gone, JSON).finish().await;
    let kept = scene.kept(&gone).await;
    watched.tells(&kept);
    assert_eq!(kept.last().unwrap()["error"]["code"], "repository-not-found");
    assert_eq!(watched.code, Some(4), "as `sync` would have ended: {watched:?}");
}

async fn a_killed_streamer_is_waited_for(form: Form) {
    // Where the worker is killed, too, what it ran is to go on soon.
    let mut scene = match form {
        Form::Embedded => Scene::with_lease(form, Way::Server, 5).await,
        Form::Distributed => Scene::new(form, Way::Server).await,
    };
    scene.hold();
    let sync = scene.start().await;
    scene.host.until_held().await;
    let mut watcher = scene.watch(&sync, JSON);
    watcher.until_event("snapshot").await;
    scene
        .replace_streamer(async |scene| {
            scene.host.release();
            if form == Form::Distributed {
                // All that is left happens while nobody streams.
                scene.client().wait_until_ended(&sync).await;
            }
        })
        .await;
    let watched = watcher.finish().await;
    let kept = scene.kept(&sync).await;
    watched.tells(&kept);
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert_eq!(kept.last().unwrap()["type"], "completed");
    assert_eq!(kept.iter().any(|event| event["type"] == "interrupted"), form == Form::Embedded);
    assert_eq!(watched.told.matches("connecting again").count(), 1, "{watched:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_is_waited_for() {
    a_killed_streamer_is_waited_for(Form::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_is_waited_for() {
    a_killed_streamer_is_waited_for(Form::Distributed).await;
}
