//! The floor of an import: the same rows in plain batched SQL, without anything else.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait, Value};

/// Rows in one INSERT.
const ROWS: usize = 500;

/// A table, its columns, and how its values are read back.
const TABLES: [(&str, &[(&str, Kind)]); 10] = [
    ("tenants", &[("id", Kind::Blob), ("name", Kind::Text), ("created_at", Kind::Text)]),
    (
        "projects",
        &[("id", Kind::Blob), ("tenant_id", Kind::Blob), ("name", Kind::Text), ("created_at", Kind::Text)],
    ),
    (
        "repositories",
        &[
            ("id", Kind::Blob),
            ("tenant_id", Kind::Blob),
            ("project_id", Kind::Blob),
            ("source", Kind::Text),
            ("created_at", Kind::Text),
        ],
    ),
    (
        "branches",
        &[
            ("id", Kind::Blob),
            ("tenant_id", Kind::Blob),
            ("repository_id", Kind::Blob),
            ("name", Kind::Text),
            ("created_at", Kind::Text),
        ],
    ),
    ("file_blobs", &[("tenant_id", Kind::Blob), ("id", Kind::Blob), ("size", Kind::Integer)]),
    (
        "blob_contents",
        &[("tenant_id", Kind::Blob), ("blob_id", Kind::Blob), ("kind", Kind::Text), ("content", Kind::Blob)],
    ),
    (
        "repository_files",
        &[
            ("tenant_id", Kind::Blob),
            ("branch_id", Kind::Blob),
            ("path", Kind::Blob),
            ("path_hash", Kind::Blob),
            ("dir_hash", Kind::Blob),
            ("mode", Kind::Integer),
            ("blob_id", Kind::Blob),
            ("valid_from", Kind::Integer),
        ],
    ),
    (
        "repository_trees",
        &[
            ("tenant_id", Kind::Blob),
            ("branch_id", Kind::Blob),
            ("path", Kind::Blob),
            ("path_hash", Kind::Blob),
            ("dir_hash", Kind::Blob),
            ("tree_id", Kind::Blob),
            ("valid_from", Kind::Integer),
        ],
    ),
    ("memory_contents", &[("tenant_id", Kind::Blob), ("hash", Kind::Blob), ("body", Kind::Text)]),
    (
        "memory_entries",
        &[
            ("tenant_id", Kind::Blob),
            ("branch_id", Kind::Blob),
            ("kind", Kind::Text),
            ("entry_key", Kind::Text),
            ("key_hash", Kind::Blob),
            ("path", Kind::Blob),
            ("path_hash", Kind::Blob),
            ("title", Kind::Text),
            ("heading_path", Kind::Text),
            ("content_hash", Kind::Blob),
            ("valid_from", Kind::Integer),
        ],
    ),
];

#[derive(Clone, Copy)]
enum Kind {
    Blob,
    Text,
    Integer,
}

/// Reads all rows of one database and measures how long it takes to insert them into an empty one of the same schema.
pub async fn insert_same_rows(from: &Path, into: &Path) -> Duration {
    let source = open(from).await;
    let mut tables = Vec::new();
    for (table, columns) in TABLES {
        tables.push((table, columns, read(&source, table, columns).await));
    }
    let target = open(into).await;
    migration::up(&target).await.unwrap();
    let begin = Instant::now();
    let transaction = target.begin().await.unwrap();
    for (table, columns, rows) in tables {
        for chunk in rows.chunks(ROWS) {
            let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let row = format!("({})", vec!["?"; columns.len()].join(", "));
            let sql = format!("INSERT INTO {table} ({names}) VALUES {}", vec![row; chunk.len()].join(", "));
            let values = chunk.iter().flatten().cloned();
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
            transaction.execute_raw(statement).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
    begin.elapsed()
}

async fn open(path: &Path) -> DatabaseConnection {
    let url = format!("sqlite:{}", path.display());
    entities::connect(&url, &Default::default()).await.unwrap().pool().clone()
}

async fn read(db: &DatabaseConnection, table: &str, columns: &[(&str, Kind)]) -> Vec<Vec<Value>> {
    let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let statement = Statement::from_string(DbBackend::Sqlite, format!("SELECT {names} FROM {table}"));
    let rows = db.query_all_raw(statement).await.unwrap();
    let value = |row: &sea_orm::QueryResult, (name, kind): &(&str, Kind)| match kind {
        Kind::Blob => row.try_get::<Option<Vec<u8>>>("", name).unwrap().into(),
        Kind::Text => row.try_get::<Option<String>>("", name).unwrap().into(),
        Kind::Integer => row.try_get::<Option<i64>>("", name).unwrap().into(),
    };
    rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect()).collect()
}
