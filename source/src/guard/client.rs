//! The HTTP client that reaches only what is allowed.

use std::{error::Error as StdError, net::SocketAddr, time::Duration};

use reqwest::{
    Client, Method, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::Url;

use super::{Guard, Refused, normal};
use crate::{SourceError, settings::SourceSettings};

/// A client that checks where it goes, follows no redirect and repeats nothing by itself. Cheap to clone.
#[derive(Clone)]
pub(crate) struct GuardedClient {
    client: Client,
    guard: Guard,
}

impl GuardedClient {
    /// A client with the rules and timeouts of `settings` that calls itself `user_agent`.
    pub(crate) fn new(settings: &SourceSettings, user_agent: &str) -> Result<Self, SourceError> {
        let connect = Duration::from_secs(settings.connect_timeout_seconds);
        let idle = Duration::from_secs(settings.idle_timeout_seconds);
        Self::with(Guard::new(settings)?, connect, idle, user_agent)
    }

    /// A client with these rules. A connection attempt is given up after `connect`, a request after `idle` without a byte.
    pub(super) fn with(
        guard: Guard,
        connect: Duration,
        idle: Duration,
        user_agent: &str,
    ) -> Result<Self, SourceError> {
        let client = Client::builder()
            .user_agent(user_agent)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(connect)
            .read_timeout(idle)
            .dns_resolver(guard.clone())
            .build()
            .map_err(|error| SourceError::io("set up HTTP")(std::io::Error::other(error.without_url())))?;
        Ok(Self { client, guard })
    }

    /// Begins a request, if its URL may be asked.
    pub(crate) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Refused> {
        self.guard.check(&url)?;
        Ok(self.client.request(method, url))
    }

    /// Sends a request that somebody else made, if its URL may be asked.
    pub(crate) async fn execute(
        &self,
        request: reqwest::Request,
    ) -> Result<reqwest::Response, Box<dyn StdError + Send + Sync>> {
        self.guard.check(request.url())?;
        Ok(self.client.execute(request).await?)
    }
}

impl Resolve for Guard {
    /// The addresses of a host that may be connected to. These very addresses are: nothing is resolved again.
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let host = normal(name.as_str());
            let is_proxy = guard.is_proxy(&host);
            let allowed: Vec<SocketAddr> =
                found.filter(|address| is_proxy || guard.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(guard.private(&host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The refusal that an error of a request comes from, if it does.
pub(crate) fn refusal(error: &(dyn StdError + 'static)) -> Option<SourceError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused.clone().into());
        }
        cause = error.source();
    }
    None
}
