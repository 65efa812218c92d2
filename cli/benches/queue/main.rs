//! Speed of the queue, beside BullMQ on the same Redis in the same run: `cargo bench -p project-sync --bench queue`.
//!
//! What is told to others is measured, too: `relay` beside a bare publisher to the same RabbitMQ, `webhooks` beside bare
//! requests to the same receiver.
//!
//! Arguments choose cases by name (`… --bench queue -- drain pickup`). The bench starts a Redis of its own, and for
//! `api`, `relay` and `webhooks` a Postgres. BullMQ is installed by npm below `target/` when the bench begins; without node or npm ours is
//! measured alone. Ours and BullMQ take turns, so that both see the same noise. Each figure is the median of the runs,
//! with the lowest and the highest in brackets. Nothing here passes or fails.

mod bullmq;
mod cases;
mod figures;
mod ours;
mod outgoing;
mod service;
mod watched;

use std::env;

use testkit::{redis::PrivateRedis, server::server_folder};
use tokio::runtime::Runtime;

use bullmq::BullMq;

/// Runs of each measurement.
const RUNS: usize = 3;

/// What the cases work with.
struct Bench {
    runtime: Runtime,
    redis: PrivateRedis,
    bullmq: Option<BullMq>,
}

/// A case by name.
type Case = (&'static str, fn(&Bench));

/// All cases, the quick ones first.
const CASES: [Case; 7] = [
    ("pickup", cases::pickup),
    ("enqueue", cases::enqueue),
    ("fair", cases::fair),
    ("drain", cases::drain),
    ("api", service::pickup),
    ("relay", outgoing::relay),
    ("webhooks", outgoing::webhooks),
];

/// Those of the queue alone: the others have another reference, or none.
const BESIDE_BULLMQ: [&str; 4] = ["pickup", "enqueue", "fair", "drain"];

impl Bench {
    /// Takes the figures of ours and of BullMQ in turns, each on an empty Redis.
    fn take_turns(
        &self,
        mut ours: impl FnMut() -> Vec<f64>,
        reference: impl Fn(&BullMq, &str) -> Vec<f64>,
    ) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (mut of_ours, mut of_reference) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            self.empty();
            of_ours.push(ours());
            self.empty();
            of_reference.extend(self.bullmq.as_ref().map(|bullmq| reference(bullmq, &self.redis.url())));
        }
        (of_ours, of_reference)
    }

    /// Removes everything from the Redis that we started.
    fn empty(&self) {
        let client = redis::Client::open(self.redis.url()).unwrap();
        redis::cmd("FLUSHALL").exec(&mut client.get_connection().unwrap()).unwrap();
    }

    fn redis_version(&self) -> String {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let info: redis::InfoDict =
            redis::cmd("INFO").arg("server").query(&mut client.get_connection().unwrap()).unwrap();
        info.get("redis_version").unwrap_or_default()
    }
}

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let cases: Vec<Case> = CASES.into_iter().filter(|(name, _)| is_wanted(name)).collect();
    if cases.is_empty() {
        // The words are for another bench.
        return;
    }
    let folder = server_folder().unwrap();
    let is_beside = cases.iter().any(|(name, _)| BESIDE_BULLMQ.contains(name));
    let install = || BullMq::install().inspect_err(|why| println!("BullMQ is not measured: {why}")).ok();
    let bullmq = if is_beside { install() } else { None };
    let bench = Bench {
        runtime: Runtime::new().unwrap(),
        redis: PrivateRedis::start(&folder.path().join("redis")).unwrap(),
        bullmq,
    };
    let reference = bench.bullmq.as_ref().map_or("no reference", |bullmq| &bullmq.versions);
    println!("Redis {}; {reference}; {RUNS} runs", bench.redis_version());
    figures::print_head();
    for (_, case) in cases {
        case(&bench);
    }
}
