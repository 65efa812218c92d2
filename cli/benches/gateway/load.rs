//! Publishing at a pace.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::{
    client::{Clients, Counted, now},
    server::Server,
};

/// What to publish.
#[derive(Clone, Copy)]
pub struct Load {
    /// Events a second, over all topics in turns.
    pub rate: f64,
    /// For how long.
    pub lasts: Duration,
    /// By how much each event is longer, in bytes.
    pub padding: usize,
    /// How long the streams have after the last one.
    pub grace: Duration,
}

/// What came of it.
pub struct Outcome {
    /// Events on each topic.
    pub events: u64,
    /// What streams got.
    pub counted: Counted,
    /// Events that were published a second.
    pub rate: f64,
    /// From the first event until the last delivery.
    pub took: Duration,
    /// Processor time of the server.
    pub processor_time: Duration,
    /// Of its helper.
    pub helper_time: Option<Duration>,
    /// Of the clients.
    pub client_time: Duration,
}

impl Outcome {
    /// Processor time a delivery, in microseconds.
    pub fn cost(&self) -> f64 {
        micros(self.processor_time) / self.counted.deliveries as f64
    }

    /// The helper's, in microseconds.
    pub fn helper_cost(&self) -> Option<f64> {
        Some(micros(self.helper_time?) / self.counted.deliveries as f64)
    }

    /// The clients', in microseconds.
    pub fn client_cost(&self) -> f64 {
        micros(self.client_time) / self.counted.deliveries as f64
    }

    /// Events that streams did not get, or got twice.
    pub fn wrong(&self, streams: usize) -> f64 {
        let expected = self.events * streams as u64;
        (expected.saturating_sub(self.counted.deliveries) + self.counted.doubled) as f64
    }
}

/// Publishes events on all topics of a server, from number `first` on, and waits until `streams` of them came.
pub async fn publish(
    server: &mut Server,
    clients: &mut Clients,
    first: i64,
    load: Load,
) -> Result<Outcome, String> {
    clients.begin(first).await?;
    let (processor_time, helper_time) = times(server);
    let client_time = clients.processor_time();
    let topics = server.topics.len() as u64;
    // Every topic gets as many.
    let wanted = (load.rate * load.lasts.as_secs_f64()) as u64 / topics * topics;
    let (begin, begin_at) = (Instant::now(), now());
    let mut published = 0;
    while published < wanted {
        let due = begin + Duration::from_secs_f64(published as f64 / load.rate);
        // A server that cannot follow is not waited for any longer; but each topic gets as many.
        if begin.elapsed() > load.lasts && published.is_multiple_of(topics) {
            break;
        }
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let topic = server.topics[(published % topics) as usize];
        let number = first + (published / topics) as i64;
        server.publisher.publish(topic, number, load.padding).await?;
        published += 1;
    }
    let rate = published as f64 / begin.elapsed().max(load.lasts).as_secs_f64();
    let events = published / topics;
    let counted = clients.collect(events, load.grace).await?;
    let (processor_end, helper_end) = times(server);
    Ok(Outcome {
        events,
        rate,
        took: Duration::from_nanos(counted.last_at.saturating_sub(begin_at)),
        counted,
        client_time: clients.processor_time().saturating_sub(client_time),
        processor_time: processor_end.saturating_sub(processor_time),
        helper_time: helper_end.zip(helper_time).map(|(end, begin)| end.saturating_sub(begin)),
    })
}

fn times(server: &Server) -> (Duration, Option<Duration>) {
    (server.process.processor_time(), server.helper.map(crate::process::processor_time))
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}
