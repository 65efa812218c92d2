//! What is measured of the queue alone.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bus::JobQueue;
use entities::TenantId;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::sleep,
};

use crate::{
    Bench,
    bullmq::BullMq,
    figures::{Figure, Unit, millis, percentile, rate, report, report_latency},
    ours::{self, Handle, Working},
};

/// Jobs that are pushed, or handled, at once.
const CONCURRENCY: usize = 64;

/// Long enough for a worker to have nothing left to do.
pub const PAUSE: Duration = Duration::from_millis(5);

/// Jobs that are pushed one after the other where latency is measured.
pub const SINGLES: usize = 300;

/// One job in each call, 64 calls at once.
pub fn enqueue(bench: &Bench) {
    const JOBS: usize = 50_000;
    let ours = || {
        bench.runtime.block_on(async {
            let queue = ours::open(&bench.redis.url()).await;
            let (tenant, begun) = (TenantId::generate(), Arc::new(AtomicUsize::new(0)));
            let begin = Instant::now();
            let mut tasks = JoinSet::new();
            for _ in 0..CONCURRENCY {
                let (queue, begun) = (Arc::clone(&queue), Arc::clone(&begun));
                tasks.spawn(async move {
                    while begun.fetch_add(1, Ordering::Relaxed) < JOBS {
                        queue.push(&[ours::job(tenant)]).await.unwrap();
                    }
                });
            }
            tasks.join_all().await;
            vec![millis(begin.elapsed())]
        })
    };
    let reference = |bullmq: &BullMq, redis: &str| bullmq.measure(redis, "enqueue", JOBS, CONCURRENCY);
    let (ours, reference) = bench.take_turns(ours, reference);
    let figure = |runs: &[Vec<f64>]| Figure::of(runs, Unit::PerSecond, rate(JOBS));
    report("enqueue, 64 single pushes at once", figure(&ours), figure(&reference), ">= 3");
}

/// Jobs that do nothing, from the worker's start until the last one is settled.
pub fn drain(bench: &Bench) {
    for (jobs, name) in [(7_500, "drain 7,500, 64 at once"), (50_000, "drain 50,000, 64 at once")] {
        let ours = || {
            bench.runtime.block_on(async {
                let queue = ours::open(&bench.redis.url()).await;
                ours::fill(&*queue, TenantId::generate(), jobs).await;
                let (handled, all) = (AtomicUsize::new(0), Arc::new(Notify::new()));
                let is_last = Arc::clone(&all);
                let handle: Handle = Arc::new(move |_| {
                    if handled.fetch_add(1, Ordering::Relaxed) + 1 == jobs {
                        is_last.notify_one();
                    }
                    Box::pin(async {})
                });
                let begin = Instant::now();
                let worker = Working::start(Arc::clone(&queue), CONCURRENCY, handle);
                all.notified().await;
                ours::emptied(&*queue).await;
                let took = begin.elapsed();
                worker.stop().await;
                vec![millis(took)]
            })
        };
        let reference = |bullmq: &BullMq, redis: &str| bullmq.measure(redis, "drain", jobs, CONCURRENCY);
        let (ours, reference) = bench.take_turns(ours, reference);
        let figure = |runs: &[Vec<f64>]| Figure::of(runs, Unit::PerSecond, rate(jobs));
        report(name, figure(&ours), figure(&reference), ">= 1");
    }
}

/// From the push's answer until an idle worker begins the job.
pub fn pickup(bench: &Bench) {
    let ours = || {
        bench.runtime.block_on(async {
            let queue = ours::open(&bench.redis.url()).await;
            let (begin, mut begun) = mpsc::unbounded_channel();
            let handle: Handle = Arc::new(move |_| {
                begin.send(Instant::now()).unwrap();
                Box::pin(async {})
            });
            let worker = Working::start(Arc::clone(&queue), CONCURRENCY, handle);
            let took = one_by_one(&*queue, &mut begun).await;
            worker.stop().await;
            took
        })
    };
    let reference = |bullmq: &BullMq, redis: &str| bullmq.measure(redis, "pickup", SINGLES, CONCURRENCY);
    let (ours, reference) = bench.take_turns(ours, reference);
    report_latency("pick-up when idle", &ours, &reference, ["ours <= 2 ms", "ours <= 15 ms"]);
}

/// Pushes jobs one after the other to an idle worker: milliseconds from each answer until the job was begun.
async fn one_by_one(queue: &dyn JobQueue, begun: &mut mpsc::UnboundedReceiver<Instant>) -> Vec<f64> {
    let mut took = Vec::new();
    for _ in 0..SINGLES {
        ours::emptied(queue).await;
        sleep(PAUSE).await;
        queue.push(&[ours::job(TenantId::generate())]).await.unwrap();
        let answered = Instant::now();
        let begin = begun.recv().await.unwrap();
        took.push(millis(begin.saturating_duration_since(answered)));
    }
    took
}

/// One job of a tenant while another tenant has ten thousand queued; each takes a millisecond, four run at once.
pub fn fair(bench: &Bench) {
    const BACKLOG: usize = 10_000;
    const AFTER: usize = 1_000;
    const SLOTS: usize = 4;
    const WORK: Duration = Duration::from_millis(1);
    let (mut latencies, mut positions, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..crate::RUNS {
        bench.empty();
        bench.runtime.block_on(async {
            let queue = ours::open(&bench.redis.url()).await;
            ours::fill(&*queue, TenantId::generate(), BACKLOG).await;
            let (count, begun) = (Arc::new(AtomicUsize::new(0)), Arc::new(Begun::default()));
            let (of_handle, all) = (Arc::clone(&begun), Arc::clone(&count));
            let handle: Handle = Arc::new(move |delivery| {
                of_handle.note(delivery.id, all.fetch_add(1, Ordering::Relaxed));
                Box::pin(sleep(WORK))
            });
            let worker = Working::start(Arc::clone(&queue), SLOTS, handle);
            let (mut took, mut behind) = (Vec::new(), Vec::new());
            for step in 1..BACKLOG / AFTER {
                begun.wait_for(|| count.load(Ordering::Relaxed) >= step * AFTER).await;
                let (milliseconds, position) = begun.push_one(&*queue, &count).await;
                took.push(milliseconds);
                behind.push(position as f64);
            }
            ours::emptied(&*queue).await;
            let mut alone = Vec::new();
            for _ in 1..BACKLOG / AFTER {
                ours::emptied(&*queue).await;
                sleep(PAUSE).await;
                alone.push(begun.push_one(&*queue, &count).await.0);
            }
            worker.stop().await;
            latencies.push(took);
            positions.push(behind);
            idle.push(alone);
        });
    }
    let middle = |runs: &[Vec<f64>]| Figure::of(runs, Unit::Millis, |run| percentile(run, 0.5));
    report("one job behind 10,000 (an empty queue), p50", middle(&latencies), middle(&idle), "no starving");
    let worst = Figure::of(&positions, Unit::Jobs, |run| percentile(run, 1.0));
    report("the other tenant's jobs begun before it, worst", worst, None, "a few, of 4 at once");
}

/// Which jobs were begun, when, and after how many others.
#[derive(Default)]
struct Begun {
    jobs: Mutex<HashMap<String, (Instant, usize)>>,
    more: Notify,
}

impl Begun {
    fn note(&self, id: String, place: usize) {
        self.jobs.lock().unwrap().insert(id, (Instant::now(), place));
        self.more.notify_waiters();
    }

    async fn wait_for(&self, mut is_so: impl FnMut() -> bool) {
        loop {
            let more = self.more.notified();
            if is_so() {
                return;
            }
            more.await;
        }
    }

    /// Pushes a job of a new tenant: milliseconds until it is begun, and how many others are begun in between.
    async fn push_one(&self, queue: &dyn JobQueue, count: &AtomicUsize) -> (f64, usize) {
        let job = ours::job(TenantId::generate());
        let id = job.job.sync_id().to_string();
        queue.push(&[job]).await.unwrap();
        let (answered, before) = (Instant::now(), count.load(Ordering::Relaxed));
        self.wait_for(|| self.jobs.lock().unwrap().contains_key(&id)).await;
        let (begin, place) = self.jobs.lock().unwrap()[&id];
        (millis(begin.saturating_duration_since(answered)), place.saturating_sub(before))
    }
}
