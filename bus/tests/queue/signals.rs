//! What workers are told at once.

use std::time::Duration;

use entities::SyncId;
use futures::StreamExt;
use project_sync_bus::queue::{NewJob, Settlement, Signal};

use crate::{on_each_queue, place::*};

on_each_queue! {
    async fn everybody_hears_of_work_and_of_cancels(place: Place) {
        let queue = place.queue(LONG).await;
        let mut one = queue.signals().await.unwrap();
        let mut other = queue.signals().await.unwrap();
        let sync = SyncId::generate();
        queue.push(&[job(), job()]).await.unwrap();
        queue.cancel(sync).await.unwrap();
        for listener in [&mut one, &mut other] {
            assert_eq!(soon(listener.next()).await, Some(Signal::Wake));
            assert_eq!(soon(listener.next()).await, Some(Signal::Cancel(sync)));
        }
    }

    /// Who sleeps until the next job is due must hear of an earlier one, and need not hear of a later one.
    async fn workers_hear_of_what_they_do_not_know(place: Place) {
        let queue = place.queue(LONG).await;
        let mut signals = queue.signals().await.unwrap();
        let sync = SyncId::generate();
        let known = job();
        queue.push(&[NewJob { delay: HOUR, ..job() }]).await.unwrap();
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
        queue.push(&[NewJob { delay: 2 * HOUR, ..job() }]).await.unwrap();
        queue.cancel(sync).await.unwrap();
        assert_eq!(soon(signals.next()).await, Some(Signal::Cancel(sync)));
        queue.push(std::slice::from_ref(&known)).await.unwrap();
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
        queue.push(std::slice::from_ref(&known)).await.unwrap();
        queue.cancel(sync).await.unwrap();
        assert_eq!(soon(signals.next()).await, Some(Signal::Cancel(sync)));
    }

    async fn workers_hear_of_what_comes_back(place: Place) {
        let queue = place.queue(LONG).await;
        let job = job();
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        let mut signals = queue.signals().await.unwrap();
        settle(&*queue, &held, Settlement::Retry { after: Duration::ZERO, counted: true }).await;
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
        let held = claim(&*queue, 1).await.remove(0);
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        settle(&*queue, &held, Settlement::Done).await;
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
    }

    /// The jobs of a dead worker are found by one claim; the others must hear that there is more than it could take.
    async fn workers_hear_of_what_a_claim_left(place: Place) {
        let queue = place.queue(SHORT).await;
        queue.push(&[job(), job()]).await.unwrap();
        assert_eq!(claim(&*queue, 2).await.len(), 2);
        let mut signals = queue.signals().await.unwrap();
        assert_eq!(claim_some(&*queue, "other", 1).await.len(), 1);
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
        assert_eq!(claim_some(&*queue, "third", 1).await.len(), 1);
    }

    async fn who_does_not_listen_holds_nobody_up(place: Place) {
        let queue = place.queue(LONG).await;
        let mut signals = queue.signals().await.unwrap();
        for _ in 0..1_000 {
            queue.cancel(SyncId::generate()).await.unwrap();
        }
        let last = SyncId::generate();
        queue.cancel(last).await.unwrap();
        soon(async {
            while signals.next().await != Some(Signal::Cancel(last)) {}
        })
        .await;
    }
}
