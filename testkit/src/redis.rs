//! A private Redis server: made for one run, keeps nothing, gone afterwards.

use std::{
    env, fs, io,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::server::{PATIENCE, PORT_ATTEMPTS, ServerProcess, find_folder, free_port, signal};

/// Names the folder that holds `redis-server`, where it is not found by itself.
pub const BINARIES_VARIABLE: &str = "PROJECT_SYNC_REDIS_BIN";

/// Where tests find the URL of a Redis server that they share: each keeps to a key prefix of its own.
pub const REDIS_VARIABLE: &str = "PROJECT_SYNC_TEST_REDIS";

/// Where else than in `PATH` the server is looked for. A `*` stands for a version; the highest is taken.
const PLACES: [&str; 6] = [
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/redis@*/bin",
    "/usr/local/opt/redis@*/bin",
    "/home/linuxbrew/.linuxbrew/bin",
];

/// Ends the server at once.
const KILL: &str = "KILL";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// There is no program.
    #[error(
        "no Redis server found: install it (Debian: apt-get install redis-server) or name the folder of \
         `redis-server` in {BINARIES_VARIABLE}"
    )]
    NotInstalled,
    /// The server ended or never answered.
    #[error("Redis did not start: {0}")]
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

/// A private server. Dropping it stops the server and removes its folder.
pub struct PrivateRedis {
    process: Option<ServerProcess>,
    program: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl PrivateRedis {
    /// Starts a server in `folder`, which is made if it is missing, and waits until it answers. It writes nothing there
    /// but its log, and is in a process group of its own: a Ctrl-C in the terminal does not reach it.
    ///
    /// # Errors
    /// If Redis is not installed, or does not start.
    pub fn start(folder: &Path) -> Result<Self, RedisError> {
        let binaries = find_folder(BINARIES_VARIABLE, &PLACES, &["redis-server"]);
        let program = binaries.ok_or(RedisError::NotInstalled)?.join("redis-server");
        fs::create_dir_all(folder).map_err(io_error(format!("making {}", folder.display())))?;
        let mut server = Self { process: None, program, folder: folder.to_owned(), port: 0 };
        let mut failure = RedisError::Start("no attempt was made".to_owned());
        for _ in 0..PORT_ATTEMPTS {
            server.port = free_port().map_err(io_error("looking for a free port"))?;
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Stops the server in order. All that it held is lost.
    pub fn stop(&mut self) {
        self.end("TERM");
    }

    /// Stops the server at once, as a crash would. All that it held is lost.
    pub fn kill(&mut self) {
        self.end(KILL);
    }

    /// Stops the server in the middle of whatever it does (SIGSTOP); its connections stay.
    pub fn freeze(&self) {
        self.tell("STOP");
    }

    /// Lets the server go on as if nothing had been.
    pub fn thaw(&self) {
        self.tell("CONT");
    }

    /// Starts the server where it was, empty, and waits until it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<(), RedisError> {
        self.kill();
        let log = self.folder.join("server.log");
        let mut process = self.spawn(&log)?;
        let (address, id) = (self.address(), process.id());
        process.wait_until(|| answers(address, id), &log).map_err(RedisError::Start)?;
        self.process = Some(process);
        Ok(())
    }

    fn spawn(&self, log: &Path) -> Result<ServerProcess, RedisError> {
        let output = fs::File::create(log).map_err(io_error("making the server's log"))?;
        let errors = output.try_clone().map_err(io_error("making the server's log"))?;
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(output).stderr(errors);
        // No configuration file is read unless one is named.
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]);
        command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
        ServerProcess::spawn(&mut command, KILL).map_err(io_error("running redis-server"))
    }

    fn tell(&self, name: &str) {
        if let Some(process) = &self.process {
            signal(process.id(), name);
        }
    }

    fn end(&mut self, signal: &str) {
        if let Some(mut process) = self.process.take() {
            process.end(signal);
        }
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill();
        // A folder left behind in a temporary place harms nobody; a panic in drop would.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The URL of the Redis server of this run. Panics with a clear sentence where there is none.
pub fn test_redis_url() -> String {
    env::var(REDIS_VARIABLE).unwrap_or_else(|_| {
        panic!("{REDIS_VARIABLE} is not set: run the tests by ./test, which starts a private Redis server")
    })
}

/// Whether the process `id` answers at `address`, and not another one that has got the port.
fn answers(address: SocketAddr, id: u32) -> bool {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"PING\r\nINFO server\r\nQUIT\r\n")?;
        let mut lines = BufReader::new(stream).lines();
        let is_up = lines.next().transpose()?.is_some_and(|line| line == "+PONG");
        let wanted = format!("process_id:{id}");
        Ok(is_up && lines.map_while(Result::ok).any(|line| line == wanted))
    };
    ask().unwrap_or(false)
}

fn io_error(action: impl Into<String>) -> impl FnOnce(io::Error) -> RedisError {
    let action = action.into();
    move |source| RedisError::Io { action, source }
}
