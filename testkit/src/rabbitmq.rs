//! A private RabbitMQ server: made for one run or one test, gone afterwards.
//!
//! A run shares one, which `private-servers` starts when the first test asks for it ([`vhost`]): tests that need none do
//! not wait for it. Tests of faults start one of their own ([`PrivateRabbit::start`]).

use std::{
    env, fs, io,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::io::AsyncReadExt;

use crate::server::{PATIENCE, PORT_ATTEMPTS, ServerProcess, find_outside_path, free_port, signal};

/// Names the folder that holds RabbitMQ's own `rabbitmq-server` and `rabbitmqctl`, where it is not found by itself. Not
/// those of Debian in `/usr/sbin`: they become another user.
pub const BINARIES_VARIABLE: &str = "PROJECT_SYNC_RABBITMQ_BIN";

/// Where tests find the address at which the RabbitMQ server of this run is asked for: see [`vhost`].
pub const RABBITMQ_VARIABLE: &str = "PROJECT_SYNC_TEST_RABBITMQ";

/// Where the server is looked for.
const PLACES: [&str; 5] = [
    "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
    "/usr/local/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/rabbitmq/sbin",
];

/// Erlang's name server. It listens at a port of its own, so that nobody else's is asked.
const NAME_SERVER: &str = "epmd";

/// The user that a new server has.
const USER: &str = "guest";

/// Ends a process at once.
const KILL: &str = "KILL";

/// What an answer that tells of a failure begins with.
const FAILED: &str = "failed: ";

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: u64 = 4_096;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum RabbitError {
    /// There is no program.
    #[error(
        "no RabbitMQ server found: install it (Debian: apt-get install rabbitmq-server) or name the folder of its \
         versioned `rabbitmq-server` in {BINARIES_VARIABLE}"
    )]
    NotInstalled,
    /// The server ended or never answered.
    #[error("RabbitMQ did not start: {0}")]
    Start(String),
    /// `rabbitmqctl` refused.
    #[error("rabbitmqctl {0}")]
    Control(String),
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
pub struct PrivateRabbit {
    process: Option<ServerProcess>,
    /// Ends after the server.
    name_server: Option<ServerProcess>,
    binaries: PathBuf,
    folder: PathBuf,
    ports: Ports,
    vhosts: AtomicU32,
}

/// Where the server and what belongs to it listen.
#[derive(Clone, Copy, Default)]
struct Ports {
    amqp: u16,
    /// Where `rabbitmqctl` comes in.
    distribution: u16,
    names: u16,
}

impl Ports {
    fn find() -> Result<Self, RabbitError> {
        let port = || free_port().map_err(io_error("looking for a free port"));
        Ok(Self { amqp: port()?, distribution: port()?, names: port()? })
    }
}

impl PrivateRabbit {
    /// Starts a server in `folder`, which is made if it is missing, and waits until it answers: several seconds. Nothing
    /// of an installed service is read or written.
    ///
    /// # Errors
    /// If RabbitMQ is not installed, or does not start.
    pub fn start(folder: &Path) -> Result<Self, RabbitError> {
        let binaries = find_outside_path(BINARIES_VARIABLE, &PLACES, &["rabbitmq-server", "rabbitmqctl"]);
        let binaries = binaries.ok_or(RabbitError::NotInstalled)?;
        fs::create_dir_all(folder).map_err(io_error(format!("making {}", folder.display())))?;
        let mut server = Self {
            process: None,
            name_server: None,
            binaries,
            folder: folder.to_owned(),
            ports: Ports::default(),
            vhosts: AtomicU32::new(0),
        };
        server.write_settings()?;
        let mut failure = RabbitError::Start("no attempt was made".to_owned());
        for _ in 0..PORT_ATTEMPTS {
            server.ports = Ports::find()?;
            server.name_server = Some(server.spawn_name_server()?);
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.amqp))
    }

    /// Makes a virtual host that holds nothing yet, and gives its URL.
    ///
    /// # Errors
    /// If the server is not running.
    pub fn add_vhost(&self) -> Result<String, RabbitError> {
        let name = format!("test-{}", self.vhosts.fetch_add(1, Ordering::Relaxed));
        self.control(&["eval", &format!(
            "ok = rabbit_vhost:add(<<\"{name}\">>, <<\"test\">>), \
             rabbit_auth_backend_internal:set_permissions(<<\"{USER}\">>, <<\"{name}\">>, <<\".*\">>, <<\".*\">>, \
             <<\".*\">>, <<\"test\">>)."
        )])?;
        Ok(format!("amqp://{USER}:{USER}@{}/{name}", self.address()))
    }

    /// Raises the alarm that memory is used up: whoever publishes is blocked (`connection.blocked`).
    ///
    /// # Errors
    /// If the server is not running.
    pub fn raise_alarm(&self) -> Result<(), RabbitError> {
        self.control(&["set_vm_memory_high_watermark", "0"])
    }

    /// Ends the alarm.
    ///
    /// # Errors
    /// If the server is not running.
    pub fn clear_alarm(&self) -> Result<(), RabbitError> {
        self.control(&["set_vm_memory_high_watermark", "0.8"])
    }

    /// Closes all connections from the server's side.
    ///
    /// # Errors
    /// If the server is not running.
    pub fn close_connections(&self) -> Result<(), RabbitError> {
        self.control(&["close_all_connections", "by a test"])
    }

    /// Stops the server in order. Durable queues and persistent messages are there when it starts again.
    pub fn stop(&mut self) {
        self.end("TERM");
    }

    /// Stops the server at once, as a crash would. What it confirmed is there when it starts again.
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

    /// Starts the server where it was, with its data, and waits until it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<(), RabbitError> {
        self.kill();
        let log = self.folder.join("server.log");
        let mut process = self.spawn(&log)?;
        let address = self.address();
        process.wait_until(|| answers(address), &log).map_err(RabbitError::Start)?;
        self.process = Some(process);
        Ok(())
    }

    fn write_settings(&self) -> Result<(), RabbitError> {
        // Empty files, or else those of an installed service are read.
        for (name, content) in [("environment", ""), ("plugins", "[]."), ("advanced.config", "[].")] {
            fs::write(self.folder.join(name), content).map_err(io_error("writing settings"))?;
        }
        Ok(())
    }

    fn spawn_name_server(&self) -> Result<ServerProcess, RabbitError> {
        let mut command = self.command(Path::new(NAME_SERVER));
        command.args(["-port", &self.ports.names.to_string(), "-address", "127.0.0.1"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        ServerProcess::spawn(&mut command, KILL).map_err(io_error("running epmd"))
    }

    fn spawn(&self, log: &Path) -> Result<ServerProcess, RabbitError> {
        let output = fs::File::create(log).map_err(io_error("making the server's log"))?;
        let errors = output.try_clone().map_err(io_error("making the server's log"))?;
        let listener =
            format!("listeners.tcp.local = {}\nvm_memory_high_watermark.relative = 0.8\n", self.address());
        let settings = self.folder.join("rabbitmq.conf");
        fs::write(&settings, listener).map_err(io_error("writing settings"))?;
        let mut command = self.command(&self.binaries.join("rabbitmq-server"));
        // The script then becomes the server instead of starting it: signals reach the right process.
        command.env("RABBITMQ_ALLOW_INPUT", "1");
        command.args(["-noinput", "-kernel", "inet_dist_use_interface", "{127,0,0,1}"]);
        command.stdout(output).stderr(errors);
        ServerProcess::spawn(&mut command, KILL).map_err(io_error("running rabbitmq-server"))
    }

    /// A program of RabbitMQ with everything it would otherwise find elsewhere.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let at = |name: &str| self.folder.join(name);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
        command.env("HOME", &self.folder).current_dir(&self.folder).stdin(Stdio::null());
        command.env("ERL_EPMD_PORT", self.ports.names.to_string()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_NODENAME", format!("test{}@localhost", self.ports.amqp));
        command.env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string());
        command.env("RABBITMQ_CONF_ENV_FILE", at("environment"));
        command.env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"));
        command.env("RABBITMQ_ADVANCED_CONFIG_FILE", at("advanced.config"));
        command.env("RABBITMQ_GENERATED_CONFIG_DIR", at("generated"));
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"));
        command.env("RABBITMQ_FEATURE_FLAGS_FILE", at("feature-flags"));
        command.env("RABBITMQ_MNESIA_BASE", at("data")).env("RABBITMQ_LOG_BASE", at("log"));
        command.env("RABBITMQ_LOGS", "-").env("RABBITMQ_PID_FILE", at("pid"));
        command
    }

    fn control(&self, arguments: &[&str]) -> Result<(), RabbitError> {
        let output = self
            .command(&self.binaries.join("rabbitmqctl"))
            .args(arguments)
            .output()
            .map_err(io_error("running rabbitmqctl"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(RabbitError::Control(format!("{}: {}", arguments[0], said.trim())))
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

impl Drop for PrivateRabbit {
    fn drop(&mut self) {
        self.kill();
        self.name_server = None;
        // A folder left behind in a temporary place harms nobody; a panic in drop would.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The URL of a virtual host of the caller's own on the RabbitMQ server of this run, which is started if nobody has asked
/// for it before. Panics with a clear sentence where there is none.
pub async fn vhost() -> String {
    let address = env::var(RABBITMQ_VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{RABBITMQ_VARIABLE} is not set: run the tests by ./test, which starts a private RabbitMQ server"
        )
    });
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(&address).await?.take(MAX_ANSWER_BYTES);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    match ask.await {
        Ok(url) if url.starts_with("amqp://") => url,
        Ok(reason) => panic!("no RabbitMQ: {}", reason.trim_start_matches(FAILED)),
        Err(error) => panic!("no RabbitMQ: {address} does not answer: {error}"),
    }
}

/// What whoever asks for a virtual host is answered with: its URL, or why there is none.
pub fn answer(vhost: Result<String, RabbitError>) -> String {
    vhost.unwrap_or_else(|error| format!("{FAILED}{error}"))
}

/// Whether the server speaks AMQP: it answers the protocol's header with `connection.start`, a frame of type 1 on channel
/// 0 (AMQP 0-9-1, sections 2.2.4 and 4.2.3).
fn answers(address: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"AMQP\0\0\x09\x01")?;
        let mut first = [0; 3];
        stream.read_exact(&mut first)?;
        Ok(first == [1, 0, 0])
    };
    ask().unwrap_or(false)
}

fn io_error(action: impl Into<String>) -> impl FnOnce(io::Error) -> RabbitError {
    let action = action.into();
    move |source| RabbitError::Io { action, source }
}
