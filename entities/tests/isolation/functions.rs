//! What the program's own queries give and change in the name of another tenant, on both databases: nothing. In SQLite
//! nothing else stands behind them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use project_sync_entities::{
    Branch, ContentKind, DeadJob, FileMode, MemoryKind, ObjectId, OfTenant, PathHash, ProjectSync,
    SourceSpec, SyncEvent, SyncTrigger, TenantDb,
    blobs::{self, KnownBlob},
    gc::{self, Order, Retention},
    projects::{self, ConnectedProject, Deletion},
    queue::{self, DeadFilter, NewDeadJob},
    syncs::{self, Claim, ClaimOutcome, Ending, NewSync, SyncFilter, Totals},
    temporal::{Draft, FileFilter, MemoryEntryRow, MemoryFilter, NewFile, NewTree, StateAt},
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde_json::json;
use testkit::{database::TestDatabase, on_each_database};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const LEASE: Duration = Duration::from_secs(60);
const BLOB: ObjectId = ObjectId([7; 20]);
const TREE: ObjectId = ObjectId([8; 20]);

/// All that one tenant has.
struct Owned {
    db: TenantDb,
    project: ConnectedProject,
    branch: Branch,
    done: ProjectSync,
    running: ProjectSync,
    claim: Claim,
    dead: DeadJob,
}

fn wanted() -> NewSync {
    NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None }
}

fn event(sync: &ProjectSync, seq: i64) -> SyncEvent {
    let payload = json!({ "type": "phaseProgress", "phase": "scan" });
    SyncEvent { tenant_id: sync.tenant_id, sync_id: sync.id, seq, at: NOW, payload }
}

async fn begun(db: &TenantDb, branch: &Branch) -> (ProjectSync, Claim) {
    let first = |sync: &ProjectSync| Ok(event(sync, 1));
    let sync = syncs::request(db, branch, wanted(), false, NOW, first).await.unwrap().sync;
    let claimed = syncs::claim(db, sync.id, "w", Utc::now(), LEASE).await.unwrap();
    let ClaimOutcome::Claimed(claim) = claimed else { panic!("{claimed:?}") };
    (syncs::get(db, sync.id).await.unwrap().unwrap(), claim)
}

async fn write_state(db: &TenantDb, branch: &Branch) {
    let draft = Draft::after_head(branch);
    let transaction = db.begin_write().await.unwrap();
    blobs::insert_known(&transaction, &[KnownBlob { id: BLOB, size: 4 }]).await.unwrap();
    blobs::store(&transaction, vec![(BLOB, ContentKind::Text, b"text".to_vec())]).await.unwrap();
    let root = PathHash::of(b"");
    let file = NewFile { path: b"file".to_vec(), dir_hash: root, mode: FileMode(0o100644), object_id: BLOB };
    draft.add_files(&transaction, &[file]).await.unwrap();
    let tree = NewTree { path: Vec::new(), dir_hash: None, tree_id: TREE };
    draft.add_trees(&transaction, &[tree]).await.unwrap();
    let entry = MemoryEntryRow {
        kind: MemoryKind::Letter,
        entry_key: "key".to_owned(),
        path: b"file".to_vec(),
        title: "title".to_owned(),
        heading_path: Vec::new(),
        dated_at: None,
        body: "secret words".to_owned(),
    };
    draft.add_entries(&transaction, &[entry]).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn owned(database: &TestDatabase, name: &str) -> Owned {
    let system = database.database().system();
    let tenant = projects::ensure_tenant(&system, name, NOW).await.unwrap();
    let db = database.database().tenant(tenant);
    let source = SourceSpec::Git { url: "/somewhere".to_owned() };
    let project = projects::create(&db, "project", &source, NOW).await.unwrap();
    let branch = projects::ensure_branch(&db, &project.repository, "main", NOW).await.unwrap();
    let (done, claim) = begun(&db, &branch).await;
    write_state(&db, &branch).await;
    let ending = Ending::Completed {
        seq: 1,
        commit: TREE,
        tree: TREE,
        committed_at: None,
        summary: None,
        rules_digest: String::new(),
        validator: None,
    };
    let transaction = db.begin_write().await.unwrap();
    assert!(syncs::finish(&transaction, &claim, &ending, &Totals::default(), NOW).await.unwrap());
    transaction.commit().await.unwrap();
    let dead = NewDeadJob {
        sync: Some((tenant, done.id)),
        payload: None,
        code: "c".to_owned(),
        message: "m".to_owned(),
        attempts: 1,
    };
    let dead = queue::bury(&db, dead, NOW).await.unwrap();
    let (running, claim) = begun(&db, &branch).await;
    let branch = projects::branch(&db, branch.id).await.unwrap().unwrap();
    Owned { db, project, branch, done, running, claim, dead }
}

/// Every row of every table, as far as it is known by number.
async fn sums(database: &TestDatabase) -> Vec<String> {
    let db = database.connection();
    let mut sums = Vec::new();
    for table in [
        "projects",
        "repositories",
        "branches",
        "project_syncs",
        "sync_events",
        "dead_jobs",
        "file_blobs",
        "blob_contents",
        "repository_files",
        "repository_trees",
        "memory_contents",
        "memory_entries",
    ] {
        let sql = match db.get_database_backend() {
            DbBackend::Sqlite => format!("SELECT * FROM {table}"),
            _ => format!("SELECT t::text AS row FROM {table} t"),
        };
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{:?}", row_text(row))).collect();
        rows.sort();
        sums.push(format!("{table}: {rows:?}"));
    }
    sums
}

fn row_text(row: &sea_orm::QueryResult) -> Vec<String> {
    let columns = row.column_names();
    let text = |column: &String| {
        let text = row.try_get::<Option<String>>("", column).map(|value| format!("{value:?}"));
        let text =
            text.or_else(|_| row.try_get::<Option<Vec<u8>>>("", column).map(|value| format!("{value:?}")));
        text.or_else(|_| row.try_get::<Option<i64>>("", column).map(|value| format!("{value:?}"))).unwrap()
    };
    columns.iter().map(text).collect()
}

/// What finding gives.
trait Empty {
    fn is_nothing(&self) -> bool;
}

impl<T> Empty for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Empty for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Empty for std::collections::HashMap<K, V> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Empty for std::collections::HashSet<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Empty for i64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Empty for u64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Empty for bool {
    fn is_nothing(&self) -> bool {
        !self
    }
}

/// Asserts that each question is answered to the owner with something, and to the stranger with nothing.
macro_rules! only_the_owner_finds {
    ($owner:expr, $stranger:expr; $($what:ident($db:ident) $ask:expr;)+) => {{
        let mut asked = 0;
        $({
            let $db = &$owner;
            let found = $ask.await.unwrap();
            assert!(!found.is_nothing(), "{} gives its owner something", stringify!($what));
            let $db = &$stranger;
            let found = $ask.await.unwrap();
            assert!(found.is_nothing(), "{} gives a stranger something", stringify!($what));
            asked += 1;
        })+
        asked
    }};
}

/// Asserts that a stranger changes nothing: told so, or refused.
macro_rules! a_stranger_changes_nothing {
    ($stranger:expr; $($what:ident($db:ident) $try:expr;)+) => {{
        let mut tried = 0;
        $({
            let $db = &$stranger;
            let result: Result<_, DbErr> = $try.await;
            if let Ok(changed) = result {
                assert!(changed.is_nothing(), "{} changes a stranger's rows", stringify!($what));
            }
            tried += 1;
        })+
        tried
    }};
}

on_each_database! {
    async fn reading(db: TestDatabase) {
        let (ours, theirs) = (owned(&db, "ours").await, owned(&db, "theirs").await);
        // What is the same for both tenants is no proof: it is taken away from the stranger.
        assert!(matches!(projects::delete(&ours.db, ours.project.project.id).await.unwrap(), Deletion::Busy(_)));
        assert!(syncs::request_cancel(&ours.db, ours.running.id).await.unwrap());
        let transaction = ours.db.begin_write().await.unwrap();
        let ended = syncs::finish(&transaction, &ours.claim, &Ending::Cancelled, &Totals::default(), NOW).await;
        assert!(ended.unwrap());
        transaction.commit().await.unwrap();
        assert_eq!(projects::delete(&ours.db, ours.project.project.id).await.unwrap(), Deletion::Deleted);

        let (project, repository, branch) = (&theirs.project.project, &theirs.project.repository, &theirs.branch);
        let (done, running) = (&theirs.done, &theirs.running);
        let source = SourceSpec::Git { url: "/somewhere".to_owned() };
        let state = StateAt::head(branch);
        let draft = Draft::after_head(branch);
        let empty = Draft::after_head(&Branch { head_seq: 0, ..branch.clone() });
        let root = [PathHash::of(b"")];
        let file = [PathHash::of(b"file")];
        let filter = SyncFilter::default();
        let words = MemoryFilter { query: Some("secret".to_owned()), ..MemoryFilter::default() };
        let before = empty.state().back_to(0).unwrap().unwrap();
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
            remove(db) syncs::remove(db, theirs.done.id);
            remove_dead(db) queue::remove_dead(db, theirs.dead.id);
            remove_dead_sync(db) nothing(queue::remove_dead_sync(db, theirs.done.id));
            default_branch(db) nothing(projects::set_default_branch(db, &theirs.project.repository, "mine"));
            ensure_branch(db) must_fail(projects::ensure_branch(db, &theirs.project.repository, "main", NOW));
            new_branch(db) must_fail(projects::ensure_branch(db, &theirs.project.repository, "new", NOW));
            delete(db) deleted(projects::delete(db, theirs.project.project.id));
            sweep(db) nothing(draft.sweep(db));
            sweep_all(db) nothing(base.sweep(db));
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

/// What tells nothing of what it changed: the rows are compared in the end.
async fn nothing<T>(change: impl Future<Output = Result<T, DbErr>>) -> Result<bool, DbErr> {
    change.await.map(|_| false)
}

/// What cannot go through at all.
async fn must_fail<T>(change: impl Future<Output = Result<T, DbErr>>) -> Result<bool, DbErr> {
    change.await.map(|_| true)
}
