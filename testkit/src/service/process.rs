//! One process of a service.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::ApiClient;
use crate::server::signal;

/// How long a process may take to get ready, and to end when it is asked to.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How much of what a process said is shown when a test fails, in bytes.
const SHOWN_BYTES: u64 = 16_000;

/// A running process of a service: it is ready for work. Dropping it kills it, and shows what it said if the test is
/// failing.
#[derive(Debug)]
pub struct ServiceProcess {
    child: Child,
    id: u32,
    log: PathBuf,
    ready: String,
}

impl ServiceProcess {
    /// Starts a process and waits until it says that it is ready. Panics if it ends before, or takes too long.
    pub(super) async fn start(mut command: Command, log: &Path) -> Self {
        let errors = File::create(log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        let id = child.id().expect("a process that was not waited for has an id");
        let mut lines = child.stdout.take().map(|output| BufReader::new(output).lines());
        let mut process = Self { child, id, log: log.to_owned(), ready: String::new() };
        let lines_until_ready = async {
            let lines = lines.as_mut().expect("standard output is piped");
            ready_line(lines).await
        };
        match timeout(PATIENCE, lines_until_ready).await {
            Ok(Some(line)) => process.ready = line,
            Ok(None) => panic!("{} ended before it was ready", log.display()),
            Err(_) => panic!("{} does not get ready", log.display()),
        }
        // Whatever else it says there must not fill the pipe.
        tokio::spawn(async move {
            while let Some(lines) = &mut lines
                && let Ok(Some(_)) = lines.next_line().await
            {}
        });
        process
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Where it answers requests. Panics if it is a worker.
    pub fn url(&self) -> &str {
        self.ready.strip_prefix("listening on ").unwrap_or_else(|| panic!("no address in: {}", self.ready))
    }

    /// Where it listens, for another one to come after it.
    pub fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Asks it over its API.
    pub fn client(&self) -> ApiClient {
        ApiClient::new(self.url())
    }

    /// The name that it claims syncs by. Panics if it is no worker of its own.
    pub fn worker_name(&self) -> &str {
        let name = self.ready.strip_prefix("worker ").and_then(|rest| rest.strip_suffix(" ready"));
        name.unwrap_or_else(|| panic!("no worker's name in: {}", self.ready))
    }

    /// What it has said on standard error so far: the end of it.
    fn said(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(SHOWN_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(SHOWN_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
    }

    /// Asks it to end, waits until it has, and gives all that it said on standard error, from its first word to its last.
    /// Panics if it does not end.
    pub async fn terminate_and_tell(self) -> (ExitStatus, String) {
        let log = self.log.clone();
        let status = self.terminate().await;
        let said = std::fs::read(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        (status, String::from_utf8_lossy(&said).into_owned())
    }

    /// Kills it where it stands.
    pub async fn kill_9(mut self) {
        self.child.kill().await.unwrap_or_else(|error| panic!("killing {}: {error}", self.id));
    }

    /// Asks it to end and waits until it has. Panics if it does not.
    pub async fn terminate(mut self) -> ExitStatus {
        signal(self.id, "TERM");
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.unwrap_or_else(|error| panic!("waiting for {}: {error}", self.id)),
            Err(_) => panic!("{} does not end", self.log.display()),
        }
    }

    /// Stops it in the middle of whatever it does (SIGSTOP); its connections stay.
    pub fn freeze(&self) {
        signal(self.id, "STOP");
    }

    /// Lets it go on as if nothing had been.
    pub fn thaw(&self) {
        signal(self.id, "CONT");
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("\n--- {} said:\n{}", self.log.display(), self.said());
        }
    }
}

/// The first line that says that a process is ready. `None` if its output ends before.
async fn ready_line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        let is_worker = line.starts_with("worker ") && line.ends_with(" ready");
        if is_worker || line.starts_with("listening on ") {
            return Some(line);
        }
    }
    None
}
