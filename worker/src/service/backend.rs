//! apalis's side of the queue: a backend that yields what is claimed, and a layer that settles it.
//!
//! apalis-redis 1.0.0 loses and doubles jobs that run for minutes, so its workers, layers and monitor stand on a storage
//! of ours. Nothing that goes wrong with the queue surfaces here: apalis would drop the worker with all that it runs.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    error::BoxDynError,
    task::{Task, builder::TaskBuilder},
    worker::context::WorkerContext,
};
use bus::queue::{Delivery, JobQueue, Settlement};
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::{Layer, Service};

use super::loans::{Gate, Loans, Running};

/// How long a job waits after its handling broke in a way that it did not foresee.
const UNFORESEEN_DELAY: Duration = Duration::from_secs(5);

/// Yields the jobs that a worker has on loan.
pub struct LeaseBackend {
    loans: Arc<Loans>,
    deliveries: mpsc::Receiver<Delivery>,
    closing: Option<BoxFuture<'static, ()>>,
    /// What runs beside ends with us.
    _closed: DropGuard,
}

impl LeaseBackend {
    /// Begins to claim up to `slots` jobs at once, until `draining` fires.
    pub fn open(queue: Arc<dyn JobQueue>, worker: &str, slots: usize, draining: CancellationToken) -> Self {
        Self::with(queue, worker, slots, Arc::default(), Gate::default(), draining)
    }

    pub(super) fn with(
        queue: Arc<dyn JobQueue>,
        worker: &str,
        slots: usize,
        running: Arc<Running>,
        gate: Gate,
        draining: CancellationToken,
    ) -> Self {
        let (loans, deliveries) = Loans::open(queue, worker.to_owned(), slots, running, gate, draining);
        let closed = CancellationToken::new();
        let (over, guard) = (Arc::clone(&loans), closed.clone());
        tokio::spawn(async move {
            guard.cancelled().await;
            over.close();
        });
        Self { loans, deliveries, closing: None, _closed: closed.drop_guard() }
    }
}

impl Backend for LeaseBackend {
    type Task = Task<Delivery>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Task<Delivery>, Infallible>>> {
        self.deliveries.poll_recv(cx).map(|delivery| {
            delivery.map(|delivery| {
                let attempt = delivery.attempt as usize;
                Ok(TaskBuilder::new(delivery).attempt(attempt).build())
            })
        })
    }

    /// Gives back what was claimed and not begun.
    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        let closing = self.closing.get_or_insert_with(|| {
            self.deliveries.close();
            let mut left = Vec::new();
            while let Ok(delivery) = self.deliveries.try_recv() {
                left.push(delivery.receipt());
            }
            let loans = Arc::clone(&self.loans);
            let at_once = Settlement::Retry { after: Duration::ZERO, counted: false };
            Box::pin(async move {
                for receipt in left {
                    loans.settle(receipt, at_once).await;
                }
            })
        });
        closing.as_mut().poll(cx).map(Ok)
    }
}

impl BackendConfig for LeaseBackend {
    type Args = Delivery;
    type Id = String;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = SettleLayer;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> SettleLayer {
        SettleLayer(Arc::clone(&self.loans))
    }
}

/// Settles each job's loan with what its handler says.
#[derive(Clone)]
pub struct SettleLayer(Arc<Loans>);

impl<S> Layer<S> for SettleLayer {
    type Service = Settle<S>;

    fn layer(&self, inner: S) -> Settle<S> {
        Settle { inner, loans: Arc::clone(&self.0) }
    }
}

/// See [`SettleLayer`].
#[derive(Clone)]
pub struct Settle<S> {
    inner: S,
    loans: Arc<Loans>,
}

impl<S> Service<Task<Delivery>> for Settle<S>
where
    S: Service<Task<Delivery>, Response = Settlement>,
    S::Error: Into<BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<Delivery>) -> Self::Future {
        let receipt = task.args.receipt();
        let handling = self.inner.call(task);
        let loans = Arc::clone(&self.loans);
        Box::pin(async move {
            let result = handling.await.map_err(Into::into);
            let unforeseen = Settlement::Retry { after: UNFORESEEN_DELAY, counted: true };
            loans.settle(receipt, *result.as_ref().unwrap_or(&unforeseen)).await;
            result.map(|_| ())
        })
    }
}
