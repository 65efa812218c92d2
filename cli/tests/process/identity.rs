//! Users, tokens and tenants at the command line, and a service that asks who comes.

use std::{
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::service::{self, Launcher};

use crate::{json, project_sync, run};

/// Runs a command with this on standard input.
fn told(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = project_sync(data, arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that needs no password may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn refused(output: &Output, code: i32, words: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words) && !told.contains("panicked"), "'{words}' is not in: {told}");
}

#[test]
fn users_are_made_listed_and_removed() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    refused(&told(&data, &["user", "add", "Olga"], ""), 2, "no password");
    refused(&told(&data, &["user", "add", "Olga"], "short\n"), 2, "8 to 1024 bytes");
    assert_eq!(json(&data, &["user", "ls"])[0].as_array().unwrap().len(), 0, "nothing is left behind");
    done(&told(&data, &["user", "add", "Olga"], "correct horse\n"));
    done(&told(&data, &["user", "add", "Vera", "--role", "viewer"], "correct horse\n"));
    let users = json(&data, &["user", "ls"]).remove(0);
    assert_eq!((&users[0]["name"], &users[0]["operator"]), (&Value::from("Olga"), &Value::from(true)));
    assert_eq!(users[0]["tenants"][0], serde_json::json!({ "tenant": "local", "role": "owner" }));
    assert_eq!(
        (&users[1]["operator"], &users[1]["tenants"][0]["role"]),
        (&Value::from(false), &Value::from("viewer"))
    );
    // One who is there needs no password, and gets the role.
    done(&run(&data, &["user", "add", "Vera", "--role", "owner", "--operator"]));
    done(&run(&data, &["user", "rm", "Olga"]));
    refused(&run(&data, &["user", "rm", "Vera"]), 1, "last owner");
    refused(&run(&data, &["user", "rm", "Nobody"]), 4, "no user named 'Nobody'");
    let users = json(&data, &["user", "ls"]).remove(0);
    assert_eq!(
        (&users[0]["disabled"], &users[1]["tenants"][0]["role"]),
        (&Value::from(true), &Value::from("owner"))
    );
    done(&run(&data, &["user", "add", "Olga"]));
    assert_eq!(json(&data, &["user", "ls"])[0][0]["disabled"], false);
    done(&told(&data, &["user", "password", "Olga"], "another horse\n"));
    let table = done(&run(&data, &["user", "ls"]));
    assert!(!table.contains("argon2") && table.contains("local (owner)"), "{table}");
}

#[test]
fn tenants_have_owners() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    done(&told(&data, &["tenant", "add", "second", "--owner", "Otto"], "correct horse\n"));
    refused(&run(&data, &["tenant", "add", "second", "--owner", "Otto"]), 1, "tenant of this name");
    let tenants = json(&data, &["tenant", "ls"]).remove(0);
    let names: Vec<_> = tenants.as_array().unwrap().iter().map(|tenant| &tenant["name"]).collect();
    assert_eq!(names, ["local", "second"]);
    let users = json(&data, &["user", "ls"]).remove(0);
    assert_eq!(
        (&users[0]["operator"], &users[0]["tenants"][0]["tenant"]),
        (&Value::from(false), &Value::from("second"))
    );
    let token = json(&data, &["token", "create", "ci", "--tenant", "second"]).remove(0);
    assert_eq!(json(&data, &["token", "ls", "--tenant", "second"])[0][0]["id"], token["id"]);
    assert_eq!(json(&data, &["token", "ls"])[0].as_array().unwrap().len(), 0);
    refused(&run(&data, &["token", "ls", "--tenant", "third"]), 4, "no tenant named 'third'");
}

/// A token of the commands opens a service to the client commands, until it is revoked.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_open_a_service() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    done(&told(&data, &["user", "add", "Olga"], "correct horse\n"));
    let create = |arguments: &[&str]| done(&run(&data, &[&["token", "create"], arguments].concat()));
    let operator = create(&["ops", "--operator", "--days", "7"]);
    let reader = create(&["reader"]);
    assert!(operator.starts_with("ps_") && operator.len() == 67, "{operator}");
    refused(&run(&data, &["token", "create", "x", "--operator", "--project", "p"]), 2, "cannot be used with");
    refused(&run(&data, &["token", "create", "x", "--project", "p"]), 4, "no project 'p'");
    let listed = json(&data, &["token", "ls"]).remove(0);
    assert!(listed[0]["hint"].as_str().is_some_and(|hint| reader.starts_with(hint)));
    assert!(!done(&run(&data, &["token", "ls"])).contains(&reader));

    let server = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path()).embedded(&data).await;
    let jobs = |token: Option<&str>| {
        let mut command = project_sync(&data, &["jobs", "ls", "--server", server.url()]);
        match token {
            Some(token) => command.env("PROJECT_SYNC_SERVER_TOKEN", token),
            None => command.env_remove("PROJECT_SYNC_SERVER_TOKEN"),
        };
        command.output().unwrap()
    };
    done(&jobs(Some(&operator)));
    refused(&jobs(Some(&reader)), 1, "operate");
    refused(&jobs(None), 1, "log in");
    let id = listed[1]["id"].as_str().unwrap();
    done(&run(&data, &["token", "revoke", id]));
    refused(&jobs(Some(&operator)), 1, "revoked");
    refused(&run(&data, &["token", "revoke", "x"]), 4, "no token x");
}

/// A stream ends when whoever reads it may not any more, whatever was shown when it was opened: a token or a ticket.
#[tokio::test(flavor = "multi_thread")]
async fn streams_end_with_the_token_that_opened_them() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    done(&told(&data, &["user", "add", "Olga"], "correct horse\n"));
    let token = done(&run(&data, &["token", "create", "reader", "--scope", "read,admin"]));
    let other = done(&run(&data, &["token", "create", "another"]));
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path())
        .set("gateway.heartbeat_seconds", 1)
        .set("gateway.ask_again_seconds", 1);
    let server = launcher.embedded(&data).await;
    let repository = testkit::repo::TestRepo::bare_at(&folder.path().join("notes"));
    repository.write("README.md", "# Title\n").commit("one");
    let client = reqwest::Client::new();
    let source = serde_json::json!({ "kind": "git", "url": repository.path() });
    let asked = client.post(format!("{}/api/v1/projects", server.url())).bearer_auth(&token);
    let asked = asked.header("content-type", "application/json");
    let body = serde_json::json!({ "name": "notes", "source": source }).to_string();
    let asked = asked.body(body).send().await.unwrap();
    assert_eq!(asked.status(), 201);
    let project: Value = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
    let id = project["id"].as_str().unwrap();
    let asked = client.post(format!("{}/api/v1/stream-tickets", server.url())).bearer_auth(&token);
    let asked = asked.header("content-type", "application/json");
    let asked = asked.body(serde_json::json!({ "projectId": id }).to_string()).send().await.unwrap();
    let ticket: Value = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
    let url = format!("{}/api/v1/events/projects/{id}", server.url());
    let by_ticket = format!("{url}?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut opened = Vec::new();
    for request in
        [client.get(&url).bearer_auth(&token), client.get(&by_ticket), client.get(&url).bearer_auth(&other)]
    {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        opened.push(response);
    }
    let mut kept = opened.pop().unwrap();
    assert!(kept.chunk().await.unwrap().is_some());
    let listed = json(&data, &["token", "ls"]).remove(0);
    let reader = listed.as_array().unwrap().iter().find(|token| token["name"] == "reader").unwrap();
    done(&run(&data, &["token", "revoke", reader["id"].as_str().unwrap()]));
    for stream in opened {
        // To its end, in order.
        tokio::time::timeout(service::PATIENCE, stream.bytes()).await.unwrap().unwrap();
    }
    assert_eq!(client.get(&url).bearer_auth(&token).send().await.unwrap().status(), 401);
    assert_eq!(client.get(&by_ticket).send().await.unwrap().status(), 401, "nor by its ticket");
    // Whoever may read goes on: heartbeats come after the others are gone.
    assert!(kept.chunk().await.unwrap().is_some());
}

/// Where nobody is asked, a token that is good elsewhere does no harm: neither at the door nor later.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_service_takes_no_offence_at_a_token() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path())
        .set("gateway.heartbeat_seconds", 1)
        .set("gateway.ask_again_seconds", 1);
    let server = launcher.embedded(&data).await;
    let repository = testkit::repo::TestRepo::bare_at(&folder.path().join("notes"));
    repository.write("README.md", "# Title\n").commit("one");
    let id = server.client().create_project("notes", repository.path().to_str().unwrap()).await;
    let url = format!("{}/api/v1/events/projects/{id}", server.url());
    let mut stream = reqwest::Client::new().get(url).bearer_auth("hush-hush").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    // The snapshot, then heartbeats, beyond the first time that the door is asked again.
    for _ in 0..5 {
        assert!(stream.chunk().await.unwrap().is_some(), "the stream goes on");
    }
}

/// Whoever could come from elsewhere must be able to show who they are.
#[test]
fn nothing_is_opened_to_others_unasked() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let serve = ["serve", "--listen", "0.0.0.0:0"];
    for way_out in ["user add", "PROJECT_SYNC__API__TOKEN", "127.0.0.1"] {
        refused(&run(&data, &serve), 2, way_out);
    }
    let open = project_sync(&data, &serve).env("PROJECT_SYNC__API__ACCESS", "open").output().unwrap();
    refused(&open, 2, "\"identity\"");
}
