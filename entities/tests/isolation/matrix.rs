//! Two tenants, every table, every verb.

use project_sync_entities::{OfTenant, TenantDb, TenantId, deletion};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use testkit::database::TestDatabase;

/// One row of a tenant in every table.
const ROWS: &str = include_str!("rows.sql");

/// What tells one tenant's ids from another's.
const DIGITS: [char; 2] = ['a', 'b'];

pub(crate) fn tenant(digit: char) -> TenantId {
    format!("{digit}0000000-0000-7000-8000-000000000001").parse().unwrap()
}

/// A table with rows of tenants, and the column that says whose they are.
fn tables() -> Vec<(String, &'static str)> {
    let inserts = ROWS.lines().filter_map(|line| line.strip_prefix("INSERT INTO "));
    let names = inserts.map(|line| line.split(' ').next().unwrap().to_owned());
    names
        .map(|name| match name.as_str() {
            "tenants" => (name, "id"),
            // Nobody's: seen by those who share a tenant with them.
            "users" => (name, "'b0000000-0000-7000-8000-000000000001'::uuid"),
            _ => (name, "tenant_id"),
        })
        .collect()
}

/// Both tenants, each with a row in every table.
pub(crate) async fn two_tenants() -> TestDatabase {
    let database = TestDatabase::postgres().await;
    for digit in DIGITS {
        database.connection().execute_unprepared(&ROWS.replace('@', &digit.to_string())).await.unwrap();
    }
    database
}

/// Everything that is in a table, as text.
async fn content(db: &DatabaseConnection, table: &str) -> String {
    let sql =
        format!("SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') AS all_rows FROM {table} t");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    row.try_get("", "all_rows").unwrap()
}

async fn count(db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
    let sql = format!("SELECT count(*) AS n FROM {table}");
    db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?.unwrap().try_get("", "n")
}

fn is_forbidden(error: &DbErr) -> bool {
    let text = error.to_string();
    text.contains("permission denied") || text.contains("row-level security")
}

/// Zero rows changed, or refused.
fn assert_harmless(result: Result<u64, DbErr>, what: &str) {
    match result {
        Ok(changed) => assert_eq!(changed, 0, "{what}"),
        Err(error) => assert!(is_forbidden(&error), "{what}: {error}"),
    }
}

/// Deleting is announced, so that it is isolation that refuses.
async fn run(db: &TenantDb, sql: &str) -> Result<u64, DbErr> {
    let statement = Statement::from_string(DbBackend::Postgres, sql.to_owned());
    let transaction = db.begin_write().await?;
    let done = deletion::announced(&transaction, transaction.execute_raw(statement)).await?;
    transaction.commit().await?;
    Ok(done.rows_affected())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_in_the_matrix() {
    let database = two_tenants().await;
    let sql = "SELECT relname::text AS name FROM pg_class WHERE relkind IN ('r', 'p') \
               AND relnamespace = 'public'::regnamespace ORDER BY relname";
    let rows =
        database.connection().query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    let mut known: Vec<String> = tables().into_iter().map(|(name, _)| name).collect();
    known.extend(super::catalog::OF_NOBODY.map(str::to_owned));
    known.sort();
    let mut there: Vec<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    there.extend(super::catalog::OF_NOBODY.map(str::to_owned));
    there.sort();
    there.dedup();
    known.dedup();
    assert_eq!(there, known, "a new table gets a row in rows.sql");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_anothers_rows() {
    let database = two_tenants().await;
    for digit in DIGITS {
        let db = database.database().tenant(tenant(digit));
        for (table, column) in tables() {
            let all = count(database.connection(), &table).await.unwrap();
            assert_eq!(all, 2, "{table}");
            if table == "sessions" {
                assert!(is_forbidden(&count(&db, &table).await.unwrap_err()), "sessions are the system's");
                continue;
            }
            let table = if table == "users" { "(SELECT id, name FROM users) u".to_owned() } else { table };
            assert_eq!(count(&db, &table).await.unwrap(), 1, "{digit} sees {table}");
            if column != "tenant_id" && column != "id" {
                continue;
            }
            let mine = format!("{table} WHERE {column} = '{}'", db.tenant());
            assert_eq!(count(&db, &mine).await.unwrap(), 1, "{digit} sees its own {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tenant_nothing_is_seen() {
    let database = two_tenants().await;
    for (table, _) in tables() {
        let columns = if table == "users" { "(SELECT id FROM users) u".to_owned() } else { table.clone() };
        match count(database.database().pool(), &columns).await {
            Ok(seen) => assert_eq!(seen, 0, "{table}"),
            Err(error) => assert!(is_forbidden(&error), "{table}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_anothers_rows() {
    let database = two_tenants().await;
    let db = database.database().tenant(tenant('a'));
    let (ours, theirs) = (tenant('a'), tenant('b'));
    for (table, column) in tables() {
        let before = content(database.connection(), &table).await;
        let own = if column == "id" { "id" } else { "tenant_id" };
        if table == "users" {
            for sql in [
                "UPDATE users SET name = 'mine' WHERE name = 'user b'",
                "UPDATE users SET is_operator = true",
                "DELETE FROM users WHERE name = 'user b'",
                "SELECT password_hash FROM users",
            ] {
                assert_harmless(run(&db, sql).await, sql);
            }
        } else {
            for sql in [
                format!("UPDATE {table} SET {own} = {own} WHERE {own} = '{theirs}'"),
                format!("UPDATE {table} SET {own} = '{ours}' WHERE {own} = '{theirs}'"),
                format!("DELETE FROM {table} WHERE {own} = '{theirs}'"),
            ] {
                assert_harmless(run(&db, &sql).await, &sql);
            }
            // Giving one's own rows to another.
            let sql = format!("UPDATE {table} SET {own} = '{theirs}' WHERE {own} = '{ours}'");
            let error = run(&db, &sql).await.expect_err(&sql);
            assert!(is_forbidden(&error), "{sql}: {error}");
        }
        let sql = format!("TRUNCATE {table} CASCADE");
        assert!(is_forbidden(&run(&db, &sql).await.unwrap_err()), "{sql}");
        assert_eq!(content(database.connection(), &table).await, before, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_rows_in_anothers_name() {
    let database = TestDatabase::postgres().await;
    let [a, b] = DIGITS.map(|digit| ROWS.replace('@', &digit.to_string()));
    database.connection().execute_unprepared(&a).await.unwrap();
    let db = database.database().tenant(tenant('a'));
    let mut refused = 0;
    for line in b.lines().filter(|line| line.starts_with("INSERT")) {
        let error = run(&db, line).await.expect_err(line);
        assert!(is_forbidden(&error), "{line}: {error}");
        refused += 1;
        // What the next rows refer to.
        database.connection().execute_unprepared(line).await.unwrap();
    }
    assert_eq!(refused, tables().len());
}

/// Another tenant's row cannot be referred to either: the checks of foreign keys see all rows, so they name the tenant.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_refers_to_anothers_rows() {
    let database = two_tenants().await;
    let db = database.database().tenant(tenant('a'));
    let mine = ROWS.replace('@', "a");
    let mut tried = 0;
    for line in mine.lines().filter(|line| line.starts_with("INSERT")) {
        // Every id but the tenant's own in turn becomes the other tenant's; the row's own id a new one.
        for number in ["2", "3", "4", "5", "8"] {
            let id = format!("'a0000000-0000-7000-8000-00000000000{number}'");
            let values = line.split(" VALUES (").nth(1).unwrap();
            if values.starts_with(&id) || !values.contains(&id) {
                continue;
            }
            let sql = line.replace(&id, &id.replace("'a", "'b"));
            let own = sql.split("VALUES ('").nth(1).unwrap().split('\'').next().unwrap().to_owned();
            let sql = match own == tenant('a').to_string() {
                true => sql,
                false => sql.replacen(&own, "a0000000-0000-7000-8000-0000000000ff", 1),
            };
            let error = run(&db, &sql).await.expect_err(&sql).to_string();
            // Where a key that the other's row has stands in the way first, what refers to it is in the catalog's test.
            let is_refused =
                ["foreign key", "permission denied", "duplicate key"].iter().any(|why| error.contains(why));
            assert!(is_refused, "{sql}: {error}");
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}
