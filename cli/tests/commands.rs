//! The binary itself over real git repositories: exit codes, JSON, a command that follows another.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::{
    git_http::{Fault, GitHttp},
    github::{AppKey, GitHubServer},
};

/// A repository and a data folder, and the binary that is run on them.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(bench.repository()).unwrap();
        bench.git(&["init", "-q", "-b", "main"]);
        bench
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("notes")
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"];
        let status =
            Command::new("git").current_dir(self.repository()).args(identity).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    }

    fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.repository().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// Many files in one commit.
    fn commit_many(&self, files: usize) {
        let mut commit =
            "commit refs/heads/main\ncommitter n <e@example.com> 0 +0000\ndata 4\nmany\n".to_owned();
        for file in 0..files {
            let text = format!("# Title {file}\n\ntext\n");
            commit += &format!("M 100644 inline d{}/f{file}.md\ndata {}\n{text}\n", file % 50, text.len());
        }
        let mut import = Command::new("git")
            .current_dir(self.repository())
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        import.stdin.take().unwrap().write_all(commit.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
        command.current_dir(self.folder.path()).args(args);
        // A settings file or token of the machine must not change what is tested.
        command.env("PROJECT_SYNC_DATA", self.folder.path().join("data"));
        command.env("HOME", self.folder.path()).env_remove("XDG_CONFIG_HOME").env_remove("GITHUB_TOKEN");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed and gives its standard output.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["-o", "json"]].concat())).unwrap()
    }
}

/// The events and the record of a `sync -o json`.
fn events_and_record(stdout: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let record = lines.pop().unwrap();
    (lines, record)
}

#[test]
fn a_branch_is_synced_listed_compared_and_restored() {
    let bench = Bench::new();
    bench.write("README.md", "# Notes\n\nabout\n");
    bench.write(".memory/letter_01.md", "# One\n\nrelease notes\n");
    bench.write("src/a.txt", "content\n");
    bench.commit("first");
    let (events, first) = events_and_record(&bench.ok(&["sync", "notes", "-o", "json"]));
    assert_eq!(events.last().unwrap()["type"], "completed");
    let numbers: Vec<i64> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert_eq!(
        (&first["status"], &first["number"], &first["project"]),
        (&"completed".into(), &1.into(), &"notes".into())
    );
    assert_eq!(first["counts"]["added"], 3);

    bench.write("README.md", "# Notes\n\nchanged\n");
    bench.git(&["mv", "src/a.txt", "src/b.txt"]);
    bench.commit("second");
    bench.ok(&["sync", "notes"]);
    let diff = bench.json(&["diff", "notes", "1", "latest"]);
    let changes: Vec<(&str, &str)> = diff["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["change"].as_str().unwrap(), file["path"].as_str().unwrap()))
        .collect();
    assert_eq!(changes, [("modified", "README.md"), ("renamed", "src/b.txt")]);
    assert_eq!(diff["memory"][0]["change"], "replaced");

    let paths = |at: &str| -> Vec<String> {
        let files = bench.json(&["files", "notes", "--at", at]);
        files.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths("1"), [".memory/letter_01.md", "README.md", "src/a.txt"]);
    assert_eq!(paths("latest"), [".memory/letter_01.md", "README.md", "src/b.txt"]);
    let found = bench.json(&["memory", "notes", "--query", "release"]);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["kind"]), (1, &"letter".into()));
    assert_eq!(bench.json(&["memory", "notes"]).as_array().unwrap().len(), 2);
    assert_eq!(bench.json(&["memory", "notes", "--all"]).as_array().unwrap().len(), 3);

    bench.ok(&["restore", "notes", "--to", "1"]);
    assert_eq!(paths("latest"), paths("1"));
    assert_eq!(bench.json(&["verify", "notes"])["tree"], first["tree"]);
    let history = bench.json(&["history", "notes"]);
    let kinds: Vec<&str> =
        history.as_array().unwrap().iter().map(|sync| sync["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["restore", "sync", "sync"]);
    assert_eq!(history[0]["restoredNumber"], 1);
    assert_eq!(history[1]["previousSyncId"], first["id"]);
    assert_eq!(bench.json(&["status", "notes"])["id"], history[0]["id"]);
    assert_eq!(bench.json(&["branches", "notes"])[0]["lastNumber"], 3);
    assert_eq!(bench.json(&["projects"])[0]["name"], "notes");
}

#[test]
fn projects_and_syncs_are_found_by_what_users_type() {
    let bench = Bench::new();
    bench.write("a", "a");
    bench.commit("first");
    let (_, record) = events_and_record(&bench.ok(&["sync", "notes", "-o", "json"]));
    let (sync, project) = (record["id"].as_str().unwrap(), record["projectId"].as_str().unwrap());
    for name in ["notes", project, &project[..18], "./notes", bench.repository().to_str().unwrap()] {
        for at in ["latest", "1", "#1", "main#1", sync, &sync[..18]] {
            assert_eq!(bench.json(&["verify", name, "--at", at])["syncId"], sync, "{name} {at}");
        }
    }
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let bench = Bench::new();
    bench.write("a", "a");
    bench.commit("first");
    bench.ok(&["sync", "notes"]);
    let settings = bench.folder.path().join("wrong.toml");
    std::fs::write(&settings, "[source]\natempts = 1\n").unwrap();
    std::fs::create_dir(bench.folder.path().join("plain")).unwrap();
    for (args, code, said) in [
        (&["sync"][..], 2, "Usage"),
        (&["files", "notes", "--at", "xyz"], 2, "names no sync"),
        (&["projects", "--config", settings.to_str().unwrap()], 2, "atempts"),
        (&["sync", "http://127.0.0.1:1/r.git"], 3, "127.0.0.1"),
        (&["sync", "plain"], 4, "not a git repository"),
        (&["sync", "no/such/folder"], 4, "no/such/folder"),
        (&["sync", "notes", "--branch", "mian"], 4, "did you mean main"),
        (&["files", "note"], 4, "did you mean notes"),
        (&["files", "notes", "--at", "7"], 4, "latest is #1"),
        (&["cancel", "notes"], 4, "pending or running"),
    ] {
        let output = bench.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = Bench::new();
    bench.commit_many(2_000);
    bench.ok(&["sync", "notes"]);
    let mut child = bench.command(&["files", "notes"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("MODE"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// Files of the repository whose sync is followed.
const FOLLOWED_FILES: usize = 300;

/// A sync that stands still in the middle, since its host does not send the content, and a second command that follows it.
async fn held_and_followed(bench: &Bench) -> (GitHttp, Child, Child) {
    bench.commit_many(FOLLOWED_FILES);
    let host = GitHttp::start(bench.folder.path()).await;
    // What the host can do, where the head is, and then the content.
    for fault in [Fault::Pass, Fault::Pass, Fault::Hold] {
        host.push_fault(fault);
    }
    let sync = ["sync", &host.url("notes"), "-o", "json"];
    let first = bench.command(&sync).spawn().unwrap();
    host.until_held().await;
    let mut second = bench.command(&sync).spawn().unwrap();
    let mut told = BufReader::new(second.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("following it"), "{line}");
    // Nobody reads the rest; a full pipe must not stop the command.
    std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
    (host, first, second)
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success(), "kill -{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sync_follows_the_first_to_its_end() {
    let bench = Bench::new();
    let (host, first, second) = held_and_followed(&bench).await;
    host.release();
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success());
    let (_, record) = events_and_record(std::str::from_utf8(&output.stdout).unwrap());
    let output = second.wait_with_output().unwrap();
    assert!(output.status.success());
    let (events, followed) = events_and_record(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(followed, record);
    assert_eq!((&events[0]["seq"], &events.last().unwrap()["type"]), (&1.into(), &"completed".into()));
    assert_eq!(bench.json(&["history", "notes"]).as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sync_takes_over_when_the_first_is_killed() {
    let bench = Bench::new();
    let (_host, mut first, second) = held_and_followed(&bench).await;
    first.kill().unwrap();
    first.wait().unwrap();
    let output = second.wait_with_output().unwrap();
    assert!(output.status.success());
    let (_, record) = events_and_record(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!((&record["status"], &record["number"]), (&"completed".into(), &1.into()));
    let history = bench.json(&["history", "notes"]);
    let ids: Vec<&Value> = history.as_array().unwrap().iter().map(|sync| &sync["id"]).collect();
    assert_eq!(ids, [&record["id"]], "what was killed was begun again");
    assert_eq!(bench.json(&["verify", "notes"])["files"], FOLLOWED_FILES);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_follower_leaves_the_first_alone() {
    let bench = Bench::new();
    let (host, first, second) = held_and_followed(&bench).await;
    signal(&second, "INT");
    assert_eq!(second.wait_with_output().unwrap().status.code(), Some(130));
    host.release();
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success());
    let (_, record) = events_and_record(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(record["status"], "completed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installations_repositories_are_listed() {
    let bench = Bench::new();
    let (server, key) = (GitHubServer::start().await, AppKey::generate());
    let names: Vec<String> = (0..130).map(|number| format!("o/r{number}")).collect();
    server.install_app(12, 34, &key, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let file = bench.folder.path().join("app.pem");
    std::fs::write(&file, key.private_pem()).unwrap();
    let api = server.api_url();
    let run = |installation: &str| {
        let file = file.to_str().unwrap();
        let args = ["repositories", "--app", "12", "--installation", installation, "--key-file", file];
        bench.run(&[&args[..], &["--api-url", &api, "-o", "json"]].concat())
    };
    let listed = run("34");
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let listed: Vec<&str> =
        listed.as_array().unwrap().iter().map(|item| item["fullName"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
    let refused = run("35");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no such installation"), "{refused:?}");
}
