//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderName},
};

/// The address that is connected, as whoever listens found it. It travels in the extensions of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub IpAddr);

/// Who is connected.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let told = extensions.get::<Peer>().map(|peer| peer.0);
    told.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()))
}

/// The client: who is connected, or whom the proxy names in the header that the settings name. The last address counts,
/// since it is the one that the proxy itself saw.
pub(super) fn client(
    peer: Option<IpAddr>,
    header: Option<&HeaderName>,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let told = header
        .and_then(|name| headers.get_all(name).iter().next_back())
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    told.or(peer).map(|address| address.to_canonical())
}

/// What is counted as one client: an address, or a network of IPv6, of which one client has 2^64 addresses.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_counts_only_where_it_is_named() {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        headers.append(&name, HeaderValue::from_static("198.51.100.1"));
        headers.append(&name, HeaderValue::from_static("203.0.113.9, 192.0.2.7"));
        let peer: Option<IpAddr> = Some("10.0.0.1".parse().unwrap());
        assert_eq!(client(peer, None, &headers), peer);
        assert_eq!(client(peer, Some(&name), &headers), Some("192.0.2.7".parse().unwrap()));
        headers.append(&name, HeaderValue::from_static("unknown"));
        assert_eq!(client(peer, Some(&name), &headers), peer);
        assert_eq!(client(Some("::ffff:10.0.0.1".parse().unwrap()), None, &headers), peer);
    }

    #[test]
    fn a_client_of_ipv6_is_a_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
