//! Many watchers on one Redis of the test's own, which is treated badly.

use std::{collections::HashSet, sync::Arc};

use futures::future::join_all;
use tempfile::TempDir;
use testkit::{redis::PrivateRedis, server::server_folder};

use super::*;

/// A server that nobody else connects to.
struct Server {
    redis: PrivateRedis,
    settings: QueueSettings,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = server_folder().unwrap();
        let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
        let settings = settings(redis.url());
        Self { redis, settings, _folder: folder }
    }

    async fn bus(&self) -> RedisProgressBus {
        patient(&self.settings).await
    }

    async fn ask<T: ::redis::FromRedisValue>(&self, words: &[&str]) -> T {
        redis_command(&self.redis.url(), words).await
    }

    /// The connections that listen.
    async fn listening(&self) -> usize {
        let clients: String = self.ask(&["CLIENT", "LIST", "TYPE", "pubsub"]).await;
        clients.lines().count()
    }

    /// The channels that somebody listens to.
    async fn channels(&self) -> HashSet<String> {
        self.ask::<Vec<String>>(&["PUBSUB", "CHANNELS"]).await.into_iter().collect()
    }

    /// Cuts those who listen off; how many they were.
    async fn kill_listening(&self) -> usize {
        self.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await
    }

    fn channel(&self, sync: SyncId) -> String {
        format!("{{{}}}:progress:{sync}", self.settings.prefix)
    }
}

/// Waits until something holds that Redis is told of and does not answer.
async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    soon(async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_watchers_share_one_connection() {
    let server = Server::start();
    let bus = server.bus().await;
    assert_eq!(server.listening().await, 0, "who only tells does not listen");
    let syncs: Vec<SyncId> = (0..200).map(|_| SyncId::generate()).collect();
    let subscribing = (0..500).map(|number| bus.subscribe(syncs[number % syncs.len()], 0));
    let mut watchers = soon(join_all(subscribing)).await;
    assert_eq!(server.listening().await, 1);
    let channels: HashSet<String> = syncs.iter().map(|sync| server.channel(*sync)).collect();
    until(|| async { server.channels().await == channels }).await;
    let (_, subscribers): (String, usize) =
        server.ask(&["PUBSUB", "NUMSUB", &server.channel(syncs[0])]).await;
    assert_eq!(subscribers, 1);
    // A channel is left with its last watcher.
    watchers.truncate(201);
    until(|| async { server.channels().await.len() == 200 }).await;
    let last = watchers.split_off(1);
    drop(last);
    until(|| async { server.channels().await == HashSet::from([server.channel(syncs[0])]) }).await;
    for sync in &syncs {
        bus.publish(&super::last(*sync, 1)).await;
    }
    assert_eq!(rest(watchers.pop().unwrap()).await, [1]);
    until(|| async { server.channels().await.is_empty() }).await;
    // Who comes back is heard again.
    let again = bus.subscribe(SyncId::generate(), 0).await;
    assert_eq!((server.listening().await, server.channels().await.len()), (1, 1));
    drop(bus);
    assert_eq!(server.listening().await, 1, "a watcher keeps what it needs");
    drop(again);
    until(|| async { server.listening().await == 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_misses_anything_when_connections_are_killed() {
    const EVENTS: i64 = 200;
    let server = Server::start();
    let (reader, writer) = (server.bus().await, Arc::new(server.bus().await));
    let syncs: Vec<SyncId> = (0..20).map(|_| SyncId::generate()).collect();
    let mut watchers = Vec::new();
    for sync in &syncs {
        watchers.push(tokio::spawn(rest(reader.subscribe(*sync, 0).await)));
    }
    for seq in 1..=EVENTS {
        let events =
            syncs.iter().map(|sync| if seq == EVENTS { last(*sync, seq) } else { passing(*sync, seq) });
        join_all(events.map(|event| {
            let writer = Arc::clone(&writer);
            async move { writer.publish(&event).await }
        }))
        .await;
        if seq % 40 == 20 {
            // Each time it listens again.
            until(|| async { server.kill_listening().await == 1 }).await;
        }
    }
    for watcher in watchers {
        assert_eq!(watcher.await.unwrap(), (1..=EVENTS).collect::<Vec<_>>());
    }
}

/// Messages are lost, and nothing else tells of that.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_passed_on_is_found_soon() {
    let server = Server::start();
    let bus = server.bus().await;
    let sync = SyncId::generate();
    let mut watcher = bus.subscribe(sync, 0).await;
    bus.publish(&passing(sync, 1)).await;
    assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(1));
    let key = format!("{{{}}}:events:{sync}", server.settings.prefix);
    for seq in 2..=3 {
        let begin = Instant::now();
        let json = serde_json::to_string(&passing(sync, seq)).unwrap();
        server.ask::<String>(&["XADD", &key, &format!("{seq}-0"), "event", &json]).await;
        assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(seq));
        assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_go_on_with_a_redis_that_forgot_everything() {
    let mut server = Server::start();
    let (bus, project) = (server.bus().await, ProjectId::generate());
    let syncs: Vec<SyncId> = (0..3).map(|_| SyncId::generate()).collect();
    let mut watchers = Vec::new();
    let mut announcements = bus.announcements(project).await;
    for sync in &syncs {
        let mut watcher = bus.subscribe(*sync, 0).await;
        publish(&bus, *sync, 1..=2).await;
        assert_eq!(soon(watcher.next()).await.map(|event| event.seq), Some(1));
        watchers.push(watcher);
    }
    server.redis.kill();
    // Nobody hears of this.
    publish(&bus, syncs[0], [3]).await;
    server.redis.start_again().unwrap();
    assert_eq!(soon(announcements.next()).await, Some(()));
    for (sync, watcher) in syncs.iter().zip(watchers) {
        until(|| async {
            bus.publish(&last(*sync, 4)).await;
            bus.read_log(*sync, 0).await.is_ok_and(|log| log.len() == 1)
        })
        .await;
        let seen = rest(watcher).await;
        assert!([vec![4], vec![2, 4]].contains(&seen), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn announcements_outlive_connections() {
    let server = Server::start();
    let (reader, writer) = (server.bus().await, server.bus().await);
    let (project, other) = (ProjectId::generate(), ProjectId::generate());
    let mut watcher = reader.announcements(project).await;
    for _ in 0..5 {
        assert_eq!(server.kill_listening().await, 1);
        // It may have missed some.
        assert_eq!(soon(watcher.next()).await, Some(()));
        writer.announce(other).await;
        writer.announce(project).await;
        assert_eq!(soon(watcher.next()).await, Some(()));
        assert_eq!(watcher.next().now_or_never(), None, "nobody said anything since");
    }
}
