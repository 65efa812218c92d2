//! Workers that die, hang or come back too late. Whatever happens, readers see whole syncs and the next run is right.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Dispatcher, Event, ProgressBus, ProgressEvent, Requeued, SyncJob};
use chrono::{TimeDelta, Utc};
use entities::{
    ProjectId, SyncId, SyncStatus, SyncTrigger,
    queue::{self, PauseScope},
    syncs,
    temporal::StateAt,
};
use futures::{StreamExt, stream::BoxStream};
use testkit::{
    git_http::{Fault, GitHttp},
    on_each_database,
    repo::TestRepo,
};
use tokio_util::sync::CancellationToken;

use crate::{
    scene::{Scene, local, remote, settings},
    worker::{
        clock::Clock,
        error::SyncError,
        pipeline::{Persistence, Rescued, RunOutcome, Runner, Stop},
    },
};

/// Passes events on until one tells that a phase has started, and then never comes back. A sync ends with an event, so one
/// that tells its own here goes on from there and cannot end, however late a test comes to drop it.
struct LastBreath {
    bus: Arc<dyn ProgressBus>,
    phase: String,
}

#[async_trait]
impl ProgressBus for LastBreath {
    async fn publish(&self, event: &ProgressEvent) {
        self.bus.publish(event).await;
        if matches!(&event.event, Event::PhaseStarted { phase, .. } if *phase == self.phase) {
            std::future::pending().await
        }
    }

    async fn subscribe(&self, sync: SyncId, after: i64) -> BoxStream<'static, ProgressEvent> {
        self.bus.subscribe(sync, after).await
    }

    async fn announce(&self, project: ProjectId) {
        self.bus.announce(project).await;
    }

    async fn announcements(&self, project: ProjectId) -> BoxStream<'static, ()> {
        self.bus.announcements(project).await
    }
}

/// Runs `sync` in the background until `phase` has started, then drops the run where it stands: what a killed process
/// leaves behind, as far as a test within the process can do it.
async fn die_in(scene: &Scene, sync: &entities::ProjectSync, phase: &str) {
    // Nothing of earlier attempts.
    let before = syncs::last_event_seq(&scene.db, sync.id).await.unwrap();
    let bus = Arc::clone(&scene.runner.dispatcher.progress);
    let mut events = bus.subscribe(sync.id, before).await;
    let progress = Arc::new(LastBreath { bus, phase: phase.to_owned() });
    let dispatcher = Dispatcher { progress, ..scene.runner.dispatcher.clone() };
    let (doomed, job) = (Runner { dispatcher, ..scene.another_worker(settings()) }, SyncJob::new(sync.id));
    let run = tokio::spawn(async move { doomed.run(&job, None, Stop::default()).await });
    loop {
        let event = events.next().await.expect("the phase starts");
        if matches!(&event.event, Event::PhaseStarted { phase: started, .. } if started == phase) {
            break;
        }
    }
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
}

/// A worker whose clock is an hour ahead, so that every lease is over for it.
fn late_worker(scene: &Scene) -> Runner {
    let clock = Clock::new(|| Utc::now() + TimeDelta::hours(1));
    Runner { clock, ..scene.another_worker(settings()) }
}

on_each_database! {
    /// Dead in any phase: the old state stays visible, the dead sync is ended, and the next one is exact.
    async fn dying_in_each_phase(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.md", "# A\n").write("d/b", "1").commit("first");
        let good = scene.sync(&local(&repo), None).await;
        let before = scene.files(StateAt::after(&scene.db, &good).await.unwrap()).await;
        for number in 0..50 {
            repo.write(format!("new/{number}.md"), format!("# {number}\n\ntext\n"));
        }
        repo.remove("d/b").write("a.md", "# A\n\nmore\n");
        let commit = repo.commit("second");
        for phase in ["prepare", "scan", "import", "finalize"] {
            let branch = scene.branch(&good).await;
            let sync = scene.ask(&branch, false, None).await;
            die_in(&scene, &sync, phase).await;
            let branch = scene.branch(&good).await;
            assert_eq!(branch.head_sync_id, Some(good.id), "dead in {phase}");
            assert_eq!(scene.files(StateAt::head(&branch)).await, before, "dead in {phase}");
            assert_eq!(StateAt::head(&branch).count_memory(&scene.db).await.unwrap(), 1);
            let left = syncs::running(&scene.db, branch.id).await.unwrap().expect("nobody ended it yet");
            assert_eq!(scene.runner.rescue(&left).await.unwrap(), Rescued::No, "its lease is not over");
            assert_eq!(late_worker(&scene).rescue(&left).await.unwrap(), Rescued::Requeued);
            let again = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
            assert_eq!(again.status, SyncStatus::Pending);
            let events = scene.events(&again).await;
            assert_eq!(events.last().unwrap().payload["type"], "interrupted");
            assert_eq!(events.last().unwrap().payload["reason"], "workerLost");
        }
        let next = scene.sync(&local(&repo), None).await;
        scene.assert_is(&next, &repo, &commit).await;
        assert_eq!(next.seq, Some(2));
        assert_eq!(next.attempts, 5, "four that died, and one that did not");
        assert_eq!(next.previous_sync_id, Some(good.id));
        scene.assert_is(&good, &repo, &repo.resolve("HEAD~1")).await;
    }

    /// A worker that hung while another took its sync over writes nothing any more.
    async fn a_worker_that_comes_back_too_late(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        repo.write("a", "1").commit("first");
        let located = scene.locate(&source, None).await.unwrap();
        let branch = located.branch;
        server.push_fault(Fault::Stall);
        let hung = scene.ask(&branch, false, None).await;
        let mut events = scene.runner.dispatcher.progress.subscribe(hung.id, 1).await;
        let (zombie, job) = (Arc::clone(&scene.runner), SyncJob::new(hung.id));
        let run = tokio::spawn(async move { zombie.run(&job, None, Stop::default()).await });
        events.next().await.expect("it has begun");
        while server.pending_faults() > 0 {
            tokio::task::yield_now().await;
        }
        let seen = syncs::running(&scene.db, branch.id).await.unwrap().unwrap();
        assert_eq!(late_worker(&scene).rescue(&seen).await.unwrap(), Rescued::Requeued);
        // Its next heartbeat tells the hung worker.
        let outcome = run.await.unwrap().unwrap();
        let RunOutcome::Interrupted(row, _) = outcome else { panic!("{outcome:?}") };
        assert_eq!(row.status, SyncStatus::Pending, "it is for another worker to run");
        let commit = repo.head();
        let next = scene.sync(&source, None).await;
        assert_eq!(next.id, hung.id);
        scene.assert_is(&next, &repo, &commit).await;
        let ends = |event: &&entities::SyncEvent| event.payload["type"] == "completed";
        assert_eq!(scene.events(&next).await.iter().filter(ends).count(), 1);
    }

    /// A sync that takes one worker after the other with it is given up.
    async fn poison(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let sync = scene.ask(&branch, false, None).await;
        for attempt in 1..=5 {
            die_in(&scene, &sync, "scan").await;
            let left = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
            assert_eq!(left.attempts, attempt);
            let expected = if attempt < 5 { Rescued::Requeued } else { Rescued::Ended };
            assert_eq!(late_worker(&scene).rescue(&left).await.unwrap(), expected);
        }
        let ended = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
        assert_eq!((ended.status, ended.error_code.as_deref()), (SyncStatus::Failed, Some("worker-lost")));
        assert_eq!(scene.events(&ended).await.last().unwrap().payload["type"], "failed");
        let dead = queue::dead_jobs(&scene.db, &Default::default(), None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].sync_id, dead[0].attempts, dead[0].code.as_str()), (Some(sync.id), 5, "worker-lost"));
        // An operator has it done again: as a new sync, and the old one leaves the dead set.
        let again = scene.runner.dispatcher.requeue_dead(&dead[0], SyncTrigger::Cli, None, Utc::now()).await.unwrap();
        let Requeued::As(again) = again else { panic!("{again:?}") };
        assert_ne!(again.sync.id, sync.id);
        assert_eq!(queue::count_dead(&scene.db, &Default::default()).await.unwrap(), 0);
        let (done, error) = scene.run(&again.sync, None).await;
        assert_eq!(done.status, SyncStatus::Completed, "{error:?}");
    }

    /// A worker that stops gives its sync to the next one: the same sync goes on, and nobody is to blame.
    async fn handing_over(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let commit = repo.write("a", "1").commit("first");
        let branch = scene.locate(&source, None).await.unwrap().branch;
        server.push_fault(Fault::Stall);
        let sync = scene.ask(&branch, false, None).await;
        let mut events = scene.runner.dispatcher.progress.subscribe(sync.id, 1).await;
        let (stopping, job, stop) = (Arc::clone(&scene.runner), SyncJob::new(sync.id), Stop::default());
        let running = stop.clone();
        let run = tokio::spawn(async move { stopping.run(&job, None, running).await });
        events.next().await.expect("it has begun");
        while server.pending_faults() > 0 {
            tokio::task::yield_now().await;
        }
        stop.hand_over.cancel();
        let outcome = run.await.unwrap().unwrap();
        let RunOutcome::Interrupted(row, SyncError::Cancelled) = outcome else { panic!("{outcome:?}") };
        assert_eq!((row.status, row.attempts), (SyncStatus::Pending, 0));
        assert_eq!(scene.events(&row).await.last().unwrap().payload["reason"], "handedOver");
        let next = scene.sync(&source, None).await;
        assert_eq!(next.id, sync.id);
        scene.assert_is(&next, &repo, &commit).await;
    }

    /// An error that may pass makes the sync wait and be begun again, until its attempts are used up; one that asks
    /// meanwhile does not wait.
    async fn beginning_again(db: TestDatabase) {
        let mut settings = settings();
        settings.worker.max_attempts = 2;
        settings.source.attempts = 1;
        settings.sync.attempts = 1;
        let scene = Scene::with(db, settings.clone()).await;
        let patient = Runner { persistence: Persistence::Retry, ..scene.another_worker(settings) };
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&source, None).await.unwrap().branch;
        let sync = scene.ask(&branch, false, None).await;
        let job = SyncJob::new(sync.id);
        server.push_fault(Fault::Status(503));
        let outcome = patient.run(&job, None, Stop::default()).await.unwrap();
        let RunOutcome::Interrupted(row, _) = outcome else { panic!("{outcome:?}") };
        let event = scene.events(&row).await.pop().unwrap();
        let wait = row.run_after.expect("it waits") - event.at;
        assert!(wait > TimeDelta::seconds(1) && wait <= TimeDelta::seconds(5), "{wait}");
        let event = event.payload;
        assert_eq!((event["type"].as_str(), event["reason"].as_str()), (Some("interrupted"), Some("error")));
        let asked = scene.ask(&branch, false, None).await;
        assert_eq!((asked.id, asked.run_after), (sync.id, None));
        server.push_fault(Fault::Status(503));
        let outcome = patient.run(&job, None, Stop::default()).await.unwrap();
        let RunOutcome::Ended(row, Some(_)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(row.status, SyncStatus::Failed);
        assert_eq!(queue::count_dead(&scene.db, &Default::default()).await.unwrap(), 1);
    }

    /// While a sync runs, any number of requests leave one that follows it; it is begun when the first has ended.
    async fn one_follower(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let sync = scene.ask(&branch, false, None).await;
        die_in(&scene, &sync, "scan").await;
        let new = || syncs::NewSync { trigger: SyncTrigger::Webhook, forced: false, restore_seq: None, trace_parent: None };
        let dispatcher = &scene.runner.dispatcher;
        let asked = dispatcher.request(&branch, new(), false, Utc::now()).await.unwrap();
        assert_eq!((asked.sync.id, asked.is_new), (sync.id, false));
        let requests = (0..8).map(|_| dispatcher.request(&branch, new(), true, Utc::now()));
        let followers = futures::future::try_join_all(requests).await.unwrap();
        assert_eq!(followers.iter().filter(|follower| follower.is_new).count(), 1);
        let follower = &followers[0].sync;
        assert!(followers.iter().all(|other| other.sync.id == follower.id) && follower.id != sync.id);
        let outcome = scene.runner.run(&SyncJob::new(follower.id), None, Stop::default()).await.unwrap();
        assert!(matches!(outcome, RunOutcome::BranchBusy), "{outcome:?}");
        let left = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
        assert_eq!(late_worker(&scene).rescue(&left).await.unwrap(), Rescued::Requeued);
        let outcome = scene.runner.run(&SyncJob::new(follower.id), None, Stop::default()).await.unwrap();
        assert!(matches!(outcome, RunOutcome::BranchBusy), "what was begun goes first: {outcome:?}");
        for (id, number) in [(sync.id, 1), (follower.id, 2)] {
            let outcome = scene.runner.run(&SyncJob::new(id), None, Stop::default()).await.unwrap();
            let RunOutcome::Ended(row, None) = outcome else { panic!("{outcome:?}") };
            assert_eq!(row.seq, Some(number));
        }
    }

    /// Paused is paused, whatever message comes.
    async fn pausing(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let located = scene.locate(&local(&repo), None).await.unwrap();
        let sync = scene.ask(&located.branch, false, None).await;
        let dispatcher = &scene.runner.dispatcher;
        for scope in [PauseScope::Queue, PauseScope::Project(scene.tenant, located.project.project.id)] {
            assert!(dispatcher.pause(scope, Some("maintenance"), Utc::now()).await.unwrap());
            assert!(!dispatcher.pause(scope, None, Utc::now()).await.unwrap(), "it is paused already");
            let outcome = scene.runner.run(&SyncJob::new(sync.id), None, Stop::default()).await.unwrap();
            assert!(matches!(outcome, RunOutcome::Paused), "{outcome:?}");
            assert!(queue::waiting_syncs(&scene.db.database().system(), None, None, 10).await.unwrap().is_empty());
            assert!(dispatcher.resume(scope, Utc::now()).await.unwrap());
            assert_eq!(queue::waiting_syncs(&scene.db.database().system(), None, None, 10).await.unwrap().len(), 1);
        }
        let (done, _) = scene.run(&sync, None).await;
        assert_eq!(done.status, SyncStatus::Completed);
    }

    /// Only one of many workers gets a sync; a branch runs one at a time.
    async fn one_claim_of_many(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("first");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let sync = scene.ask(&branch, false, None).await;
        let lease = std::time::Duration::from_secs(60);
        let tries = (0..8).map(|number| {
            let db = scene.db.clone();
            async move { syncs::claim(&db, sync.id, &format!("worker-{number}"), Utc::now(), lease).await.unwrap() }
        });
        let outcomes = futures::future::join_all(tries).await;
        let won = outcomes.iter().filter(|outcome| matches!(outcome, syncs::ClaimOutcome::Claimed(_))).count();
        assert_eq!(won, 1, "{outcomes:?}");
        let new = syncs::NewSync { trigger: SyncTrigger::Cli, forced: false, restore_seq: None, trace_parent: None };
        let next = syncs::create(&scene.db, &branch, new, Utc::now()).await.unwrap();
        let outcome = syncs::claim(&scene.db, next.id, "another", Utc::now(), lease).await.unwrap();
        assert_eq!(outcome, syncs::ClaimOutcome::BranchBusy);
    }

    /// A cancelled sync ends as cancelled, whoever asks, and the next one goes well.
    async fn cancelling(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let commit = repo.write("a", "1").commit("first");
        let branch = scene.locate(&source, None).await.unwrap().branch;
        for by_row in [false, true] {
            server.push_fault(Fault::Stall);
            let sync = scene.ask(&branch, false, None).await;
            let mut events = scene.runner.dispatcher.progress.subscribe(sync.id, 1).await;
            let (running, job, cancel) = (Arc::clone(&scene.runner), SyncJob::new(sync.id), CancellationToken::new());
            let stop = Stop { cancel: cancel.clone(), ..Default::default() };
            let run = tokio::spawn(async move { running.run(&job, None, stop).await });
            events.next().await.expect("it has begun");
            while server.pending_faults() > 0 {
                tokio::task::yield_now().await;
            }
            if by_row {
                assert!(scene.runner.dispatcher.cancel(&sync, Utc::now()).await.unwrap());
            } else {
                cancel.cancel();
            }
            let outcome = run.await.unwrap().unwrap();
            let RunOutcome::Ended(row, Some(SyncError::Cancelled)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(row.status, SyncStatus::Cancelled);
            assert_eq!(scene.events(&row).await.last().unwrap().payload["type"], "cancelled");
            assert!(!scene.runner.dispatcher.cancel(&sync, Utc::now()).await.unwrap(), "it has ended");
        }
        let waiting = scene.ask(&branch, false, None).await;
        assert!(scene.runner.dispatcher.cancel(&waiting, Utc::now()).await.unwrap());
        let row = syncs::get(&scene.db, waiting.id).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Cancelled);
        let kinds: Vec<_> =
            scene.events(&row).await.into_iter().map(|event| event.payload["type"].clone()).collect();
        assert_eq!(kinds, ["queued", "cancelled"], "one that was never begun has its last event, too");
        let next = scene.sync(&source, None).await;
        scene.assert_is(&next, &repo, &commit).await;
        assert_eq!(next.seq, Some(1));
    }
}
