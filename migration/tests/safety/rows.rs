//! A database like one in production: rows in every table, 382 embeddings among them.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, Statement, TransactionTrait, Value};
use uuid::Uuid;

/// So many were lost once.
pub const EMBEDDINGS: u32 = 382;

/// The dimensions of an embedding.
const DIMENSIONS: u32 = 1536;

/// The ids that rows point to each other by.
struct Ids {
    tenant: Uuid,
    project: Uuid,
    repository: Uuid,
    branch: Uuid,
    sync: Uuid,
    user: Uuid,
}

/// Puts rows in every table that the schema of this version has.
pub async fn fill(db: &DatabaseConnection, version: u32) {
    let [tenant, project, repository, branch, sync, user] = std::array::from_fn(|_| Uuid::now_v7());
    let ids = Ids { tenant, project, repository, branch, sync, user };
    let tx = db.begin().await.unwrap();
    project_rows(&tx, &ids, version).await;
    content(&tx, &ids).await;
    memory(&tx, &ids).await;
    if version >= 2 {
        queue(&tx, &ids).await;
    }
    if version >= 4 {
        identity(&tx, &ids).await;
        embeddings(&tx, &ids).await;
    }
    tx.commit().await.unwrap();
}

async fn insert<const N: usize>(tx: &DatabaseTransaction, table: &str, cells: [(&str, Value); N]) {
    let names = cells.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let marks = (1..=N).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO {table} ({names}) VALUES ({marks})");
    let values = cells.map(|(_, value)| value);
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    tx.execute_raw(statement).await.unwrap_or_else(|error| panic!("{table}: {error}"));
}

fn now() -> Value {
    sea_orm::prelude::ChronoUtc::now().into()
}

fn json() -> Value {
    sea_orm::JsonValue::Array(Vec::new()).into()
}

fn bytes(fill: u8, length: usize) -> Value {
    vec![fill; length].into()
}

/// The digest of the text of an entry.
fn hash(number: u32) -> Value {
    let mut hash = [9_u8; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash.to_vec().into()
}

async fn project_rows(tx: &DatabaseTransaction, ids: &Ids, version: u32) {
    let tenant: Value = ids.tenant.into();
    insert(tx, "tenants", [("id", tenant.clone()), ("name", "someone".into()), ("created_at", now())]).await;
    let cells = [
        ("id", ids.project.into()),
        ("tenant_id", tenant.clone()),
        ("name", "p".into()),
        ("created_at", now()),
    ];
    insert(tx, "projects", cells).await;
    let cells = [
        ("id", ids.repository.into()),
        ("tenant_id", tenant.clone()),
        ("project_id", ids.project.into()),
        ("source", json()),
        ("created_at", now()),
    ];
    insert(tx, "repositories", cells).await;
    let cells = [
        ("id", ids.branch.into()),
        ("tenant_id", tenant.clone()),
        ("repository_id", ids.repository.into()),
        ("name", "main".into()),
        ("created_at", now()),
    ];
    insert(tx, "branches", cells).await;
    let cells = [
        ("id", ids.sync.into()),
        ("tenant_id", tenant.clone()),
        ("branch_id", ids.branch.into()),
        ("kind", "sync".into()),
        ("trigger", "cli".into()),
        ("status", "completed".into()),
        ("seq", 1_i64.into()),
        ("commit_id", bytes(1, 20)),
        ("tree_id", bytes(2, 20)),
        ("commit_summary", "first".into()),
        ("created_at", now()),
        ("finished_at", now()),
    ];
    if version < 3 {
        insert(tx, "project_syncs", cells).await;
    } else {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = cells;
        let more = [("project_id", ids.project.into()), ("ordinal", 1_i64.into())];
        let [m, n] = more;
        insert(tx, "project_syncs", [a, b, c, d, e, f, g, h, i, j, k, l, m, n]).await;
    }
    let sql = "UPDATE branches SET head_seq = 1, head_sync_id = $1";
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [ids.sync.into()]))
        .await
        .unwrap();
    let cells = [
        ("tenant_id", tenant),
        ("sync_id", ids.sync.into()),
        ("seq", 1_i64.into()),
        ("at", now()),
        ("payload", json()),
    ];
    insert(tx, "sync_events", cells).await;
}

async fn content(tx: &DatabaseTransaction, ids: &Ids) {
    let tenant: Value = ids.tenant.into();
    let blob = bytes(3, 20);
    insert(tx, "file_blobs", [("tenant_id", tenant.clone()), ("id", blob.clone()), ("size", 5_i64.into())])
        .await;
    let cells = [
        ("tenant_id", tenant.clone()),
        ("blob_id", blob.clone()),
        ("kind", "text".into()),
        ("content", bytes(4, 5)),
    ];
    insert(tx, "blob_contents", cells).await;
    let cells = [
        ("tenant_id", tenant.clone()),
        ("branch_id", ids.branch.into()),
        ("path", bytes(b'a', 1)),
        ("path_hash", bytes(5, 16)),
        ("dir_hash", bytes(6, 16)),
        ("mode", 33188_i32.into()),
        ("blob_id", blob),
        ("valid_from", 1_i64.into()),
    ];
    insert(tx, "repository_files", cells).await;
    let cells = [
        ("tenant_id", tenant),
        ("branch_id", ids.branch.into()),
        ("path", bytes(0, 0)),
        ("path_hash", bytes(6, 16)),
        ("tree_id", bytes(2, 20)),
        ("valid_from", 1_i64.into()),
    ];
    insert(tx, "repository_trees", cells).await;
}

async fn memory(tx: &DatabaseTransaction, ids: &Ids) {
    for number in 0..EMBEDDINGS {
        let body = format!("what entry {number} says");
        let cells = [("tenant_id", ids.tenant.into()), ("hash", hash(number)), ("body", body.into())];
        insert(tx, "memory_contents", cells).await;
        let cells = [
            ("tenant_id", ids.tenant.into()),
            ("branch_id", ids.branch.into()),
            ("kind", "letter".into()),
            ("entry_key", format!("letter {number}").into()),
            ("key_hash", hash(number)),
            ("path", bytes(b'a', 1)),
            ("path_hash", bytes(5, 16)),
            ("title", "a letter".into()),
            ("heading_path", json()),
            ("content_hash", hash(number)),
            ("valid_from", 1_i64.into()),
        ];
        insert(tx, "memory_entries", cells).await;
    }
}

async fn queue(tx: &DatabaseTransaction, ids: &Ids) {
    let cells = [
        ("id", Uuid::now_v7().into()),
        ("tenant_id", ids.tenant.into()),
        ("sync_id", ids.sync.into()),
        ("code", "unreachable".into()),
        ("message", "m".into()),
        ("attempts", 1_i32.into()),
        ("created_at", now()),
    ];
    insert(tx, "dead_jobs", cells).await;
    let cells = [
        ("id", Uuid::now_v7().into()),
        ("tenant_id", ids.tenant.into()),
        ("project_id", ids.project.into()),
        ("created_at", now()),
    ];
    insert(tx, "queue_pauses", cells).await;
    let cells = [
        ("tenant_id", ids.tenant.into()),
        ("key", "k".into()),
        ("request_digest", bytes(7, 32)),
        ("created_at", now()),
    ];
    insert(tx, "idempotency_keys", cells).await;
}

async fn identity(tx: &DatabaseTransaction, ids: &Ids) {
    let tenant: Value = ids.tenant.into();
    insert(tx, "users", [("id", ids.user.into()), ("name", "u".into()), ("created_at", now())]).await;
    let cells = [
        ("tenant_id", tenant.clone()),
        ("user_id", ids.user.into()),
        ("role", "owner".into()),
        ("created_at", now()),
    ];
    insert(tx, "memberships", cells).await;
    let cells = [
        ("id", Uuid::now_v7().into()),
        ("tenant_id", tenant.clone()),
        ("name", "t".into()),
        ("hash", bytes(1, 32)),
        ("hint", "ps_1".into()),
        ("scopes", json()),
        ("created_at", now()),
    ];
    insert(tx, "api_tokens", cells).await;
    let cells = [
        ("id", Uuid::now_v7().into()),
        ("tenant_id", tenant.clone()),
        ("user_id", ids.user.into()),
        ("hash", bytes(2, 32)),
        ("created_at", now()),
        ("last_used_at", now()),
        ("expires_at", now()),
    ];
    insert(tx, "sessions", cells).await;
    let cells = [
        ("id", Uuid::now_v7().into()),
        ("tenant_id", tenant.clone()),
        ("at", now()),
        ("actor_kind", "user".into()),
        ("actor_name", "u".into()),
        ("action", "setup".into()),
        ("detail", json()),
    ];
    insert(tx, "audit_log", cells).await;
    let cells = [
        ("tenant_id", tenant),
        ("project_id", ids.project.into()),
        ("kind", "token".into()),
        ("hint", "h".into()),
        ("key_id", "k".into()),
        ("sealed", bytes(8, 64)),
        ("created_at", now()),
        ("updated_at", now()),
    ];
    insert(tx, "project_credentials", cells).await;
}

async fn embeddings(tx: &DatabaseTransaction, ids: &Ids) {
    for number in 0..EMBEDDINGS {
        let vector: Vec<u8> =
            (0..DIMENSIONS).flat_map(|index| ((number + index) as f32 / 7.0).to_le_bytes()).collect();
        let cells = [
            ("tenant_id", ids.tenant.into()),
            ("content_hash", hash(number)),
            ("model", "text-embedding".into()),
            ("dimensions", i32::try_from(DIMENSIONS).unwrap().into()),
            ("vector", vector.into()),
            ("created_at", now()),
        ];
        insert(tx, "embeddings", cells).await;
    }
}
