//! What those who install the program run: the health check, completions, manual pages, the check of settings.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
};

use tempfile::TempDir;
use testkit::address::KeptAddress;

/// How long an answer may take that must come, in seconds.
const PATIENCE: &str = "60";

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    command
        .env("HOME", data)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("PROJECT_SYNC_DATA")
        .env_remove("RUST_LOG");
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    command(folder.path(), arguments).output().unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32, words: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "'{words}' is not in: {told}");
    assert!(!told.contains("panicked"), "{told}");
}

/// A service that is ended with the test.
struct Service {
    child: Child,
    address: String,
    _data: TempDir,
}

impl Service {
    fn start() -> Self {
        let data = TempDir::new().unwrap();
        let mut child = command(data.path(), &["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address, _data: data }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers one request with these bytes; with none, it does not answer until the client is gone.
fn answering(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        reader.read_line(&mut first).unwrap();
        if answer.is_empty() {
            let _ = reader.read_to_end(&mut Vec::new());
        } else {
            stream.write_all(answer.as_bytes()).unwrap();
        }
        first
    });
    (url, asked)
}

#[test]
fn a_service_that_is_well() {
    let service = Service::start();
    let port = service.address.rsplit(':').next().unwrap();
    ends(&run(&["healthcheck", "--url", &service.address, "--timeout", PATIENCE]), 0, "");
    ends(&run(&["healthcheck", "--url", &service.address, "--timeout", PATIENCE, "--live"]), 0, "");
    // The settings' own address; one that stands for all of the machine's is asked on this machine.
    let folder = TempDir::new().unwrap();
    for (key, part) in
        [("API__LISTEN", "api"), ("GATEWAY__LISTEN", "gateway"), ("TELEMETRY__METRICS_LISTEN", "worker")]
    {
        let output = command(folder.path(), &["healthcheck", "--timeout", PATIENCE, "--part", part])
            .env(format!("PROJECT_SYNC__{key}"), format!("0.0.0.0:{port}"))
            // What is asked is this machine, not whatever is between it and others.
            .env("http_proxy", "http://127.0.0.1:9")
            .output()
            .unwrap();
        ends(&output, 0, "");
    }
}

#[test]
fn a_service_that_is_not_well_tells_why() {
    let (url, asked) = answering(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\r\n\
         {\"type\":\"x\",\"detail\":\"the queue does not answer\"}",
    );
    let output = run(&["healthcheck", "--url", &url, "--timeout", PATIENCE]);
    ends(&output, 1, "503: the queue does not answer");
    assert_eq!(asked.join().unwrap(), "GET /readyz HTTP/1.1\r\n");
    // A redirect is no answer of ours.
    let (url, asked) =
        answering("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\nconnection: close\r\n\r\n");
    let below = format!("{url}/below/");
    ends(&run(&["healthcheck", "--live", "--url", &below, "--timeout", PATIENCE]), 1, "302");
    assert_eq!(asked.join().unwrap(), "GET /below/healthz HTTP/1.1\r\n");
}

#[test]
fn a_service_that_does_not_answer() {
    let kept = KeptAddress::any().unwrap();
    let closed = format!("http://{}", kept.address());
    ends(&run(&["healthcheck", "--url", &closed, "--timeout", PATIENCE]), 3, "cannot reach");
    let (url, asked) = answering("");
    ends(&run(&["healthcheck", "--url", &url, "--timeout", "1"]), 3, "no answer within 1 s");
    asked.join().unwrap();
}

#[test]
fn health_checks_that_cannot_be_made() {
    for url in ["", "127.0.0.1:80", "ftp://host", "http://user:hush@host", "unix:/x"] {
        let output = run(&["healthcheck", "--url", url]);
        ends(&output, 2, "--url");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hush"));
    }
    ends(&run(&["healthcheck", "--part", "worker"]), 2, "telemetry.metrics_listen");
    ends(&run(&["healthcheck", "--timeout", "0", "--url", "http://h"]), 2, "--timeout");
}

#[test]
fn settings_are_checked() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        command(folder.path(), &["config", "--check", "--config", file.to_str().unwrap()]).output().unwrap()
    };
    let output = check("[worker]\nconcurrency = 2\n");
    ends(&output, 0, "");
    assert!(output.stdout.is_empty());
    ends(&check("[worker]\nconcurency = 2\n"), 2, "concurency");
    ends(&check("[database]\nurl_file = \"/no/such/file\"\n"), 1, "database.url_file");
}

#[test]
fn every_shell_is_completed() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        ends(&output, 0, "");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["project-sync", "healthcheck", "restore-backup", "--metrics-listen"] {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let bash = run(&["completions", "bash"]).stdout;
    let mut reader = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    reader.stdin.take().unwrap().write_all(&bash).unwrap();
    assert!(reader.wait().unwrap().success(), "bash cannot read its completions");
    ends(&run(&["completions", "cmd"]), 2, "possible values");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    ends(&run(&["man", pages.to_str().unwrap()]), 0, "");
    for (page, words) in [
        ("project-sync.1", "project\\-sync\\-healthcheck(1)"),
        ("project-sync-sync.1", ".TH project-sync-sync 1"),
        ("project-sync-jobs-requeue.1", "requeue"),
        ("project-sync-healthcheck.1", "/readyz"),
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(words), "{page}: {text}");
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    ends(&run(&["man", file.to_str().unwrap()]), 1, "writing manual pages");
}
