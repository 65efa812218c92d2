//! How migrations are applied: in order, once, by one at a time, as they are written.

use std::time::Duration;

use project_sync_migration::{
    MigrateError, Options, State, migrations, pending, pending_of,
    plan::{Direction, Verdict, plan},
    status, status_of, up, with,
};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use testkit::{database::TestDatabase, on_each_database};

use crate::{rows, scene};

/// Our own migrations are understood, each statement of them, in both directions.
#[test]
fn every_statement_of_ours_is_understood() {
    for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
        for migration in migrations(backend) {
            for direction in [Direction::Up, Direction::Down] {
                let accounts = plan(&migration, backend, direction);
                assert!(!accounts.is_empty());
                for account in accounts {
                    let title = migration.title();
                    assert!(
                        !matches!(account.verdict, Verdict::Refused(_)),
                        "{backend:?} {title}: {account:?}"
                    );
                    assert!(!account.does.is_empty(), "{title}: {account:?}");
                    let takes = matches!(account.verdict, Verdict::Takes(_));
                    assert!(!(takes && direction == Direction::Up), "{title}: {account:?}");
                }
            }
        }
    }
}

/// The account says which lock a statement takes, and on which table.
#[test]
fn locks_are_told() {
    let list = scene::with_one_more(
        DbBackend::Postgres,
        "ALTER TABLE projects ADD COLUMN a INT;\nCREATE INDEX i ON public.\"projects\" (a);\n\
         ALTER TABLE projects ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES tenants (id);",
    );
    let accounts = plan(list.last().unwrap(), DbBackend::Postgres, Direction::Up);
    let told: Vec<(usize, Vec<String>)> = accounts
        .iter()
        .map(|account| (account.line, account.locks.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(told[0], (1, vec!["ACCESS EXCLUSIVE on projects (stops everybody)".to_owned()]));
    assert_eq!(told[1], (2, vec!["SHARE on projects (stops writers)".to_owned()]));
    let both = ["projects", "tenants"].map(|table| format!("SHARE ROW EXCLUSIVE on {table} (stops writers)"));
    assert_eq!(told[2], (3, both.to_vec()));
}

/// Statements that are none of ours are refused, each for its reason, however they are spelt.
#[test]
fn the_plan_refuses_what_it_does_not_know() {
    let both = [
        "COMMIT",
        "rollback",
        "/* x */ BEGIN",
        "SAVEPOINT a",
        "VACUUM",
        "DELETE FROM idempotency_keys",
        "DROP TABLE \"embeddings",
        "ALTER TABLE embeddings RENAME TO gone",
        "INSERT INTO embeddings SELECT * FROM embeddings",
        "CREATE TABLE IF NOT EXISTS embeddings (a INT); UPDATE embeddings SET vector = NULL",
        "CREATE TEMP TABLE embeddings (a INT)",
        "UPDATE embeddings SET (vector) = (SELECT 1)",
        "SELECT 1",
    ];
    let postgres = [
        "TRUNCATE embeddings",
        "CALL p()",
        "ALTER TYPE t ADD VALUE 'x'",
        "SET LOCAL session_replication_role = replica",
        "SET ROLE postgres",
        "COPY embeddings FROM PROGRAM 'x'",
        "WITH gone AS (DELETE FROM embeddings RETURNING 1) INSERT INTO idempotency_keys SELECT 1 FROM gone",
        "ALTER TABLE embeddings DISABLE TRIGGER ALL",
        "ALTER TABLE embeddings DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE embeddings OWNER TO somebody",
        "ALTER TABLE embeddings SET UNLOGGED",
        "DROP VIEW project_sync_guard.embeddings",
        "DROP TRIGGER project_sync_guard_delete ON embeddings",
        "DROP FUNCTION project_sync_guard.refuse_deletion() CASCADE",
        "DROP SCHEMA project_sync_guard",
        "CREATE INDEX CONCURRENTLY i ON embeddings (model)",
        "CREATE TABLE t (a XML DEFAULT query_to_xml('TRUNCATE embeddings', true, true, ''))",
        "CREATE FUNCTION f() RETURNS INT LANGUAGE c AS 'x', 'y'",
        "CREATE FUNCTION f() RETURNS VOID LANGUAGE plpgsql AS $x$ BEGIN EXECUTE 'DROP TABLE embeddings'; END $x$",
        "CREATE RULE r AS ON INSERT TO projects DO ALSO DELETE FROM embeddings",
        "ALTER TABLE embeddings ALTER COLUMN vector SET DATA TYPE TEXT",
        "CREATE OR REPLACE FUNCTION project_sync_guard.refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RETURN NULL; END $$",
        "CREATE OR REPLACE TRIGGER project_sync_guard_delete AFTER DELETE ON embeddings \
         FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.nothing()",
        "ALTER TABLE embeddings DROP COLUMN U&\"vect\\006Fr\"",
        "SELEC 1",
    ];
    let sqlite = [
        "CREATE TABLE t (a INT); /* /* */ DROP TABLE embeddings; /* */ */",
        "ATTACH 'x' AS y",
        "PRAGMA foreign_keys = ON",
        "REPLACE INTO embeddings SELECT * FROM embeddings",
        "INSERT OR REPLACE INTO idempotency_keys SELECT 1",
        "UPDATE OR REPLACE idempotency_keys SET key = 'x'",
        "DROP VIEW project_sync_guard_embeddings",
        "DROP TRIGGER project_sync_guard_delete_embeddings",
        "CREATE TRIGGER t AFTER INSERT ON projects BEGIN SELECT 1; UPDATE embeddings SET model = 'x'; END",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE e'\\'; DROP TABLE embeddings; --' (a INT)",
        "CREATE TABLE y.t (a INT)",
        "WITH a AS (SELECT 1) DELETE FROM embeddings",
    ];
    let refuses = |backend: DbBackend, sql: &str| {
        let list = scene::with_one_more(backend, sql);
        let accounts = plan(list.last().unwrap(), backend, Direction::Up);
        assert!(
            accounts.iter().any(|account| matches!(account.verdict, Verdict::Refused(_))),
            "{backend:?} runs {sql}: {accounts:?}"
        );
    };
    for sql in both.iter().chain(&postgres) {
        refuses(DbBackend::Postgres, sql);
    }
    for sql in both.iter().chain(&sqlite) {
        refuses(DbBackend::Sqlite, sql);
    }
}

on_each_database! {
    /// A migration that was changed after it was applied, and one that is not known, are refused by whoever looks.
    async fn another_history_is_refused(db: TestDatabase) {
        let connection = db.connection();
        let mut changed = migrations(db.backend());
        changed[2].up.to_mut().push_str("\n-- more");
        let error = with::up(connection, &changed, &Options::default()).await.unwrap_err();
        assert!(matches!(&error, MigrateError::Altered(names) if names == &["0003_events"]), "{error}");
        assert_eq!(status_of(connection, &changed).await.unwrap()[2].state, State::Altered);

        // Line ends are not what a migration says.
        let mut same = migrations(db.backend());
        for one in &mut same {
            one.up = one.up.replace('\n', "\r\n").into();
        }
        assert!(pending_of(connection, &same).await.unwrap().is_empty());

        let newer = scene::with_one_more(db.backend(), "CREATE TABLE more (id INT)");
        with::up(connection, &newer, &Options::default()).await.unwrap();
        for error in [up(connection).await.unwrap_err(), pending(connection).await.unwrap_err()] {
            assert!(matches!(&error, MigrateError::Unknown(names) if names == &["9000_more"]), "{error}");
        }
        assert_eq!(status(connection).await.unwrap().last().unwrap().state, State::Unknown);
    }

    /// The history of an earlier release that is none of ours is left alone.
    async fn a_foreign_earlier_history_is_refused(db: TestDatabase) {
        let db = scene::at_version(&db, 2).await;
        scene::as_earlier_release(&db, 2).await;
        db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m2099_of_somebody', 1)").await.unwrap();
        let error = up(&db).await.unwrap_err();
        assert!(matches!(&error, MigrateError::Unknown(names) if names == &["m2099_of_somebody"]), "{error}");
    }

    /// A dry run does all of it, and nothing is there afterwards.
    async fn a_dry_run_changes_nothing(db: TestDatabase) {
        let db = scene::empty(&db).await;
        let dry = Options { dry_run: true, ..Options::default() };
        let all = migrations(db.get_database_backend());
        let outcome = with::up(&db, &all, &dry).await.unwrap();
        assert_eq!(outcome.migrations.len(), all.len());
        assert!(scene::columns(&db).await.is_empty());
        assert_eq!(pending(&db).await.unwrap().len(), all.len());
        assert_eq!(up(&db).await.unwrap().migrations.len(), all.len());
        assert!(up(&db).await.unwrap().migrations.is_empty());
    }

    /// A statement that fails takes everything before it back.
    async fn half_a_migration_is_none(db: TestDatabase) {
        let sql = "CREATE TABLE one (id INT); CREATE INDEX i ON nowhere (id)";
        let list = scene::with_one_more(db.backend(), sql);
        let before = scene::columns(db.connection()).await;
        let error = with::up(db.connection(), &list, &Options::default()).await.unwrap_err();
        let told = matches!(&error, MigrateError::Statement { statement, .. } if statement.contains("nowhere"));
        assert!(told, "{error}");
        assert_eq!(scene::columns(db.connection()).await, before);
        assert!(pending(db.connection()).await.unwrap().is_empty());
    }

    /// Of two that migrate at once one does it; the other sees that, or is told that somebody else does.
    async fn two_at_once_do_it_once(db: TestDatabase) {
        let db = scene::at_version(&db, 4).await;
        rows::fill(&db, 4).await;
        let count = migrations(db.get_database_backend()).len();
        let (one, other) = tokio::join!(up(&db), up(&db));
        let mut applied = 0;
        for result in [one, other] {
            match result {
                Ok(outcome) => applied += outcome.migrations.len(),
                Err(error) => assert!(error.may_pass(), "{error}"),
            }
        }
        assert_eq!(applied, count - 4);
        assert!(pending(&db).await.unwrap().is_empty());
    }
}

/// Whoever holds a table is not waited for without end, and nothing is changed then.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_waited_for_a_little() {
    let db = TestDatabase::postgres().await;
    let holder = db.connection().begin().await.unwrap();
    holder.execute_unprepared("LOCK TABLE projects IN ROW EXCLUSIVE MODE").await.unwrap();
    let list = scene::with_one_more(db.backend(), "ALTER TABLE projects ADD COLUMN more INT");
    let options = Options { lock_timeout: Duration::from_millis(50), ..Options::default() };
    let error = with::up(db.connection(), &list, &options).await.unwrap_err();
    assert!(matches!(error, MigrateError::Locked { .. }) && error.may_pass(), "{error}");
    holder.rollback().await.unwrap();
    with::up(db.connection(), &list, &options).await.unwrap();
}

/// Who migrates holds a lock of its own; whoever comes meanwhile is told, and does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_migrates_at_a_time() {
    let db = TestDatabase::postgres().await;
    let holder = db.connection().begin().await.unwrap();
    holder.execute_unprepared("SELECT pg_advisory_xact_lock(6447283)").await.unwrap();
    let error = up(db.connection()).await.unwrap_err();
    assert!(matches!(error, MigrateError::Busy) && error.may_pass(), "{error}");
    holder.rollback().await.unwrap();
    up(db.connection()).await.unwrap();
}

/// SQLite's foreign keys are off while a migration runs, so that nothing is deleted by them, and are checked at its end.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_are_checked_in_the_end() {
    let db = TestDatabase::sqlite().await;
    rows::fill(db.connection(), 9).await;
    let before = scene::all(db.connection()).await;
    let sql = "CREATE TABLE child (id BLOB REFERENCES tenants (id)); INSERT INTO child VALUES (x'00')";
    let error = with::up(db.connection(), &scene::with_one_more(db.backend(), sql), &Options::default())
        .await
        .unwrap_err();
    assert!(matches!(&error, MigrateError::Orphans(tables) if tables == &["child"]), "{error}");
    assert_eq!(scene::all(db.connection()).await, before);
}
