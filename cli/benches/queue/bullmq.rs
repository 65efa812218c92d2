//! The reference: BullMQ, installed by npm and driven by `bullmq.mjs`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// BullMQ, and the client of Redis that it is developed with.
const PACKAGES: [&str; 2] = ["bullmq@6.7.0", "ioredis@5.11.1"];

/// BullMQ in a folder of its own.
pub struct BullMq {
    folder: PathBuf,
    /// What is measured, with versions.
    pub versions: String,
}

/// What the driver prints.
#[derive(Deserialize)]
struct Measured {
    millis: Vec<f64>,
}

impl BullMq {
    /// Installs it below the build's folder. The error says why that cannot be.
    pub fn install() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGES.join("-"));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let node = run(Command::new("node").arg("--version"))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--prefix"]);
        run(npm.arg(&folder).args(PACKAGES))?;
        Ok(Self { folder, versions: format!("{}, node {}", PACKAGES.join(", "), node.trim()) })
    }

    /// Runs a case of the driver; gives the milliseconds that it measured.
    pub fn measure(&self, redis: &str, case: &str, jobs: usize, concurrency: usize) -> Vec<f64> {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/queue/bullmq.mjs");
        let mut command = Command::new("node");
        command.current_dir(&self.folder).arg(driver).args([redis, case]);
        let printed = run(command.args([jobs.to_string(), concurrency.to_string()])).unwrap();
        serde_json::from_str::<Measured>(&printed).unwrap().millis
    }
}

/// Runs a command; gives what it printed, or why it failed.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
