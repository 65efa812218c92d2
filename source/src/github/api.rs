//! Requests to the REST API through octocrab: admitted by the limits, counted, bounded, redirected, tried again.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use octocrab::{AuthState, Octocrab, OctocrabBuilder, service::middleware::base_uri::BaseUriLayer};
use serde::Deserialize;
use url::Url;

use super::{
    limits::{self, Limits},
    message::{Refusal, bearer, headers, inflate, too_large, unreachable},
    telemetry,
    transport::{Body, Transport, one_line},
};
use crate::{
    SourceContext, SourceError,
    access::Access,
    budget::{Outcome, Resource},
    retry::RetryPolicy,
    settings::{Secret, SourceSettings},
};

/// The most redirects that are followed for one request.
const MAX_REDIRECTS: usize = 3;

/// The most bytes of an error's body that are read.
const MAX_ERROR_BYTES: u64 = 64 << 10;

/// Bodies above this many compressed bytes are inflated on a thread of their own.
const INLINE_INFLATE_BYTES: usize = 64 << 10;

/// The media type of JSON answers.
pub(super) const JSON: &str = "application/vnd.github+json";

/// The media type of blobs as they are.
pub(super) const RAW: &str = "application/vnd.github.raw+json";

/// One request.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// Path and query below the API's base URL, percent-encoded.
    pub(super) path: &'a str,
    /// The media type asked for.
    pub(super) accept: &'static str,
    /// An ETag, for a conditional request.
    pub(super) if_none_match: Option<&'a str>,
    /// The largest body that is read, in bytes after decompression.
    pub(super) max_bytes: u64,
}

/// An answer that is no failure of the request as such: 2xx, 304, 404 or 409.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    /// Reads the body as JSON.
    pub(super) fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, SourceError> {
        // serde_json's errors name a place and a shape, not the content.
        serde_json::from_slice(&self.body)
            .map_err(|error| SourceError::Corrupt(format!("a malformed answer: {error}")))
    }
}

/// The API of one server.
pub(super) struct Api {
    octocrab: OnceLock<Octocrab>,
    transport: Transport,
    base: Url,
    host: String,
    access: Access,
    limits: Limits,
    policy: RetryPolicy,
    /// After a redirect of a moved repository: the path it was asked under, and the one it is at.
    moved: Mutex<Option<(String, String)>>,
}

enum Target {
    /// A path below the API's base URL: asked through octocrab, with credentials.
    Api(String),
    /// Another origin: asked without.
    Elsewhere(Url),
}

impl Api {
    /// The API with this base URL, asked in this name. Nothing is sent yet.
    pub(super) fn new(base: &str, access: Access, settings: &SourceSettings) -> Result<Self, SourceError> {
        // The URL itself is not repeated: it might hold credentials.
        let unsupported = |what: &str| SourceError::Unsupported(format!("the API URL: {what}"));
        let url = Url::parse(base).map_err(|_| unsupported("it is malformed"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unsupported("it holds credentials; pass a token instead"));
        }
        let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else {
            return Err(unsupported("it is not an http(s) URL"));
        };
        let host = host.to_owned();
        if let Access::Token(token) = &access
            && bearer(token).is_none()
        {
            return Err(SourceError::TokenRefused { host });
        }
        let policy = settings.retry_policy();
        let budget = Arc::clone(&settings.shared.budget);
        let limits = Limits::new(budget, access.account(base), policy.max_wait);
        Ok(Self {
            octocrab: OnceLock::new(),
            transport: Transport::new(settings)?,
            base: url,
            host,
            access,
            limits,
            policy,
            moved: Mutex::default(),
        })
    }

    /// The server's host.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether requests carry a token.
    pub(super) fn has_token(&self) -> bool {
        self.access.has_token()
    }

    /// The bounds on trying again.
    pub(super) fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// octocrab over our own transport: with base URL, without its credentials (ours change), retries, redirects and
    /// logging.
    fn octocrab(&self) -> Result<&Octocrab, SourceError> {
        if self.octocrab.get().is_none() {
            // Built at the first request, because octocrab starts a task and so needs a runtime.
            let base: Uri = self
                .base
                .as_str()
                .parse()
                .map_err(|_| SourceError::Unsupported("the API URL: it is malformed".into()))?;
            let built = OctocrabBuilder::new_empty()
                .with_service(self.transport.clone())
                .with_layer(&BaseUriLayer::new(base))
                .with_auth(AuthState::None)
                .build();
            match built {
                Ok(octocrab) => drop(self.octocrab.set(octocrab)),
                Err(never) => match never {},
            }
        }
        self.octocrab.get().ok_or_else(|| SourceError::Unsupported("no HTTP client".into()))
    }

    /// Sends a request, reads its answer with `read`, and tries both again where that can help.
    pub(super) async fn get<T: Send>(
        &self,
        call: Call<'_>,
        context: &SourceContext,
        read: impl Fn(&Reply) -> Result<T, SourceError> + Send + Sync,
    ) -> Result<T, SourceError> {
        let mut attempt = 1;
        loop {
            context.check()?;
            let replied = tokio::select! {
                replied = self.reply(call, context) => replied,
                () = context.cancel().cancelled() => Err(SourceError::Cancelled),
            };
            match replied.and_then(|reply| read(&reply)) {
                // No later attempt brings it back; whoever asked has to look where the branch is now.
                Err(error @ SourceError::CommitGone(_)) => return Err(error),
                Err(error) => self.policy.pause_after(error, &mut attempt, context).await?,
                read => return read,
            }
        }
    }

    async fn reply(&self, call: Call<'_>, context: &SourceContext) -> Result<Reply, SourceError> {
        let (head, body) = self.send(call, context).await?.into_parts();
        let body = self.read(&head.headers, body, call.max_bytes, context).await?;
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// Sends a request once, follows redirects, and gives the answer with its body still to come.
    ///
    /// What is neither 2xx nor 304, 404 or 409 is an error.
    pub(super) async fn send(
        &self,
        call: Call<'_>,
        context: &SourceContext,
    ) -> Result<http::Response<Body>, SourceError> {
        let mut target = Target::Api(self.current(call.path));
        for _ in 0..=MAX_REDIRECTS {
            let response = match &target {
                Target::Api(path) => self.send_to_api(path, call, context).await?,
                Target::Elsewhere(url) => {
                    context.traffic().add_request();
                    let sent = self.transport.get(url.clone()).await;
                    sent.map_err(|error| unreachable(url.host_str().unwrap_or_default(), &*error))?
                }
            };
            match response.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => target = self.follow(&target, &response)?,
                StatusCode::NOT_MODIFIED | StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                    return Ok(response);
                }
                status if status.is_success() => return Ok(response),
                _ => return Err(self.failure(&target, response, context).await),
            }
        }
        Err(SourceError::Corrupt("the server redirects without an end".into()))
    }

    /// Sends a request to the API itself. A token that an installation was given may end while a sync runs: then the next
    /// one is tried, once.
    async fn send_to_api(
        &self,
        path: &str,
        call: Call<'_>,
        context: &SourceContext,
    ) -> Result<http::Response<Body>, SourceError> {
        let token = self.access.token(context).await?;
        let response = self.send_with(token.as_ref(), path, call, context).await?;
        if response.status() != StatusCode::UNAUTHORIZED || !self.access.refused(token.as_ref()).await {
            return Ok(response);
        }
        let token = self.access.token(context).await?;
        self.send_with(token.as_ref(), path, call, context).await
    }

    async fn send_with(
        &self,
        token: Option<&Secret>,
        path: &str,
        call: Call<'_>,
        context: &SourceContext,
    ) -> Result<http::Response<Body>, SourceError> {
        let headers = headers(call, token);
        let octocrab = self.octocrab()?;
        let resource = Resource::of_path(path);
        let admission = self.limits.admit(&self.host, resource, context.priority()).await?;
        context.traffic().add_request();
        let begun = Instant::now();
        let response = match octocrab._get_with_headers(path, Some(headers)).await {
            Ok(response) => response,
            Err(error) => {
                telemetry::tell_answer(None, begun.elapsed());
                admission.settle(Outcome::Lost).await;
                return Err(unreachable(&self.host, &error));
            }
        };
        telemetry::tell_answer(Some(response.status()), begun.elapsed());
        let quota = limits::quota(response.headers(), resource);
        // Whether a refusal is a limit may only be known from its body; no other request goes out until then.
        let suspicion = self.limits.suspect(response.status());
        let response = response.map(|body| body.map_err(Into::into).boxed());
        if suspicion.is_none() {
            admission.settle(Outcome::Answered { quota, pause: None }).await;
            return Ok(response);
        }
        let says_when = response.headers().contains_key(header::RETRY_AFTER);
        let failure = self.failure(&Target::Api(path.to_owned()), response, context).await;
        admission.settle(limits::refused(quota, says_when, &failure)).await;
        Err(failure)
    }

    /// Where a redirect leads. The token goes to no other origin, nor above the API's base path, nor to wherever another
    /// origin redirects to.
    fn follow(&self, from: &Target, response: &http::Response<Body>) -> Result<Target, SourceError> {
        let malformed = || SourceError::Corrupt("a redirect without a usable target".into());
        let location = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok());
        let location = location.ok_or_else(malformed)?;
        let (url, old) = match from {
            Target::Api(old) => (self.base.join(location), Some(old)),
            Target::Elsewhere(url) => (url.join(location), None),
        };
        let url = url.map_err(|_| malformed())?;
        let was_secure = match from {
            Target::Api(_) => self.base.scheme() == "https",
            Target::Elsewhere(url) => url.scheme() == "https",
        };
        if !(url.scheme() == "https" || url.scheme() == "http" && !was_secure) {
            return Err(malformed());
        }
        let below = url.path().strip_prefix(self.base.path().trim_end_matches('/'));
        let is_ours = |path: &&str| path.starts_with('/') && url.origin() == self.base.origin();
        let (Some(old), Some(path)) = (old, below.filter(is_ours)) else {
            return Ok(Target::Elsewhere(url));
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{path}{query}");
        self.learn_move(old, &path, response.status());
        Ok(Target::Api(path))
    }

    /// Remembers where a renamed repository is now, so that only its first request is redirected.
    fn learn_move(&self, old: &str, new: &str, status: StatusCode) {
        if !matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT) {
            return;
        }
        let end = old.match_indices('/').nth(3).map_or(old.len(), |(at, _)| at);
        let (repository, rest) = old.split_at(end);
        if let Some(prefix) = new.strip_suffix(rest).filter(|prefix| *prefix != repository) {
            let moved = Some((repository.to_owned(), prefix.to_owned()));
            *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = moved;
        }
    }

    fn current(&self, path: &str) -> String {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = moved.as_ref().and_then(|(old, new)| Some((new, path.strip_prefix(old.as_str())?)));
        match rest {
            Some((new, rest)) if rest.is_empty() || rest.starts_with(['/', '?']) => format!("{new}{rest}"),
            _ => path.to_owned(),
        }
    }

    /// What an answer that is a failure means.
    async fn failure(
        &self,
        target: &Target,
        response: http::Response<Body>,
        context: &SourceContext,
    ) -> SourceError {
        let (head, body) = response.into_parts();
        let body = match self.read(&head.headers, body, MAX_ERROR_BYTES, context).await {
            Ok(body) => body,
            Err(_) => Bytes::new(),
        };
        let said = serde_json::from_slice::<Refusal>(&body).map(|it| it.message).unwrap_or_default();
        let usual = head.status.canonical_reason().unwrap_or("an error");
        let message = one_line(if said.is_empty() { usual } else { &said });
        let host = match target {
            Target::Api(_) => self.host.clone(),
            Target::Elsewhere(url) => url.host_str().unwrap_or_default().to_owned(),
        };
        let is_api = matches!(target, Target::Api(_));
        if let Some(pause) = limits::pause(head.status, &head.headers, &message).filter(|_| is_api) {
            return limits::limited(&host, pause);
        }
        if is_api && self.access.is_app() && message.contains("suspended") {
            return SourceError::Credential("the app's installation is suspended".into());
        }
        let lacks_right = message.contains("not accessible by") || head.headers.contains_key("x-github-sso");
        match head.status {
            StatusCode::UNAUTHORIZED if self.has_token() && is_api => SourceError::TokenRefused { host },
            StatusCode::FORBIDDEN if self.has_token() && lacks_right => SourceError::TokenRefused { host },
            status => SourceError::Server { host, status: status.as_u16(), reason: message },
        }
    }

    /// Reads a whole body of at most `max` bytes, before and after decompression.
    async fn read(
        &self,
        headers: &HeaderMap,
        mut body: Body,
        max: u64,
        context: &SourceContext,
    ) -> Result<Bytes, SourceError> {
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| unreachable(&self.host, &*error))?;
            if let Ok(data) = frame.into_data() {
                context.traffic().add_bytes(data.len() as u64);
                if (bytes.len() + data.len()) as u64 > max {
                    return Err(too_large(max));
                }
                bytes.extend_from_slice(&data);
            }
        }
        let bytes = bytes.freeze();
        match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(bytes),
            Some(b"gzip") if bytes.len() <= INLINE_INFLATE_BYTES => inflate(&bytes, max),
            Some(b"gzip") => tokio::task::spawn_blocking(move || inflate(&bytes, max))
                .await
                .unwrap_or(Err(SourceError::Cancelled)),
            Some(_) => {
                Err(SourceError::Unsupported("an answer in an encoding that was not asked for".into()))
            }
        }
    }
}
