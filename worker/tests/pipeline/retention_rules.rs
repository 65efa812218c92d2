//! What retention keeps by number and by age, and what it removes besides rows.

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ProjectSync,
    gc::{self, Order, Retention},
    syncs,
};
use testkit::{on_each_database, repo::TestRepo};

use crate::scene::{Scene, local};

fn order(keep_syncs: u64, keep_days: u32) -> Order {
    Order { retention: Retention { keep_syncs, keep_days }, ..Order::default() }
}

async fn syncs(scene: &Scene, repo: &TestRepo, count: usize) -> Vec<ProjectSync> {
    let mut done = Vec::new();
    for number in 0..count {
        repo.write("a.md", format!("# {number}\n\ntext\n")).commit("next");
        done.push(scene.sync(&local(repo), None).await);
    }
    done
}

/// From which sync on is kept, once it was asked at this time.
async fn kept_from(scene: &Scene, sync: &ProjectSync, order: Order, now: DateTime<Utc>) -> i64 {
    let forgotten = gc::forget(&scene.db, &order, now).await.unwrap();
    let before = scene.branch(sync).await.kept_from;
    assert!(forgotten < before);
    before
}

on_each_database! {
    /// What either rule keeps is kept; the head always is, and nothing comes back.
    async fn what_is_kept_by_number_and_by_age(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let done = syncs(&scene, &repo, 6).await;
        let (now, later) = (Utc::now(), Utc::now() + TimeDelta::days(10));
        assert_eq!(kept_from(&scene, &done[0], order(0, 0), later).await, 1, "no rule keeps everything");
        assert_eq!(kept_from(&scene, &done[0], order(1, 5), now).await, 1, "all are young");
        assert_eq!(kept_from(&scene, &done[0], order(u64::MAX, 0), later).await, 1);
        assert_eq!(kept_from(&scene, &done[0], order(0, u32::MAX), later).await, 1);
        assert_eq!(kept_from(&scene, &done[0], order(4, 5), later).await, 3, "four, though all are old");
        assert_eq!(kept_from(&scene, &done[0], order(5, 0), later).await, 3, "what is forgotten stays so");
        let fifth = done[4].finished_at.unwrap();
        assert_eq!(kept_from(&scene, &done[0], order(1, 10), fifth + TimeDelta::days(10)).await, 5);
        assert_eq!(kept_from(&scene, &done[0], order(0, 5), later).await, 6, "the head");
        assert_eq!(kept_from(&scene, &done[0], order(0, 5), later).await, 6);
    }

    /// One project's retention leaves the others alone.
    async fn one_project(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repos = [TestRepo::new(), TestRepo::new()];
        let one = syncs(&scene, &repos[0], 3).await;
        let other = syncs(&scene, &repos[1], 3).await;
        let only = Order { project: Some(one[0].project_id), ..order(1, 0) };
        assert_eq!(gc::forget(&scene.db, &only, Utc::now()).await.unwrap(), 2);
        assert_eq!(scene.branch(&one[0]).await.kept_from, 3);
        assert_eq!(scene.branch(&other[0]).await.kept_from, 1);
    }

    /// A sync that failed or was called off is no link of the chain: once it is older than what is kept, it goes.
    async fn what_came_to_nothing(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let done = syncs(&scene, &repo, 2).await;
        let branch = scene.branch(&done[0]).await;
        let cancel = async || {
            let asked = scene.ask(&branch, false, None).await;
            assert!(syncs::cancel_pending(&scene.db, asked.id, Utc::now()).await.unwrap());
            asked
        };
        let old = cancel().await;
        syncs(&scene, &repo, 2).await;
        let young = cancel().await;
        let gone = async |order: Order, now| {
            gc::remove(&scene.db, &order, now).await.unwrap();
            let there = async |sync: &ProjectSync| syncs::get(&scene.db, sync.id).await.unwrap().is_some();
            (!there(&old).await, !there(&young).await)
        };
        let (now, later) = (Utc::now(), Utc::now() + TimeDelta::days(10));
        assert_eq!(gone(order(0, 0), later).await, (false, false));
        assert_eq!(gone(order(9, 0), later).await, (false, false), "there are not even nine");
        assert_eq!(gone(order(1, 5), now).await, (false, false), "it is young");
        assert_eq!(gone(order(2, 5), later).await, (true, false));
        assert_eq!(gone(order(0, 5), later).await, (true, true));
        let chain = syncs::history(&scene.db, &[branch.id], 10).await.unwrap();
        assert_eq!(chain.len(), 4, "the chain is whole");
    }

    /// Forgotten syncs tell where they stood, and no more how they came there.
    async fn what_was_told(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let done = syncs(&scene, &repo, 3).await;
        for sync in &done {
            let last = syncs::last_event_seq(&scene.db, sync.id).await.unwrap();
            for more in 1..=5 {
                let payload = serde_json::json!({ "type": "phaseProgress", "phase": "scan", "done": more });
                let event = entities::SyncEvent {
                    tenant_id: sync.tenant_id,
                    sync_id: sync.id,
                    seq: last + more,
                    at: Utc::now(),
                    payload,
                };
                syncs::append_event(&scene.db, event).await.unwrap();
            }
        }
        let before = told(&scene, &done).await;
        gc::forget(&scene.db, &order(1, 0), Utc::now()).await.unwrap();
        let kept = gc::remove(&scene.db, &Order { keep_events: true, ..order(1, 0) }, Utc::now()).await.unwrap();
        assert_eq!((kept.events, told(&scene, &done).await), (0, before.clone()));
        let removed = gc::remove(&scene.db, &order(1, 0), Utc::now()).await.unwrap();
        assert!(removed.events >= 8, "{removed:?}");
        let after = told(&scene, &done).await;
        for ((before, all_before), (after, all_after)) in before[..2].iter().zip(&after[..2]) {
            assert_eq!(before, after, "its state is made of the same");
            assert_eq!(all_after, after, "and nothing else is there");
            assert!(all_before.len() > all_after.len());
        }
        assert_eq!(before[2], after[2], "the kept one tells everything");
    }

    /// Logins that are over go, of all tenants; others stay.
    async fn what_is_over(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let now = Utc::now();
        let digest = [7];
        for (key, at) in [("old", now - TimeDelta::days(2)), ("new", now)] {
            entities::idempotency::begin(&scene.db, key, &digest, at).await.unwrap();
        }
        let system = scene.database.database().system();
        let expired = gc::remove_expired(&system, now).await.unwrap();
        assert_eq!((expired.answers, expired.sessions), (1, 0));
        assert_eq!(gc::tenants(&system).await.unwrap().len(), 1);
    }
}

/// What each sync's state is made of, and all that it told.
async fn told(
    scene: &Scene,
    syncs: &[ProjectSync],
) -> Vec<(Vec<entities::SyncEvent>, Vec<entities::SyncEvent>)> {
    let mut told = Vec::new();
    for sync in syncs {
        let milestones = syncs::milestones(&scene.db, sync.id, None).await.unwrap();
        told.push((milestones, syncs::events(&scene.db, sync.id, 0, 100_000).await.unwrap()));
    }
    told
}
