//! Workers that take syncs from the queue, in both forms: everything in one process, and over servers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bus::{
    SyncJob,
    queue::{NewJob, Settlement},
};
use chrono::{TimeDelta, Utc};
use entities::{
    Branch, Priority, ProjectSync, SyncId, SyncStatus, SyncTrigger,
    queue::{self, PauseScope},
    syncs::{self, NewSync, Requested},
};
use futures::StreamExt;
use testkit::{
    database::TestDatabase,
    git_http::{Fault, GitHttp},
    on_each_database,
    redis::test_redis_url,
    repo::TestRepo,
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    scene::{Scene, local, remote, settings},
    worker::{
        clock::Clock,
        pipeline::{Persistence, Runner},
        service,
        settings::WorkerSettings,
    },
};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings under which nothing waits long.
fn quick() -> WorkerSettings {
    let mut settings = settings();
    settings.worker.rescue_seconds = 1;
    settings.worker.retry_first_delay_seconds = 0;
    settings.worker.drain_seconds = 0;
    settings
}

/// A worker that runs, until it is stopped.
struct Working {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    async fn start(scene: &Scene, settings: WorkerSettings) -> Self {
        Self::start_at(scene, settings, Clock::system()).await
    }

    async fn start_at(scene: &Scene, settings: WorkerSettings, clock: Clock) -> Self {
        let runner = Runner { persistence: Persistence::Retry, clock, ..scene.another_worker(settings) };
        let (ready, is_ready) = oneshot::channel();
        let stop = CancellationToken::new();
        let until = stop.clone();
        let task = tokio::spawn(service::serve(Arc::new(runner), until, || ready.send(()).unwrap()));
        is_ready.await.unwrap();
        Self { stop, task }
    }

    /// Drains, and waits for the end.
    async fn stop(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.expect("it drains").unwrap();
    }
}

fn wanted(trigger: SyncTrigger) -> NewSync {
    NewSync { trigger, forced: false, restore_seq: None, trace_parent: None }
}

async fn request(scene: &Scene, branch: &Branch, queue_next: bool) -> Requested {
    let new = wanted(SyncTrigger::Api);
    scene.runner.dispatcher.request(branch, new, queue_next, Utc::now()).await.unwrap()
}

/// A sync that the queue knows nothing of.
async fn unqueued(scene: &Scene, branch: &Branch) -> ProjectSync {
    let first = |sync: &ProjectSync| bus::ProgressEvent::queued(sync, &branch.name).to_row(sync.tenant_id);
    let new = wanted(SyncTrigger::Api);
    syncs::request(&scene.db, branch, new, false, Utc::now(), first).await.unwrap().sync
}

/// Waits for a sync's last event and gives its row. Looks at the row now and then, as a client that polls would.
async fn ended(scene: &Scene, sync: SyncId) -> ProjectSync {
    let mut events = scene.runner.dispatcher.progress.subscribe(sync, 0).await;
    timeout(PATIENCE, async {
        loop {
            let row = syncs::get(&scene.db, sync).await.unwrap().unwrap();
            if row.status.is_terminal() {
                return row;
            }
            // Any event is a reason to look again; a lost one must not matter.
            let _ = timeout(Duration::from_millis(200), events.next()).await;
        }
    })
    .await
    .expect("it ends")
}

async fn settled(scene: &Scene) {
    timeout(PATIENCE, async {
        loop {
            let stats = scene.runner.dispatcher.queue.stats().await.unwrap();
            if stats.ready + stats.delayed + stats.lent == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the queue empties");
}

on_each_database! {
    /// What is asked for is done, each once, by whoever comes first; nothing stays in the queue.
    async fn syncs_are_done_as_they_come(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repos: Vec<TestRepo> = (0..6).map(|_| TestRepo::new()).collect();
        let workers = [Working::start(&scene, quick()).await, Working::start(&scene, quick()).await];
        let mut asked = Vec::new();
        for repo in &repos {
            let commit = repo.write("a.md", "# A\n").commit("first");
            let branch = scene.locate(&local(repo), None).await.unwrap().branch;
            let (one, two) = tokio::join!(request(&scene, &branch, false), request(&scene, &branch, false));
            // A double click; the first one may be done already when the second comes.
            let again = one.sync.id != two.sync.id;
            asked.push((one.sync.id, commit.clone()));
            if again {
                asked.push((two.sync.id, commit));
            }
        }
        for (sync, commit) in asked {
            let row = ended(&scene, sync).await;
            assert_eq!(row.status, SyncStatus::Completed, "{row:?}");
            assert_eq!((row.commit_id.unwrap().to_string(), row.attempts), (commit, 1));
        }
        settled(&scene).await;
        for worker in workers {
            worker.stop().await;
        }
        assert!(scene.runner.dispatcher.queue.stats().await.unwrap().workers.is_empty());
    }

    /// The queue forgot everything: within a rescue interval what waits goes on.
    async fn what_the_queue_lost_is_found(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let row = unqueued(&scene, &branch).await;
        let working = Working::start(&scene, quick()).await;
        assert_eq!(ended(&scene, row.id).await.status, SyncStatus::Completed);
        // And once more while the worker is there already.
        let row = unqueued(&scene, &branch).await;
        assert_eq!(ended(&scene, row.id).await.status, SyncStatus::Completed);
        working.stop().await;
    }

    /// A cancellation reaches the worker at once, not by its next heartbeat.
    async fn cancelling_what_runs(db: TestDatabase) {
        let mut slow_heart = quick();
        slow_heart.sync.lease_seconds = 600;
        let scene = Scene::with(db, slow_heart.clone()).await;
        let (_repo, server, branch) = stalled(&scene).await;
        let working = Working::start(&scene, slow_heart).await;
        let sync = request(&scene, &branch, false).await.sync;
        taken(&server).await;
        let row = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Running);
        assert!(scene.runner.dispatcher.cancel(&row, Utc::now()).await.unwrap());
        let row = ended(&scene, sync.id).await;
        assert_eq!(row.status, SyncStatus::Cancelled);
        working.stop().await;
    }

    /// A worker that is to stop gives away what it has not done in time; the next one does it.
    async fn a_drain_hands_over(db: TestDatabase) {
        let scene = Scene::with(db, quick()).await;
        let (repo, server, branch) = stalled(&scene).await;
        let first = Working::start(&scene, quick()).await;
        let sync = request(&scene, &branch, false).await.sync;
        taken(&server).await;
        first.stop().await;
        let row = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
        assert_eq!((row.status, row.attempts), (SyncStatus::Pending, 0));
        let stats = scene.runner.dispatcher.queue.stats().await.unwrap();
        assert_eq!((stats.ready, stats.lent), (1, 0), "it waits in the queue, too");
        let second = Working::start(&scene, quick()).await;
        let row = ended(&scene, sync.id).await;
        assert_eq!((row.status, row.attempts), (SyncStatus::Completed, 1));
        scene.assert_is(&row, &repo, &repo.head()).await;
        second.stop().await;
    }

    /// What follows a running sync is begun as soon as that one ends.
    async fn a_follower_is_woken(db: TestDatabase) {
        let mut patient = quick();
        patient.worker.rescue_seconds = 600;
        let scene = Scene::with(db, patient.clone()).await;
        let (repo, server, branch) = stalled(&scene).await;
        let working = Working::start(&scene, patient).await;
        let sync = request(&scene, &branch, false).await.sync;
        taken(&server).await;
        let follower = request(&scene, &branch, true).await;
        assert!(follower.is_new);
        assert_eq!(request(&scene, &branch, true).await.sync.id, follower.sync.id);
        repo.write("b", "2").commit("second");
        scene.runner.dispatcher.cancel(&sync, Utc::now()).await.unwrap();
        let row = ended(&scene, follower.sync.id).await;
        assert_eq!(row.status, SyncStatus::Completed);
        scene.assert_is(&row, &repo, &repo.head()).await;
        working.stop().await;
    }

    /// An error that may pass: the sync is tried until its attempts are used up, then it is dead with its error.
    async fn trying_until_it_is_dead(db: TestDatabase) {
        let mut settings = quick();
        settings.worker.max_attempts = 3;
        settings.source.attempts = 1;
        settings.sync.attempts = 1;
        let scene = Scene::with(db, settings.clone()).await;
        let (_repo, server, branch) = served(&scene).await;
        for _ in 0..10 {
            server.push_fault(Fault::Status(503));
        }
        let working = Working::start(&scene, settings).await;
        let sync = request(&scene, &branch, false).await.sync;
        let row = ended(&scene, sync.id).await;
        assert_eq!((row.status, row.attempts), (SyncStatus::Failed, 3));
        assert_eq!(row.error_code.as_deref(), Some("server-error"));
        let dead = queue::dead_jobs(&scene.db, &Default::default(), None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].sync_id, dead[0].code.as_str()), (Some(sync.id), "server-error"));
        working.stop().await;
    }

    /// An error that stays is told at once, and is no case for the operator.
    async fn what_cannot_be_done_fails_at_once(db: TestDatabase) {
        let scene = Scene::with(db, quick()).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let working = Working::start(&scene, quick()).await;
        repo.git(&["branch", "-m", "elsewhere"]);
        let sync = request(&scene, &branch, false).await.sync;
        let row = ended(&scene, sync.id).await;
        assert_eq!((row.status, row.attempts), (SyncStatus::Failed, 1), "{row:?}");
        assert_eq!(queue::count_dead(&scene.db, &Default::default()).await.unwrap(), 0);
        working.stop().await;
    }

    /// A message for a sync that nobody knows, or that is over, or that came twice, does nothing.
    async fn needless_messages(db: TestDatabase) {
        let scene = Scene::with(db, quick()).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let done = scene.sync(&local(&repo), None).await;
        let job = |sync| NewJob {
            job: SyncJob::new(sync),
            tenant: scene.tenant,
            priority: Priority::Person,
            delay: Duration::ZERO,
        };
        let queue = &scene.runner.dispatcher.queue;
        queue.push(&[job(done.id), job(SyncId::generate()), job(done.id)]).await.unwrap();
        let before = scene.events(&done).await.len();
        let working = Working::start(&scene, quick()).await;
        settled(&scene).await;
        working.stop().await;
        assert_eq!(scene.events(&done).await.len(), before);
        assert_eq!(syncs::get(&scene.db, done.id).await.unwrap().unwrap(), done);
    }

    /// Clocks that jump by hours, each worker's its own way, while syncs run: every lease looks over, or as if it held
    /// for ever. Syncs may be begun again, and all end right.
    async fn clocks_that_jump(db: TestDatabase) {
        let mut settings = quick();
        settings.worker.max_attempts = 1_000;
        let scene = Scene::with(db, settings.clone()).await;
        let repos: Vec<TestRepo> = (0..3).map(|_| TestRepo::new()).collect();
        let jumps: Vec<Arc<AtomicI64>> = (0..3).map(|_| Arc::default()).collect();
        let mut workers = Vec::new();
        for jump in &jumps {
            let jump = Arc::clone(jump);
            let clock = Clock::new(move || Utc::now() + TimeDelta::hours(jump.load(Ordering::Relaxed)));
            workers.push(Working::start_at(&scene, settings.clone(), clock).await);
        }
        for round in 0..4_i64 {
            let mut asked = Vec::new();
            for (repo, number) in repos.iter().zip(0..) {
                for file in 0..40 {
                    repo.write(format!("{file}.md"), format!("# {file}\n\nround {round}\n"));
                }
                let commit = repo.commit("next");
                let branch = scene.locate(&local(repo), None).await.unwrap().branch;
                asked.push((request(&scene, &branch, true).await.sync.id, commit, number));
                for (jump, hours) in jumps.iter().zip([[0, 5, -5], [-3, 0, 3], [8, -8, 0]][(round % 3) as usize]) {
                    jump.store(hours, Ordering::Relaxed);
                }
            }
            for jump in &jumps {
                jump.store(0, Ordering::Relaxed);
            }
            for (sync, commit, number) in asked {
                let row = ended(&scene, sync).await;
                assert_eq!(row.status, SyncStatus::Completed, "{row:?}");
                scene.assert_is(&row, &repos[number], &commit).await;
                assert_eq!(row.seq, Some(round + 1));
                // How far apart their times are says nothing here.
                let events = scene.numbered_events(&row).await;
                let ends = events.iter().filter(|event| event.payload["type"] == "completed").count();
                assert_eq!(ends, 1);
            }
        }
        for worker in workers {
            worker.stop().await;
        }
    }

    /// A pause holds back what waits, the end of it lets it go at once.
    async fn pausing_the_queue(db: TestDatabase) {
        let mut patient = quick();
        patient.worker.rescue_seconds = 600;
        let scene = Scene::with(db, patient.clone()).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        scene.runner.dispatcher.pause(PauseScope::Queue, None, Utc::now()).await.unwrap();
        let sync = request(&scene, &branch, false).await.sync;
        let working = Working::start(&scene, patient).await;
        settled(&scene).await;
        assert_eq!(syncs::get(&scene.db, sync.id).await.unwrap().unwrap().status, SyncStatus::Pending);
        assert!(scene.runner.dispatcher.resume(PauseScope::Queue, Utc::now()).await.unwrap());
        assert_eq!(ended(&scene, sync.id).await.status, SyncStatus::Completed);
        working.stop().await;
    }
}

/// A repository behind a server that keeps the first request after this waiting for good.
async fn stalled(scene: &Scene) -> (TestRepo, GitHttp, Branch) {
    let (repo, server, branch) = served(scene).await;
    server.push_fault(Fault::Stall);
    (repo, server, branch)
}

/// A repository behind a server.
async fn served(scene: &Scene) -> (TestRepo, GitHttp, Branch) {
    let repo = TestRepo::bare();
    let server = GitHttp::start(repo.path().parent().unwrap()).await;
    let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
    repo.write("a", "1").commit("first");
    let branch = scene.locate(&source, None).await.unwrap().branch;
    (repo, server, branch)
}

/// Waits until the fault has struck.
async fn taken(server: &GitHttp) {
    timeout(PATIENCE, async {
        while server.pending_faults() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the request comes");
}

/// A loan that is settled twice, or by whoever lost it, changes nothing: the layers above may repeat themselves.
#[tokio::test]
async fn settling_is_idempotent() {
    let scene = Scene::new(TestDatabase::sqlite().await).await;
    let queue = &scene.runner.dispatcher.queue;
    let job = NewJob {
        job: SyncJob::new(SyncId::generate()),
        tenant: scene.tenant,
        priority: Priority::Person,
        delay: Duration::ZERO,
    };
    queue.push(&[job]).await.unwrap();
    let claimed = queue.claim("one", 10).await.unwrap().deliveries;
    let done = (claimed[0].receipt(), Settlement::Done);
    queue.settle(&[done.clone(), done.clone()]).await.unwrap();
    queue.settle(&[done]).await.unwrap();
    assert!(queue.claim("one", 10).await.unwrap().deliveries.is_empty());
}

/// Messages that are no jobs, or of a version to come, end in the dead set; the others go on. Only a queue that is shared
/// can hold any.
#[tokio::test]
async fn messages_that_are_no_jobs() {
    let mut settings = quick();
    settings.worker.max_attempts = 2;
    let scene = Scene::with(TestDatabase::postgres().await, settings.clone()).await;
    let repo = TestRepo::new();
    repo.write("a", "1").commit("first");
    let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
    let mut redis =
        redis::Client::open(test_redis_url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let base = format!("{{{}}}:queue", scene.prefix);
    for payload in [r#"{"version":"9","sync":"x"}"#, "rubbish \u{1}"] {
        let id = SyncId::generate().to_string();
        let mut put = redis::pipe();
        put.hset(format!("{base}:jobs"), &id, payload).zadd(format!("{base}:delayed"), &id, 0);
        put.exec_async(&mut redis).await.unwrap();
    }
    let working = Working::start(&scene, settings).await;
    let sync = request(&scene, &branch, false).await.sync;
    assert_eq!(ended(&scene, sync.id).await.status, SyncStatus::Completed);
    settled(&scene).await;
    let dead = queue::dead_jobs(&scene.db.database().system(), &Default::default(), None, 10).await.unwrap();
    let mut found: Vec<_> = dead.iter().map(|dead| (dead.code.as_str(), dead.attempts)).collect();
    found.sort_unstable();
    assert_eq!(found, [("broken-message", 1), ("unknown-version", 2)]);
    assert!(dead.iter().all(|dead| dead.sync_id.is_none() && dead.payload.is_some()));
    working.stop().await;
}
