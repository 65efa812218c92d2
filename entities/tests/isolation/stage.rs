//! Two tenants that each have one of everything, and how it is asserted that they keep it to themselves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use project_sync_entities::{
    Branch, ContentKind, DeadJob, FileMode, MemoryKind, ObjectId, PathHash, ProjectSync, SourceSpec,
    SyncEvent, SyncTrigger, TenantDb,
    blobs::{self, KnownBlob},
    projects::{self, ConnectedProject, Deletion},
    queue::{self, NewDeadJob},
    syncs::{self, Claim, ClaimOutcome, Ending, NewSync, Totals},
    temporal::{Draft, MemoryEntryRow, NewFile, NewTree},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use testkit::database::TestDatabase;

pub(crate) const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
pub(crate) const LEASE: Duration = Duration::from_secs(60);
pub(crate) const BLOB: ObjectId = ObjectId([7; 20]);
pub(crate) const TREE: ObjectId = ObjectId([8; 20]);
/// One without content, of so many bytes.
const LARGE: ObjectId = ObjectId([9; 20]);
pub(crate) const LARGE_BYTES: i64 = 100;

/// All that one tenant has.
pub(crate) struct Owned {
    pub(crate) db: TenantDb,
    pub(crate) project: ConnectedProject,
    pub(crate) branch: Branch,
    pub(crate) done: ProjectSync,
    pub(crate) running: ProjectSync,
    pub(crate) claim: Claim,
    pub(crate) dead: DeadJob,
}

pub(crate) fn wanted() -> NewSync {
    NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None }
}

pub(crate) fn event(sync: &ProjectSync, seq: i64) -> SyncEvent {
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
    let known = [KnownBlob { id: BLOB, size: 4 }, KnownBlob { id: LARGE, size: LARGE_BYTES }];
    blobs::insert_known(&transaction, &known).await.unwrap();
    blobs::store(&transaction, vec![(BLOB, ContentKind::Text, b"text".to_vec())]).await.unwrap();
    let root = PathHash::of(b"");
    let file = |path: &[u8], object_id| {
        let path = path.to_vec();
        NewFile { path, dir_hash: root, mode: FileMode(0o100644), object_id }
    };
    draft.add_files(&transaction, &[file(b"file", BLOB), file(b"large", LARGE)]).await.unwrap();
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

pub(crate) async fn owned(database: &TestDatabase, name: &str) -> Owned {
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
pub(crate) async fn sums(database: &TestDatabase) -> Vec<String> {
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
        "project_credentials",
        "idempotency_keys",
        "audit_log",
        "outbox",
        "webhooks",
        "webhook_deliveries",
        "project_hooks",
        "hook_deliveries",
        "schedules",
        "polls",
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

/// Takes a tenant's project away, with all that hangs on it.
pub(crate) async fn without_project(owned: &Owned) {
    let project = owned.project.project.id;
    assert!(matches!(projects::delete(&owned.db, project).await.unwrap(), Deletion::Busy(_)));
    assert!(syncs::request_cancel(&owned.db, owned.running.id).await.unwrap());
    let transaction = owned.db.begin_write().await.unwrap();
    let (claim, cancelled) = (&owned.claim, Ending::Cancelled);
    assert!(syncs::finish(&transaction, claim, &cancelled, &Totals::default(), NOW).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(projects::delete(&owned.db, project).await.unwrap(), Deletion::Deleted);
}

/// What finding gives.
pub(crate) trait Empty {
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

impl Empty for usize {
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
            if let Ok(changed) = $try.await {
                assert!(changed.is_nothing(), "{} changes a stranger's rows", stringify!($what));
            }
            tried += 1;
        })+
        tried
    }};
}

pub(crate) use {a_stranger_changes_nothing, only_the_owner_finds};

/// What tells nothing of what it changed: the rows are compared in the end.
pub(crate) async fn nothing<T, E>(change: impl Future<Output = Result<T, E>>) -> Result<bool, E> {
    change.await.map(|_| false)
}

/// What cannot go through at all.
pub(crate) async fn must_fail<T, E>(change: impl Future<Output = Result<T, E>>) -> Result<bool, E> {
    change.await.map(|_| true)
}
