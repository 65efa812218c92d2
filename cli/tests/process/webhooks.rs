//! `webhook`, and a service that tells them what happened.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use entities::keys::KeyRing;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::TestDatabase,
    receiver::Receiver,
    repo::TestRepo,
    service::{Launcher, ServiceProcess, WAIT_TRIES},
};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::project_sync;

/// The pause between two looks at what the service does.
const PAUSE: Duration = Duration::from_millis(50);

/// A service, and commands on its database.
struct Installation {
    folder: TempDir,
    server: ServiceProcess,
    environment: Vec<(&'static str, String)>,
}

impl Installation {
    async fn new(database: Option<&TestDatabase>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path());
        let mut environment = Vec::new();
        if let Some(database) = database {
            let keys = KeyRing::new_line().unwrap().to_string();
            launcher = launcher
                .set("database.url", database.url())
                .set("api.access", "open")
                .set("secrets.keys", &keys);
            environment.push(("PROJECT_SYNC__DATABASE__URL", database.url().to_owned()));
            environment.push(("PROJECT_SYNC__SECRETS__KEYS", keys));
        }
        let server = launcher.embedded(&folder.path().join("data")).await;
        Self { folder, server, environment }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = project_sync(&self.folder.path().join("data"), arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a command that must go well prints as JSON.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(&[arguments, &["-o", "json"]].concat()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// The exit code of a command, and what it says on standard error.
    fn refused(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    async fn until_delivered(&self, webhook: &str) -> Value {
        for _ in 0..WAIT_TRIES {
            let found = self.json(&["webhook", "deliveries", webhook, "--status", "delivered"]);
            if found.as_array().is_some_and(|found| !found.is_empty()) {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("nothing is delivered: {}", self.json(&["webhook", "deliveries", webhook]));
    }

    /// Waits until the metrics show something: the row of a delivery is written before it is counted.
    async fn until_shown(&self, line: &str) -> String {
        let client = self.server.client();
        for _ in 0..WAIT_TRIES {
            let metrics = client.page("/metrics").await;
            if metrics.lines().any(|shown| shown == line) {
                return metrics;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{line} is not shown: {}", client.page("/metrics").await);
    }
}

/// From the sync to the receiver, the log, and the receiver again.
async fn a_sync_is_told(database: Option<&TestDatabase>) {
    let installation = Installation::new(database).await;
    let receiver = Receiver::start().await;
    let made = installation.json(&["webhook", "add", &receiver.url()]);
    let (id, secret) = (made["webhook"]["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let listed = installation.json(&["webhook", "ls"]);
    assert_eq!((&listed[0]["id"], &listed[0]["enabled"]), (&json!(id), &json!(true)));
    assert!(!listed.to_string().contains(secret));

    let repository = TestRepo::bare_at(&installation.folder.path().join("notes"));
    repository.write("README.md", "# Title\n").commit("one");
    let client = installation.server.client();
    let project = client.create_project("notes", repository.path().to_str().unwrap()).await;
    let sync = client.start_sync(&project, &json!({})).await.id;
    assert_eq!(client.wait_until_ended(&sync).await["status"], "completed");
    let sent = receiver.wait_for(1).await.remove(0);
    assert!(sent.is_signed_with(secret));
    let event: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!((&event["type"], &event["specversion"]), (&json!("project_sync.completed"), &json!("1.0")));
    assert_eq!((&event["data"]["syncId"], &event["id"]), (&json!(sync), &json!(sent.id())));

    let log = installation.until_delivered(id).await;
    let delivery = log[0]["id"].as_str().unwrap();
    assert_eq!((&log[0]["attempts"], &log[0]["responseStatus"]), (&json!(1), &json!(204)));
    installation.json(&["webhook", "redeliver", id, delivery]);
    let again = receiver.wait_for(2).await.remove(1);
    assert_eq!((again.id(), again.body), (sent.id(), sent.body));
    installation.until_delivered(id).await;

    let delivered = "project_sync_webhook_deliveries_total{outcome=\"delivered\"} 2";
    let metrics = installation.until_shown(delivered).await;
    assert!(metrics.contains("# HELP project_sync_webhook_pending"), "{metrics}");

    let nobody = "0190d3f0-0000-7000-8000-000000000001";
    for (arguments, code, told) in [
        (&["webhook", "add", "ftp://host.example/"][..], 2, "https://"),
        (&["webhook", "add", "https://user:pass@host.example/"], 2, "password"),
        (&["webhook", "add", "https://host.example/", "--kind", "no.such"], 2, "project_sync.failed"),
        (&["webhook", "add", "https://host.example/", "--project", "none"], 4, "no project"),
        (&["webhook", "rm", nobody], 4, "no webhook"),
        (&["webhook", "redeliver", id, nobody], 4, "no delivery"),
    ] {
        let (found, text) = installation.refused(arguments);
        assert!(found == Some(code) && text.contains(told), "{arguments:?}: {found:?} {text}");
    }
    installation.json(&["webhook", "rm", id]);
    assert_eq!(installation.json(&["webhook", "ls"]), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_told_beside_sqlite() {
    a_sync_is_told(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_told_beside_postgres() {
    a_sync_is_told(Some(&TestDatabase::postgres().await)).await;
}

/// The receiver that the documentation shows takes what we send, once, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_receiver_works() {
    let installation = Installation::new(None).await;
    let made = installation.json(&["webhook", "add", "http://127.0.0.1:9/"]);
    let (id, secret) = (made["webhook"]["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/webhook_receiver.py");
    let mut receiver = tokio::process::Command::new("python3")
        .arg(script)
        .envs([("WEBHOOK_SECRET", secret), ("PORT", "0")])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(receiver.stdout.take().unwrap()).lines();
    let ready = lines.next_line().await.unwrap().unwrap();
    let url = ready.strip_prefix("listening on ").unwrap();

    // Nobody else is believed, nor what was signed long ago.
    let client = reqwest::Client::new();
    for (timestamp, signature) in [
        (chrono::Utc::now().timestamp().to_string(), "v1,AAAA"),
        ("1614265330".to_owned(), "v1,AAAA"),
        ("soon".to_owned(), ""),
    ] {
        let forged = client.post(url).header("webhook-id", "x").header("webhook-timestamp", timestamp);
        let answer = forged.header("webhook-signature", signature).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }

    let api = installation.server.client();
    let path = format!("/api/v1/webhooks/{id}");
    api.must(reqwest::Method::PUT, &path, Some(&json!({ "url": url })), &[200]).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let sent = api.must(reqwest::Method::POST, &format!("{path}/test"), None, &[202]).await;
        let line = lines.next_line().await.unwrap().unwrap();
        let event = sent["eventId"].as_str().unwrap();
        assert!(line.starts_with(&format!("project_sync.test {event} ")), "{line}");
        told.push(sent["id"].as_str().unwrap().to_owned());
    }
    // Sent again it is taken and passed over: the next line is that of the next event.
    let again = format!("{path}/deliveries/{}/redeliver", told[0]);
    api.must(reqwest::Method::POST, &again, None, &[202]).await;
    for _ in 0..WAIT_TRIES {
        let delivery =
            api.must(reqwest::Method::GET, &format!("{path}/deliveries/{}", told[0]), None, &[200]).await;
        if delivery["status"] == "delivered" {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let sent = api.must(reqwest::Method::POST, &format!("{path}/test"), None, &[202]).await;
    let line = lines.next_line().await.unwrap().unwrap();
    assert!(line.contains(sent["eventId"].as_str().unwrap()), "{line}");
}
