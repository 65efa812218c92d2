//! The story, replayed: ten ways to lose 382 embeddings, and none works.

use project_sync_migration::{AllowedLoss, MigrateError, Options, with};
use sea_orm::DbBackend;
use testkit::{database::TestDatabase, on_each_database};

use crate::{rows, scene};

/// Ways that are tried as a migration: what it is called, for Postgres, for SQLite. One that a database does not know
/// is empty there. The tenth way, a foreign statement, is in `guards`.
const WAYS: [(&str, &str, &str); 11] = [
    (
        "the column is dropped",
        "ALTER TABLE embeddings DROP COLUMN vector",
        "ALTER TABLE embeddings DROP COLUMN vector",
    ),
    ("the type is changed", "ALTER TABLE embeddings ALTER COLUMN vector TYPE TEXT USING NULL", ""),
    (
        "the table is built again",
        "CREATE TABLE other (tenant_id UUID, vector BYTEA); INSERT INTO other SELECT tenant_id, NULL FROM embeddings; \
         DROP TABLE embeddings; ALTER TABLE other RENAME TO embeddings",
        "CREATE TABLE other (tenant_id BLOB, vector BLOB); INSERT INTO other SELECT tenant_id, NULL FROM embeddings; \
         DROP TABLE embeddings; ALTER TABLE other RENAME TO embeddings",
    ),
    ("the table is truncated", "TRUNCATE embeddings", "DELETE FROM embeddings"),
    (
        "a table that it depends on is dropped",
        "DROP TABLE memory_contents CASCADE",
        "DROP TABLE memory_contents",
    ),
    (
        "the values are set to nothing",
        "ALTER TABLE embeddings ALTER COLUMN vector DROP NOT NULL; UPDATE embeddings SET vector = NULL",
        "UPDATE embeddings SET vector = zeroblob(6144)",
    ),
    (
        "the column is renamed and another one added",
        "ALTER TABLE embeddings RENAME COLUMN vector TO vector_old; ALTER TABLE embeddings ADD COLUMN vector BYTEA",
        "ALTER TABLE embeddings RENAME COLUMN vector TO vector_old; ALTER TABLE embeddings ADD COLUMN vector BLOB",
    ),
    (
        "the transaction is ended first",
        "CREATE TABLE harmless (id INT); COMMIT; ALTER TABLE embeddings DROP COLUMN vector",
        "CREATE TABLE harmless (id INT); COMMIT; ALTER TABLE embeddings DROP COLUMN vector",
    ),
    (
        "it is done by code that is not looked into",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE embeddings DROP' || ' COLUMN vector'; END $$",
        "PRAGMA writable_schema = ON",
    ),
    (
        "a foreign key deletes them along with something else",
        "ALTER TABLE embeddings ADD CONSTRAINT also FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE",
        "CREATE TABLE other (id BLOB REFERENCES embeddings (model) ON DELETE SET NULL)",
    ),
    (
        "a trigger does it",
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN TRUNCATE embeddings; RETURN NULL; END $$",
        "CREATE TRIGGER lose AFTER UPDATE ON projects BEGIN DELETE FROM embeddings; END",
    ),
];

/// Ways that the plan cannot see through: the guard does. A function that changes rows is called for each row of another
/// table; a trigger adds rows to a table that is there.
const UNSEEN: (&str, &str) = (
    "CREATE FUNCTION lose() RETURNS INT LANGUAGE sql AS \
     'UPDATE embeddings SET vector = decode(repeat(''00'', 6144), ''hex''); SELECT 1'; \
     ALTER TABLE projects ADD COLUMN more INT DEFAULT lose()",
    "ALTER TABLE tenants ADD COLUMN more INT; \
     CREATE TRIGGER lose AFTER UPDATE ON tenants BEGIN \
         INSERT INTO file_blobs (tenant_id, id, size) VALUES (new.id, zeroblob(20), 1); END; \
     UPDATE tenants SET more = 1",
);

fn of(backend: DbBackend, (postgres, sqlite): (&'static str, &'static str)) -> &'static str {
    if backend == DbBackend::Sqlite { sqlite } else { postgres }
}

on_each_database! {
    /// Whatever is tried as a migration is refused, and nothing is different afterwards.
    async fn no_migration_loses_anything(db: TestDatabase) {
        rows::fill(db.connection(), 9).await;
        let before = scene::all(db.connection()).await;
        assert_eq!(before["embeddings"].len(), 382);
        for (way, postgres, sqlite) in WAYS {
            let sql = of(db.backend(), (postgres, sqlite));
            if sql.is_empty() {
                continue;
            }
            let list = scene::with_one_more(db.backend(), sql);
            let error = with::up(db.connection(), &list, &Options::default()).await.expect_err(way);
            let by_plan = matches!(error, MigrateError::Refused(_) | MigrateError::Loss(_));
            assert!(by_plan, "{way}: refused for another reason: {error}");
            assert_eq!(scene::all(db.connection()).await, before, "{way}");
        }
    }

    /// What the plan takes for harmless and is not, the guard takes back.
    async fn the_guard_does_not_believe_the_plan(db: TestDatabase) {
        rows::fill(db.connection(), 9).await;
        let before = scene::all(db.connection()).await;
        let list = scene::with_one_more(db.backend(), of(db.backend(), UNSEEN));
        let error = with::up(db.connection(), &list, &Options::default()).await.unwrap_err();
        let MigrateError::Loss(losses) = &error else { panic!("{error}") };
        let table = if db.backend() == DbBackend::Sqlite { "file_blobs" } else { "embeddings" };
        assert!(losses.iter().all(|loss| loss.table == table) && !losses.is_empty(), "{error}");
        assert_eq!(scene::all(db.connection()).await, before);
    }

    /// A loss that is meant is named with its exact number, and no other number will do.
    async fn a_loss_is_allowed_exactly_or_not_at_all(db: TestDatabase) {
        rows::fill(db.connection(), 9).await;
        let before = scene::all(db.connection()).await;
        let list = scene::with_one_more(db.backend(), drop_summary(&db));
        for (given, why) in [
            (vec![], "nothing is allowed"),
            (vec![allowed("commit_summary", 2)], "too many are allowed"),
            (vec![allowed("commit_summary", 0)], "too few are allowed"),
            (vec![allowed("phase", 1)], "another column is allowed"),
        ] {
            let options = Options { allow_loss: given, ..Options::default() };
            let error = with::up(db.connection(), &list, &options).await.expect_err(why);
            let MigrateError::Loss(losses) = &error else { panic!("{why}: {error}") };
            assert!(losses[0].to_string().contains("--allow-loss 'project_syncs.commit_summary=1'"), "{error}");
            assert_eq!(scene::all(db.connection()).await, before, "{why}");
        }
        let too_much = vec![allowed("commit_summary", 1), allowed("phase", 1)];
        let options = Options { allow_loss: too_much, ..Options::default() };
        let error = with::up(db.connection(), &list, &options).await.unwrap_err();
        assert!(matches!(error, MigrateError::NotLost(_)), "{error}");
        assert_eq!(scene::all(db.connection()).await, before);

        let exact = Options { allow_loss: vec![allowed("commit_summary", 1)], ..Options::default() };
        let dry = Options { dry_run: true, ..exact.clone() };
        let outcome = with::up(db.connection(), &list, &dry).await.unwrap();
        assert!(outcome.dry_run && outcome.losses.len() == 1, "{outcome:?}");
        assert_eq!(scene::all(db.connection()).await, before, "a dry run changes nothing");
        let outcome = with::up(db.connection(), &list, &exact).await.unwrap();
        assert_eq!(outcome.losses.len(), 1);
        let columns = scene::columns(db.connection()).await;
        assert!(!columns["project_syncs"].contains(&"commit_summary".to_owned()));
        assert_eq!(scene::everything(db.connection(), &columns).await.unwrap()["embeddings"], before["embeddings"]);
    }

    /// A column that holds nothing may go, and what a migration made itself it may fill.
    async fn what_holds_nothing_may_go(db: TestDatabase) {
        let list = scene::with_one_more(db.backend(), drop_summary(&db));
        with::up(db.connection(), &list, &Options::default()).await.unwrap();
    }
}

fn allowed(column: &str, count: u64) -> AllowedLoss {
    AllowedLoss { table: "project_syncs".into(), column: column.into(), count }
}

/// A migration that removes a protected column with its anchor, and makes the anchor anew without it.
fn drop_summary(db: &TestDatabase) -> &'static str {
    let ways = (
        "DROP VIEW project_sync_guard.project_syncs; ALTER TABLE project_syncs DROP COLUMN commit_summary; \
         CREATE VIEW project_sync_guard.project_syncs WITH (security_invoker = true) AS SELECT id FROM project_syncs",
        "DROP VIEW project_sync_guard_project_syncs; ALTER TABLE project_syncs DROP COLUMN commit_summary; \
         CREATE VIEW project_sync_guard_project_syncs AS SELECT id FROM project_syncs",
    );
    of(db.backend(), ways)
}
