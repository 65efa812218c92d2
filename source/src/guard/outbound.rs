//! What sends to addresses that users name, other than repositories: under rules of its own section, by the same guard.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use url::Url;

use super::{Guard, GuardedClient, host_patterns, refusal};
use crate::settings::Network;

/// Where something may be sent. The rules for repositories, under another name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The section of the settings that says so: refusals name it.
    pub section: &'static str,
    /// The hosts: patterns in which `*` stands for anything, whatever the case.
    pub allowed_hosts: Vec<String>,
    /// The private networks whose addresses are connected to; any if none.
    pub private_networks: Option<Vec<Network>>,
}

/// Why something is not sent, or was not answered. The text holds no URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutboundError {
    /// It is no address that anything is sent to.
    #[error("{0}")]
    NotAnAddress(&'static str),
    /// It may not be reached.
    #[error("{0}")]
    NotAllowed(String),
    /// Nobody answered, or the answer broke off. Another try may help.
    #[error("{0}")]
    Failed(String),
    /// The client could not be set up.
    #[error("{0}")]
    Setup(String),
}

impl Reach {
    /// Refuses patterns of hosts that are none.
    ///
    /// # Errors
    /// What is wrong, for whoever wrote the settings.
    pub fn check(&self) -> Result<(), String> {
        let section = self.section;
        host_patterns(&self.allowed_hosts)
            .map(drop)
            .map_err(|error| format!("{section}.allowed_hosts: {error}"))
    }

    /// The address that a text is, if it may be sent to as far as that can be told without asking anybody: what its host's
    /// name resolves to is checked each time something is sent.
    ///
    /// # Errors
    /// [`OutboundError::NotAnAddress`], [`OutboundError::NotAllowed`], or [`OutboundError::Setup`].
    pub fn parse(&self, text: &str) -> Result<Url, OutboundError> {
        let url = Url::parse(text).map_err(|_| OutboundError::NotAnAddress("it is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutboundError::NotAnAddress("it must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::NotAnAddress("it must hold no user and no password"));
        }
        if url.fragment().is_some() {
            return Err(OutboundError::NotAnAddress("it must hold no fragment (#…)"));
        }
        let refused = |refused: super::Refused| OutboundError::NotAllowed(refused.to_string());
        self.guard()?.check(&url).map_err(refused)?;
        Ok(url)
    }

    fn guard(&self) -> Result<Guard, OutboundError> {
        Guard::of_section(self.section, &self.allowed_hosts, self.private_networks.clone())
            .map_err(|error| OutboundError::Setup(error.to_string()))
    }
}

/// Sends to addresses that users name. It follows no redirect and repeats nothing. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    client: GuardedClient,
    reach: Reach,
}

impl Outbound {
    /// What sends within `reach`, gives up a connection attempt or a silence after `timeout`, and calls itself
    /// `user_agent`.
    ///
    /// # Errors
    /// [`OutboundError::Setup`].
    pub fn new(reach: Reach, timeout: Duration, user_agent: &str) -> Result<Self, OutboundError> {
        let client = GuardedClient::with(reach.guard()?, timeout, timeout, user_agent)
            .map_err(|error| OutboundError::Setup(error.to_string()))?;
        Ok(Self { client, reach })
    }

    /// The address that a text is: see [`Reach::parse`].
    ///
    /// # Errors
    /// As there.
    pub fn parse(&self, text: &str) -> Result<Url, OutboundError> {
        self.reach.parse(text)
    }

    /// Posts a body and gives status and headers of the answer. Of its body at most `most` bytes are read, and none kept:
    /// a short one leaves the connection good for the next request.
    ///
    /// # Errors
    /// See [`OutboundError`].
    pub async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: impl Into<Bytes>,
        most: usize,
    ) -> Result<(StatusCode, HeaderMap), OutboundError> {
        let request = self.client.request(Method::POST, url);
        let request = request.map_err(|refused| OutboundError::NotAllowed(refused.to_string()))?;
        let sent = request.headers(headers).body(body.into()).send().await;
        let mut response = sent.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut read = 0;
        // It is answered: what becomes of the rest changes nothing.
        while read < most {
            match response.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        Ok((status, headers))
    }
}

/// The innermost cause says what happened; those around it repeat the URL.
fn failed(error: &reqwest::Error) -> OutboundError {
    if let Some(refused) = refusal(error) {
        return OutboundError::NotAllowed(refused.to_string());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = match () {
        () if error.is_timeout() => "it did not answer in time".to_owned(),
        () if error.is_connect() => format!("no connection: {cause}"),
        () if std::ptr::addr_eq(cause, error) => "the request failed".to_owned(),
        () => cause.to_string(),
    };
    OutboundError::Failed(what)
}
