//! Schedules, polling and looks for pushed commits, by a clock that the tests own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use bus::triggers::Timetable;
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    Branch, HookDelivery, Poll, ProjectId, ProjectSync, Schedule, ScheduleId, SourceSpec, SyncStatus,
    SyncTrigger, projects,
    syncs::{self, SyncFilter},
    triggers::{
        DeliveryResult, PollResult, RunResult,
        deliveries::{self, NewDelivery},
        polls,
        schedules::{self, NewSchedule},
    },
};
use futures::future::join_all;
use testkit::{on_each_database, repo::TestRepo};
use tokio_util::sync::CancellationToken;

use crate::{
    scene::{Scene, local, oid, settings},
    worker::{clock::Clock, pipeline::Runner, settings::WorkerSettings, triggers::Triggers},
};

/// A project that was synced once, and workers whose clock stands still until it is moved.
pub struct Stage {
    pub scene: Scene,
    pub repo: TestRepo,
    pub branch: Branch,
    pub project: ProjectId,
    now: Arc<AtomicI64>,
}

impl Stage {
    pub async fn new(db: testkit::database::TestDatabase) -> Self {
        let repo = TestRepo::new();
        let source = local(&repo);
        Self::of(db, repo, &source).await
    }

    /// One whose repository is reached by another source.
    pub async fn of(db: testkit::database::TestDatabase, repo: TestRepo, source: &SourceSpec) -> Self {
        let scene = Scene::new(db).await;
        repo.write("a", "1").commit("first");
        let sync = scene.sync(source, None).await;
        let branch = scene.branch(&sync).await;
        let now = Arc::new(AtomicI64::new(Utc::now().timestamp()));
        Self { scene, repo, branch, project: sync.project_id, now }
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.now.load(Ordering::Relaxed), 0).unwrap()
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.now.store(now.timestamp(), Ordering::Relaxed);
    }

    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// What one worker looks with.
    pub fn worker(&self) -> Triggers {
        self.worker_with(settings())
    }

    /// The same under other settings.
    pub fn worker_with(&self, settings: WorkerSettings) -> Triggers {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || DateTime::from_timestamp(now.load(Ordering::Relaxed), 0).unwrap());
        let runner = Runner { clock, ..self.scene.another_worker(settings) };
        Triggers::new(&runner, CancellationToken::new())
    }

    async fn schedule(&self, cron: &str) -> Schedule {
        let id = ScheduleId::generate();
        let new = NewSchedule {
            branch: Some(self.branch.name.clone()),
            cron: cron.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            jitter_seconds: 60,
            enabled: true,
        };
        let next = Timetable::new(cron, &new.time_zone, 60, id).unwrap().next_after(self.now());
        schedules::create(&self.scene.db, self.project, id, new, next, self.now()).await.unwrap()
    }

    async fn reload(&self, schedule: &Schedule) -> Schedule {
        schedules::get(&self.scene.db, self.project, schedule.id).await.unwrap().unwrap()
    }

    /// The syncs that something asked for.
    pub async fn asked(&self, trigger: SyncTrigger) -> Vec<ProjectSync> {
        let filter = SyncFilter { trigger: Some(trigger), ..Default::default() };
        syncs::page(&self.scene.db, &filter, None, 100).await.unwrap()
    }

    /// Runs what waits.
    async fn run_waiting(&self) -> ProjectSync {
        let waiting = syncs::waiting(&self.scene.db, self.branch.id).await.unwrap().expect("one waits");
        let (sync, error) = self.scene.run(&waiting, None).await;
        assert_eq!(sync.status, SyncStatus::Completed, "{error:?}");
        sync
    }

    pub async fn poll(&self) -> Poll {
        polls::get(&self.scene.db, self.project).await.unwrap().unwrap()
    }

    /// Lets the next look come due, and looks.
    pub async fn look(&self) -> PollResult {
        self.look_as(&self.worker()).await
    }

    /// The same by this worker.
    pub async fn look_as(&self, worker: &Triggers) -> PollResult {
        self.set(self.poll().await.next_at + TimeDelta::seconds(1));
        assert_eq!(worker.run_polls().await.unwrap(), 1);
        self.poll().await.last_result.unwrap()
    }

    pub async fn delivery(&self, commit: &str) -> HookDelivery {
        let new = NewDelivery {
            project: self.project,
            delivery: commit.to_owned(),
            event: "push".to_owned(),
            branch: Some(self.branch.name.clone()),
            commit: Some(oid(commit)),
            result: DeliveryResult::Queued,
            look_at: Some(self.now()),
        };
        deliveries::add(&self.scene.db, new, self.now()).await.unwrap().unwrap();
        self.latest().await
    }

    async fn latest(&self) -> HookDelivery {
        deliveries::page(&self.scene.db, self.project, None, 1).await.unwrap().remove(0)
    }

    /// Lets the next look for the latest delivery come due, and looks.
    async fn look_again(&self) -> HookDelivery {
        self.set(self.latest().await.look_at.unwrap() + TimeDelta::seconds(1));
        assert_eq!(self.worker().run_looks().await.unwrap(), 1);
        self.latest().await
    }
}

on_each_database! {
    /// However many workers look, one asks.
    async fn many_workers_ask_once(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let schedule = stage.schedule("*/10 * * * *").await;
        let workers: Vec<_> = (0..8).map(|_| stage.worker()).collect();
        let taken = join_all(workers.iter().map(Triggers::run_schedules)).await;
        assert_eq!(taken.into_iter().map(Result::unwrap).sum::<usize>(), 0, "nothing is due yet");
        for round in 1..=3 {
            stage.set(stage.reload(&schedule).await.next_at.unwrap());
            let taken = join_all(workers.iter().map(Triggers::run_schedules)).await;
            assert_eq!(taken.into_iter().map(Result::unwrap).sum::<usize>(), 1, "round {round}");
            assert_eq!(stage.asked(SyncTrigger::Schedule).await.len(), round);
            let sync = stage.run_waiting().await;
            let row = stage.reload(&schedule).await;
            assert_eq!((row.last_result, row.last_sync_id), (Some(RunResult::Queued), Some(sync.id)));
            assert_eq!(row.next_at.unwrap() - stage.now(), TimeDelta::minutes(10));
        }
    }

    /// What was missed is made up for once, and what waits already does as well.
    async fn missed_runs_are_made_up_for_once(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let schedule = stage.schedule("0 3 * * *").await;
        stage.advance(10 * 86_400);
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 1);
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 0);
        let row = stage.reload(&schedule).await;
        assert!(row.next_at.unwrap() > stage.now());
        stage.set(row.next_at.unwrap());
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 1);
        assert_eq!(stage.reload(&schedule).await.last_result, Some(RunResult::Joined));
        assert_eq!(stage.asked(SyncTrigger::Schedule).await.len(), 1);
    }

    /// Whoever takes a schedule on and goes away only delays it; what was changed meanwhile stays changed.
    async fn a_worker_that_goes_away_loses_no_run(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let schedule = stage.schedule("0 3 * * *").await;
        stage.set(schedule.next_at.unwrap());
        let system = stage.scene.db.database().system();
        let until = stage.now() + TimeDelta::seconds(60);
        assert!(schedules::claim(&system, &schedule, stage.now(), until).await.unwrap());
        assert!(!schedules::claim(&system, &schedule, stage.now(), until).await.unwrap());
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 0, "somebody is at it");
        stage.advance(61);
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 1);
        // It ended by another hand; the first one, were it still there, changes nothing any more.
        let ran = schedules::Ran { at: stage.now(), result: RunResult::NoBranch, sync: None, next_at: None };
        assert!(!schedules::ran(&stage.scene.db, &schedule, ran).await.unwrap());
        assert_eq!(stage.reload(&schedule).await.last_result, Some(RunResult::Queued));
        assert_eq!(stage.asked(SyncTrigger::Schedule).await.len(), 1);
    }

    async fn one_that_is_not_enabled_does_not_come_due(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let schedule = stage.schedule("0 3 * * *").await;
        let new = NewSchedule {
            branch: None,
            cron: schedule.cron.clone(),
            time_zone: schedule.time_zone.clone(),
            jitter_seconds: 0,
            enabled: false,
        };
        let changed =
            schedules::change(&stage.scene.db, stage.project, schedule.id, new, schedule.next_at, stage.now()).await;
        assert_eq!(changed.unwrap().unwrap().next_at, None);
        stage.advance(30 * 86_400);
        assert_eq!(stage.worker().run_schedules().await.unwrap(), 0);
    }

    /// A sync is asked for when a branch moved, once, and not for what was restored.
    async fn polling_sees_a_push(db: TestDatabase) {
        let stage = Stage::new(db).await;
        polls::set(&stage.scene.db, stage.project, 60, None, stage.now()).await.unwrap();
        assert_eq!(stage.look().await, PollResult::Same);
        assert_eq!(stage.worker().run_polls().await.unwrap(), 0, "not before its time");
        let pushed = stage.repo.write("a", "2").commit("second");
        assert_eq!(stage.look().await, PollResult::Changed);
        assert_eq!(stage.look().await, PollResult::Same, "it is asked for once");
        let sync = stage.run_waiting().await;
        assert_eq!((sync.commit_id, sync.trigger), (Some(oid(&pushed)), SyncTrigger::Schedule));
        stage.scene.restore(&stage.scene.branch(&sync).await, 1).await;
        assert_eq!(stage.look().await, PollResult::Same, "what was restored stays");
        stage.repo.write("a", "3").commit("third");
        assert_eq!(stage.look().await, PollResult::Changed);
        stage.run_waiting().await;
        assert_eq!(stage.asked(SyncTrigger::Schedule).await.len(), 2);

        let workers: Vec<_> = (0..8).map(|_| stage.worker()).collect();
        stage.advance(1_000);
        let taken = join_all(workers.iter().map(Triggers::run_polls)).await;
        assert_eq!(taken.into_iter().map(Result::unwrap).sum::<usize>(), 1, "one worker at a time");
    }

    /// What cannot be asked is asked less and less often; what comes back is seen.
    async fn polling_backs_off(db: TestDatabase) {
        let stage = Stage::new(db).await;
        polls::set(&stage.scene.db, stage.project, 60, None, stage.now()).await.unwrap();
        assert_eq!(stage.look().await, PollResult::Same);
        let path = stage.repo.path().to_owned();
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        for failures in 1..=3 {
            assert_eq!(stage.look().await, PollResult::Failed);
            let row = stage.poll().await;
            assert_eq!(row.failures, failures);
            assert!(row.last_error.is_some());
            let pause = (row.next_at - stage.now()).num_seconds();
            let least = 60 << failures;
            assert!((least..=least * 11 / 10).contains(&pause), "{pause}");
        }
        std::fs::rename(&aside, &path).unwrap();
        assert_eq!(stage.look().await, PollResult::Same);
        let row = stage.poll().await;
        assert_eq!((row.failures, row.last_error), (0, None));

        // A branch that is gone is noted, and that it is back.
        polls::set(&stage.scene.db, stage.project, 60, Some(&["side".to_owned()]), stage.now()).await.unwrap();
        stage.repo.branch("side");
        assert_eq!(stage.look().await, PollResult::Changed, "it was never synced");
        let repository = projects::get(&stage.scene.db, stage.project).await.unwrap().unwrap().repository;
        let side = async || projects::branch_named(&stage.scene.db, repository.id, "side").await.unwrap().unwrap();
        assert_eq!(side().await.deleted_at, None);
        stage.repo.delete_branch("side");
        assert_eq!(stage.look().await, PollResult::Same);
        assert_eq!(side().await.deleted_at, Some(stage.now()));
        stage.repo.branch("side");
        assert_eq!(stage.look().await, PollResult::Changed);
        assert_eq!(side().await.deleted_at, None);
    }

    /// A host may tell of a push before its branch shows it.
    async fn a_pushed_commit_that_was_not_seen_is_looked_for(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let before = stage.repo.head();
        let pushed = stage.repo.write("a", "2").commit("second");
        let branch = stage.branch.name.clone();
        stage.repo.force(&branch, &before);
        stage.delivery(&pushed).await;
        // Whoever took it went away: the sync is asked for now.
        assert!(stage.look_again().await.sync_id.is_some());
        assert_eq!(stage.asked(SyncTrigger::Webhook).await.len(), 1);
        assert_eq!(stage.look_again().await.looks, 0, "it waits for the sync");
        assert_eq!(stage.run_waiting().await.commit_id, Some(oid(&before)), "the branch does not show it yet");
        assert_eq!(stage.look_again().await.looks, 1);
        assert_eq!(stage.asked(SyncTrigger::Webhook).await.len(), 1, "nothing new: no sync");
        stage.repo.force(&branch, &pushed);
        stage.look_again().await;
        assert_eq!(stage.run_waiting().await.commit_id, Some(oid(&pushed)));
        let seen = stage.look_again().await;
        assert_eq!((seen.look_at, seen.result), (None, DeliveryResult::Queued));
        assert_eq!(stage.asked(SyncTrigger::Webhook).await.len(), 2);
    }

    async fn what_never_appears_is_given_up(db: TestDatabase) {
        let stage = Stage::new(db).await;
        stage.delivery(&"ab".repeat(20)).await;
        stage.look_again().await;
        stage.run_waiting().await;
        let mut looks = 0;
        while stage.latest().await.look_at.is_some() {
            looks += 1;
            assert_eq!(stage.look_again().await.looks, looks);
        }
        assert_eq!((looks, stage.latest().await.result), (5, DeliveryResult::Unseen));
        // A later push outdates an earlier one.
        let first = stage.delivery(&"cd".repeat(20)).await;
        deliveries::answered(&stage.scene.db, first.id, entities::SyncId::generate()).await.unwrap();
        stage.delivery(&"ef".repeat(20)).await;
        assert_eq!(stage.worker().run_looks().await.unwrap(), 2);
        let rows = deliveries::page(&stage.scene.db, stage.project, None, 2).await.unwrap();
        assert_eq!((rows[0].look_at.is_some(), rows[1].look_at), (true, None));
    }

    async fn old_deliveries_are_forgotten(db: TestDatabase) {
        let stage = Stage::new(db).await;
        for n in 0..12 {
            stage.delivery(&format!("{n:040x}")).await;
        }
        let system = stage.scene.db.database().system();
        assert_eq!(deliveries::prune(&system, stage.now(), 10).await.unwrap(), 2);
        let kept = deliveries::page(&stage.scene.db, stage.project, None, 100).await.unwrap();
        assert_eq!((kept.len(), kept[9].delivery.clone()), (10, format!("{:040x}", 2)), "the latest stay");
        stage.advance(31 * 86_400);
        assert_eq!(stage.worker().prune().await.unwrap(), 10);
    }
}
