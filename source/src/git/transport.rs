//! HTTP for git: one host's requests with their token, redirects, time limits, and what failures mean.

use std::{error::Error as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER},
};

use super::pktline::one_line;
use crate::{
    SourceContext, SourceError,
    access::Access,
    guard::{GuardedClient, refusal},
    settings::{Secret, SourceSettings},
};

/// The most redirects that one request follows.
const MAX_REDIRECTS: usize = 5;

/// How long to stay away from a server that limits requests and does not say for how long.
const DEFAULT_LIMIT_SECONDS: i64 = 60;

/// The longest wait that a server may ask for; a longer one is cut to it. A year.
const MAX_LIMIT_SECONDS: i64 = 365 * 24 * 3_600;

/// What requests call themselves. Some hosts serve git's protocol only to names that start with `git/`.
const USER_AGENT: &str = concat!("git/project-sync-", env!("CARGO_PKG_VERSION"));

/// A client for the host of one repository.
pub(super) struct Transport {
    client: GuardedClient,
    /// Where the token may be sent.
    home: Url,
    access: Access,
    /// The repository as the user named it.
    repository: String,
    idle: Duration,
}

impl Transport {
    /// A client for the repository at `url`.
    pub(super) fn new(url: &str, access: Access, settings: &SourceSettings) -> Result<Self, SourceError> {
        let home =
            Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let home = home.ok_or_else(|| SourceError::NotARepository(url.to_owned()))?;
        let idle = Duration::from_secs(settings.idle_timeout_seconds);
        let client = GuardedClient::new(settings, USER_AGENT)?;
        Ok(Self { client, home, access, repository: url.to_owned(), idle })
    }

    /// Where the repository is, as the user named it.
    pub(super) fn home(&self) -> &Url {
        &self.home
    }

    /// That there is no repository, as far as one can tell.
    pub(super) fn not_found(&self) -> SourceError {
        SourceError::RepositoryNotFound {
            repository: self.repository.clone(),
            has_token: self.access.has_token(),
        }
    }

    /// That something answers, but not as a git server does.
    pub(super) fn not_git(&self) -> SourceError {
        SourceError::NotARepository(self.repository.clone())
    }

    /// Sends a request, follows redirects, and gives the answer if it is a success. With `body` it is a POST of that
    /// content type. Redirects of a POST keep its method and body, as nothing else makes sense in git's protocol.
    pub(super) async fn send(
        &self,
        mut url: Url,
        body: Option<(&'static str, Bytes)>,
        context: &SourceContext,
    ) -> Result<Response, SourceError> {
        let (mut redirects, mut is_renewed) = (0, false);
        loop {
            context.check()?;
            let is_home = url.origin() == self.home.origin();
            let token = if is_home { self.access.token(context).await? } else { None };
            let method = if body.is_some() { Method::POST } else { Method::GET };
            let mut request = self.client.request(method, url.clone())?.header("git-protocol", "version=2");
            if let Some(authorization) = token.as_ref().and_then(authorization) {
                request = request.header(AUTHORIZATION, authorization);
            }
            if let Some((content_type, bytes)) = &body {
                request = request.header(CONTENT_TYPE, *content_type).body(bytes.clone());
            }
            context.traffic().add_request();
            let response = tokio::select! {
                sent = request.send() => sent.map_err(|error| self.unreachable(&url, &error))?,
                () = context.cancel().cancelled() => return Err(SourceError::Cancelled),
            };
            if response.status().is_success() {
                return Ok(response);
            }
            // A token of an installation may end while a sync runs: the next one is tried once.
            if response.status() == StatusCode::UNAUTHORIZED
                && !is_renewed
                && self.access.refused(token.as_ref()).await
            {
                is_renewed = true;
                continue;
            }
            url = match redirected(&response) {
                Some(_) if redirects == MAX_REDIRECTS => {
                    return Err(server_error(&url, response.status(), "too many redirects".into()));
                }
                Some(target) => target?,
                None => return Err(self.refused(response, is_home, context).await),
            };
            redirects += 1;
        }
    }

    /// The next part of an answer's body.
    pub(super) async fn chunk(
        &self,
        response: &mut Response,
        context: &SourceContext,
    ) -> Result<Option<Bytes>, SourceError> {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk,
            () = context.cancel().cancelled() => return Err(SourceError::Cancelled),
        };
        let chunk = chunk.map_err(|error| self.unreachable(response.url(), &error))?;
        context.traffic().add_bytes(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        Ok(chunk)
    }

    /// All of an answer's body, which may have at most `limit` bytes.
    pub(super) async fn body(
        &self,
        mut response: Response,
        limit: usize,
        context: &SourceContext,
    ) -> Result<Vec<u8>, SourceError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut response, context).await? {
            if body.len() + chunk.len() > limit {
                let limit = format!("{limit} bytes");
                return Err(SourceError::TooLarge { what: "the list of references".into(), limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, url: &Url, error: &reqwest::Error) -> SourceError {
        if let Some(refused) = refusal(error) {
            return refused;
        }
        let reason = if error.is_connect() {
            format!("the connection failed ({})", root_cause(error))
        } else if error.is_timeout() {
            format!("nothing came for {} seconds", self.idle.as_secs())
        } else {
            format!("the connection broke ({})", root_cause(error))
        };
        SourceError::Unreachable { host: host(url), reason }
    }

    /// What an answer that is neither a success nor a redirect means.
    async fn refused(&self, mut response: Response, is_home: bool, context: &SourceContext) -> SourceError {
        let (status, url) = (response.status(), response.url().clone());
        if let Some(reset) = limited_until(status, response.headers(), Utc::now()) {
            return SourceError::RateLimited { host: host(&url), reset };
        }
        let has_token = is_home && self.access.has_token();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if has_token => {
                SourceError::TokenRefused { host: host(&url) }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
                self.not_found()
            }
            _ => {
                let text = match self.chunk(&mut response, context).await {
                    Ok(Some(text)) if is_plain(&response) => one_line(&text),
                    Err(SourceError::Cancelled) => return SourceError::Cancelled,
                    _ => status.canonical_reason().unwrap_or("no reason given").to_owned(),
                };
                server_error(&url, status, text)
            }
        }
    }
}

/// The credentials of a request with this token.
fn authorization(token: &Secret) -> Option<HeaderValue> {
    let credentials = BASE64.encode(format!("x-access-token:{}", token.expose()));
    let mut value = HeaderValue::try_from(format!("Basic {credentials}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Where an answer sends the client, if it does. From https to http is refused.
fn redirected(response: &Response) -> Option<Result<Url, SourceError>> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| is_redirect)?;
    let from = response.url();
    let target = location.to_str().ok().and_then(|location| from.join(location).ok());
    let target = target.filter(|target| {
        target.scheme() == "https" || (target.scheme() == "http" && from.scheme() == "http")
    });
    let refused = || server_error(from, response.status(), "a redirect that is not followed".into());
    Some(target.ok_or_else(refused))
}

/// When requests are allowed again, if an answer says that they are limited.
fn limited_until(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|after| {
        let date = || DateTime::parse_from_rfc2822(after).ok().map(|date| date.to_utc());
        let seconds = after.trim().parse::<i64>().ok().filter(|seconds| *seconds >= 0);
        seconds.map(|seconds| now + TimeDelta::seconds(seconds.min(MAX_LIMIT_SECONDS))).or_else(date)
    });
    let reset = text("x-ratelimit-reset")
        .filter(|_| text("x-ratelimit-remaining") == Some("0"))
        .and_then(|reset| DateTime::from_timestamp(reset.parse().ok()?, 0));
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            Some(after.or(reset).unwrap_or_else(|| now + TimeDelta::seconds(DEFAULT_LIMIT_SECONDS)))
        }
        StatusCode::FORBIDDEN => after.or(reset),
        StatusCode::SERVICE_UNAVAILABLE => after,
        _ => None,
    }
}

/// A host and its port, if that is not the usual one.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn server_error(url: &Url, status: StatusCode, reason: String) -> SourceError {
    SourceError::Server { host: host(url), status: status.as_u16(), reason }
}

fn is_plain(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| content_type.starts_with("text/plain"))
}

/// The innermost error: the outer ones repeat the URL and say little.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(|cause| cause.source()) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no reason given".to_owned(), |cause| one_line(cause.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(status: u16, headers: &[(&'static str, &'static str)]) -> Option<i64> {
        let now = DateTime::from_timestamp(1_000_000_000, 0).unwrap();
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        let until = limited_until(StatusCode::from_u16(status).unwrap(), &headers.collect(), now)?;
        Some((until - now).num_seconds())
    }

    #[test]
    fn limits_are_read_as_servers_tell_them() {
        assert_eq!(limit(429, &[("retry-after", "7")]), Some(7));
        assert_eq!(limit(429, &[]), Some(DEFAULT_LIMIT_SECONDS));
        assert_eq!(limit(429, &[("retry-after", "Sun, 09 Sep 2001 01:47:00 GMT")]), Some(20));
        assert_eq!(limit(429, &[("retry-after", "99999999999999")]), Some(MAX_LIMIT_SECONDS));
        assert_eq!(limit(503, &[("retry-after", "3")]), Some(3));
        assert_eq!(limit(503, &[]), None);
        assert_eq!(limit(403, &[]), None);
        let reset = ("x-ratelimit-reset", "1000000090");
        assert_eq!(limit(403, &[("x-ratelimit-remaining", "0"), reset]), Some(90));
        assert_eq!(limit(403, &[("x-ratelimit-remaining", "5"), reset]), None);
        assert_eq!(limit(500, &[("retry-after", "3")]), None);
    }
}
