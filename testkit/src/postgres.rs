//! A private Postgres server: made for one run, fast rather than safe, gone afterwards.

use std::{
    env, fs, io,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::server::{PATIENCE, PORT_ATTEMPTS, ServerProcess, find_folder, free_port};

/// Names the folder that holds `postgres` and `initdb`, where they are not found by themselves.
pub const BINARIES_VARIABLE: &str = "PROJECT_SYNC_PG_BIN";

/// The server's only user: a superuser without a password, reachable from this machine alone.
pub const USER: &str = "postgres";

/// How many connections are accepted: tests run in parallel, each with a pool of its own.
const MAX_CONNECTIONS: u32 = 200;

/// Where else than in `PATH` binaries are looked for. A `*` stands for a version; the highest is taken.
const PLACES: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
];

/// Users that the server may run as where we are root, which Postgres refuses. The first one that exists is taken.
const UNPRIVILEGED_USERS: [&str; 2] = ["postgres", "nobody"];

/// A program of Postgres's clients, such as `pg_dump`: the one beside the server, or another one. `None` if there is none.
pub fn client(name: &str) -> Option<PathBuf> {
    let beside = find_folder(BINARIES_VARIABLE, &PLACES, &["postgres", "initdb", name]);
    let folder = beside.or_else(|| find_folder("", &PLACES, &[name]));
    Some(folder?.join(name))
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// There are no binaries.
    #[error(
        "no Postgres server found: install it (Debian: apt-get install postgresql) or name the folder of `postgres` \
         and `initdb` in {BINARIES_VARIABLE}"
    )]
    NotInstalled,
    /// We are root and there is nobody else to run it as.
    #[error("Postgres does not run as root, and none of the users {UNPRIVILEGED_USERS:?} exists")]
    NoUser,
    /// The data folder could not be made.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The server ended or never answered.
    #[error("Postgres did not start: {0}")]
    Start(String),
    /// Reading, writing or running something failed.
    #[error("{action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The system's error.
        source: io::Error,
    },
}

/// The server ends at once by this signal: no checkpoint, but shared memory is given back.
const IMMEDIATE: &str = "QUIT";

/// A private server. Dropping it stops the server and removes its folder.
pub struct PrivatePostgres {
    process: Option<ServerProcess>,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    folder: PathBuf,
    port: u16,
}

impl PrivatePostgres {
    /// Makes a server in `folder`, which must be empty or missing, and waits until it answers.
    ///
    /// As root, the folder is given to an unprivileged user, who must be able to reach it. The server is in a process
    /// group of its own: a Ctrl-C in the terminal does not reach it.
    ///
    /// # Errors
    /// If Postgres is not installed, or does not start.
    pub fn start(folder: &Path) -> Result<Self, PostgresError> {
        let binaries = find_folder(BINARIES_VARIABLE, &PLACES, &["postgres", "initdb"]);
        let binaries = binaries.ok_or(PostgresError::NotInstalled)?;
        fs::create_dir_all(folder).map_err(io_error(format!("making {}", folder.display())))?;
        let user = unprivileged_user(folder)?;
        if let Some((uid, gid)) = user {
            chown(folder, Some(uid), Some(gid)).map_err(io_error("giving the folder away"))?;
        }
        initdb(&binaries, folder, user)?;
        let mut server = Self { process: None, binaries, user, folder: folder.to_owned(), port: 0 };
        let mut failure = PostgresError::Start("no attempt was made".to_owned());
        for _ in 0..PORT_ATTEMPTS {
            server.port = free_port().map_err(io_error("looking for a free port"))?;
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The URL of the server's maintenance database.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@{}/postgres", self.address())
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Stops the server in order (Postgres calls it fast: connections are ended, their transactions rolled back).
    pub fn stop(&mut self) {
        self.end("INT");
    }

    /// Stops the server at once, as a crash would. What was committed is there when it starts again.
    pub fn kill(&mut self) {
        self.end(IMMEDIATE);
    }

    /// Starts the server where it was, with its data, and waits until it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<(), PostgresError> {
        self.kill();
        let mut process = spawn(&self.binaries, &self.folder, self.user, self.port)?;
        let address = self.address();
        process.wait_until(|| answers(address), &log_file(&self.folder)).map_err(PostgresError::Start)?;
        self.process = Some(process);
        Ok(())
    }

    fn end(&mut self, signal: &str) {
        if let Some(mut process) = self.process.take() {
            process.end(signal);
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.kill();
        // A folder left behind in a temporary place harms nobody; a panic in drop would.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The user and group to run as: `None` unless we are root.
fn unprivileged_user(folder: &Path) -> Result<Option<(u32, u32)>, PostgresError> {
    // A folder that we may have just made belongs to whoever we are; making a file settles it for a given one.
    let probe = folder.join(".owner");
    fs::write(&probe, "").map_err(io_error("writing to the folder"))?;
    let owner = fs::metadata(&probe).map_err(io_error("reading the folder"))?.uid();
    fs::remove_file(&probe).map_err(io_error("writing to the folder"))?;
    if owner != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(io_error("reading /etc/passwd"))?;
    let find = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    UNPRIVILEGED_USERS.iter().find_map(|name| find(name)).map(Some).ok_or(PostgresError::NoUser)
}

/// A command of Postgres, run as `user` if there is one, without the settings of whoever runs the tests.
fn command(program: &Path, folder: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
    command.current_dir(folder).stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        // Setting the user as root also drops all other groups (std::os::unix::process::CommandExt::uid).
        command.gid(gid).uid(uid);
    }
    command
}

fn data_folder(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn initdb(binaries: &Path, folder: &Path, user: Option<(u32, u32)>) -> Result<(), PostgresError> {
    let output = command(&binaries.join("initdb"), folder, user)
        .args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
        .arg(data_folder(folder))
        .output()
        .map_err(io_error(match user {
            Some((uid, _)) => {
                format!("running initdb as user {uid} in {} (can it get there?)", folder.display())
            }
            None => "running initdb".to_owned(),
        }))?;
    if output.status.success() {
        return Ok(());
    }
    Err(PostgresError::Initdb(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn spawn(
    binaries: &Path,
    folder: &Path,
    user: Option<(u32, u32)>,
    port: u16,
) -> Result<ServerProcess, PostgresError> {
    let log = fs::File::create(log_file(folder)).map_err(io_error("making the server's log"))?;
    let errors = log.try_clone().map_err(io_error("making the server's log"))?;
    let settings = [
        format!("port={port}"),
        format!("max_connections={MAX_CONNECTIONS}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        // All is lost with the machine anyway. What is committed is written, though: a killed server loses nothing.
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "wal_level=minimal".to_owned(),
        "max_wal_senders=0".to_owned(),
        "autovacuum_naptime=1d".to_owned(),
        "timezone=UTC".to_owned(),
    ];
    let mut command = command(&binaries.join("postgres"), folder, user);
    command.arg("-D").arg(data_folder(folder));
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command.stdout(log).stderr(errors);
    ServerProcess::spawn(&mut command, IMMEDIATE).map_err(io_error("running postgres"))
}

/// Whether the server lets its user in: the first step of the protocol (Postgres manual, "Message Formats": a
/// StartupMessage of version 3.0 is answered by an Authentication message, whose first byte is `R`).
fn answers(address: SocketAddr) -> bool {
    let parameters = format!("user\0{USER}\0database\0postgres\0\0");
    let mut message = (8 + parameters.len() as u32).to_be_bytes().to_vec();
    message.extend_from_slice(&196_608_u32.to_be_bytes());
    message.extend_from_slice(parameters.as_bytes());
    let ask = || -> io::Result<u8> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&message)?;
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        Ok(kind[0])
    };
    ask().is_ok_and(|kind| kind == b'R')
}

fn io_error(action: impl Into<String>) -> impl FnOnce(io::Error) -> PostgresError {
    let action = action.into();
    move |source| PostgresError::Io { action, source }
}
