//! Retention beside syncs that run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use entities::{
    FileMode, ObjectId, PathHash, TenantDb,
    gc::{self, Order, Removed, Retention},
    temporal::{Draft, NewFile, StateAt},
};
use sea_orm::{ConnectionTrait, DbErr, SqlErr, TransactionTrait};
use testkit::{database::TestDatabase, on_each_database, repo::TestRepo};

use crate::{
    retention::{Seen, assert_nothing_is_left_over, count},
    scene::{Scene, local, settings},
};

/// How often the branch goes to and fro at least, and at most: until much was removed beside that.
const ROUNDS: usize = 12;
const MOST_ROUNDS: usize = 200;

/// The files of each commit.
const FILES: usize = 20;

/// More than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn keep(keep_syncs: u64) -> Order {
    Order { retention: Retention { keep_syncs, keep_days: 0 }, ..Order::default() }
}

async fn collect(db: &TenantDb, order: &Order) -> Removed {
    gc::forget(db, order, Utc::now()).await.unwrap();
    gc::remove(db, order, Utc::now()).await.unwrap()
}

/// A commit whose files differ from those of other numbers, and from nothing else.
fn commit(repo: &TestRepo, number: usize) -> String {
    for file in 0..FILES {
        repo.write(format!("d{}/f{file}.md", file % 3), format!("# {file}\n\nnumber {number}\n"));
    }
    repo.commit(&number.to_string())
}

on_each_database! {
    /// A branch goes back to what was forgotten and is removed just then, again and again: nothing of it is missing.
    async fn syncs_and_retention_at_once(db: TestDatabase) {
        let mut settings = settings();
        settings.sync.attempts = 10;
        let scene = Arc::new(Scene::with(db, settings).await);
        let repo = TestRepo::new();
        let commits = [commit(&repo, 1), commit(&repo, 2)];
        let (is_over, removed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let collector = {
            let (scene, is_over, removed) = (Arc::clone(&scene), Arc::clone(&is_over), Arc::clone(&removed));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let blobs = collect(&scene.db, &keep(1)).await.contents.blobs;
                    removed.fetch_add(blobs, Ordering::Relaxed);
                }
            })
        };
        let is_much = || removed.load(Ordering::Relaxed) >= FILES as u64;
        let mut last = None;
        for round in (0..MOST_ROUNDS).take_while(|round| *round < ROUNDS || !is_much()) {
            let commit = &commits[round % 2];
            repo.force("aside", commit);
            let sync = scene.sync(&local(&repo), Some("aside")).await;
            scene.assert_is(&sync, &repo, commit).await;
            last = Some(sync);
        }
        is_over.store(true, Ordering::Relaxed);
        collector.await.unwrap();
        assert!(is_much(), "much was removed beside the syncs");
        let state = StateAt::after(&scene.db, &last.unwrap()).await.unwrap();
        Seen::of(&scene, state).await;
        collect(&scene.db, &keep(1)).await;
        assert_nothing_is_left_over(&scene).await;
    }

    /// What a restore that was asked for goes back to is kept until it ended.
    async fn what_is_to_be_restored_is_kept(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let first = commit(&repo, 1);
        let one = scene.sync(&local(&repo), None).await;
        for number in 2..5 {
            commit(&repo, number);
            scene.sync(&local(&repo), None).await;
        }
        let branch = scene.branch(&one).await;
        let asked = scene.ask(&branch, false, Some(1)).await;
        assert_eq!(gc::forget(&scene.db, &keep(1), Utc::now()).await.unwrap(), 0);
        collect(&scene.db, &keep(1)).await;
        let (restored, error) = scene.run(&asked, None).await;
        assert!(error.is_none(), "{error:?}");
        scene.assert_is(&restored, &repo, &first).await;
        assert_eq!(gc::forget(&scene.db, &keep(1), Utc::now()).await.unwrap(), 4);
        collect(&scene.db, &keep(1)).await;
        scene.assert_is(&restored, &repo, &first).await;
        assert_nothing_is_left_over(&scene).await;
    }
}

/// A branch with two syncs, of which one is forgotten and not removed yet, and a content that only this one shows; and
/// what a sync of another branch would write.
async fn forgotten(database: TestDatabase) -> (Arc<Scene>, Draft, ObjectId) {
    let scene = Scene::new(database).await;
    let repo = TestRepo::new();
    let first = commit(&repo, 1);
    scene.sync(&local(&repo), None).await;
    let second = commit(&repo, 2);
    scene.sync(&local(&repo), None).await;
    repo.force("aside", &second);
    let aside = scene.sync(&local(&repo), Some("aside")).await;
    let blob = repo.ls_tree(&first)[0].oid.parse().unwrap();
    gc::forget(&scene.db, &keep(1), Utc::now()).await.unwrap();
    let draft = Draft::after_head(&scene.branch(&aside).await);
    (Arc::new(scene), draft, blob)
}

async fn show(tx: &entities::TenantTx, draft: Draft, blob: ObjectId) -> Result<(), DbErr> {
    let file =
        NewFile { path: b"again".into(), dir_hash: PathHash::of(b""), mode: FileMode::FILE, object_id: blob };
    draft.add_files(tx, &[file]).await
}

async fn shown_and_stored(scene: &Scene, blob: ObjectId) -> (i64, i64) {
    let literal = format!("'\\x{blob}'::bytea");
    let shown = format!("SELECT count(*) AS n FROM repository_files WHERE blob_id = {literal}");
    let stored = format!("SELECT count(*) AS n FROM blob_contents WHERE blob_id = {literal}");
    (count(scene, &shown).await, count(scene, &stored).await)
}

/// Who shows a content while it is being removed waits, and finds that it is gone, as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_removed_is_not_shown() {
    let (scene, draft, blob) = forgotten(TestDatabase::postgres().await).await;
    let holder = scene.database.connection().begin().await.unwrap();
    let hold = format!("SELECT 1 FROM blob_contents WHERE blob_id = '\\x{blob}'::bytea FOR UPDATE");
    holder.execute_unprepared(&hold).await.unwrap();
    let collector = {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { gc::remove(&scene.db, &keep(1), Utc::now()).await })
    };
    let waiting = "SELECT count(*) AS n FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                   WHERE NOT l.granted AND a.datname = current_database()";
    while count(&scene, waiting).await < 1 {}
    let shower = {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move {
            let tx = scene.db.begin_write().await?;
            show(&tx, draft, blob).await?;
            tx.commit().await
        })
    };
    while count(&scene, waiting).await < 2 && !shower.is_finished() {}
    holder.commit().await.unwrap();
    let (removed, shown) =
        tokio::time::timeout(PATIENCE, async { tokio::join!(collector, shower) }).await.unwrap();
    removed.unwrap().unwrap();
    let (rows, contents) = shown_and_stored(&scene, blob).await;
    assert!(rows == 0 || contents == 1, "{rows} rows show a content of which {contents} are stored");
    let error = shown.unwrap().unwrap_err();
    assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error}");
    // Which is what a sync begins its transaction again for.
    assert_eq!(worker::error::SyncError::from(error).recovery(), worker::error::Recovery::Phase);
}

/// A content that is being shown just now stays, and is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_shown_is_not_removed() {
    let (scene, draft, blob) = forgotten(TestDatabase::postgres().await).await;
    let tx = scene.db.begin_write().await.unwrap();
    show(&tx, draft, blob).await.unwrap();
    let order = keep(1);
    let removed = gc::remove(&scene.db, &order, Utc::now());
    let removed = tokio::time::timeout(PATIENCE, removed).await.expect("nothing is waited for").unwrap();
    assert_eq!(removed.contents.blobs, FILES as u64 - 1);
    tx.commit().await.unwrap();
    assert_eq!(shown_and_stored(&scene, blob).await, (1, 1));
}
