//! What every bus promises, on the one in memory and on the one in Redis.

mod many;
#[path = "../support/redis.rs"]
mod redis;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use chrono::DateTime;
use entities::{ProjectId, SyncId};
use futures::{FutureExt, StreamExt, stream::BoxStream};
use project_sync_bus::{
    Event, LocalProgressBus, ProgressBus, ProgressEvent, QueueSettings, RedisProgressBus,
};

use crate::redis::{Network, SHUT, SILENT, redis_command, redis_url};

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Nearer to how long something takes that is done at once than to how long it takes undone, on a busy machine, too.
const AT_ONCE: Duration = Duration::from_secs(15);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it did not happen in time")
}

fn settings(url: String) -> QueueSettings {
    let prefix = format!("test-{}", SyncId::generate());
    QueueSettings { redis_url: Some(url), prefix, ..QueueSettings::default() }
}

/// A bus that drops nothing because the machine is busy.
async fn patient(settings: &QueueSettings) -> RedisProgressBus {
    RedisProgressBus::connect_patiently(settings, PATIENCE).await.unwrap()
}

async fn redis_bus() -> RedisProgressBus {
    patient(&settings(redis_url())).await
}

fn passing(sync_id: SyncId, seq: i64) -> ProgressEvent {
    let event = Event::PhaseStarted { phase: format!("phase {seq} ä"), attempt: 1 };
    ProgressEvent { sync_id, seq, at: DateTime::UNIX_EPOCH, event }
}

fn last(sync_id: SyncId, seq: i64) -> ProgressEvent {
    ProgressEvent { sync_id, seq, at: DateTime::UNIX_EPOCH, event: Event::Cancelled {} }
}

async fn publish(bus: &dyn ProgressBus, sync: SyncId, seqs: impl IntoIterator<Item = i64>) {
    for seq in seqs {
        bus.publish(&passing(sync, seq)).await;
    }
}

/// The numbers of what a watcher hears until its stream ends.
async fn rest(watcher: BoxStream<'static, ProgressEvent>) -> Vec<i64> {
    soon(watcher.map(|event| event.seq).collect()).await
}

/// Makes each test one of each bus, in a module of the test's name.
macro_rules! on_each_bus {
    ($($(#[$attribute:meta])* async fn $name:ident($bus:ident: &dyn ProgressBus) $body:block)*) => {
        $($(#[$attribute])*
        mod $name {
            use super::*;

            async fn test($bus: &dyn ProgressBus) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn local() {
                test(&LocalProgressBus::default()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn redis() {
                test(&redis_bus().await).await;
            }
        })*
    };
}

on_each_bus! {
    async fn watchers_hear_everything_until_the_last_event(bus: &dyn ProgressBus) {
        let sync = SyncId::generate();
        let (mut one, other) = (bus.subscribe(sync, 0).await, bus.subscribe(sync, 0).await);
        bus.publish(&passing(sync, 1)).await;
        assert_eq!(soon(one.next()).await, Some(passing(sync, 1)));
        publish(bus, sync, 2..100).await;
        bus.publish(&last(sync, 100)).await;
        assert_eq!(rest(one).await, (2..=100).collect::<Vec<_>>());
        assert_eq!(rest(other).await, (1..=100).collect::<Vec<_>>());
    }

    async fn a_watcher_hears_of_its_sync_only(bus: &dyn ProgressBus) {
        let (sync, other) = (SyncId::generate(), SyncId::generate());
        let watcher = bus.subscribe(sync, 0).await;
        publish(bus, other, 1..=2).await;
        bus.publish(&last(other, 3)).await;
        bus.publish(&last(sync, 1)).await;
        assert_eq!(rest(watcher).await, [1]);
    }

    async fn a_gap_is_left_to_the_watcher(bus: &dyn ProgressBus) {
        let sync = SyncId::generate();
        let watcher = bus.subscribe(sync, 0).await;
        publish(bus, sync, [2, 3, 7]).await;
        bus.publish(&last(sync, 9)).await;
        assert_eq!(rest(watcher).await, [2, 3, 7, 9]);
    }

    async fn who_has_read_already_hears_the_rest(bus: &dyn ProgressBus) {
        let sync = SyncId::generate();
        publish(bus, sync, 1..=3).await;
        let watcher = bus.subscribe(sync, 4).await;
        publish(bus, sync, 4..=6).await;
        bus.publish(&last(sync, 7)).await;
        assert_eq!(rest(watcher).await, [5, 6, 7]);
    }

    /// Each is heard by all who listen to the project; some may be heard as one.
    async fn announcements_are_heard(bus: &dyn ProgressBus) {
        let (project, other) = (ProjectId::generate(), ProjectId::generate());
        bus.announce(project).await;
        let (mut one, mut two) = (bus.announcements(project).await, bus.announcements(project).await);
        assert_eq!(one.next().now_or_never(), None);
        for _ in 0..3 {
            bus.announce(other).await;
            bus.announce(project).await;
            assert_eq!(soon(one.next()).await, Some(()));
            assert_eq!(soon(two.next()).await, Some(()));
        }
        drop(two);
        for _ in 0..1_000 {
            bus.announce(project).await;
        }
        assert_eq!(soon(one.next()).await, Some(()));
    }

    async fn nobody_needs_to_watch(bus: &dyn ProgressBus) {
        let sync = SyncId::generate();
        drop(bus.subscribe(sync, 0).await);
        publish(bus, sync, 1..10).await;
        bus.publish(&last(sync, 10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_late_hears_what_the_log_has() {
    let bus = redis_bus().await;
    let sync = SyncId::generate();
    publish(&bus, sync, 1..=3).await;
    let early = bus.subscribe(sync, 0).await;
    bus.publish(&last(sync, 4)).await;
    assert_eq!(rest(early).await, [1, 2, 3, 4]);
    assert_eq!(rest(bus.subscribe(sync, 0).await).await, [1, 2, 3, 4]);
    let log = bus.read_log(sync, 2).await.unwrap();
    assert_eq!(log, [passing(sync, 3), last(sync, 4)]);
    assert_eq!(bus.read_log(sync, 4).await.unwrap(), []);
    assert_eq!(bus.read_log(SyncId::generate(), 0).await.unwrap(), []);
}

/// A worker that lost its sync, and one that repeats because it did not hear the answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_cannot_be_said_again() {
    let bus = redis_bus().await;
    let sync = SyncId::generate();
    let watcher = bus.subscribe(sync, 0).await;
    publish(&bus, sync, [1, 2, 2, 1]).await;
    bus.publish(&last(sync, 2)).await;
    publish(&bus, sync, [3, 2]).await;
    bus.publish(&last(sync, 4)).await;
    assert_eq!(rest(watcher).await, [1, 2, 3, 4]);
    let log = bus.read_log(sync, 0).await.unwrap();
    assert_eq!(log, [passing(sync, 1), passing(sync, 2), passing(sync, 3), last(sync, 4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_bounded_and_goes_when_its_time_is_over() {
    let settings = QueueSettings { log_events: 50, log_seconds: 100, ..settings(redis_url()) };
    let bus = patient(&settings).await;
    let sync = SyncId::generate();
    publish(&bus, sync, 1..1_000).await;
    let key = format!("{{{}}}:events:{sync}", settings.prefix);
    let seconds: i64 = redis_command(&redis_url(), &["TTL", &key]).await;
    assert!(seconds > 100);
    bus.publish(&last(sync, 1_000)).await;
    let log = bus.read_log(sync, 0).await.unwrap();
    assert!((50..=250).contains(&log.len()), "{}", log.len());
    assert_eq!(log.last(), Some(&last(sync, 1_000)));
    assert!(log.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    let seconds: i64 = redis_command(&redis_url(), &["TTL", &key]).await;
    assert!((1..=100).contains(&seconds));
    assert_eq!(rest(bus.subscribe(sync, 0).await).await.len(), log.len());
}

/// More than any buffer holds waits for a reader that does not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_misses_nothing_that_is_in_the_log() {
    let settings = QueueSettings { log_events: 2_000, ..settings(redis_url()) };
    let bus = patient(&settings).await;
    let sync = SyncId::generate();
    publish(&bus, sync, 1..=3).await;
    let mut watcher = bus.subscribe(sync, 0).await;
    assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(1));
    publish(&bus, sync, 4..1_500).await;
    bus.publish(&last(sync, 1_500)).await;
    assert_eq!(rest(watcher).await, (2..=1_500).collect::<Vec<_>>());
}

/// Somebody else's entry, or one of a newer program, must not hold a watcher up.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_a_gap() {
    let settings = settings(redis_url());
    let bus = patient(&settings).await;
    let sync = SyncId::generate();
    let watcher = bus.subscribe(sync, 0).await;
    let channel = format!("{{{}}}:progress:{sync}", settings.prefix);
    let key = format!("{{{}}}:events:{sync}", settings.prefix);
    bus.publish(&passing(sync, 1)).await;
    redis_command::<()>(&redis_url(), &["XADD", &key, "2-0", "event", "{\"type\":\"newer\"}"]).await;
    redis_command::<()>(&redis_url(), &["PUBLISH", &channel, "{\"type\":\"newer\"}"]).await;
    bus.publish(&last(sync, 3)).await;
    assert_eq!(rest(watcher).await, [1, 3]);
}

/// The last message is lost, and no later one shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_lost_is_found_in_the_log() {
    let settings = settings(redis_url());
    let bus = patient(&settings).await;
    let sync = SyncId::generate();
    let mut watcher = bus.subscribe(sync, 0).await;
    bus.publish(&passing(sync, 1)).await;
    assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(1));
    let key = format!("{{{}}}:events:{sync}", settings.prefix);
    let json = serde_json::to_string(&last(sync, 2)).unwrap();
    redis_command::<()>(&redis_url(), &["XADD", &key, "2-0", "event", &json]).await;
    assert_eq!(rest(watcher).await, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_misses_nothing_while_its_connection_is_lost() {
    let network = Network::new().await;
    let settings = settings(redis_url());
    let writer = patient(&settings).await;
    let cut = QueueSettings { redis_url: Some(network.url.clone()), ..settings };
    let reader = RedisProgressBus::connect(&cut).await.unwrap();
    let sync = SyncId::generate();
    let mut watcher = reader.subscribe(sync, 0).await;
    for seq in 1..10 {
        let (lost, told) = (2 * seq - 1, 2 * seq);
        network.cut(SHUT);
        writer.publish(&passing(sync, lost)).await;
        network.open();
        assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(lost));
        writer.publish(&passing(sync, told)).await;
        assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(told));
    }
    writer.publish(&last(sync, 19)).await;
    assert_eq!(rest(watcher).await, [19]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_while_redis_is_away_hears_later() {
    let network = Network::new().await;
    let bus = RedisProgressBus::connect(&settings(network.url.clone())).await.unwrap();
    let sync = SyncId::generate();
    network.cut(SHUT);
    let watcher = bus.subscribe(sync, 0).await;
    network.open();
    soon(async {
        while !bus.read_log(sync, 0).await.is_ok_and(|log| !log.is_empty()) {
            bus.publish(&last(sync, 1)).await;
        }
    })
    .await;
    assert_eq!(rest(watcher).await, [1]);
}

/// Events are not worth waiting for.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_not_held_up_while_redis_is_away() {
    let network = Network::new().await;
    let bus = RedisProgressBus::connect(&settings(network.url.clone())).await.unwrap();
    let sync = SyncId::generate();
    for state in [SHUT, SILENT] {
        network.cut(state);
        let begin = Instant::now();
        publish(&bus, sync, 2..100).await;
        // Half a second for the first one alone; for each of them it would be most of a minute.
        assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
        network.open();
        soon(async {
            let sync = SyncId::generate();
            while !bus.read_log(sync, 0).await.is_ok_and(|log| log.len() == 1) {
                bus.publish(&passing(sync, 1)).await;
            }
        })
        .await;
    }
}
