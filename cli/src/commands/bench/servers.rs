//! The servers that an installation of ours shares: a database and a prefix of its own in them, what they tell of their
//! work, and their removal.

use std::fmt::{Display, Write as _};

use entities::ConnectOptions;
use rand::RngCore;
use redis::{InfoDict, aio::MultiplexedConnection};
use reqwest::Url;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::machine;
use crate::error::CliError;

/// How many keys Redis looks at for each step of a removal.
const SCAN_COUNT: usize = 1_000;

/// A database of the run's own.
pub struct Postgres {
    server: DatabaseConnection,
    name: String,
    /// Where the parts of the installation log in. Holds a password.
    pub url: String,
    /// The process that started all others of the server, if that runs on this machine.
    postmaster: Option<u32>,
    /// Connections that the server takes.
    pub max_connections: i64,
}

/// Postgres at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostgresState {
    /// Transactions that ended until now.
    pub transactions: i64,
    /// Connections to the database.
    pub connections: i64,
    /// Processor time of all its processes until now, in seconds.
    pub processor_seconds: Option<f64>,
}

impl Postgres {
    /// Makes a database with the schema, and a login that is bound by row-level security.
    ///
    /// # Errors
    /// If the server is away, or the URL is not that of a superuser.
    pub async fn make(url: &str) -> Result<Self, CliError> {
        let options = ConnectOptions { max_connections: 1, ..ConnectOptions::default() };
        let open = |source| CliError::OpenDatabase { file: None, source };
        let server = entities::connect(url, &options).await.map_err(open)?.pool().clone();
        let parsed = Url::parse(url).map_err(|_| CliError::usage("--database-url is no URL"))?;
        let name = format!("project_sync_load_{}", random_word());
        let pid = number(&server, "SELECT pg_backend_pid()::bigint AS n").await?;
        let postmaster = u32::try_from(pid)
            .ok()
            .filter(|pid| machine::is_called(*pid, "postgres"))
            .and_then(machine::parent);
        let max_connections =
            number(&server, "SELECT current_setting('max_connections')::bigint AS n").await?;
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let mut made = Self { server, name, url: String::new(), postmaster, max_connections };
        match made.fill(parsed, &options).await {
            Ok(url) => {
                made.url = url;
                Ok(made)
            }
            Err(error) => {
                // The first error is the one that tells.
                let _ = made.remove().await;
                Err(error)
            }
        }
    }

    async fn fill(&self, mut url: Url, options: &ConnectOptions) -> Result<String, CliError> {
        url.set_path(&self.name);
        let database = entities::connect(url.as_str(), options).await?;
        migration::up(database.pool()).await?;
        database.close().await?;
        let (name, password) = (&self.name, random_word());
        let login = format!("CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE project_sync_app");
        self.server.execute_unprepared(&login).await?;
        let set = url.set_username(name).and_then(|()| url.set_password(Some(&password)));
        set.map_err(|()| CliError::usage("--database-url has no host"))?;
        Ok(url.into())
    }

    /// How it stands.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn state(&self) -> Result<PostgresState, CliError> {
        let of = |what: &str| {
            format!("SELECT ({what})::bigint AS n FROM pg_stat_database WHERE datname = '{}'", self.name)
        };
        Ok(PostgresState {
            transactions: number(&self.server, &of("xact_commit + xact_rollback")).await?,
            connections: number(&self.server, &of("numbackends")).await?,
            processor_seconds: self.postmaster.and_then(machine::family_seconds),
        })
    }

    /// Drops the database and its login.
    ///
    /// # Errors
    /// If the server is away.
    pub async fn remove(&self) -> Result<(), CliError> {
        let name = &self.name;
        self.server.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        self.server.execute_unprepared(&format!("DROP ROLE IF EXISTS {name}")).await?;
        Ok(())
    }
}

async fn number(db: &DatabaseConnection, sql: &str) -> Result<i64, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "n"))
}

/// A prefix of the run's own.
pub struct Redis {
    connection: MultiplexedConnection,
    /// What all keys begin with.
    pub prefix: String,
    /// Where it is. May hold a password.
    pub url: String,
    process: Option<u32>,
}

/// Redis at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct RedisState {
    /// Commands until now, those that scripts run included.
    pub commands: i64,
    /// Memory of its data, in bytes.
    pub memory: i64,
    /// Bytes that it received and sent until now.
    pub bytes: i64,
    /// Processor time until now, in seconds.
    pub processor_seconds: Option<f64>,
}

impl Redis {
    /// Connects.
    ///
    /// # Errors
    /// If it is away.
    pub async fn open(url: &str) -> Result<Self, CliError> {
        let client =
            redis::Client::open(url).map_err(|_| CliError::usage("--redis-url is no URL of Redis"))?;
        let connection = client.get_multiplexed_async_connection().await.map_err(away)?;
        let prefix = format!("project-sync-load-{}", random_word());
        let mut opened = Self { connection, prefix, url: url.to_owned(), process: None };
        let id = opened.info().await?.get::<u32>("process_id");
        opened.process = id.filter(|id| machine::is_called(*id, "redis"));
        Ok(opened)
    }

    async fn info(&self) -> Result<InfoDict, CliError> {
        redis::cmd("INFO").query_async(&mut self.connection.clone()).await.map_err(away)
    }

    /// How it stands.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn state(&self) -> Result<RedisState, CliError> {
        let info = self.info().await?;
        let get = |key| info.get::<i64>(key).unwrap_or(0);
        Ok(RedisState {
            commands: get("total_commands_processed"),
            memory: get("used_memory"),
            bytes: get("total_net_input_bytes") + get("total_net_output_bytes"),
            processor_seconds: self.process.and_then(machine::process).map(|state| state.processor_seconds),
        })
    }

    /// Removes the run's keys.
    ///
    /// # Errors
    /// If it is away.
    pub async fn remove(&self) -> Result<(), CliError> {
        let mut connection = self.connection.clone();
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("{}*", self.prefix)).arg("COUNT").arg(SCAN_COUNT);
            let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut connection).await.map_err(away)?;
            if !keys.is_empty() {
                let removal: Result<i64, _> =
                    redis::cmd("UNLINK").arg(keys).query_async(&mut connection).await;
                removal.map_err(away)?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

/// The error does not repeat the URL.
fn away(error: impl Display) -> CliError {
    CliError::Unreachable { server: "Redis".to_owned(), reason: error.to_string() }
}

/// 32 random digits.
fn random_word() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
