//! What is asked of the API.

use std::{fmt, time::Duration};

use reqwest::{Method, header};
use serde_json::{Value, json};

/// How often a sync is looked at before it is given up, and the pause in between: a minute altogether.
pub const WAIT_TRIES: u32 = 1_200;
const WAIT_PAUSE: Duration = Duration::from_millis(50);

/// How long one request may take.
const REQUEST_PATIENCE: Duration = Duration::from_secs(20);

/// How much of an answer an error shows, in characters.
const SHOWN_CHARS: usize = 2_000;

/// Nobody answered: the connection was refused or broke, or it took too long.
#[derive(Debug)]
pub struct Unreachable(pub reqwest::Error);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What was answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null if it is no JSON.
    pub body: Value,
}

/// A sync that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Started {
    /// Its id.
    pub id: String,
    /// Whether the request made it.
    pub is_new: bool,
}

/// Asks one process over its API. Each request has a connection of its own, so that none meets one that the server is
/// just closing. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiClient {
    base: String,
    client: reqwest::Client,
}

impl ApiClient {
    /// Asks the process at this URL (scheme and authority).
    pub fn new(base: &str) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(REQUEST_PATIENCE)
            .build()
            .unwrap_or_else(|error| panic!("no HTTP client: {error}"));
        Self { base: base.to_owned(), client }
    }

    /// Asks, with a body that is sent as JSON if there is one.
    ///
    /// # Errors
    /// If nobody answers. An answer that tells of an error is an answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Unreachable> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(Unreachable)?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(Unreachable)?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    /// Asks what must be answered with one of these statuses, and gives the body. Panics otherwise.
    pub async fn must(&self, method: Method, path: &str, body: Option<&Value>, wanted: &[u16]) -> Value {
        match self.ask(method.clone(), path, body).await {
            Ok(answer) if wanted.contains(&answer.status) => answer.body,
            Ok(answer) => {
                let told: String = answer.body.to_string().chars().take(SHOWN_CHARS).collect();
                panic!("{method} {path}: {}: {told}", answer.status);
            }
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    /// What a path is answered with, as text. Panics if nobody answers.
    pub async fn page(&self, path: &str) -> String {
        let page = async { self.client.get(format!("{}{path}", self.base)).send().await?.text().await };
        page.await.unwrap_or_else(|error| panic!("GET {path}: {error:?}"))
    }

    /// Makes a project of a git repository, named by its path or URL, and gives its id.
    pub async fn create_project(&self, name: &str, repository: &str) -> String {
        let body = json!({ "name": name, "source": { "kind": "git", "url": repository } });
        let project = self.must(Method::POST, "/api/v1/projects", Some(&body), &[201]).await;
        text(&project, "id")
    }

    /// Asks for a sync. The body may name a `branch`, and say `force` or `queueNext`.
    pub async fn start_sync(&self, project: &str, body: &Value) -> Started {
        match self.try_start_sync(project, body).await {
            Ok(started) => started,
            Err(error) => panic!("starting a sync of {project}: {error}"),
        }
    }

    /// The same where the process may be away. Panics if it is there and refuses.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn try_start_sync(&self, project: &str, body: &Value) -> Result<Started, Unreachable> {
        let path = format!("/api/v1/projects/{project}/sync");
        let answer = self.ask(Method::POST, &path, Some(body)).await?;
        assert!(matches!(answer.status, 200 | 202), "POST {path}: {answer:?}");
        let is_new = answer.body["isNew"] == true;
        Ok(Started { id: text(&answer.body["sync"], "id"), is_new })
    }

    /// Asks for a restore to the state that a sync left.
    pub async fn restore(&self, project: &str, sync: &str) -> Started {
        let path = format!("/api/v1/projects/{project}/sync/restore");
        let body = json!({ "syncId": sync });
        let answer = self.must(Method::POST, &path, Some(&body), &[200, 202]).await;
        Started { id: text(&answer["sync"], "id"), is_new: answer["isNew"] == true }
    }

    /// Asks a sync to end.
    pub async fn cancel(&self, sync: &str) {
        let path = format!("/api/v1/syncs/{sync}/cancel");
        self.must(Method::POST, &path, None, &[200, 202]).await;
    }

    /// A sync as it stands.
    pub async fn sync(&self, id: &str) -> Value {
        self.must(Method::GET, &format!("/api/v1/syncs/{id}"), None, &[200]).await
    }

    /// Waits until a sync has ended, and gives it. Panics if that takes more than a minute, or if nobody answers.
    pub async fn wait_until_ended(&self, id: &str) -> Value {
        self.wait_until(id, |status| matches!(status, "completed" | "failed" | "cancelled")).await
    }

    /// Waits until a sync is in a status, and gives it. Panics if that takes more than a minute.
    pub async fn wait_until(&self, id: &str, is_wanted: impl Fn(&str) -> bool) -> Value {
        for _ in 0..WAIT_TRIES {
            let sync = self.sync(id).await;
            if is_wanted(sync["status"].as_str().unwrap_or_default()) {
                return sync;
            }
            tokio::time::sleep(WAIT_PAUSE).await;
        }
        panic!("sync {id} does not get there: {}", self.sync(id).await);
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}
