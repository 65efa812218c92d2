//! Two workers that think they own one sync: the first one stood still until its lease was over, and comes back.

use std::{future::Future, time::Duration};

use futures::future::join_all;
use serde_json::json;
use testkit::{
    repo::change_files,
    service::{ApiClient, ServiceProcess},
};

use crate::{
    Chance, alone,
    held::Held,
    rounds,
    sound::assert_sound,
    stage::{Stage, blocking, source, took},
};

const FILES: usize = 2_000;
const CHANGED: usize = 600;

/// Frozen in the middle of a sync, a worker comes back when another one has completed it: it changes nothing, and goes
/// on with what comes next.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_frozen_changes_nothing() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let api = stage.deployment.api().await;
    let client = api.client();
    let first = stage.deployment.worker().await;
    let mut held = Held::new(&stage, &client).await;
    let sync = held.start_and_hold(&client).await;
    stage.run_by(&sync, first.worker_name()).await;
    first.freeze();
    let second = stage.deployment.worker().await;
    let row = stage.completed(&sync).await;
    assert_eq!((row.worker.as_deref(), row.attempts), (Some(second.worker_name()), 2));
    let before = stage.all_of(&sync).await;
    held.release();
    first.thaw();
    comes_back(&stage, &client, &mut held, &first, second).await;
    assert_eq!(stage.all_of(&sync).await, before);
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!((sound.completed, sound.lost), (3, 1), "{}", sound.summary());
}

/// The second worker leaves, and the first one, which came back, does what is to be done next.
pub(crate) async fn comes_back(
    stage: &Stage,
    client: &ApiClient,
    held: &mut Held,
    first: &ServiceProcess,
    second: ServiceProcess,
) {
    assert!(second.terminate().await.success());
    let next = held.start(client).await;
    let row = stage.completed(&next).await;
    assert_eq!((row.worker.as_deref(), row.attempts), (Some(first.worker_name()), 1), "{row:#?}");
}

/// Frozen at random moments, also in the middle of a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn workers_are_frozen_at_random_moments() {
    let _alone = alone().await;
    let stage = Stage::with(|launcher| launcher.set("worker.concurrency", 1)).await;
    let api = stage.deployment.api().await;
    let workers = [stage.deployment.worker().await, stage.deployment.worker().await];
    let disturb = async |is_disturbed: bool| {
        if is_disturbed { workers[0].freeze() } else { workers[0].thaw() }
    };
    disturbed_at_random_moments(&stage, &api.client(), disturb).await;
}

/// Disturbs one of two workers at random moments while each runs a sync, until the other one has completed both, then
/// lets it come back. In the end nothing of what the other one wrote has changed.
pub(crate) async fn disturbed_at_random_moments<F: Future<Output = ()>>(
    stage: &Stage,
    client: &ApiClient,
    disturb: impl Fn(bool) -> F,
) {
    let mut chance = Chance::new();
    let mut lanes = Vec::new();
    for name in ["one", "two"] {
        let repo = stage.repository(name, FILES);
        let project = client.create_project(name, source(&repo)).await;
        lanes.push((repo, project));
    }
    let body = json!({});
    let start = || join_all(lanes.iter().map(|(_, project)| client.start_sync(project, &body)));
    for sync in start().await {
        stage.completed(&sync.id).await;
    }
    // How long the slower one takes if nobody disturbs them: at first they are not.
    let (mut kept, mut hits, mut usual) = (Vec::new(), 0, None);
    for round in 0..=rounds(8) {
        for (repo, _) in &lanes {
            blocking(|| change_files(repo, CHANGED, round as u64));
        }
        let syncs = start().await;
        if let Some(usual) = usual {
            tokio::time::sleep(chance.moment(usual)).await;
            disturb(true).await;
        }
        let (mut taken_over, mut slower) = (0, Duration::ZERO);
        for sync in &syncs {
            let row = stage.completed(&sync.id).await;
            taken_over += usize::from(row.attempts > 1);
            slower = slower.max(took(&row));
            kept.push((sync.id.clone(), stage.all_of(&sync.id).await));
        }
        if taken_over == 0 {
            usual = Some(slower);
        }
        hits += taken_over;
        disturb(false).await;
    }
    println!("{hits} syncs were taken over");
    assert!(hits > 0, "no disturbance hit a running sync");
    stage.until_the_queue_is_empty().await;
    for (id, before) in &kept {
        assert_eq!(&stage.all_of(id).await, before);
    }
    let sound = assert_sound(&stage.db).await;
    assert_eq!(sound.completed, sound.syncs.len());
}
