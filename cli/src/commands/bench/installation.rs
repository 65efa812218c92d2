//! What the load goes to: processes of this very program that are started for the run, or an installation that runs.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures::future::join_all;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::servers::{Postgres, Redis};
use crate::{
    args::{
        bench::{LoadArgs, MAX_CLIENTS},
        operator::ServerArgs,
    },
    client::Client,
    error::CliError,
};

/// How long a process may take to get ready.
const START: Duration = Duration::from_secs(60);

/// How long it may take to end in order, before it is killed: longer than the streams are sent away in.
const END: Duration = Duration::from_secs(20);

/// Connections that one process of ours holds to the database: the setting's default.
pub const CONNECTIONS: u32 = 16;

/// Any port of this machine that is free.
const ANY_PORT: &str = "127.0.0.1:0";

/// How much of what a process said is shown if it does not start, in bytes.
const SHOWN_BYTES: usize = 2_000;

/// Names of variables that the processes of the run are not to see.
const NOT_PASSED_ON: [&str; 8] = [
    "GITHUB_TOKEN",
    "RUST_LOG",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// What the load goes to.
pub struct Installation {
    /// Where syncs are asked for.
    pub api: Client,
    /// Where events are streamed.
    pub events: Client,
    /// The processes that are ours.
    pub members: Vec<Member>,
    /// The database, where it is a server of ours.
    pub postgres: Option<Postgres>,
    /// The queue, where it is a server.
    pub redis: Option<Redis>,
    /// Syncs that all workers run at once, where that is known.
    pub slots: Option<u32>,
    folder: Option<TempDir>,
}

/// A process of the run. Dropping it kills it.
pub struct Member {
    /// What it does: `api`, `worker 2`.
    pub name: String,
    /// Its number.
    pub id: u32,
    child: Child,
    ready: String,
}

impl Installation {
    /// The one that runs at an address.
    ///
    /// # Errors
    /// If that is none, or the token cannot be read.
    pub fn running(args: &LoadArgs, server: &str) -> Result<Self, CliError> {
        let token = ServerArgs { server: None, server_token_file: args.running.server_token_file.clone() };
        let events = args.running.gateway.as_deref().unwrap_or(server);
        Ok(Self {
            api: Client::new(server, &token)?,
            events: Client::new(events, &token)?,
            members: Vec::new(),
            postgres: None,
            redis: None,
            slots: None,
            folder: None,
        })
    }

    /// Starts one, which may read repositories in a folder.
    ///
    /// # Errors
    /// If a server is away, or a process does not start. What was made until then is removed.
    pub async fn start(args: &LoadArgs, repositories: &Path) -> Result<Self, CliError> {
        let folder = TempDir::with_prefix("project-sync-load-data-")
            .map_err(CliError::io("making a folder for the installation"))?;
        let mut own = Self {
            // Told anew as soon as it is known.
            api: Client::without_token("http://127.0.0.1")?,
            events: Client::without_token("http://127.0.0.1")?,
            members: Vec::new(),
            postgres: None,
            redis: None,
            slots: Some(
                args.own.concurrency * if args.own.database_url.is_some() { args.own.workers } else { 1 },
            ),
            folder: Some(folder),
        };
        let started = match (&args.own.database_url, &args.own.redis_url) {
            (Some(database), Some(redis)) => own.start_parts(args, repositories, database, redis).await,
            _ => own.start_whole(args, repositories).await,
        };
        match started {
            Ok(()) => Ok(own),
            Err(error) => {
                // The first error is the one that tells.
                let _ = own.end().await;
                Err(error)
            }
        }
    }

    async fn start_parts(
        &mut self,
        args: &LoadArgs,
        repositories: &Path,
        database_url: &str,
        redis_url: &str,
    ) -> Result<(), CliError> {
        // Told before anything is made.
        let redis = Redis::open(redis_url).await?;
        let postgres = self.postgres.insert(Postgres::make(database_url).await?);
        let redis = self.redis.insert(redis);
        let shared = [
            ("DATABASE__URL", postgres.url.clone()),
            ("QUEUE__REDIS_URL", redis.url.clone()),
            ("QUEUE__PREFIX", redis.prefix.clone()),
        ];
        let settings = settings(args, repositories, &shared);
        let api = self.add("api", &["api", "--listen", ANY_PORT], &settings).await?;
        self.api = Client::without_token(&api)?;
        let gateway = self.add("gateway", &["gateway", "--listen", ANY_PORT], &settings).await?;
        self.events = Client::without_token(&gateway)?;
        for number in 1..=args.own.workers {
            self.add(&format!("worker {number}"), &["worker"], &settings).await?;
        }
        Ok(())
    }

    async fn start_whole(&mut self, args: &LoadArgs, repositories: &Path) -> Result<(), CliError> {
        let settings = settings(args, repositories, &[]);
        let url = self.add("serve", &["serve", "--listen", ANY_PORT], &settings).await?;
        self.api = Client::without_token(&url)?;
        self.events = self.api.clone();
        Ok(())
    }

    /// Starts a process, and gives its address if it has one.
    async fn add(
        &mut self,
        name: &str,
        arguments: &[&str],
        settings: &[(String, String)],
    ) -> Result<String, CliError> {
        let folder = self.folder.as_ref().map_or(Path::new("."), |folder| folder.path());
        let program = env::current_exe().map_err(CliError::io("finding this program"))?;
        let mut command = Command::new(program);
        command.args(arguments).arg("--data").arg(folder);
        for (variable, _) in env::vars_os() {
            if variable.to_str().is_some_and(|variable| variable.starts_with("PROJECT_SYNC")) {
                command.env_remove(variable);
            }
        }
        for variable in NOT_PASSED_ON {
            command.env_remove(variable);
        }
        // Whoever runs this may have a settings file.
        command.env("HOME", folder).env("XDG_CONFIG_HOME", folder);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let member = Member::start(name, command, folder.join(format!("{name}.log"))).await?;
        let address = member.ready.strip_prefix("listening on ").unwrap_or_default().to_owned();
        self.members.push(member);
        Ok(address)
    }

    /// Ends the processes that were started, then removes what was made. Tries all of it, and gives the first error.
    ///
    /// # Errors
    /// If a server is away.
    pub async fn end(mut self) -> Result<(), CliError> {
        join_all(self.members.drain(..).map(Member::end)).await;
        let redis = match &self.redis {
            Some(redis) => redis.remove().await,
            None => Ok(()),
        };
        let postgres = match &self.postgres {
            Some(postgres) => postgres.remove().await,
            None => Ok(()),
        };
        redis.and(postgres)
    }
}

/// The settings of all processes, as variables: room for all clients, repositories of the run and nothing else.
fn settings(args: &LoadArgs, repositories: &Path, more: &[(&str, String)]) -> Vec<(String, String)> {
    let streams = (2 * MAX_CLIENTS).to_string();
    let mut settings = vec![
        ("SOURCE__LOCAL_FOLDERS", repositories.display().to_string()),
        ("WORKER__CONCURRENCY", args.own.concurrency.to_string()),
        ("DATABASE__MAX_CONNECTIONS", CONNECTIONS.to_string()),
        ("GATEWAY__MAX_STREAMS", streams.clone()),
        ("GATEWAY__STREAMS_PER_CLIENT", streams),
        ("TELEMETRY__LOG_FILTER", "warn".to_owned()),
        // They listen on the loopback address only.
        ("API__ACCESS", "open".to_owned()),
    ];
    settings.extend(more.iter().cloned());
    settings.into_iter().map(|(key, value)| (format!("PROJECT_SYNC__{key}"), value)).collect()
}

impl Member {
    async fn start(name: &str, mut command: Command, log: PathBuf) -> Result<Self, CliError> {
        let errors = File::create(&log).map_err(CliError::io(format!("writing {}", log.display())))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let starting = || CliError::io(format!("starting '{name}'"));
        let mut child = command.spawn().map_err(starting())?;
        let output = child.stdout.take().map(|output| BufReader::new(output).lines());
        let ready = match output {
            Some(lines) => timeout(START, ready(lines)).await.ok().flatten(),
            None => None,
        };
        let (Some(ready), Some(id)) = (ready, child.id()) else {
            let said = fs::read(&log).unwrap_or_default();
            let end = String::from_utf8_lossy(&said[said.len().saturating_sub(SHOWN_BYTES)..]).into_owned();
            return Err(starting()(io::Error::other(format!("it does not get ready: {}", end.trim()))));
        };
        Ok(Self { name: name.to_owned(), id, child, ready })
    }

    /// Asks it to end, and insists.
    async fn end(mut self) {
        // A program of its own, because sending a signal is not in the standard library.
        let asked = Command::new("kill").arg(self.id.to_string()).stdin(Stdio::null()).status().await;
        if asked.is_ok_and(|status| status.success()) && timeout(END, self.child.wait()).await.is_ok() {
            return;
        }
        // It may have ended meanwhile.
        let _ = self.child.kill().await;
    }
}

/// The line by which a process says that it is ready. Whatever else it says is read and left.
async fn ready(mut lines: Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if line.starts_with("listening on ") || (line.starts_with("worker ") && line.ends_with(" ready")) {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(line);
        }
    }
    None
}
