//! What the schema itself refuses, whoever writes; that migrations go down and up again.

use std::sync::atomic::{AtomicI64, Ordering};

use project_sync_migration::{AllowedLoss, MigrateError, Options, migrations, up, with};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, SqlErr, Statement};
use testkit::on_each_database;
use uuid::Uuid;

/// A tenant with one project, repository and branch.
struct Rows {
    tenant: Uuid,
    project: Uuid,
    repository: Uuid,
    branch: Uuid,
}

async fn run(
    db: &DatabaseConnection,
    sql: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

fn now() -> sea_orm::Value {
    sea_orm::prelude::ChronoUtc::now().into()
}

async fn rows(db: &DatabaseConnection) -> Rows {
    let [tenant, project, repository, branch] = std::array::from_fn(|_| Uuid::now_v7());
    let json: sea_orm::Value = sea_orm::JsonValue::Object(Default::default()).into();
    run(db, "INSERT INTO tenants VALUES ($1, $2, $3)", [tenant.into(), tenant.to_string().into(), now()])
        .await
        .unwrap();
    let sql = "INSERT INTO projects (id, tenant_id, name, created_at) VALUES ($1, $2, 'p', $3)";
    run(db, sql, [project.into(), tenant.into(), now()]).await.unwrap();
    let sql = "INSERT INTO repositories VALUES ($1, $2, $3, $4, NULL, $5)";
    run(db, sql, [repository.into(), tenant.into(), project.into(), json, now()]).await.unwrap();
    add_branch(db, branch, tenant, repository, "main").await.unwrap();
    Rows { tenant, project, repository, branch }
}

async fn add_branch(
    db: &DatabaseConnection,
    id: Uuid,
    tenant: Uuid,
    repository: Uuid,
    name: &str,
) -> Result<u64, DbErr> {
    let sql =
        "INSERT INTO branches (id, tenant_id, repository_id, name, created_at) VALUES ($1, $2, $3, $4, $5)";
    run(db, sql, [id.into(), tenant.into(), repository.into(), name.into(), now()]).await
}

/// Adds a sync in a state that the schema allows for its status, unless `seq` and `previous` do not fit.
async fn add_sync(
    db: &DatabaseConnection,
    rows: &Rows,
    status: &str,
    seq: Option<i64>,
    previous: Option<Uuid>,
) -> Result<Uuid, DbErr> {
    let id = Uuid::now_v7();
    let moment = |wanted: bool| wanted.then(sea_orm::prelude::ChronoUtc::now);
    let object = (status == "completed").then(|| vec![1_u8; 20]);
    let sql = "INSERT INTO project_syncs (id, tenant_id, branch_id, kind, \"trigger\", status, seq, previous_sync_id, \
               commit_id, tree_id, lease_until, finished_at, error_code, created_at, project_id, ordinal) \
               VALUES ($1, $2, $3, 'sync', 'cli', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let values = [
        id.into(),
        rows.tenant.into(),
        rows.branch.into(),
        status.into(),
        seq.into(),
        previous.into(),
        object.clone().into(),
        object.into(),
        moment(status == "running").into(),
        moment(["completed", "failed", "cancelled"].contains(&status)).into(),
        (status == "failed").then_some("why").into(),
        now(),
        rows.project.into(),
        NEXT_ORDINAL.fetch_add(1, Ordering::Relaxed).into(),
    ];
    run(db, sql, values).await.map(|_| id)
}

/// No two syncs of a test have one ordinal.
static NEXT_ORDINAL: AtomicI64 = AtomicI64::new(1);

/// A sync that has ended, as the schema before events had it: asked for at this second of the epoch.
async fn add_old_sync(db: &DatabaseConnection, rows: &Rows, second: i64) -> Uuid {
    let id = Uuid::now_v7();
    let at: sea_orm::Value = sea_orm::prelude::DateTimeUtc::from_timestamp(second, 0).into();
    let sql = "INSERT INTO project_syncs (id, tenant_id, branch_id, kind, \"trigger\", status, finished_at, created_at) \
               VALUES ($1, $2, $3, 'sync', 'cli', 'cancelled', $4, $4)";
    run(db, sql, [id.into(), rows.tenant.into(), rows.branch.into(), at]).await.unwrap();
    id
}

/// The numbers that a query gives.
async fn numbers(
    db: &DatabaseConnection,
    sql: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Vec<i64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, DbErr>, what: &str) {
    let error = result.expect_err(what);
    let kind = error.sql_err();
    let text = error.to_string().to_lowercase();
    let by_constraint =
        matches!(kind, Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_)))
            || text.contains("check constraint");
    assert!(by_constraint, "{what}: refused for another reason: {error}");
}

on_each_database! {
    /// One root, one chain, no forks; only completed syncs are links.
    async fn chains_are_linear(db: TestDatabase) {
        let db = db.connection();
        let rows = rows(db).await;
        let one = add_sync(db, &rows, "completed", Some(1), None).await.unwrap();
        assert_refused(add_sync(db, &rows, "completed", Some(1), None).await, "a second root");
        let two = add_sync(db, &rows, "completed", Some(2), Some(one)).await.unwrap();
        assert_refused(add_sync(db, &rows, "completed", Some(3), Some(one)).await, "a fork");
        assert_refused(add_sync(db, &rows, "completed", Some(2), Some(two)).await, "a number twice");
        assert_refused(add_sync(db, &rows, "completed", Some(3), None).await, "a link without a predecessor");
        assert_refused(add_sync(db, &rows, "failed", None, Some(two)).await, "a failed sync that holds a link");
        assert_refused(add_sync(db, &rows, "failed", Some(3), Some(two)).await, "a failed sync with a number");
        let other = Rows { branch: Uuid::now_v7(), ..rows };
        add_branch(db, other.branch, other.tenant, other.repository, "other").await.unwrap();
        assert_refused(add_sync(db, &other, "completed", Some(2), Some(two)).await, "a chain across branches");
    }

    /// A branch runs one sync, and one more waits at most.
    async fn one_runs_and_one_waits(db: TestDatabase) {
        let db = db.connection();
        let rows = rows(db).await;
        add_sync(db, &rows, "running", None, None).await.unwrap();
        assert_refused(add_sync(db, &rows, "running", None, None).await, "two running");
        add_sync(db, &rows, "pending", None, None).await.unwrap();
        assert_refused(add_sync(db, &rows, "pending", None, None).await, "two pending");
        add_sync(db, &rows, "failed", None, None).await.unwrap();
        add_sync(db, &rows, "failed", None, None).await.unwrap();
    }

    /// No row points into another tenant.
    async fn tenants_are_apart(db: TestDatabase) {
        let db = db.connection();
        let (mine, theirs) = (rows(db).await, rows(db).await);
        let branch = Uuid::now_v7();
        assert_refused(add_branch(db, branch, mine.tenant, theirs.repository, "x").await, "a branch of theirs");
        let mixed = Rows { tenant: mine.tenant, ..theirs };
        assert_refused(add_sync(db, &mixed, "pending", None, None).await, "a sync of their branch");
    }

    /// A path is open once; a closed row ends after it began; content must be known.
    async fn files_are_guarded(db: TestDatabase) {
        let db = db.connection();
        let rows = rows(db).await;
        let blob = vec![7_u8; 20];
        run(db, "INSERT INTO file_blobs VALUES ($1, $2, 5)", [rows.tenant.into(), blob.clone().into()]).await.unwrap();
        let add = async |path: &str, blob: &[u8], from: i64, to: Option<i64>| {
            let sql = "INSERT INTO repository_files (tenant_id, branch_id, path, path_hash, dir_hash, mode, blob_id, \
                       valid_from, valid_to) VALUES ($1, $2, $3, $4, $4, 33188, $5, $6, $7)";
            let path = path.as_bytes().to_vec();
            let values =
                [rows.tenant.into(), rows.branch.into(), path.clone().into(), path.into(), blob.to_vec().into(), from.into(), to.into()];
            run(db, sql, values).await
        };
        add("a", &blob, 1, Some(2)).await.unwrap();
        add("a", &blob, 2, None).await.unwrap();
        assert_refused(add("a", &blob, 3, None).await, "a path open twice");
        assert_refused(add("b", &blob, 3, Some(3)).await, "a row that never held");
        assert_refused(add("b", &[8; 20], 3, None).await, "an unknown blob");
        assert_refused(add("", &blob, 3, None).await, "an empty path");
    }

    /// A project's syncs have numbers of their own, and each one is of one project.
    async fn a_project_numbers_its_syncs(db: TestDatabase) {
        let db = db.connection();
        let rows = rows(db).await;
        let id = add_sync(db, &rows, "cancelled", None, None).await.unwrap();
        let other = add_sync(db, &rows, "cancelled", None, None).await.unwrap();
        let sql = "UPDATE project_syncs SET ordinal = (SELECT o.ordinal FROM project_syncs o WHERE o.id = $1) WHERE id = $2";
        assert_refused(run(db, sql, [id.into(), other.into()]).await, "an ordinal twice");
        assert_refused(run(db, "UPDATE projects SET syncs_asked = -1", []).await, "fewer syncs than none");
    }

    /// The syncs of an older schema get the numbers in which they were asked for, each project its own.
    async fn syncs_that_were_there_are_numbered(db: TestDatabase) {
        let db = db.connection();
        while down_one(db).await > 3 {}
        let one = rows(db).await;
        let branch = Uuid::now_v7();
        add_branch(db, branch, one.tenant, one.repository, "other").await.unwrap();
        let beside = Rows { branch, ..one };
        let (other, empty) = (rows(db).await, rows(db).await);
        for (rows, second) in [(&one, 30), (&beside, 20), (&other, 25), (&one, 10), (&beside, 30)] {
            add_old_sync(db, rows, second).await;
        }
        up(db).await.unwrap();
        let ordinals = "SELECT ordinal FROM project_syncs WHERE project_id = $1 ORDER BY created_at, id";
        assert_eq!(numbers(db, ordinals, [one.project.into()]).await, [1, 2, 3, 4]);
        assert_eq!(numbers(db, ordinals, [other.project.into()]).await, [1]);
        for (rows, count) in [(&one, 4), (&other, 1), (&empty, 0)] {
            let asked = "SELECT syncs_asked FROM projects WHERE id = $1";
            assert_eq!(numbers(db, asked, [rows.project.into()]).await, [count]);
        }
    }

    /// Down and up again, on rows.
    async fn migrations_go_both_ways(db: TestDatabase) {
        let db = db.connection();
        rows(db).await;
        while down_one(db).await > 1 {}
        assert!(db.execute_unprepared("SELECT 1 FROM tenants").await.is_err());
        up(db).await.unwrap();
        rows(db).await;
        assert!(project_sync_migration::pending(db).await.unwrap().is_empty());
    }
}

/// Takes the last migration back, whatever is lost. Answers with its number.
async fn down_one(db: &DatabaseConnection) -> u32 {
    let migrations = migrations(db.get_database_backend());
    let mut options = Options::default();
    let outcome = match with::down(db, &migrations, &options).await {
        Err(MigrateError::Loss(losses)) => {
            let allow = |loss: project_sync_migration::Loss| AllowedLoss {
                table: loss.table,
                column: loss.column,
                count: loss.lost,
            };
            options.allow_loss = losses.into_iter().map(allow).collect();
            with::down(db, &migrations, &options).await
        }
        other => other,
    };
    outcome.unwrap().migrations[0].version
}
