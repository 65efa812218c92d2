//! What the program's own queries give and change in the name of another tenant, on both databases: nothing. In SQLite
//! nothing else stands behind them.

use chrono::Utc;
use project_sync_entities::{
    Branch, OfTenant, PathHash, ProjectSync, SourceSpec, TenantDb, blobs,
    gc::{self, Order, Retention},
    projects::{self, Deletion},
    queue::{self, DeadFilter, PauseScope},
    syncs::{self, ClaimOutcome, Ending, SyncFilter, Totals},
    temporal::{ChangeCounts, Draft, FileFilter, MemoryFilter, StateAt, StateError},
};
use sea_orm::DbErr;
use testkit::on_each_database;

use super::stage::{
    BLOB, Empty, LARGE_BYTES, LEASE, NOW, TREE, a_stranger_changes_nothing, event, must_fail, new_entry,
    new_file, new_tree, nothing, only_the_owner_finds, owned, sums, wanted, without_project,
};

on_each_database! {
    async fn reading(db: TestDatabase) {
        let (ours, theirs) = (owned(&db, "ours").await, owned(&db, "theirs").await);
        // What is the same for both tenants is no proof: it is taken away from the stranger.
        without_project(&ours).await;

        let (project, repository, branch) = (&theirs.project.project, &theirs.project.repository, &theirs.branch);
        let done = &syncs::get(&theirs.db, theirs.done.id).await.unwrap().unwrap();
        let running = &theirs.running;
        let source = SourceSpec::Git { url: "/somewhere".to_owned() };
        let state = StateAt::head(branch);
        let draft = Draft::after_head(branch);
        let empty = Draft::after_head(&Branch { head_seq: 0, ..branch.clone() });
        let root = [PathHash::of(b"")];
        let file = [PathHash::of(b"file")];
        let filter = SyncFilter::default();
        let words = MemoryFilter { query: Some("secret".to_owned()), ..MemoryFilter::default() };
        let before = empty.state().back_to(0).unwrap().unwrap();
        let pause = PauseScope::Project(theirs.db.tenant(), project.id);
        assert!(queue::pause(&db.database().system(), pause, None, NOW).await.unwrap());
        let asked = only_the_owner_finds! { theirs.db, ours.db;
            get(db) projects::get(db, project.id);
            find_by_id(db) projects::find(db, &project.id.to_string());
            find_by_name(db) projects::find(db, "project");
            find_by_source(db) projects::find_by_source(db, &source);
            list(db) projects::list(db);
            page(db) projects::page(db, None, 10);
            branches(db) projects::branches(db, repository);
            branch(db) projects::branch(db, branch.id);
            branch_named(db) projects::branch_named(db, repository.id, "main");
            places(db) projects::places(db, [branch.id]);
            sync(db) syncs::get(db, done.id);
            running(db) syncs::running(db, branch.id);
            by_seq(db) syncs::by_seq(db, branch.id, 1);
            by_id_prefix(db) syncs::by_id_prefix(db, &[branch.id], &done.id.to_string(), 10);
            active(db) syncs::active(db, branch.id);
            history(db) syncs::history(db, &[branch.id], 10);
            recent_commits(db) syncs::recent_commits(db, &[branch.id], 10);
            sync_page(db) syncs::page(db, &filter, None, 10);
            count(db) syncs::count(db, &filter);
            by_ids(db) syncs::by_ids(db, [done.id]);
            last_events(db) syncs::last_events(db, done.id, 10);
            last_event_of_type(db) syncs::last_event_of_type(db, done.id, "phaseProgress");
            events(db) syncs::events(db, done.id, 0, 10);
            last_event_seq(db) syncs::last_event_seq(db, done.id);
            count_events(db) syncs::count_events(db, done.id, 0, 10);
            last_event_seqs(db) syncs::last_event_seqs(db, &[done.id]);
            last_ordinals(db) syncs::last_ordinals(db, &[project.id]);
            asked_after(db) syncs::asked_after(db, project.id, 0, 10);
            by_ordinals(db) syncs::by_ordinals(db, project.id, &[1]);
            unfinished(db) syncs::unfinished(db, project.id, 10);
            milestones(db) syncs::milestones(db, done.id, None);
            dead(db) queue::dead(db, theirs.dead.id);
            dead_jobs(db) queue::dead_jobs(db, &DeadFilter::default(), None, 10);
            count_dead(db) queue::count_dead(db, &DeadFilter::default());
            known(db) blobs::known(db, &[BLOB]);
            sizes(db) blobs::sizes(db, &[BLOB]);
            contents(db) blobs::contents(db, &[BLOB]);
            without_content(db) blobs::without_content(db, branch.id, 1, 0, LARGE_BYTES, 10);
            count_without_content(db) blobs::count_without_content(db, branch.id, 1, LARGE_BYTES);
            above_limit(db) blobs::above_limit(db, branch.id, 1, LARGE_BYTES - 1, 10);
            paused(db) queue::is_paused(db, branch.id);
            count_files(db) state.count_files(db);
            count_memory(db) state.count_memory(db);
            files_page(db) state.files_page(db, &FileFilter::default(), None, 10);
            memory(db) state.memory(db, &MemoryFilter::default());
            search(db) state.memory(db, &words);
            memory_page(db) first(state.memory_page(db, &words, None));
            root(db) state.root(db);
            children_of(db) state.children_of(db, &root);
            files_after(db) state.files_after(db, 0, 10, false);
            entries_of(db) state.entries_of(db, &file);
            after(db) there(StateAt::after(db, done));
            before(db) there(StateAt::before(db, done));
            count_entries(db) first(empty.count_entries(db));
            count_changes_to(db) added(before.count_changes_to(db, &state));
            find_tree(db) StateAt::find_tree(db, TREE);
            all_files(db) all_files(db, &state);
            drafted_trees(db) empty.drafted_trees(db, 0, 10);
            changes_to(db) before.changes_to(db, &state);
            changes_page(db) before.changes_page(db, &state, None, 10);
            memory_changes_to(db) before.memory_changes_to(db, &state);
            memory_changes_page(db) before.memory_changes_page(db, &state, None, 10);
        };
        println!("{asked} questions");
        assert!(projects::of_branch(&ours.db, branch).await.is_err());
        assert!(!running.status.is_terminal() && draft.seq() == 2);
    }

    async fn writing(db: TestDatabase) {
        let (ours, theirs) = (owned(&db, "ours").await, owned(&db, "theirs").await);
        let before = sums(&db).await;
        let (branch, running, claim) = (&theirs.branch, &theirs.running, &theirs.claim);
        let first = |sync: &ProjectSync| Ok(event(sync, 1));
        let draft = Draft::after_head(branch);
        let base = Draft::after_head(&Branch { head_seq: 0, ..branch.clone() });
        let ids: Vec<i64> = (1..100).collect();
        let lost = ProjectSync { lease_until: Some(NOW), ..running.clone() };
        let retention = Retention { keep_syncs: 1, keep_days: 1 };
        let order = Order { retention, project: Some(theirs.project.project.id), keep_events: false };
        let tried = a_stranger_changes_nothing! { ours.db;
            claim(db) claimed(syncs::claim(db, running.id, "w", NOW, LEASE));
            heartbeat(db) held(syncs::heartbeat(db, claim, NOW, LEASE));
            fence(db) syncs::fence(db, claim);
            give_back(db) syncs::give_back(db, claim, None, false);
            hurry(db) nothing(syncs::hurry(db, running.id));
            enter_phase(db) syncs::enter_phase(db, claim, "scan");
            finish(db) syncs::finish(db, claim, &Ending::Cancelled, &Totals::default(), NOW);
            cancel_pending(db) syncs::cancel_pending(db, running.id, NOW);
            request_cancel(db) syncs::request_cancel(db, running.id);
            take_over(db) syncs::take_over(db, &lost, "w", Utc::now(), LEASE);
            request(db) must_fail(syncs::request(db, branch, wanted(), true, NOW, first));
            append_event(db) must_fail(syncs::append_event(db, event(running, 2)));
            append_events(db) must_fail(syncs::append_events(db, vec![event(running, 2), event(running, 3)]));
            create(db) must_fail(syncs::create(db, branch, wanted(), NOW));
            remove(db) syncs::remove(db, theirs.done.id);
            remove_dead(db) queue::remove_dead(db, theirs.dead.id);
            remove_dead_sync(db) nothing(queue::remove_dead_sync(db, theirs.done.id));
            default_branch(db) nothing(projects::set_default_branch(db, &theirs.project.repository, "mine"));
            ensure_branch(db) must_fail(projects::ensure_branch(db, &theirs.project.repository, "main", NOW));
            new_branch(db) must_fail(projects::ensure_branch(db, &theirs.project.repository, "new", NOW));
            set_deleted(db) projects::set_deleted(db, branch, Some(NOW));
            delete(db) deleted(projects::delete(db, theirs.project.project.id));
            sweep(db) nothing(draft.sweep(db));
            sweep_all(db) nothing(base.sweep(db));
            add_files(db) must_fail(draft.add_files(db, &[new_file(b"new", BLOB)]));
            add_trees(db) must_fail(draft.add_trees(db, &[new_tree()]));
            add_entries(db) must_fail(add_entries(db, &draft));
            close_files(db) draft.close_files(db, &ids);
            close_trees(db) draft.close_trees(db, &ids);
            close_entries(db) draft.close_entries(db, &ids);
            close_entries_of_deleted(db) draft.close_entries_of_deleted_files(db);
            gc_forget(db) nothing(gc::forget(db, &order, Utc::now()));
            gc_remove(db) nothing(gc::remove(db, &order, Utc::now()));
            restore(db) nothing(draft.restore(db, StateAt::head(branch).back_to(0).unwrap().unwrap()));
        };
        println!("{tried} changes tried");
        assert_eq!(sums(&db).await, before);
        assert!(ours.db.tenant() != theirs.db.tenant());
    }
}

async fn first<A, B>(both: impl Future<Output = Result<(A, B), DbErr>>) -> Result<A, DbErr> {
    Ok(both.await?.0)
}

async fn all_files(db: &TenantDb, state: &StateAt) -> Result<Vec<Vec<u8>>, DbErr> {
    let transaction = db.begin().await?;
    Ok(state.all_files(&transaction).await?.into_iter().map(|file| file.path).collect())
}

async fn claimed(outcome: impl Future<Output = Result<ClaimOutcome, DbErr>>) -> Result<bool, DbErr> {
    Ok(matches!(outcome.await?, ClaimOutcome::Claimed(_)))
}

async fn held(beat: impl Future<Output = Result<syncs::Heartbeat, DbErr>>) -> Result<bool, DbErr> {
    Ok(beat.await? != syncs::Heartbeat::Lost)
}

async fn deleted(deletion: impl Future<Output = Result<Deletion, DbErr>>) -> Result<bool, DbErr> {
    Ok(deletion.await? != Deletion::NotFound)
}

async fn there(state: impl Future<Output = Result<StateAt, StateError>>) -> Result<Option<StateAt>, DbErr> {
    Ok(state.await.ok())
}

/// Its texts are written before the entry: all or nothing.
async fn add_entries(db: &TenantDb, draft: &Draft) -> Result<(), DbErr> {
    let transaction = db.begin_write().await?;
    draft.add_entries(&transaction, &[new_entry()]).await?;
    transaction.commit().await
}

async fn added(counts: impl Future<Output = Result<ChangeCounts, DbErr>>) -> Result<i64, DbErr> {
    Ok(counts.await?.added)
}
