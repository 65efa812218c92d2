//! The HTTP client below octocrab.
//!
//! octocrab's own client follows redirects and repeats requests unseen, sends no credentials check of our making, reads
//! no proxy settings, and logs URLs. This one sends exactly what it is given, once.

use std::{
    error::Error as StdError,
    io,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http_body_util::{BodyExt as _, combinators::BoxBody};
use octocrab::OctoBody;
use tower_service::Service;

use crate::{SourceError, guard::GuardedClient, settings::SourceSettings};

/// Any error of the layers below.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// A response body, whichever client it came from.
pub(super) type Body = BoxBody<Bytes, BoxError>;

/// Where a reason taken from a lower layer is cut, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Sends one request and gives one response. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport(GuardedClient);

impl Transport {
    /// A client with the timeouts of `settings`.
    pub(super) fn new(settings: &SourceSettings) -> Result<Self, SourceError> {
        GuardedClient::new(settings, USER_AGENT).map(Self)
    }

    /// Gets a URL of another origin than the API's: without credentials.
    pub(super) async fn get(&self, url: url::Url) -> Result<http::Response<Body>, BoxError> {
        let response: http::Response<reqwest::Body> =
            self.0.request(reqwest::Method::GET, url)?.send().await?.into();
        Ok(response.map(|body| body.map_err(Into::into).boxed()))
    }
}

/// What requests call themselves.
pub(super) const USER_AGENT: &str = concat!("project-sync/", env!("CARGO_PKG_VERSION"));

impl Service<http::Request<OctoBody>> for Transport {
    type Response = http::Response<reqwest::Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<OctoBody>) -> Self::Future {
        let client = self.0.clone();
        async move {
            let request = request.map(reqwest::Body::wrap);
            Ok(client.execute(request.try_into()?).await?.into())
        }
        .boxed()
    }
}

/// What happened, in a few words and without the URL (which may carry a ticket to a private archive).
pub(super) fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    let mut timed_out = false;
    loop {
        timed_out |= innermost.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
        timed_out |=
            innermost.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::TimedOut);
        match innermost.source() {
            Some(source) => innermost = source,
            None if timed_out => return "no answer in time".to_owned(),
            None if innermost.is::<reqwest::Error>() => return "the request failed".to_owned(),
            None => return one_line(&innermost.to_string()),
        }
    }
}

/// The first line of a text, cut at a bound.
pub(super) fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(MAX_REASON_CHARS).collect()
}
