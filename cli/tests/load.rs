//! `bench load`, small: what it counts is right, and nothing is left behind. How fast anything is, is not looked at.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::{
    database::POSTGRES_VARIABLE,
    redis::REDIS_VARIABLE,
    server::signal,
    service::{ApiClient, Launcher},
};

/// Two projects, 30 syncs a minute, 4 of them, 3 clients.
const SMALL: [&str; 10] =
    ["--projects", "2", "--rate", "30", "--syncs", "4", "--clients", "3", "--files", "8"];

/// A sync tells of its beginning, of the beginning and the end of four phases, and of its end.
const EVENTS: u64 = 10;

/// The command, whose temporary files are in `folder`.
fn load(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    command.args(["bench", "load"]).args(arguments).stdin(Stdio::null());
    command.env("TMPDIR", folder).env("HOME", folder).env_remove("XDG_CONFIG_HOME").env_remove("RUST_LOG");
    // Whatever is set around the test is none of the installation's.
    command.env("PROJECT_SYNC_SERVER_TOKEN", "not-for-them");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    load(folder, arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The report of a run that went well.
fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn is_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[track_caller]
fn counts_are_right(report: &Value) {
    let step = &report["steps"][0];
    let count =
        |pointer: &str| step.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{step}"));
    assert_eq!(report["steps"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["projects"], 2);
    assert_eq!(count("/due"), 4, "{step}");
    // One that comes while another one waits joins it: on a slow machine that may be.
    assert_eq!(count("/accepted") + count("/joined"), 4, "{step}");
    assert_eq!((count("/completed"), count("/unfinished")), (count("/accepted"), 0), "{step}");
    assert_eq!((count("/answered/count"), count("/waited/count")), (4, count("/accepted")), "{step}");
    assert!(step.get("failed").is_none() && step.get("refusals").is_none(), "{step}");
    // The first project has two clients, the second one.
    assert_eq!(count("/watched/clients"), 3, "{step}");
    assert_eq!((count("/watched/lost"), count("/watched/doubled")), (0, 0), "{step}");
    assert_eq!(count("/watched/age/count"), count("/watched/events"), "{step}");
    if count("/joined") == 0 {
        assert!(count("/watched/events") >= EVENTS * (2 * 2 + 2), "{step}");
    }
    assert!(step["verdict"]["bottleneck"].is_string(), "{step}");
}

fn processes(report: &Value) -> Vec<&str> {
    let processes = report["steps"][0]["used"]["processes"].as_array().unwrap();
    processes.iter().map(|process| process["name"].as_str().unwrap()).collect()
}

#[test]
fn one_process_on_sqlite() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &[&SMALL[..], &["-o", "json"]].concat());
    let report = report(&output);
    counts_are_right(&report);
    if cfg!(target_os = "linux") {
        assert_eq!(processes(&report), ["serve", "load"]);
        assert!(report["steps"][0]["used"]["processes"][0]["memory"].as_u64().unwrap() > 1 << 20);
    }
    is_empty(folder.path());
}

#[tokio::test]
async fn all_parts_on_postgres_and_redis() {
    let (postgres, redis) = (env::var(POSTGRES_VARIABLE).unwrap(), env::var(REDIS_VARIABLE).unwrap());
    let folder = TempDir::new().unwrap();
    let servers = ["--database-url", &postgres, "--redis-url", &redis, "--workers", "2", "-o", "json"];
    let output = run(folder.path(), &[&SMALL[..], &servers[..]].concat());
    let report = report(&output);
    counts_are_right(&report);
    let used = &report["steps"][0]["used"];
    assert!(used["postgres"]["transactionsPerSecond"].as_f64().unwrap() > 0.0, "{used}");
    assert!(used["redis"]["commandsPerSecond"].as_f64().unwrap() > 0.0, "{used}");
    if cfg!(target_os = "linux") {
        assert_eq!(processes(&report), ["api", "gateway", "worker 1", "worker 2", "load"]);
        assert!(used["postgres"]["processorPercent"].as_f64().unwrap() > 0.0, "{used}");
    }
    is_empty(folder.path());

    let database = entities::connect(&postgres, &Default::default()).await.unwrap();
    for (table, name) in [("pg_database", "datname"), ("pg_roles", "rolname")] {
        let query = format!("SELECT 1 FROM {table} WHERE {name} LIKE 'project_sync_load_%'");
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, query);
        let left = sea_orm::ConnectionTrait::query_one_raw(database.pool(), statement).await.unwrap();
        assert!(left.is_none(), "{table}");
    }
    let mut connection = redis::Client::open(redis).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("project-sync-load-*").query(&mut connection).unwrap();
    assert!(keys.is_empty(), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_runs() {
    let folder = TempDir::new().unwrap();
    let made = TempDir::new().unwrap();
    let service =
        Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path()).embedded(folder.path()).await;
    let client = ApiClient::new(service.url());

    // By two projects that are made for it, and gone afterwards.
    let arguments = [&SMALL[..], &["--server", service.url(), "-o", "json"]].concat();
    let output = load(made.path(), &arguments).env_remove("PROJECT_SYNC_SERVER_TOKEN").output().unwrap();
    counts_are_right(&report(&output));
    is_empty(made.path());
    let projects = client.must(reqwest::Method::GET, "/api/v1/projects", None, &[200]).await;
    assert_eq!(projects["items"].as_array().unwrap().len(), 0, "{projects}");

    // By one that is there, and stays.
    let repository = testkit::repo::TestRepo::new();
    repository.write("README.md", "# Theirs\n");
    repository.commit("first");
    let id = client.create_project("theirs", &repository.path().display().to_string()).await;
    let arguments =
        ["--server", service.url(), "--project", "theirs", "--rate", "60", "--syncs", "2", "--markdown"];
    let output = load(made.path(), &arguments).env_remove("PROJECT_SYNC_SERVER_TOKEN").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("| 60 |")).count(), 2, "{text}");
    client.must(reqwest::Method::GET, &format!("/api/v1/projects/{id}"), None, &[200]).await;
}

#[test]
fn an_interrupt_ends_it_in_order() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--projects", "1", "--rate", "30", "--seconds", "600", "--clients", "1"];
    let mut child =
        load(folder.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said = Vec::new();
    for line in lines {
        let has_begun = line.contains("syncs a minute");
        said.push(line);
        if has_begun {
            signal(child.id(), "INT");
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
    assert!(said.iter().any(|line| line.contains("removing")), "{said:?}");
    is_empty(folder.path());
}

#[test]
fn what_cannot_work_is_refused() {
    let folder = TempDir::new().unwrap();
    for (arguments, code, words) in [
        (&["--files", "2", "--changes", "3"][..], 2, "more files than there are"),
        (&["--database-url", "postgres://localhost/x"], 2, "--redis-url"),
        (&["--rate", "60001"], 2, "60000"),
        (&["--project", "x"], 2, "--server"),
        (&["--server", "http://127.0.0.1:1", "--syncs", "1"], 3, "cannot reach"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(told(&output).contains(words), "{}", told(&output));
        is_empty(folder.path());
    }
}
