//! What private servers have in common: their programs, ports and folders, and that they end when we do.

use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a server may take to answer, and to stop. Erlang's takes seconds of a machine that has nothing else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// How many ports are tried: one that was free may be taken before the server gets it.
pub(crate) const PORT_ATTEMPTS: u32 = 5;

/// The ports that servers get: none that systems give to whoever asks for any. So no port is somebody else's when its
/// server, stopped for a while, starts again.
const PORTS: Range<u16> = 10_000..32_000;

/// How many ports are looked at before any will do.
const PORT_LOOKS: u32 = 100;

/// How long to pause between two looks at a starting or stopping server.
const POLL: Duration = Duration::from_millis(20);

/// How much of a server's log is told when it does not start, in bytes.
const LOG_BYTES: usize = 2_000;

/// A temporary folder for servers: they may run as another user, who must be able to pass through.
///
/// # Errors
/// If it cannot be made.
pub fn server_folder() -> io::Result<TempDir> {
    let folder = TempDir::with_prefix("project-sync-servers-")?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
    Ok(folder)
}

/// Sends a signal by name (without SIG). A process that is gone is not an error.
pub fn signal(process: u32, name: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &process.to_string()]);
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A port of the loopback address that nobody listens on just now.
pub(crate) fn free_port() -> io::Result<u16> {
    let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let mut ports = (0..PORT_LOOKS).map(|_| rand::random_range(PORTS));
    let listener = ports.find_map(|port| listen(port).ok()).map_or_else(|| listen(0), Ok)?;
    Ok(listener.local_addr()?.port())
}

/// Finds the folder that holds all `programs`: the one that `variable` names, or else one of `PATH` and `places`. A `*`
/// in a place stands for a version; the highest is taken.
pub(crate) fn find_folder(variable: &str, places: &[&str], programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).find(|folder| is_complete(folder, programs));
    match env::var_os(variable) {
        None if in_path.is_some() => in_path,
        _ => find_outside_path(variable, places, programs),
    }
}

/// The same for programs that are something else in `PATH`, which is not looked at.
pub(crate) fn find_outside_path(variable: &str, places: &[&str], programs: &[&str]) -> Option<PathBuf> {
    if let Some(folder) = env::var_os(variable) {
        return Some(PathBuf::from(folder)).filter(|folder| is_complete(folder, programs));
    }
    places.iter().flat_map(|place| matching(place)).find(|folder| is_complete(folder, programs))
}

fn is_complete(folder: &Path, programs: &[&str]) -> bool {
    programs.iter().all(|program| folder.join(program).is_file())
}

/// The folders that a place stands for, the highest version first.
fn matching(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else { return vec![PathBuf::from(place)] };
    let Some((parent, prefix)) = before.rsplit_once('/') else { return Vec::new() };
    let number = |part: &str| part.parse().ok();
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version =
                name.to_str()?.strip_prefix(prefix)?.split('.').map(number).collect::<Option<_>>()?;
            Some((version, entry.path().join(after.trim_start_matches('/'))))
        })
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, path)| path).collect()
}

/// A server's process. It ends when it is told to, when the value is dropped, and when our own process ends, however
/// that happens.
pub(crate) struct ServerProcess {
    child: Child,
    /// Waits for the end of our process, which closes its standard input, and then ends the server.
    watchdog: Child,
    /// Asks the server to end at once, by name without SIG.
    ending: &'static str,
}

impl ServerProcess {
    /// Starts a server in a process group of its own: a Ctrl-C in the terminal does not reach it. `ending` is the signal
    /// that it ends at once by.
    pub(crate) fn spawn(command: &mut Command, ending: &'static str) -> io::Result<Self> {
        let mut child = command.process_group(0).spawn()?;
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -s \"$1\" \"$2\"", "sh", ending, &child.id().to_string()])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self { child, watchdog, ending }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `answers`. If the server ends before, or does not answer in time, the end of its log is the error.
    pub(crate) fn wait_until(&mut self, answers: impl Fn() -> bool, log: &Path) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if answers() {
                return Ok(());
            }
            let has_ended = self.child.try_wait().map_err(|error| error.to_string())?.is_some();
            if has_ended || Instant::now() > deadline {
                let log = fs::read(log).unwrap_or_default();
                let tail = &log[log.len().saturating_sub(LOG_BYTES)..];
                return Err(String::from_utf8_lossy(tail).trim().to_owned());
            }
            thread::sleep(POLL);
        }
    }

    /// Ends the server by a signal (by name without SIG), then insists.
    pub(crate) fn end(&mut self, name: &str) {
        // First, so that it cannot hit another process that gets the number. What fails here is gone already.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        signal(self.child.id(), name);
        let deadline = Instant::now() + PATIENCE;
        while let Ok(None) = self.child.try_wait() {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end(self.ending);
    }
}
