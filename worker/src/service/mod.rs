//! A worker that takes syncs from the queue: apalis's worker and monitor over a lease backend of ours, the rescue beside
//! it, and an orderly end.

mod backend;
mod handler;
mod loans;
mod rescue;

use std::{sync::Arc, time::Duration};

use apalis::{
    layers::WorkerBuilderExt,
    prelude::{Data, Monitor, WorkerBuilder},
};
use bus::queue::{Delivery, Settlement};
use tokio_util::sync::CancellationToken;

pub use backend::{LeaseBackend, Settle, SettleLayer};

use self::{handler::Handler, loans::Gate};
use crate::{pipeline::Runner, telemetry, triggers};

/// How long the queue may take to answer for the first time before it is asked again.
const FIRST_ANSWER_PAUSE: Duration = Duration::from_millis(500);

/// Runs syncs as they come until `stop` fires, then drains: nothing more is claimed, what runs may end within
/// `worker.drain_seconds`, and what has not ended by then is handed over. `ready` is called once syncs are taken.
pub async fn serve(runner: Arc<Runner>, stop: CancellationToken, ready: impl FnOnce()) {
    let handler = Handler {
        runner: Arc::clone(&runner),
        running: Arc::default(),
        gate: Gate::default(),
        hand_over: CancellationToken::new(),
    };
    if !is_queue_there(&runner, &stop).await {
        return;
    }
    let rescue = tokio::spawn(rescue::watch(Arc::clone(&runner), Arc::clone(&handler.running), stop.clone()));
    let triggers = tokio::spawn(triggers::watch(Arc::clone(&runner), stop.clone()));
    let drain = tokio::spawn(hand_over_after_drain(runner.clone(), stop.clone(), handler.hand_over.clone()));
    ready();
    let (queue, slots) = (Arc::clone(&runner.dispatcher.queue), runner.settings.worker.concurrency);
    metrics::gauge!(telemetry::SLOTS).set(slots as f64);
    let (name, draining) = (runner.instance.name().to_owned(), stop.clone());
    let monitor = Monitor::new()
        .register(move |_| {
            let running = Arc::clone(&handler.running);
            let (queue, gate) = (Arc::clone(&queue), handler.gate.clone());
            let backend = LeaseBackend::with(queue, &name, slots, running, gate, draining.clone());
            WorkerBuilder::new(name.as_str())
                .backend(backend)
                .catch_panic()
                .data(handler.clone())
                .build(handle)
        })
        // The worker itself ends only if our own code panics outside of a sync: then it is begun anew.
        .should_restart(|_, _| true);
    let signal = async move {
        stop.cancelled().await;
        Ok(())
    };
    if let Err(error) = monitor.run_with_signal(signal).await {
        tracing::error!(%error, "the worker ended");
    }
    drain.abort();
    rescue.abort();
    triggers.abort();
    if let Err(error) = runner.dispatcher.queue.leave(runner.instance.name()).await {
        tracing::debug!(%error, "the queue forgets us by itself");
    }
}

async fn handle(delivery: Delivery, handler: Data<Handler>) -> Result<Settlement, std::convert::Infallible> {
    Ok(handler.handle(delivery).await)
}

async fn is_queue_there(runner: &Runner, stop: &CancellationToken) -> bool {
    while let Err(error) = runner.dispatcher.queue.prolong(runner.instance.name(), &[]).await {
        tracing::warn!(%error, "waiting for the queue");
        tokio::select! {
            () = tokio::time::sleep(FIRST_ANSWER_PAUSE) => {}
            () = stop.cancelled() => return false,
        }
    }
    !stop.is_cancelled()
}

async fn hand_over_after_drain(runner: Arc<Runner>, stop: CancellationToken, hand_over: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(runner.settings.worker.drain()).await;
    hand_over.cancel();
}
