//! The HTTP client of the service's API: requests with the token, answers of a bounded size, problems as errors.

use std::{fs, path::Path, time::Duration};

use futures::{StreamExt, TryStreamExt};
use gateway::{BrokenOff, Pieces};
use reqwest::{
    Client as Http, Method, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use crate::{args::operator::ServerArgs, error::CliError};

/// The environment variable with the token of the service.
pub const TOKEN_VARIABLE: &str = "PROJECT_SYNC_SERVER_TOKEN";

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may take. More than the service's own limit for a request, so that its own word comes first.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer that is read, in bytes: 500 jobs with long error messages are a few megabytes.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// The longest answer of something that is not our service that is shown, in characters.
const MAX_SHOWN_CHARS: usize = 200;

/// How long a stream may last: longer than any sync. Whether it still lives is seen from what comes.
const STREAM_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What streams are.
const EVENT_STREAM: &str = "text/event-stream";

/// What is answered where there are streams, and not the one that was asked for.
const NOT_FOUND: [&str; 2] = ["sync-not-found", "project-not-found"];

/// By which the service learns what was seen last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A service at an address. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: Http,
    base: Url,
}

/// A problem as it is answered; whatever else it has is for programs.
#[derive(Deserialize)]
struct ProblemAnswer {
    r#type: String,
    detail: String,
}

/// What asking for a stream comes to, unless it is refused for good.
pub enum Opening {
    /// A stream.
    Stream(Pieces),
    /// Everything was seen.
    Over,
    /// The service wants to be asked again, not before this time.
    Later(CliError, Option<Duration>),
    /// Nobody answers.
    Away(CliError),
}

impl Client {
    /// The service at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// If that is no address of a service, or the token cannot be read.
    pub fn new(url: &str, args: &ServerArgs) -> Result<Self, CliError> {
        let base = base(url)?;
        let mut headers = HeaderMap::new();
        if let Some(token) = token(args.server_token_file.as_deref())? {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let mut value = value
                .map_err(|_| CliError::usage("the service's token holds characters that no token has"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Self::with_headers(base, headers)
    }

    /// The service at `url`, which lets everybody in: no token is sent, whatever the environment holds.
    ///
    /// # Errors
    /// If that is no address of a service.
    pub fn without_token(url: &str) -> Result<Self, CliError> {
        Self::with_headers(base(url)?, HeaderMap::new())
    }

    fn with_headers(base: Url, headers: HeaderMap) -> Result<Self, CliError> {
        let http = Http::builder()
            .user_agent(concat!("project-sync/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // The token is for this service only.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|error| CliError::io("setting up HTTP")(std::io::Error::other(error.without_url())))?;
        Ok(Self { http, base })
    }

    /// Where it is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Asks for something. `query` is what stands behind the `?`, as an object.
    pub async fn get(&self, path: &[&str], query: &impl Serialize) -> Result<Value, CliError> {
        let mut url = self.url(path);
        let query = serde_json::to_value(query)
            .map_err(|error| CliError::Io { action: "writing a request".to_owned(), source: error.into() })?;
        if let Value::Object(query) = query {
            let mut pairs = url.query_pairs_mut();
            for (key, value) in query {
                match value {
                    Value::Null => {}
                    Value::String(text) => drop(pairs.append_pair(&key, &text)),
                    other => drop(pairs.append_pair(&key, &other.to_string())),
                }
            }
        }
        self.send(Method::GET, url, None).await
    }

    /// Asks for something to be done.
    pub async fn post(&self, path: &[&str], body: &Value) -> Result<Value, CliError> {
        self.send(Method::POST, self.url(path), Some(body)).await
    }

    /// Asks for something to be removed.
    pub async fn delete(&self, path: &[&str]) -> Result<(), CliError> {
        self.send(Method::DELETE, self.url(path), None).await.map(drop)
    }

    /// Asks for something with a name to be removed for good: the name confirms that it is meant.
    pub async fn delete_confirmed(&self, path: &[&str], name: &str) -> Result<(), CliError> {
        let mut url = self.url(path);
        url.query_pairs_mut().append_pair("confirm", name);
        self.send(Method::DELETE, url, None).await.map(drop)
    }

    /// Each part is escaped.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        url
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Value, CliError> {
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.problem(response).await);
        }
        let bytes = self.body(response).await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| self.strange(status, &error.to_string()))
    }

    /// Asks for a stream of events, after the one with this id.
    ///
    /// # Errors
    /// If it is refused, and will be if it is asked for again.
    pub async fn stream(&self, path: &[&str], last_event_id: Option<&str>) -> Result<Opening, CliError> {
        let mut request = self.http.get(self.url(path)).header(ACCEPT, EVENT_STREAM).timeout(STREAM_TIMEOUT);
        if let Some(id) = last_event_id {
            request = request.header(LAST_EVENT_ID, id);
        }
        let response = match timeout(ANSWER_TIMEOUT, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Ok(Opening::Away(self.unreachable(&error))),
            Err(_) => return Ok(Opening::Away(self.silent())),
        };
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        match status {
            StatusCode::NO_CONTENT => Ok(Opening::Over),
            StatusCode::OK if header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with(EVENT_STREAM)) => {
                Ok(Opening::Stream(response.bytes_stream().map_err(|_| BrokenOff).boxed()))
            }
            StatusCode::OK => Err(self.strange(status, "")),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Ok(self.later(response).await),
            status if status.is_server_error() => Ok(self.later(response).await),
            _ => Err(match self.problem(response).await {
                CliError::Refused { status: 404, code, .. } if !NOT_FOUND.contains(&code.as_str()) => {
                    let hint = "`project-sync serve`, `api` and `gateway` stream events; a worker does not";
                    let message = format!("there are no streams at {}", self.base);
                    CliError::not_found(message, Some(hint.to_owned()))
                }
                error => error,
            }),
        }
    }

    async fn later(&self, response: Response) -> Opening {
        // As a date, which it may be too, it is not worth a wrong clock.
        let wait =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Opening::Later(self.problem(response).await, wait.map(Duration::from_secs))
    }

    /// What an answer says is wrong.
    async fn problem(&self, response: Response) -> CliError {
        let status = response.status();
        let bytes = match self.body(response).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        match serde_json::from_slice::<ProblemAnswer>(&bytes) {
            Ok(problem) => CliError::Refused {
                status: status.as_u16(),
                code: problem.r#type.strip_prefix(api::TYPE_PREFIX).unwrap_or_default().to_owned(),
                message: problem.detail,
            },
            Err(_) => {
                let text: String = String::from_utf8_lossy(&bytes).chars().take(MAX_SHOWN_CHARS).collect();
                self.strange(status, text.trim())
            }
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, CliError> {
        let whole = async {
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
                if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                    return Err(self.strange(response.status(), "the answer is too large"));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        timeout(ANSWER_TIMEOUT, whole).await.unwrap_or_else(|_| Err(self.silent()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> CliError {
        // The whole chain: what reqwest itself says is only that the request failed.
        let mut reason = String::new();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(inner) = cause {
            reason = inner.to_string();
            cause = inner.source();
        }
        if error.is_timeout() {
            return self.silent();
        }
        CliError::Unreachable { server: self.base.to_string(), reason }
    }

    fn silent(&self) -> CliError {
        let reason = format!("no answer within {} s", ANSWER_TIMEOUT.as_secs());
        CliError::Unreachable { server: self.base.to_string(), reason }
    }

    fn strange(&self, status: StatusCode, text: &str) -> CliError {
        let status = status.as_u16();
        let what = if text.is_empty() { "nothing else" } else { text };
        CliError::Unreachable {
            server: self.base.to_string(),
            reason: format!("it answered with status {status} and no answer of this API: {what}"),
        }
    }
}

/// The address of a service. One with a user or a password is refused: it would show up in logs.
fn base(url: &str) -> Result<Url, CliError> {
    let parsed =
        Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let mut base =
        parsed.ok_or_else(|| CliError::usage("--server must be an address such as http://127.0.0.1:8080"))?;
    if !base.username().is_empty() || base.password().is_some() {
        return Err(CliError::usage(format!(
            "--server must not hold a user or a password; give the token in a file (--server-token-file) or in \
             {TOKEN_VARIABLE}"
        )));
    }
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

/// The token from the file, or from the environment.
fn token(file: Option<&Path>) -> Result<Option<String>, CliError> {
    let token = match file {
        Some(file) => {
            let action = format!("cannot read the token from {}", file.display());
            Some(fs::read_to_string(file).map_err(CliError::io(action))?)
        }
        None => std::env::var(TOKEN_VARIABLE).ok(),
    };
    let token = token.map(|token| token.trim().to_owned());
    if file.is_some() && token.as_deref() == Some("") {
        return Err(CliError::usage("the file with the service's token is empty"));
    }
    Ok(token.filter(|token| !token.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain() {
        for (given, path) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/admin/jobs/a%2Fb"),
            ("https://host/below/", "https://host/below/api/v1/admin/jobs/a%2Fb"),
            ("https://host/below?x=1#y", "https://host/below/api/v1/admin/jobs/a%2Fb"),
        ] {
            let client = Client::new(given, &ServerArgs::default()).unwrap();
            assert_eq!(client.url(&["admin", "jobs", "a/b"]).as_str(), path);
        }
        for wrong in ["", "host:8080", "ftp://host", "/path", "http://", "http://user:hush@host"] {
            let error = base(wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong}");
            assert!(!error.to_string().contains("hush"));
        }
    }
}
