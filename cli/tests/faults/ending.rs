//! Workers that are asked to end in order, while a sync that they run stands still.

use crate::{alone, held::Held, sound::assert_sound, stage::Stage};

/// What is not done when the drain is over is given to the next worker: the same sync goes on, and the attempt is not
/// held against it.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_handed_over() {
    let _alone = alone().await;
    let stage = Stage::without_losses(|launcher| launcher.set("worker.drain_seconds", 1)).await;
    let api = stage.deployment.api().await;
    let first = stage.deployment.worker().await;
    let mut held = Held::new(&stage, &api.client()).await;
    let sync = held.start_and_hold(&api.client()).await;
    stage.run_by(&sync, first.worker_name()).await;
    let second = stage.deployment.worker().await;
    let status = first.terminate().await;
    assert!(status.success(), "{status}");
    stage.run_by(&sync, second.worker_name()).await;
    held.release();
    let row = stage.completed(&sync).await;
    assert_eq!((row.worker.as_deref(), row.attempts), (Some(second.worker_name()), 1), "{row:#?}");
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!((sound.completed, sound.lost), (sound.syncs.len(), 0), "{}", sound.summary());
}

/// A worker ends though Redis is not there to be told, and its sync goes on when both are back.
#[tokio::test(flavor = "multi_thread")]
async fn without_redis() {
    let _alone = alone().await;
    let mut stage = Stage::without_losses(|launcher| launcher.set("worker.drain_seconds", 1)).await;
    let api = stage.deployment.api().await;
    let first = stage.deployment.worker().await;
    let mut held = Held::new(&stage, &api.client()).await;
    let sync = held.start_and_hold(&api.client()).await;
    stage.run_by(&sync, first.worker_name()).await;
    stage.redis.stop();
    let status = first.terminate().await;
    assert!(status.success(), "{status}");
    stage.redis.start_again().unwrap();
    let second = stage.deployment.worker().await;
    stage.run_by(&sync, second.worker_name()).await;
    held.release();
    let row = stage.completed(&sync).await;
    assert_eq!(row.attempts, 1, "{row:#?}");
    assert_sound(&stage.db).await;
}
