//! Workers that ask in the name of one token, each with its own memory and one Redis between them.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use project_sync_source::{
    Source, SourceContext, SourceError,
    budget::{RedisBudget, Shared},
    clock::Clock,
    settings::SourceSettings,
};
use tempfile::TempDir;
use testkit::{
    github::{Access, Fault},
    redis::{PrivateRedis, test_redis_url},
};

use crate::{
    budget::PATIENCE,
    support::{Fixture, file, rest, with_token},
};

const HOUR: Duration = Duration::from_secs(3_600);
const TOKEN: &str = "ghp_shared-by-all-of-them";

struct Scene {
    fixture: Fixture,
    clock: Clock,
    url: String,
    prefix: String,
}

impl Scene {
    async fn new(url: String) -> Self {
        let fixture = Fixture::new(&[file("a", "1")]).await;
        fixture.server.set_token(TOKEN, Access::Everything);
        let prefix = format!("test-{:032x}", rand::random::<u128>());
        Self { fixture, clock: Clock::default(), url, prefix }
    }

    /// What another process would open.
    fn worker(&self) -> Arc<dyn Source> {
        let budget = RedisBudget::new(&self.url, &self.prefix, [7; 32], self.clock.clone()).unwrap();
        let budget = budget.with_patience(PATIENCE);
        let shared = Shared::new(Arc::new(budget), self.clock.clone());
        self.fixture.open(&with_token(TOKEN, SourceSettings { shared, ..rest() }))
    }

    fn pass(&self, time: Duration) {
        self.clock.pass(time);
        self.fixture.server.pass(time);
    }

    async fn redis<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await.unwrap()
    }
}

async fn look(worker: &dyn Source) -> Result<(), SourceError> {
    worker.head(Some("main"), None, &SourceContext::quiet()).await.map(drop)
}

#[tokio::test]
async fn ten_workers_never_overstep_their_quota_and_all_finish() {
    let scene = Scene::new(test_redis_url()).await;
    scene.fixture.server.set_quota_of(TOKEN, 50, HOUR);
    let workers: Vec<_> = (0..10).map(|_| scene.worker()).collect();
    let mut left = [12_usize; 10];
    let mut windows = Vec::new();
    while left.iter().any(|left| *left > 0) {
        let turns = workers.iter().zip(&mut left).map(async |(worker, left)| {
            while *left > 0 {
                match look(&**worker).await {
                    Ok(()) => *left -= 1,
                    Err(SourceError::RateLimited { .. }) => return,
                    Err(error) => panic!("{error}"),
                }
            }
        });
        join_all(turns).await;
        let requests = scene.fixture.api_requests();
        assert!(requests.iter().all(|request| request.status == Some(200)), "one was refused");
        windows.push(requests.len());
        scene.fixture.server.clear_log();
        scene.pass(HOUR + Duration::from_secs(2));
    }
    assert_eq!(windows, [50, 50, 20]);
}

#[tokio::test]
async fn a_pause_that_one_worker_was_told_is_kept_by_all() {
    let scene = Scene::new(test_redis_url()).await;
    let (first, second) = (scene.worker(), scene.worker());
    look(&*second).await.unwrap();
    let fault = Fault::SecondaryLimit { status: 403, retry_after: Some(1_800) };
    scene.fixture.server.fault(fault);
    for worker in [&first, &second] {
        let error = look(&**worker).await.unwrap_err();
        let SourceError::RateLimited { reset, .. } = error else { panic!("{error}") };
        assert!((reset - chrono::Utc::now()).num_seconds() > 1_700, "{reset}");
    }
    assert_eq!(scene.fixture.api_requests().len(), 2, "the second worker sent nothing more");
    scene.pass(Duration::from_secs(1_801));
    look(&*second).await.unwrap();
}

#[tokio::test]
async fn workers_go_on_without_redis() {
    let folder = TempDir::new().unwrap();
    let mut server = PrivateRedis::start(&folder.path().join("redis")).unwrap();
    let scene = Scene::new(server.url()).await;
    scene.fixture.server.set_quota_of(TOKEN, 6, HOUR);
    let (first, second) = (scene.worker(), scene.worker());
    look(&*first).await.unwrap();
    look(&*second).await.unwrap();
    server.kill();
    look(&*first).await.unwrap();
    look(&*second).await.unwrap();
    look(&*first).await.unwrap();
    server.start_again().unwrap();
    look(&*first).await.unwrap();
    // Six are used up, which each of them finds out by what it was told, not by asking.
    assert!(matches!(look(&*first).await, Err(SourceError::RateLimited { .. })));
    assert_eq!(scene.fixture.api_requests().len(), 6);
    assert!(scene.fixture.api_requests().iter().all(|request| request.status == Some(200)));
}

#[tokio::test]
async fn redis_is_told_no_token_and_forgets_by_itself() {
    let scene = Scene::new(test_redis_url()).await;
    look(&*scene.worker()).await.unwrap();
    let keys: Vec<String> = scene.redis(&["KEYS", &format!("*{}*", scene.prefix)]).await;
    assert!(keys.len() >= 2, "{keys:?}");
    for key in keys {
        assert!(key.starts_with(&format!("{{{}}}:github:", scene.prefix)), "{key}");
        assert!(!key.contains(TOKEN) && !key.contains(&hex::encode(TOKEN)));
        let life: i64 = scene.redis(&["PTTL", &key]).await;
        assert!((1..=3_602_000).contains(&life), "{key}: {life}");
    }
    // Under another key it is another name.
    let other = RedisBudget::new(&scene.url, &scene.prefix, [8; 32], scene.clock.clone()).unwrap();
    assert!(!format!("{other:?}").contains("8, 8"));
    assert!(RedisBudget::new("http://host", "p", [7; 32], Clock::default()).is_err());
}
