//! What must hold for any text that names a source. For the fuzzer only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use entities::{SourceSpec, source_spec::MAX_SOURCE_BYTES};
use url::{Host, Url};

use super::{check_source, networks};
use crate::settings::SourceSettings;

/// A text that names a source. What is taken of it and may be asked leads to a public address or to a name, which is
/// checked when it is resolved; and nothing of this machine is read.
pub fn sources(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // A path is looked at on the disk, which is not what is tried here.
    let Ok(spec) = SourceSpec::parse(text, None) else { return };
    assert!(text.trim().len() <= MAX_SOURCE_BYTES);
    let name = spec.suggested_name();
    assert!(!name.is_empty());
    let Ok(json) = serde_json::to_string(&spec) else { panic!("{spec:?} cannot be written") };
    assert_eq!(serde_json::from_str::<SourceSpec>(&json).ok().as_ref(), Some(&spec));
    let closed = SourceSettings {
        private_networks: Some(Vec::new()),
        local_folders: Some(Vec::new()),
        ..SourceSettings::default()
    };
    if check_source(&spec, &closed).is_err() {
        return;
    }
    let SourceSpec::Git { url } = &spec else { return };
    let Ok(url) = Url::parse(url) else { panic!("{url:?} may be read and is no URL") };
    assert!(matches!(url.scheme(), "http" | "https"));
    match url.host() {
        Some(Host::Ipv4(address)) => check_address(address),
        Some(Host::Ipv6(address)) => {
            assert!(networks::is_public(networks::embedded(IpAddr::V6(address))), "{address}");
        }
        Some(Host::Domain(name)) => {
            assert!(name.parse::<Ipv4Addr>().is_err() && name.parse::<Ipv6Addr>().is_err(), "{name}");
        }
        None => panic!("{url} has no host"),
    }
}

/// Told apart from the list of networks: what the standard library knows of addresses.
fn check_address(address: Ipv4Addr) {
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation();
    assert!(!is_special, "{address}");
}
