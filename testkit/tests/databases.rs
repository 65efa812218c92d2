//! Private Postgres servers, and databases that tests do not share.

use std::process::{Command, Stdio};

use project_sync_testkit::{
    database::{POSTGRES_VARIABLE, TestDatabase},
    on_each_database,
    postgres::PrivatePostgres,
};
use sea_orm::ConnectionTrait;

#[tokio::test(flavor = "multi_thread")]
async fn a_private_postgres_starts_and_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(parent.path(), open).unwrap();
    let folder = parent.path().join("postgres");
    let server = PrivatePostgres::start(&folder).unwrap();
    let url = server.url();
    let options =
        entities::ConnectOptions { acquire_timeout: std::time::Duration::from_secs(2), ..Default::default() };
    let connection = entities::connect(&url, &options).await.unwrap();
    connection.execute_unprepared("CREATE TABLE kept (id INT)").await.unwrap();
    connection.close().await.unwrap();
    drop(server);
    assert!(!folder.exists());
    assert!(entities::connect(&url, &options).await.is_err());
}

#[test]
fn the_command_finds_the_server_and_gives_the_exit_code() {
    let script = format!("test -n \"${POSTGRES_VARIABLE}\" && exit 7");
    let status = Command::new(env!("CARGO_BIN_EXE_private-servers"))
        .args(["--", "sh", "-c", &script])
        .env_remove(POSTGRES_VARIABLE)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(7));
}

on_each_database! {
    /// What one test writes, another cannot see.
    async fn databases_are_isolated(one: TestDatabase) {
        let other = match one.url() {
            url if url.starts_with("sqlite:") => TestDatabase::sqlite().await,
            _ => TestDatabase::postgres().await,
        };
        let create = "CREATE TABLE only_here (id INT)";
        one.connection().execute_unprepared(create).await.unwrap();
        other.connection().execute_unprepared(create).await.unwrap();
        one.connection().execute_unprepared("INSERT INTO only_here VALUES (1)").await.unwrap();
        let count = async |database: &TestDatabase| {
            let query = sea_orm::Statement::from_string(database.backend(), "SELECT id FROM only_here");
            database.connection().query_all_raw(query).await.unwrap().len()
        };
        assert_eq!((count(&one).await, count(&other).await), (1, 0));
    }
}
