//! What cannot be done: exit codes, words, and nothing half-written.

use std::{fs, path::Path};

use tempfile::TempDir;
use testkit::{
    git_http::{Fault, GitHttp},
    repo::TestRepo,
};

use crate::{json, project_sync, run};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn refuses(data: &Path, arguments: &[&str], code: i32, words: &str) {
    let output = run(data, arguments);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(told.contains(words), "{arguments:?}: '{words}' is not in: {told}");
    assert!(!told.contains("panicked"), "{told}");
}

/// Sources and branches that are not there, each with its exit code, and no project is left behind.
#[test]
fn sources_that_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).unwrap();
    refuses(&data, &["sync", plain.to_str().unwrap()], 4, "not a git repository");
    refuses(&data, &["sync", "/no/such/place"], 4, "/no/such/place");
    refuses(&data, &["sync", "http://127.0.0.1:9/x.git"], 3, "cannot reach");
    refuses(&data, &["sync", "ssh://host/x"], 2, "ssh");
    refuses(&data, &["sync", "https://user:secret@host/x"], 2, "token");
    refuses(&data, &["sync"], 2, "Usage");
    refuses(&data, &["files", "nothing"], 4, "nothing");
    let empty = TestRepo::bare();
    refuses(&data, &["sync", empty.path().to_str().unwrap()], 1, "empty");
    let sha256 = TestRepo::sha256();
    sha256.write("a", "1").commit("one");
    refuses(&data, &["sync", sha256.path().to_str().unwrap()], 1, "SHA-256");
    let repo = TestRepo::new();
    repo.write("a", "1").commit("one");
    repo.branch("feature/login");
    refuses(&data, &["sync", repo.path().to_str().unwrap(), "--branch", "feature/logni"], 4, "feature/login");
    repo.detach(&repo.head());
    refuses(&data, &["sync", repo.path().to_str().unwrap()], 1, "detached");
    assert_eq!(json(&data, &["projects"])[0].as_array().unwrap().len(), 0, "nothing is left behind");
}

/// Credentials: a private repository, a refused token, and a token that is never shown.
#[tokio::test(flavor = "multi_thread")]
async fn private_repositories() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let repo = TestRepo::bare();
    repo.write("a", "1").commit("one");
    let server = GitHttp::start(repo.path().parent().unwrap()).await;
    server.require_token("the-token");
    let url = server.url(repo.path().file_name().unwrap().to_str().unwrap());
    refuses(&data, &["sync", &url], 4, "private");
    let token = folder.path().join("token");
    fs::write(&token, "wrong-token\n").unwrap();
    refuses(&data, &["sync", &url, "--token-file", token.to_str().unwrap()], 1, "token was refused");
    fs::write(&token, "the-token\n").unwrap();
    let output = run(&data, &["sync", &url, "--token-file", token.to_str().unwrap(), "-vvv"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for shown in [&output.stdout, &output.stderr, &fs::read(data.join("project-sync.db")).unwrap()] {
        assert!(!String::from_utf8_lossy(shown).contains("the-token"), "the token shows");
    }
}

/// A server that is broken for good: exit code 3, the failed sync in the history, the state as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_server() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "[source]\nretry_first_delay_ms = 1\n[sync]\nretry_first_delay_ms = 1\n").unwrap();
    let repo = TestRepo::bare();
    repo.write("a", "1").commit("one");
    let server = GitHttp::start(repo.path().parent().unwrap()).await;
    let url = server.url(repo.path().file_name().unwrap().to_str().unwrap());
    json(&data, &["sync", &url]);
    for _ in 0..40 {
        server.push_fault(Fault::Status(500));
    }
    let settings = settings.to_str().unwrap();
    refuses(&data, &["sync", &url, "--config", settings], 3, "500");
    let name = repo.path().file_name().unwrap().to_str().unwrap().trim_end_matches(".git");
    let history = json(&data, &["history", name]).remove(0);
    assert_eq!(history[0]["status"], "failed");
    assert_eq!(history[0]["error"]["code"], "server-error");
    assert_eq!(json(&data, &["files", name])[0].as_array().unwrap().len(), 1);
}

/// A data folder that cannot be written, and a disk that is full: a clear error, and what was there stays.
#[cfg(unix)]
#[test]
fn disks_that_refuse() {
    let folder = TempDir::new().unwrap();
    let repo = TestRepo::new();
    repo.write("a.md", "# A\n").commit("one");
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    refuses(&file.join("data"), &["sync", repo.path().to_str().unwrap()], 1, "data folder");
    refuses(Path::new("/proc/project-sync"), &["sync", repo.path().to_str().unwrap()], 1, "data folder");

    // A limit on the size of files stands in for a full disk: the kernel refuses to write on.
    let data = folder.path().join("data");
    json(&data, &["sync", repo.path().to_str().unwrap()]);
    let noise: Vec<u8> = (0..4_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    repo.write("large", &noise).commit("two");
    let program = env!("CARGO_BIN_EXE_project-sync");
    let script = format!(
        "trap '' XFSZ; ulimit -f 2048; exec '{program}' --data '{}' sync '{}'",
        data.display(),
        repo.path().display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    let name = repo.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(json(&data, &["files", name])[0].as_array().unwrap().len(), 1, "the old state stays");
    json(&data, &["sync", repo.path().to_str().unwrap()]);
    assert_eq!(json(&data, &["files", name])[0].as_array().unwrap().len(), 2, "with room again, it goes on");
    assert!(project_sync(&data, &["verify", name]).output().unwrap().status.success());
}
