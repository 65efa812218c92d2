//! What may be read: which hosts, at which addresses, and which folders of this machine.
//!
//! A source is named by whoever may create projects, and answers of a server lead on to other URLs. So each URL is
//! checked before it is asked, the first one and the target of every redirect, and each address after its name was
//! resolved and before a connection to it is made: [`GuardedClient`] is the only way of this crate to the network, and
//! its resolver hands out no other addresses than the ones that were checked. A name that resolves differently the next
//! time is checked again the next time.

mod client;
pub(crate) mod folders;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod networks;
mod outbound;

use std::{net::IpAddr, sync::Arc};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use url::{Host, Url};

pub(crate) use client::{GuardedClient, refusal};
pub use outbound::{Outbound, OutboundError, Reach};

use crate::{
    SourceError,
    settings::{Network, SourceSettings},
};
use entities::SourceSpec;

/// The variables that name a proxy, which connects in our place.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Why something may not be read. The text names a host or a folder as it was asked for, and no address that a name
/// has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(String);

impl From<Refused> for SourceError {
    fn from(Refused(what): Refused) -> Self {
        Self::NotAllowed(what)
    }
}

/// The rules for hosts and addresses. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Guard(Arc<Rules>);

struct Rules {
    /// The section of the settings that makes them.
    section: &'static str,
    hosts: GlobSet,
    /// The private networks that may be reached; all if `None`.
    networks: Option<Vec<Network>>,
    /// The hosts of the proxies that the environment names: the only names that may have any address.
    proxies: Vec<String>,
}

impl Guard {
    /// The rules that the settings make.
    ///
    /// # Errors
    /// If one of the hosts is no pattern.
    pub(crate) fn new(settings: &SourceSettings) -> Result<Self, SourceError> {
        Self::of_section("source", &settings.allowed_hosts, settings.private_networks.clone())
    }

    /// The rules that a section of the settings makes.
    fn of_section(
        section: &'static str,
        hosts: &[String],
        networks: Option<Vec<Network>>,
    ) -> Result<Self, SourceError> {
        let hosts = host_patterns(hosts).map_err(|error| {
            SourceError::Unsupported(format!("the setting {section}.allowed_hosts: {error}"))
        })?;
        let proxies = PROXY_VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
        let proxies = proxies.filter_map(|proxy| proxy_host(&proxy)).collect();
        Ok(Self(Arc::new(Rules { section, hosts, networks, proxies })))
    }

    /// Refuses a URL whose host may not be asked. A host that is written as an address, in whatever notation, is checked
    /// as one; what a name resolves to is checked when it is resolved.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused(format!("a URL of the kind {}:", url.scheme())));
        }
        let host = url.host().ok_or_else(|| Refused("a URL without a host".to_owned()))?;
        let name = normal(&host.to_string());
        if !self.0.hosts.is_match(&name) {
            let section = self.0.section;
            return Err(Refused(format!("{name} is not among the allowed hosts ({section}.allowed_hosts)")));
        }
        let is_allowed = match host {
            Host::Ipv4(address) => self.allows(address.into()),
            Host::Ipv6(address) => self.allows(address.into()),
            Host::Domain(_) => self.0.networks.is_none() || !self.is_proxy(&name),
        };
        if is_allowed { Ok(()) } else { Err(self.private(&name)) }
    }

    /// Whether a connection to this address may be made.
    fn allows(&self, address: IpAddr) -> bool {
        let Some(networks) = &self.0.networks else { return true };
        let address = networks::embedded(address);
        networks::is_public(address) || networks.iter().any(|network| network.contains(address))
    }

    fn is_proxy(&self, name: &str) -> bool {
        self.0.proxies.iter().any(|proxy| proxy == name)
    }

    fn private(&self, name: &str) -> Refused {
        let done = if self.0.section == "source" { "read" } else { "reached" };
        let section = self.0.section;
        Refused(format!(
            "{name} has a private address, and those are not {done} ({section}.private_networks)"
        ))
    }
}

/// The patterns of hosts; `*` stands for anything, dots included.
pub(crate) fn host_patterns(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(GlobBuilder::new(&normal(pattern)).literal_separator(false).build()?);
    }
    set.build()
}

/// Refuses a source that cannot be read under these settings, without asking its host for anything.
///
/// # Errors
/// [`SourceError::NotAllowed`] with what is refused, [`SourceError::NotARepository`] for what is no URL.
pub fn check_source(source: &SourceSpec, settings: &SourceSettings) -> Result<(), SourceError> {
    let url = match source {
        SourceSpec::GitHub { api_url: None, .. } => entities::source_spec::GITHUB_API_URL,
        SourceSpec::GitHub { api_url: Some(url), .. } => url,
        SourceSpec::Git { url } if crate::git::is_remote(url) => url,
        SourceSpec::Git { url: path } => {
            return Ok(folders::check_path(path.as_ref(), settings.local_folders.as_deref()).map(drop)?);
        }
    };
    let parsed = Url::parse(url).map_err(|_| SourceError::NotARepository(url.to_owned()))?;
    Ok(Guard::new(settings)?.check(&parsed)?)
}

/// A host as it is compared: in small letters, without the dot of a full name and the brackets of an IPv6 address.
fn normal(host: &str) -> String {
    host.trim_end_matches('.').trim_matches(['[', ']']).to_ascii_lowercase()
}

fn proxy_host(proxy: &str) -> Option<String> {
    let with_scheme = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    Some(normal(Url::parse(&with_scheme).ok()?.host_str()?))
}

#[cfg(test)]
mod tests;
