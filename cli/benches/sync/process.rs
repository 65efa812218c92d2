//! Running programs and measuring them.

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often a child's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a run cost.
pub struct Cost {
    /// From start to exit.
    pub wall: Duration,
    /// The most memory that was resident at once, in MiB; 0 where the system does not tell.
    pub peak_mib: f64,
    /// What it printed.
    pub output: String,
}

/// Runs `project-sync` on a data folder.
pub fn project_sync(data: &Path, arguments: &[&str]) -> Cost {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    command.arg("--data").arg(data).args(arguments);
    run(command)
}

/// Runs a command, which must succeed.
pub fn run(mut command: Command) -> Cost {
    let begin = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut output = String::new();
        let _ = stdout.read_to_string(&mut output);
        output
    });
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_mib = 0.0_f64;
    let status = loop {
        if let Ok(status) = fs::read_to_string(&status_file) {
            peak_mib = peak_mib.max(high_water(&status));
        }
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(LOOK_EVERY.min(begin.elapsed() / 20).max(Duration::from_micros(200))),
        }
    };
    let wall = begin.elapsed();
    let output = reader.join().unwrap();
    assert!(status.success(), "{command:?}: {status}: {output}");
    Cost { wall, peak_mib, output }
}

/// `VmHWM` of a status file, in MiB.
fn high_water(status: &str) -> f64 {
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0.0_f64) / 1_024.0
}
