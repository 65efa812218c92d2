//! A worker that is cut off from Redis only, or from Postgres only: connections are reset, or nothing comes through.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use testkit::{
    proxy::CuttableProxy,
    service::{ApiClient, ServiceProcess},
};

use crate::{
    alone,
    held::Held,
    sound::assert_sound,
    stage::{LEASE_SECONDS, LONG_LEASE_SECONDS, Stage, source},
    twice::{comes_back, disturbed_at_random_moments},
};

/// The first worker behind proxies, the second one at the servers themselves.
struct Scene {
    stage: Stage,
    client: ApiClient,
    _api: ServiceProcess,
    postgres: CuttableProxy,
    redis: CuttableProxy,
    first: ServiceProcess,
    held: Held,
    /// Another project, which has never been synced.
    other: String,
}

impl Scene {
    async fn new(stage: Stage) -> Self {
        let api = stage.deployment.api().await;
        let client = api.client();
        let postgres = CuttableProxy::start(stage.postgres.address()).await.unwrap();
        let redis = CuttableProxy::start(stage.redis.address()).await.unwrap();
        let first = worker_behind(&stage, &postgres, &redis).await;
        let held = Held::new(&stage, &client).await;
        let repo = stage.repository("other", 100);
        let other = client.create_project("other", source(&repo)).await;
        Self { stage, client, _api: api, postgres, redis, first, held, other }
    }

    /// A sync that the first worker runs and that stands still, and a second worker.
    async fn hold(&mut self) -> (String, ServiceProcess) {
        let sync = self.held.start_and_hold(&self.client).await;
        self.stage.run_by(&sync, self.first.worker_name()).await;
        (sync, self.stage.deployment.worker().await)
    }

    /// Another sync that is asked for now is completed by this worker.
    async fn other_is_done_by(&self, worker: &ServiceProcess) {
        let other = self.client.start_sync(&self.other, &json!({})).await;
        let row = self.stage.completed(&other.id).await;
        assert_eq!(row.worker.as_deref(), Some(worker.worker_name()), "{row:#?}");
    }
}

async fn worker_behind(stage: &Stage, postgres: &CuttableProxy, redis: &CuttableProxy) -> ServiceProcess {
    let postgres = stage
        .deployment
        .postgres_url
        .replace(&stage.postgres.address().to_string(), &postgres.address().to_string());
    stage.deployment.worker_on(&postgres, &format!("redis://{}", redis.address())).await
}

/// Without Redis a worker completes what it runs, and nobody else runs it: the rows are the truth. What comes meanwhile
/// is done by others. Afterwards it serves again.
async fn cut_off_from_redis(fails: fn(&CuttableProxy)) {
    let _alone = alone().await;
    let mut scene = Scene::new(Stage::without_losses(|launcher| launcher).await).await;
    let (sync, second) = scene.hold().await;
    fails(&scene.redis);
    let begun = entities::now_of(&scene.stage.db.database()).await.unwrap();
    scene.other_is_done_by(&second).await;
    // The loan in Redis is over, and its job was offered to the second worker.
    let long = TimeDelta::from_std(Duration::from_secs(LONG_LEASE_SECONDS + 4 * LEASE_SECONDS)).unwrap();
    scene.stage.until(&sync, |row| row.lease_until.is_some_and(|until| until > begun + long)).await;
    scene.held.release();
    let row = scene.stage.completed(&sync).await;
    assert_eq!((row.worker.as_deref(), row.attempts), (Some(scene.first.worker_name()), 1), "{row:#?}");
    let before = scene.stage.all_of(&sync).await;
    scene.redis.heal();
    comes_back(&scene.stage, &scene.client, &mut scene.held, &scene.first, second).await;
    assert_eq!(scene.stage.all_of(&sync).await, before);
    scene.stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&scene.stage.db).await;
    assert_eq!((sound.completed, sound.lost), (sound.syncs.len(), 0), "{}", sound.summary());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_redis_are_reset() {
    cut_off_from_redis(CuttableProxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_through_to_redis() {
    cut_off_from_redis(CuttableProxy::stall).await;
}

/// Whether a worker that was cut off goes on with its sync before or after the network is whole again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GoesOn {
    StillCutOff,
    Healed,
}

/// Without Postgres a worker loses what it runs to another one, and takes nothing else. When it comes back it changes
/// nothing under its old token, and serves again.
async fn cut_off_from_postgres(fails: fn(&CuttableProxy), goes_on: GoesOn) {
    let _alone = alone().await;
    let mut scene = Scene::new(Stage::new().await).await;
    let (sync, second) = scene.hold().await;
    fails(&scene.postgres);
    scene.other_is_done_by(&second).await;
    let row = scene.stage.completed(&sync).await;
    assert_eq!((row.worker.as_deref(), row.attempts), (Some(second.worker_name()), 2), "{row:#?}");
    let before = scene.stage.all_of(&sync).await;
    match goes_on {
        GoesOn::StillCutOff => {
            scene.held.release();
            // It has tried to write.
            scene.postgres.wait_for_more_than(scene.postgres.accepted()).await;
            scene.postgres.heal();
        }
        GoesOn::Healed => {
            scene.postgres.heal();
            scene.held.release();
        }
    }
    comes_back(&scene.stage, &scene.client, &mut scene.held, &scene.first, second).await;
    assert_eq!(scene.stage.all_of(&sync).await, before);
    scene.stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&scene.stage.db).await;
    assert_eq!((sound.completed, sound.lost), (sound.syncs.len(), 1), "{}", sound.summary());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgres_are_reset() {
    cut_off_from_postgres(CuttableProxy::cut, GoesOn::StillCutOff).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_through_to_postgres() {
    cut_off_from_postgres(CuttableProxy::stall, GoesOn::Healed).await;
}

/// The black hole at random moments, also in the middle of a transaction: what the server holds for a client that it
/// does not hear from keeps nobody else from going on.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_through_to_postgres_at_random_moments() {
    let _alone = alone().await;
    let stage = Stage::with(|launcher| launcher.set("worker.concurrency", 1)).await;
    let api = stage.deployment.api().await;
    let postgres = CuttableProxy::start(stage.postgres.address()).await.unwrap();
    let redis = CuttableProxy::start(stage.redis.address()).await.unwrap();
    let _first = worker_behind(&stage, &postgres, &redis).await;
    let _second = stage.deployment.worker().await;
    let disturb = async |is_disturbed: bool| {
        if is_disturbed { postgres.stall() } else { postgres.heal() }
    };
    disturbed_at_random_moments(&stage, &api.client(), disturb).await;
}
