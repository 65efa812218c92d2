//! Redis and Postgres stopped, killed and started again in the middle of syncs.

use std::time::{Duration, Instant};

use entities::SyncStatus;
use futures::future::join_all;
use serde_json::json;
use testkit::{
    postgres::PrivatePostgres,
    redis::PrivateRedis,
    repo::TestRepo,
    service::{ApiClient, Launcher},
};

use crate::{
    alone,
    sound::{Sound, assert_sound},
    stage::{RESCUE_SECONDS, Stage, source},
};

/// Syncs in each test.
const SYNCS: usize = 20;

/// Files of each repository.
const FILES: usize = 400;

/// How long a request may take while the queue is away.
const ANSWER: Duration = Duration::from_secs(10);

/// How long beyond the rescue's interval it may take until syncs go on: a connection is made anew, processes are slow.
const GRACE: Duration = Duration::from_secs(30);

/// Settings under which all syncs could run at once.
fn all_at_once(launcher: Launcher) -> Launcher {
    launcher.set("worker.concurrency", SYNCS / 2)
}

async fn projects(stage: &Stage, client: &ApiClient) -> Vec<(TestRepo, String)> {
    let mut projects = Vec::new();
    for number in 0..SYNCS {
        let repo = stage.repository(&format!("repository-{number}"), FILES);
        let project = client.create_project(&format!("project-{number}"), source(&repo)).await;
        projects.push((repo, project));
    }
    projects
}

async fn start(client: &ApiClient, projects: &[(TestRepo, String)]) -> Vec<String> {
    let starts = projects.iter().map(|(_, project)| async move {
        let begun = Instant::now();
        let started = client.start_sync(project, &json!({})).await;
        assert!(begun.elapsed() < ANSWER, "a request took {:?}", begun.elapsed());
        started.id
    });
    join_all(starts).await
}

/// Waits until one of these syncs runs, so that what follows hits it in the middle.
async fn until_one_runs(stage: &Stage, syncs: &[String]) {
    let waits = syncs.iter().map(|id| Box::pin(stage.until(id, |row| row.status != SyncStatus::Pending)));
    futures::future::select_all(waits).await;
}

async fn all_complete(stage: &Stage, syncs: &[String]) -> Sound {
    join_all(syncs.iter().map(|id| stage.completed(id))).await;
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!((sound.completed, sound.syncs.len()), (SYNCS, SYNCS));
    sound
}

async fn redis_goes_away(end: fn(&mut PrivateRedis)) {
    let _alone = alone().await;
    let mut stage = Stage::without_losses(all_at_once).await;
    let api = stage.deployment.api().await;
    let client = api.client();
    let projects = projects(&stage, &client).await;
    let _workers = join_all((0..2).map(|_| stage.deployment.worker())).await;
    let mut syncs = start(&client, &projects[..SYNCS / 2]).await;
    until_one_runs(&stage, &syncs).await;
    end(&mut stage.redis);
    // The rows are written all the same.
    syncs.extend(start(&client, &projects[SYNCS / 2..]).await);
    stage.redis.start_again().unwrap();
    let back = Instant::now();
    join_all(syncs.iter().map(|id| stage.until(id, |row| row.started_at.is_some()))).await;
    println!("every sync was begun {:.2} s after Redis came back", back.elapsed().as_secs_f64());
    assert!(back.elapsed() < Duration::from_secs(RESCUE_SECONDS) + GRACE, "{:?}", back.elapsed());
    let sound = all_complete(&stage, &syncs).await;
    // Nobody lost a sync that it ran: the rows are the truth.
    assert_eq!(sound.lost + sound.errors, 0, "{}", sound.summary());
}

/// Redis is stopped in order: all that it held is lost, and no sync is.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_restarted() {
    redis_goes_away(PrivateRedis::stop).await;
}

/// Redis is killed.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed() {
    redis_goes_away(PrivateRedis::kill).await;
}

async fn postgres_goes_away(end: fn(&mut PrivatePostgres)) {
    let _alone = alone().await;
    let mut stage = Stage::with(all_at_once).await;
    let api = stage.deployment.api().await;
    let client = api.client();
    let projects = projects(&stage, &client).await;
    let _workers = join_all((0..2).map(|_| stage.deployment.worker())).await;
    let syncs = start(&client, &projects).await;
    until_one_runs(&stage, &syncs).await;
    end(&mut stage.postgres);
    stage.postgres.start_again().unwrap();
    let back = Instant::now();
    all_complete(&stage, &syncs).await;
    println!("every sync was completed {:.2} s after Postgres came back", back.elapsed().as_secs_f64());
}

/// Postgres is stopped in order in the middle of syncs.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_restarted() {
    postgres_goes_away(PrivatePostgres::stop).await;
}

/// Postgres is killed: it recovers, and syncs go on.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_killed() {
    postgres_goes_away(PrivatePostgres::kill).await;
}
