//! Databases as the tests need them, and everything that is in one.

use std::collections::BTreeMap;

use project_sync_migration::{Migration, Options, migrations, with};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use testkit::database::TestDatabase;

/// An empty database in the place of a migrated one.
pub async fn empty(db: &TestDatabase) -> DatabaseConnection {
    match db.backend() {
        DbBackend::Sqlite => {
            let url = format!("{}.{}", db.admin_url(), uuid::Uuid::now_v7().simple());
            entities::connect(&url, &Default::default()).await.unwrap().pool().clone()
        }
        _ => {
            let sql = "DROP SCHEMA public CASCADE; DROP SCHEMA project_sync_guard CASCADE; CREATE SCHEMA public; \
                       GRANT USAGE, CREATE ON SCHEMA public TO project_sync_owner; \
                       GRANT USAGE ON SCHEMA public TO project_sync_app, project_sync_system";
            db.connection().execute_unprepared(sql).await.unwrap();
            db.connection().clone()
        }
    }
}

/// A database with the migrations up to this number.
pub async fn at_version(db: &TestDatabase, version: u32) -> DatabaseConnection {
    let connection = empty(db).await;
    let all = migrations(connection.get_database_backend());
    let first: Vec<Migration> = all.into_iter().filter(|one| one.version <= version).collect();
    with::up(&connection, &first, &Options::default()).await.unwrap();
    connection
}

/// Makes the history look as the releases before this engine kept it.
pub async fn as_earlier_release(db: &DatabaseConnection, version: u32) {
    let names = [
        "m20261120_000001_initial",
        "m20261121_000002_queue",
        "m20261121_000003_events",
        "m20261121_000004_identity",
    ];
    let sql = "CREATE TABLE seaql_migrations (version VARCHAR NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL); \
               DROP TABLE schema_history";
    db.execute_unprepared(sql).await.unwrap();
    for name in &names[..version as usize] {
        let sql = format!("INSERT INTO seaql_migrations VALUES ('{name}', 1790000000)");
        db.execute_unprepared(&sql).await.unwrap();
    }
}

/// The real migrations and one more.
pub fn with_one_more(backend: DbBackend, sql: impl Into<String>) -> Vec<Migration> {
    let mut all = migrations(backend);
    all.push(Migration { version: 9000, name: "more".into(), up: sql.into().into(), down: "".into() });
    all
}

/// The tables and their columns.
pub async fn columns(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT t.name AS t, c.name AS c FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY c.cid"
        }
        _ => {
            "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY ordinal_position"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let table: String = row.try_get("", "t").unwrap();
        if table != "schema_history" && table != "seaql_migrations" {
            found.entry(table).or_default().push(row.try_get("", "c").unwrap());
        }
    }
    found
}

/// Every row of every table, in these columns: another way to look than the guard's own.
pub async fn everything(
    db: &DatabaseConnection,
    columns: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, Vec<String>>, DbErr> {
    let backend = db.get_database_backend();
    let mut all = BTreeMap::new();
    for (table, columns) in columns {
        let spelt = columns.iter().map(|column| match backend {
            DbBackend::Sqlite => format!("quote(\"{column}\")"),
            _ => format!("coalesce(\"{column}\"::text, 'NULL')"),
        });
        let spelt = spelt.collect::<Vec<_>>().join(" || '|' || ");
        let sql = format!("SELECT {spelt} AS line FROM {table} ORDER BY 1");
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
        all.insert(table.clone(), rows.iter().map(|row| row.try_get("", "line").unwrap()).collect());
    }
    Ok(all)
}

/// Everything in all columns that there are now.
pub async fn all(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let columns = columns(db).await;
    everything(db, &columns).await.unwrap()
}
