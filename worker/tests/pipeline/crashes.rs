//! Workers that die, hang or come back too late. Whatever happens, readers see whole syncs and the next run is right.

use std::sync::Arc;

use bus::SyncJob;
use chrono::{TimeDelta, Utc};
use entities::{SyncStatus, SyncTrigger, syncs, temporal::StateAt};
use futures::StreamExt;
use testkit::{
    git_http::{Fault, GitHttp},
    on_each_database,
    repo::TestRepo,
};
use tokio_util::sync::CancellationToken;

use crate::{
    scene::{Scene, local, remote, runner, settings},
    worker::{
        clock::Clock,
        error::SyncError,
        instance::Instance,
        pipeline::{RunOutcome, Runner},
    },
};

/// Runs `sync` in the background until `phase` has started, then drops the run where it stands: what a killed process
/// leaves behind, as far as a test within the process can do it.
async fn die_in(scene: &Scene, sync: &entities::ProjectSync, phase: &str) {
    let mut events = scene.runner.bus.subscribe(sync.id).await;
    let (doomed, job) = (Arc::clone(&scene.runner), SyncJob::new(sync.id));
    let run = tokio::spawn(async move { doomed.run(&job, None, CancellationToken::new()).await });
    loop {
        let event = events.next().await.expect("the phase starts");
        if matches!(&event.event, bus::Event::PhaseStarted { phase: started, .. } if started == phase) {
            break;
        }
    }
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
}

/// A worker whose clock is an hour ahead, so that every lease is over for it.
fn late_worker(scene: &Scene) -> Runner {
    let clock = Clock::new(|| Utc::now() + TimeDelta::hours(1));
    Runner { clock, ..runner(&scene.db, settings(), Instance::anywhere()) }
}

on_each_database! {
    /// Dead in any phase: the old state stays visible, the dead sync is ended, and the next one is exact.
    async fn dying_in_each_phase(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.md", "# A\n").write("d/b", "1").commit("first");
        let good = scene.sync(&local(&repo), None).await;
        let before = scene.files(StateAt::after(&good).unwrap()).await;
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
            assert!(!scene.runner.rescue(&left).await.unwrap(), "its lease is not over");
            assert!(late_worker(&scene).rescue(&left).await.unwrap());
            let ended = syncs::get(&scene.db, sync.id).await.unwrap().unwrap();
            assert_eq!((ended.status, ended.error_code.as_deref()), (SyncStatus::Failed, Some("worker-lost")));
            let events = scene.events(&ended).await;
            assert_eq!(events.last().unwrap().payload["type"], "failed");
        }
        let next = scene.sync(&local(&repo), None).await;
        scene.assert_is(&next, &repo, &commit).await;
        assert_eq!(next.seq, Some(2));
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
        let mut events = scene.runner.bus.subscribe(hung.id).await;
        let (zombie, job) = (Arc::clone(&scene.runner), SyncJob::new(hung.id));
        let run = tokio::spawn(async move { zombie.run(&job, None, CancellationToken::new()).await });
        events.next().await.expect("it has begun");
        let seen = syncs::running(&scene.db, branch.id).await.unwrap().unwrap();
        assert!(late_worker(&scene).rescue(&seen).await.unwrap());
        // Its next heartbeat tells the hung worker.
        let outcome = run.await.unwrap().unwrap();
        let RunOutcome::Ended(row, error) = outcome else { panic!("{outcome:?}") };
        assert_eq!((row.status, row.error_code.as_deref()), (SyncStatus::Failed, Some("worker-lost")), "{error:?}");
        let commit = repo.head();
        let next = scene.sync(&source, None).await;
        scene.assert_is(&next, &repo, &commit).await;
        let terminal = scene.events(&row).await.iter().filter(|event| event.payload["type"] == "failed").count();
        assert_eq!(terminal, 1);
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
        let new = syncs::NewSync { trigger: SyncTrigger::Cli, forced: false, restore_seq: None };
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
            let mut events = scene.runner.bus.subscribe(sync.id).await;
            let (running, job, cancel) = (Arc::clone(&scene.runner), SyncJob::new(sync.id), CancellationToken::new());
            let stop = cancel.clone();
            let run = tokio::spawn(async move { running.run(&job, None, stop).await });
            events.next().await.expect("it has begun");
            while server.pending_faults() > 0 {
                tokio::task::yield_now().await;
            }
            if by_row {
                assert!(scene.runner.cancel(&sync).await.unwrap());
            } else {
                cancel.cancel();
            }
            let outcome = run.await.unwrap().unwrap();
            let RunOutcome::Ended(row, Some(SyncError::Cancelled)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(row.status, SyncStatus::Cancelled);
            assert_eq!(scene.events(&row).await.last().unwrap().payload["type"], "cancelled");
            assert!(!scene.runner.cancel(&sync).await.unwrap(), "it has ended");
        }
        let waiting = scene.ask(&branch, false, None).await;
        assert!(scene.runner.cancel(&waiting).await.unwrap());
        let row = syncs::get(&scene.db, waiting.id).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Cancelled);
        assert_eq!(scene.events(&row).await.len(), 1, "one that was never begun has its last event, too");
        let next = scene.sync(&source, None).await;
        scene.assert_is(&next, &repo, &commit).await;
        assert_eq!(next.seq, Some(1));
    }
}
