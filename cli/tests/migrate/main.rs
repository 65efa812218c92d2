//! `migrate` as it is typed.

mod file;
mod server;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A command on a data folder.
fn project_sync(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    for name in ["PROJECT_SYNC_DATA", "PROJECT_SYNC_ADMIN_URL", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command that ends with this code, and gives what it told.
#[track_caller]
fn ends(mut command: Command, code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [out, told] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(status.code(), Some(code), "{command:?}: {told}{out}");
    assert!(!told.contains("panicked"), "{told}");
    (out, told)
}

/// The titles that `status -o json` gives for a state.
#[track_caller]
fn in_state(output: &str, state: &str) -> Vec<String> {
    let listed: Vec<Value> = serde_json::from_str(output).unwrap();
    let listed = listed.iter().filter(|one| one["status"] == state);
    listed
        .map(|one| format!("{:04}_{}", one["version"].as_u64().unwrap(), one["name"].as_str().unwrap()))
        .collect()
}
