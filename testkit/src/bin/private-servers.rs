//! Runs a command under private servers that are gone afterwards: `private-servers -- COMMAND [ARGUMENT…]`.
//!
//! The command finds each server's URL in its environment (`PROJECT_SYNC_TEST_POSTGRES`, `PROJECT_SYNC_TEST_REDIS`).
//! RabbitMQ takes seconds to start, so it is not started before somebody asks for it at the address in
//! `PROJECT_SYNC_TEST_RABBITMQ`; whoever connects there is answered with the URL of a virtual host of its own. The
//! command's exit code is ours. An interrupt or a request to end is passed on to it, and the servers stop when it has ended.

use std::{
    env,
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitCode, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use project_sync_testkit::{
    database::POSTGRES_VARIABLE,
    postgres::PrivatePostgres,
    rabbitmq::{self, PrivateRabbit, RABBITMQ_VARIABLE, RabbitError},
    redis::{PrivateRedis, REDIS_VARIABLE},
    server::{server_folder, signal},
};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    signal::unix::{Signal, SignalKind, signal as listen},
    time::timeout,
};

/// How long the command may take to end by itself, first after an interrupt, then after having been told to end.
const GRACE: Duration = Duration::from_secs(10);

/// The exit code where the command could not be run at all, as shells have it.
const CANNOT_RUN: u8 = 127;

/// All servers of a run. Dropping them stops them.
struct Servers {
    postgres: PrivatePostgres,
    redis: PrivateRedis,
    rabbit: RabbitOnDemand,
    folder: TempDir,
}

impl Servers {
    fn start() -> Result<Self, String> {
        let folder = server_folder().map_err(|error| error.to_string())?;
        let postgres =
            PrivatePostgres::start(&folder.path().join("postgres")).map_err(|error| error.to_string())?;
        let redis = PrivateRedis::start(&folder.path().join("redis")).map_err(|error| error.to_string())?;
        Ok(Self { postgres, redis, rabbit: RabbitOnDemand::default(), folder })
    }

    /// What the command finds in its environment, with the address where RabbitMQ is asked for.
    fn environment(&self, rabbit: SocketAddr) -> [(&'static str, String); 3] {
        [
            (POSTGRES_VARIABLE, self.postgres.url()),
            (REDIS_VARIABLE, self.redis.url()),
            (RABBITMQ_VARIABLE, rabbit.to_string()),
        ]
    }
}

/// The RabbitMQ server, once somebody has asked for it.
#[derive(Clone, Default)]
struct RabbitOnDemand(Arc<Mutex<Option<PrivateRabbit>>>);

impl RabbitOnDemand {
    /// Answers everyone who connects with a virtual host. Asking is the whole request.
    async fn serve(self, listener: TcpListener, folder: PathBuf) {
        while let Ok((stream, _)) = listener.accept().await {
            let (rabbit, folder) = (self.clone(), folder.clone());
            tokio::spawn(async move { rabbit.answer(stream, folder).await });
        }
    }

    async fn answer(self, mut stream: TcpStream, folder: PathBuf) {
        let vhost = tokio::task::spawn_blocking(move || self.vhost(folder)).await;
        let answer = vhost.map_or_else(|error| error.to_string(), rabbitmq::answer);
        // Whoever went away does not need it any more.
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn vhost(&self, folder: PathBuf) -> Result<String, RabbitError> {
        let mut server = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*server {
            Some(server) => server.add_vhost(),
            None => server.insert(PrivateRabbit::start(&folder)?).add_vhost(),
        }
    }

    fn stop(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|argument| argument == "--");
    let command: Vec<OsString> = arguments.collect();
    if command.is_empty() {
        eprintln!("usage: private-servers -- COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match runtime.block_on(run(&command)) {
        Ok(code) => ExitCode::from(code),
        Err(reason) => fail(&reason),
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("private-servers: {reason}");
    ExitCode::from(CANNOT_RUN)
}

async fn run(command: &[OsString]) -> Result<u8, String> {
    // Listened for before anything is started, so that nothing can be left running.
    let mut signals = Signals::listen().map_err(|error| error.to_string())?;
    let servers = Servers::start()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    tokio::spawn(servers.rabbit.clone().serve(listener, servers.folder.path().join("rabbitmq")));
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .envs(servers.environment(address))
        .spawn()
        .map_err(|error| format!("{} cannot be run: {error}", command[0].display()))?;
    let status = tokio::select! {
        status = child.wait() => status.map_err(|error| error.to_string())?,
        request = signals.next() => end(&mut child, request).await.map_err(|error| error.to_string())?,
    };
    servers.rabbit.stop();
    drop(servers);
    Ok(exit_code(status))
}

/// Why we are to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    /// Ctrl-C: the terminal has sent it to the command as well.
    Interrupt,
    /// Told to us alone.
    Terminate,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.interrupt.recv() => Request::Interrupt,
            _ = self.terminate.recv() => Request::Terminate,
            _ = self.hangup.recv() => Request::Terminate,
        }
    }
}

/// Waits for the command to end, tells it to, and insists.
async fn end(child: &mut Child, request: Request) -> std::io::Result<ExitStatus> {
    if request == Request::Interrupt
        && let Ok(status) = timeout(GRACE, child.wait()).await
    {
        return status;
    }
    if let Some(id) = child.id() {
        signal(id, "TERM");
    }
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        return status;
    }
    child.kill().await?;
    child.wait().await
}

/// The command's exit code, or 128 and the signal that ended it, as shells have it.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
