//! What a foreign tool must get past: the database itself refuses.

use project_sync_migration::roles;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use testkit::{database::TestDatabase, on_each_database};

use crate::{rows, scene};

/// Statements of a tool that means no harm and knows nothing of us, as the owner of everything.
const POSTGRES: [&str; 13] = [
    "ALTER TABLE embeddings DROP COLUMN created_at",
    "ALTER TABLE embeddings DROP COLUMN vector",
    "ALTER TABLE embeddings ALTER COLUMN vector TYPE TEXT USING NULL",
    "DROP TABLE embeddings",
    "TRUNCATE embeddings",
    "TRUNCATE tenants CASCADE",
    "DELETE FROM embeddings",
    "DELETE FROM memory_entries WHERE valid_from = 1",
    "WITH gone AS (DELETE FROM repository_files RETURNING 1) SELECT * FROM gone",
    "ALTER TABLE embeddings ALTER COLUMN vector DROP NOT NULL; UPDATE embeddings SET vector = NULL",
    "ALTER TABLE project_syncs DROP COLUMN commit_id",
    "ALTER TABLE memory_contents DROP COLUMN body",
    "DELETE FROM project_syncs",
];

/// How the guards of the schema refuse.
const BY_GUARD: [&str; 6] = [
    "was not announced",
    "other objects depend on it",
    "used by a view",
    "used in a trigger",
    "cannot be replaced by nothing",
    "cannot truncate a table referenced",
];

/// What only the event triggers of a superuser refuse.
const BY_WATCH: [&str; 8] = [
    "ALTER TABLE embeddings DROP COLUMN vector CASCADE",
    "DROP TABLE embeddings CASCADE",
    "DROP SCHEMA public CASCADE",
    "DROP SCHEMA project_sync_guard CASCADE",
    "DROP VIEW project_sync_guard.embeddings",
    "ALTER TABLE api_tokens DROP COLUMN hint",
    "DROP TABLE audit_log",
    "ALTER TABLE audit_log ALTER COLUMN address TYPE BYTEA USING NULL",
];

const SQLITE: [&str; 6] = [
    "ALTER TABLE memory_entries DROP COLUMN title",
    "ALTER TABLE embeddings DROP COLUMN created_at",
    "ALTER TABLE project_syncs DROP COLUMN commit_summary",
    "DELETE FROM embeddings",
    "DELETE FROM memory_entries WHERE valid_from = 1",
    "DELETE FROM project_syncs",
];

/// Tries the statements: each is refused, with one of these words.
async fn refused(db: &DatabaseConnection, statements: &[&str], words: &[&str]) {
    let before = scene::all(db).await;
    for sql in statements {
        let error = db.execute_unprepared(sql).await.expect_err(sql).to_string();
        assert!(words.iter().any(|word| error.contains(word)), "{sql}: refused for another reason: {error}");
        assert_eq!(scene::all(db).await, before, "{sql}");
    }
}

on_each_database! {
    /// A foreign tool that drops, changes, empties or deletes is refused, and nothing is different afterwards.
    async fn foreign_statements_are_refused(db: TestDatabase) {
        rows::fill(db.connection(), 9).await;
        match db.backend() {
            DbBackend::Sqlite => refused(db.connection(), &SQLITE, &["was not announced", "error in view"]).await,
            _ => refused(db.connection(), &POSTGRES, &BY_GUARD).await,
        }
    }
}

/// The story itself: as the role of the service, `DROP COLUMN` fails, since the table is not its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_owns_nothing() {
    let db = TestDatabase::postgres().await;
    rows::fill(db.connection(), 9).await;
    let before = scene::all(db.connection()).await;
    let service = entities::connect(db.url(), &Default::default()).await.unwrap();
    for sql in [
        "ALTER TABLE embeddings DROP COLUMN vector",
        "ALTER TABLE embeddings DROP COLUMN vector CASCADE",
        "DROP VIEW project_sync_guard.embeddings",
        "ALTER TABLE embeddings DISABLE TRIGGER ALL",
        "TRUNCATE embeddings",
        "DELETE FROM schema_history",
    ] {
        let error = service.pool().execute_unprepared(sql).await.expect_err(sql).to_string();
        assert!(error.contains("must be owner of") || error.contains("permission denied"), "{sql}: {error}");
        assert_eq!(scene::all(db.connection()).await, before, "{sql}");
    }
}

/// With the superuser's part of the roles in place, not even CASCADE or removing the guards helps, whoever asks; and the
/// part can be set up again and again.
#[tokio::test(flavor = "multi_thread")]
async fn event_triggers_refuse_even_a_superuser() {
    let db = TestDatabase::postgres().await;
    rows::fill(db.connection(), 9).await;
    for _ in 0..2 {
        roles::apply(db.connection()).await.unwrap();
    }
    refused(db.connection(), &BY_WATCH, &["is protected", "rewriting the values"]).await;
    refused(db.connection(), &POSTGRES, &BY_GUARD).await;
    // The engine itself still may, and what it makes passes to the owner.
    let list = scene::with_one_more(db.backend(), "CREATE TABLE more (id INT)");
    project_sync_migration::with::up(db.connection(), &list, &Default::default()).await.unwrap();
    assert_eq!(owner(db.connection(), "more").await, "project_sync_owner");
    for table in scene::columns(db.connection()).await.keys() {
        assert_eq!(owner(db.connection(), table).await, "project_sync_owner", "{table}");
    }
}

/// A database that one role made is handed over to the owner, and from then on the migrator's login suffices: no
/// superuser, member of the owner, sees all rows.
#[tokio::test(flavor = "multi_thread")]
async fn the_migrator_needs_no_more_than_its_roles() {
    let db = TestDatabase::postgres().await;
    let admin = scene::at_version(&db, 4).await;
    rows::fill(&admin, 4).await;
    scene::as_earlier_release(&admin, 4).await;
    let columns = scene::columns(&admin).await;
    let before = scene::everything(&admin, &columns).await.unwrap();
    let login = format!("migrator_{}", uuid::Uuid::now_v7().simple());
    roles::apply(&admin).await.unwrap();
    let sql = format!("CREATE ROLE {login} LOGIN BYPASSRLS IN ROLE project_sync_owner");
    admin.execute_unprepared(&sql).await.unwrap();
    let url = db.url().replace("project_sync_test@", &format!("{login}@"));
    assert_ne!(url, db.url());
    let migrator = entities::connect(&url, &Default::default()).await.unwrap();
    project_sync_migration::up(migrator.pool()).await.unwrap();
    assert_eq!(scene::everything(&admin, &columns).await.unwrap(), before);
    for table in scene::columns(&admin).await.keys().map(String::as_str).chain(["schema_history"]) {
        assert_eq!(owner(&admin, table).await, "project_sync_owner", "{table}");
    }
    let list = scene::with_one_more(db.backend(), "ALTER TABLE embeddings DROP COLUMN model");
    let lost = project_sync_migration::with::up(migrator.pool(), &list, &Default::default()).await;
    assert!(lost.unwrap_err().to_string().contains("embeddings.model"));
    // Without the right to see all rows the guard would be blind, and says so.
    admin.execute_unprepared(&format!("ALTER ROLE {login} NOBYPASSRLS")).await.unwrap();
    migrator.close().await.unwrap();
    let migrator = entities::connect(&url, &Default::default()).await.unwrap();
    let list = scene::with_one_more(db.backend(), "CREATE TABLE more (id INT)");
    let blind = project_sync_migration::with::up(migrator.pool(), &list, &Default::default()).await;
    assert!(blind.unwrap_err().to_string().contains("row-level security"));
    migrator.close().await.unwrap();
    admin.execute_unprepared(&format!("DROP ROLE {login}")).await.unwrap();
}

async fn owner(db: &DatabaseConnection, table: &str) -> String {
    let sql = format!("SELECT tableowner::text AS owner FROM pg_tables WHERE tablename = '{table}'");
    let row =
        db.query_one_raw(sea_orm::Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    row.try_get("", "owner").unwrap()
}

/// A permit that is left behind cannot be committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_permit_ends_with_its_transaction() {
    let db = TestDatabase::sqlite().await;
    let error = db.connection().execute_unprepared("INSERT INTO deletion_permits (id) VALUES (1)").await;
    assert!(error.unwrap_err().to_string().contains("FOREIGN KEY"));
}
