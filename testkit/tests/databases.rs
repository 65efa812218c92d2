//! Private servers, and databases that tests do not share.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use entities::ConnectOptions;
use project_sync_testkit::{
    database::{POSTGRES_VARIABLE, TestDatabase},
    on_each_database,
    postgres::PrivatePostgres,
    redis::{PrivateRedis, REDIS_VARIABLE},
    server::{server_folder, signal},
};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::time::timeout;

/// How long a server that is gone is asked.
const BRIEFLY: Duration = Duration::from_secs(2);

/// How long one that is there may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first connection to a server, which is asked for so long.
async fn connect(url: &str, patience: Duration) -> Result<DatabaseConnection, sea_orm::DbErr> {
    let options = ConnectOptions { acquire_timeout: patience, ..Default::default() };
    Ok(entities::connect(url, &options).await?.pool().clone())
}

/// Stopped in order or killed, the server comes back where it was with what was committed; in the end nothing is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_postgres_starts_again_and_leaves_nothing() {
    let parent = server_folder().unwrap();
    let folder = parent.path().join("postgres");
    let mut server = PrivatePostgres::start(&folder).unwrap();
    let url = server.url();
    let before = connect(&url, PATIENCE).await.unwrap();
    before.execute_unprepared("CREATE TABLE kept (id INT)").await.unwrap();
    server.stop();
    let late = before.execute_unprepared("INSERT INTO kept VALUES (0)");
    // It is not there any more, or is asked for in vain.
    assert!(!matches!(timeout(BRIEFLY, late).await, Ok(Ok(_))));
    server.start_again().unwrap();
    let between = connect(&url, PATIENCE).await.unwrap();
    between.execute_unprepared("INSERT INTO kept VALUES (1)").await.unwrap();
    server.kill();
    server.start_again().unwrap();
    let after = connect(&url, PATIENCE).await.unwrap();
    let query = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, "SELECT id FROM kept");
    assert_eq!(after.query_all_raw(query).await.unwrap().len(), 1);
    assert_eq!(server.url(), url);
    drop(server);
    assert!(!folder.exists());
    assert!(connect(&url, BRIEFLY).await.is_err());
}

/// Asks a Redis server something and gives what it answers.
fn ask(server: &PrivateRedis, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A Redis that comes back has forgotten everything.
#[test]
fn a_private_redis_forgets() {
    let folder = server_folder().unwrap();
    let mut server = PrivateRedis::start(&folder.path().join("redis")).unwrap();
    for end in [PrivateRedis::stop, PrivateRedis::kill] {
        assert_eq!(ask(&server, "SET kept 1").unwrap(), "+OK\r\n+OK\r\n");
        end(&mut server);
        assert!(ask(&server, "PING").is_err());
        server.start_again().unwrap();
        assert_eq!(ask(&server, "EXISTS kept").unwrap(), ":0\r\n+OK\r\n");
    }
    let address = server.address();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(!folder.path().join("redis").exists());
}

#[test]
fn the_command_finds_the_servers_and_gives_the_exit_code() {
    let script = format!("test -n \"${POSTGRES_VARIABLE}\" && test -n \"${REDIS_VARIABLE}\" && exit 7");
    let status = Command::new(env!("CARGO_BIN_EXE_private-servers"))
        .args(["--", "sh", "-c", &script])
        .env_remove(POSTGRES_VARIABLE)
        .env_remove(REDIS_VARIABLE)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(7));
}

/// Servers end with the process that started them, even one that is killed.
#[test]
fn no_server_is_left_behind() {
    let folder = server_folder().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_private-servers"))
        .args(["--", "sh", "-c", &format!("echo \"${REDIS_VARIABLE}\"; exec cat")])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The command ends with its input.
    let _input = child.stdin.take().unwrap();
    let mut command_output = child.stdout.take().unwrap();
    let mut url = Vec::new();
    let mut byte = [0];
    while command_output.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        url.push(byte[0]);
    }
    let url = String::from_utf8(url).unwrap();
    let address = url.strip_prefix("redis://").unwrap();
    // A connection that is closed by the server's end: nothing needs to be polled.
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    signal(child.id(), "KILL");
    child.wait().unwrap();
    let mut rest = Vec::new();
    let ended = connection.read_to_end(&mut rest);
    let is_timeout = ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!is_timeout, "{ended:?}");
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
