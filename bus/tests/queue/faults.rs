//! What happens to Redis, and what somebody else writes there.

use std::time::{Duration, Instant};

use entities::SyncId;
use futures::StreamExt;
use project_sync_bus::queue::{MAX_BATCH, NewJob, Settlement, Signal};
use testkit::{redis::PrivateRedis, server::server_folder};

use crate::{
    place::*,
    redis::{Network, SHUT, SILENT, redis_command, redis_url},
};

/// No call may take longer, whatever happens to Redis: five seconds, and as much again for a machine that is busy.
const LONGEST_CALL: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_from_before_redis_forgot_everything_is_worth_nothing() {
    // A database of its own, to be emptied.
    let url = format!("{}/15", redis_url().trim_end_matches('/'));
    let queue = Place::redis_at(url.clone()).queue(LONG).await;
    let job = job();
    queue.push(std::slice::from_ref(&job)).await.unwrap();
    let old = claim(&*queue, 1).await.remove(0);
    redis_command::<()>(&url, &["FLUSHDB"]).await;
    assert_eq!(queue.prolong("worker", &[old.receipt()]).await.unwrap(), [old.receipt()]);
    assert_eq!(queue.push(std::slice::from_ref(&job)).await.unwrap(), 1);
    let new = claim(&*queue, 1).await.remove(0);
    assert!(new.token > old.token);
    settle(&*queue, &old, Settlement::Done).await;
    assert_eq!(queue.prolong("worker", &[old.receipt(), new.receipt()]).await.unwrap(), [old.receipt()]);
    settle(&*queue, &new, Settlement::Done).await;
    assert_eq!(queue.stats().await.unwrap().lent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_forget_the_scripts() {
    // A server of its own: others that lose a script twice in a moment take that for a failure.
    let folder = server_folder().unwrap();
    let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
    let queue = Place::redis_at(redis.url()).queue(LONG).await;
    let forget = async || redis_command::<()>(&redis.url(), &["SCRIPT", "FLUSH"]).await;
    forget().await;
    queue.push(&[job()]).await.unwrap();
    forget().await;
    let held = claim(&*queue, 1).await.remove(0);
    forget().await;
    assert_eq!(queue.prolong("worker", &[held.receipt()]).await.unwrap(), []);
    forget().await;
    settle(&*queue, &held, Settlement::Done).await;
    forget().await;
    assert_eq!(queue.stats().await.unwrap().lent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_go_on_after_the_connection_is_lost() {
    let network = Network::new().await;
    let queue = Place::redis_at(network.url.clone()).queue(LONG).await;
    let mut signals = queue.signals().await.unwrap();
    for _ in 0..3 {
        network.cut(SHUT);
        network.open();
        assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
        let sync = SyncId::generate();
        soon(async { while queue.cancel(sync).await.is_err() {} }).await;
        assert_eq!(soon(signals.next()).await, Some(Signal::Cancel(sync)));
    }
}

/// Nothing is told to the ears of a network that swallows everything: they must ask.
#[tokio::test(flavor = "multi_thread")]
async fn signals_go_on_after_the_network_fell_silent() {
    let network = Network::new().await;
    let queue = Place::redis_at(network.url.clone()).queue(LONG).await;
    let mut signals = queue.signals().await.unwrap();
    network.cut(SILENT);
    network.open();
    assert_eq!(soon(signals.next()).await, Some(Signal::Wake));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_fail_soon_while_redis_is_away_and_succeed_when_it_is_back() {
    let network = Network::new().await;
    let queue = Place::redis_at(network.url.clone()).queue(LONG).await;
    for state in [SHUT, SILENT] {
        network.cut(state);
        for _ in 0..2 {
            let begin = Instant::now();
            assert!(queue.push(&[job()]).await.is_err());
            assert!(begin.elapsed() < LONGEST_CALL, "{:?}", begin.elapsed());
        }
        network.open();
        soon(async { while queue.push(&[job()]).await.is_err() {} }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_between_calls_is_not_noticed() {
    let network = Network::new().await;
    let queue = Place::redis_at(network.url.clone()).queue(LONG).await;
    for _ in 0..5 {
        network.cut(SHUT);
        network.open();
        queue.push(&[job()]).await.unwrap();
    }
    assert_eq!(queue.stats().await.unwrap().ready, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_url_is_told_without_repeating_it() {
    for url in ["http://user:secret@host", "user:secret@host", "redis://user:secret@host:port", "redis://"] {
        let Place::Redis(settings) = Place::redis_at(url.to_owned()) else { unreachable!() };
        let Err(error) = project_sync_bus::RedisQueue::connect(&settings).await else {
            panic!("{url} is no URL of a Redis")
        };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// What somebody else writes is delivered as it is, and leaves the queue like any job.
#[tokio::test(flavor = "multi_thread")]
async fn rubbish_is_delivered() {
    let place = Place::redis();
    let queue = place.queue(LONG).await;
    let Place::Redis(settings) = place else { unreachable!() };
    let url = redis_url();
    let key = |name: &str| format!("{{{}}}:queue:{name}", settings.prefix);
    let messages = ["", "{\"version\":\"9\"}", "0 - x\n", "0 - 1 2 3 0 -\u{0}", "ä\n\u{1}"];
    for (n, message) in messages.iter().enumerate() {
        let id = format!("somebody's {n}");
        redis_command::<()>(&url, &["HSET", &key("jobs"), &id, message]).await;
        redis_command::<()>(&url, &["ZADD", &key("ready:2:-"), &n.to_string(), &id]).await;
    }
    redis_command::<()>(&url, &["ZADD", &key("turns:2"), "0", "-"]).await;
    // Without a message, and in two places at once.
    redis_command::<()>(&url, &["ZADD", &key("ready:2:-"), "8", "nothing"]).await;
    redis_command::<()>(&url, &["ZADD", &key("delayed"), "8", "nothing"]).await;
    redis_command::<()>(&url, &["ZADD", &key("turns:1"), "0", "nobody"]).await;
    queue.push(&[job()]).await.unwrap();
    let lent = claim(&*queue, 100).await;
    let payloads: Vec<&str> = lent[1..].iter().map(|delivery| delivery.payload.as_str()).collect();
    // The one that is in two places comes by either.
    assert_eq!(payloads.iter().filter(|payload| !payload.is_empty()).count(), 4);
    assert_eq!(payloads.len(), 6);
    assert!(messages.iter().all(|message| payloads.contains(message)));
    for delivery in &lent {
        settle(&*queue, delivery, Settlement::Done).await;
    }
    assert_eq!(queue.stats().await.unwrap().lent, 0);
    assert!(claim(&*queue, 100).await.is_empty());
}

/// A job must not be stuck because Redis dropped a part of what it held.
#[tokio::test(flavor = "multi_thread")]
async fn what_redis_evicted_is_healed_by_a_push() {
    let place = Place::redis();
    let queue = place.queue(LONG).await;
    let Place::Redis(settings) = place else { unreachable!() };
    let url = redis_url();
    let key = |name: &str| format!("{{{}}}:queue:{name}", settings.prefix);
    let (ready, late, lent) = (job(), NewJob { delay: HOUR, ..job() }, job());
    queue.push(std::slice::from_ref(&lent)).await.unwrap();
    assert_eq!(claim(&*queue, 1).await.len(), 1);
    queue.push(&[ready.clone(), late.clone()]).await.unwrap();
    let lane = key(&format!("ready:0:{}", ready.tenant));
    for gone in [&lane, &key("turns:0"), &key("delayed"), &key("lent")] {
        redis_command::<()>(&url, &["DEL", gone]).await;
    }
    assert!(claim(&*queue, 10).await.is_empty());
    queue.push(&[ready.clone(), late.clone(), lent.clone()]).await.unwrap();
    let claimed = queue.claim("worker", 10).await.unwrap();
    assert!(claimed.next_due.is_some());
    let mut seen: Vec<String> = claimed.deliveries.into_iter().map(|delivery| delivery.id).collect();
    seen.sort();
    let mut expected = ids([&ready, &lent]);
    expected.sort();
    assert_eq!(seen, expected);
}

/// More than any one script may touch at once: waiting, due at once, and lost at once.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_thousand_jobs_come_due_and_are_lost_at_once() {
    const JOBS: usize = 12_000;
    let place = Place::redis();
    let queue = place.queue(SHORT).await;
    let mut pushed = Vec::new();
    for _ in 0..JOBS / MAX_BATCH {
        let delay = Duration::from_millis(1);
        let jobs: Vec<NewJob> = (0..MAX_BATCH).map(|_| NewJob { delay, ..job() }).collect();
        assert_eq!(queue.push(&jobs).await.unwrap(), MAX_BATCH);
        pushed.extend(ids(&jobs));
    }
    let mut lost = 0;
    while lost < JOBS {
        lost += claim_some(&*queue, "lost", MAX_BATCH).await.len();
    }
    // With a lease that holds, each comes exactly once.
    let queue = place.queue(LONG).await;
    let mut seen = drain(&*queue, JOBS).await;
    seen.sort();
    pushed.sort();
    assert_eq!(seen, pushed);
    let stats = queue.stats().await.unwrap();
    assert_eq!((stats.ready, stats.delayed, stats.lent), (0, 0, 0));
}
