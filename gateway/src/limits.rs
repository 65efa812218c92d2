//! How many streams there may be, and connections.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderName};
use metrics::Gauge;

/// Counts what clients hold: streams, or connections.
pub(crate) struct Limits {
    counts: Mutex<Counts>,
    total: usize,
    per_client: usize,
    gauge: Gauge,
}

#[derive(Default, Debug)]
struct Counts {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// One that is counted for as long as this is held.
pub(crate) struct Permit {
    limits: Arc<Limits>,
    client: IpAddr,
}

/// Which limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Full {
    /// That of the client.
    PerClient,
    /// That of the process.
    Total,
}

impl Limits {
    /// `gauge` shows how many there are.
    pub(crate) fn new(total: usize, per_client: usize, gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), total, per_client, gauge })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client have one more.
    pub(crate) fn admit(self: &Arc<Self>, client: IpAddr) -> Result<Permit, Full> {
        let client = network(client);
        let mut counts = self.counts();
        let of_client = counts.by_client.get(&client).copied().unwrap_or(0);
        if counts.all >= self.total {
            return Err(Full::Total);
        }
        if of_client >= self.per_client {
            return Err(Full::PerClient);
        }
        counts.all += 1;
        counts.by_client.insert(client, of_client + 1);
        drop(counts);
        self.gauge.increment(1.0);
        Ok(Permit { limits: Arc::clone(self), client })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.counts().all
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.limits.counts();
        counts.all -= 1;
        self.limits.gauge.decrement(1.0);
        if let Some(count) = counts.by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.by_client.remove(&self.client);
            }
        }
    }
}

/// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that one customer gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

/// The address of the client: whoever is connected, or, behind a reverse proxy, the last one that its header tells. What
/// stands before that the client may have written itself.
pub(crate) fn client(peer: IpAddr, header: Option<&HeaderName>, headers: &HeaderMap) -> IpAddr {
    let told = header
        .and_then(|name| headers.get_all(name).iter().next_back())
        .and_then(|value| value.to_str().ok());
    let last = told.and_then(|list| list.rsplit(',').next());
    last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn streams_are_counted_in_all_and_by_client() {
        let limits = Limits::new(4, 2, Gauge::noop());
        let [one, two, three]: [IpAddr; 3] =
            ["10.0.0.1", "::ffff:10.0.0.2", "2001:db8::1"].map(|address| address.parse().unwrap());
        let first = limits.admit(one).unwrap();
        let _second = limits.admit(one).unwrap();
        assert_eq!(limits.admit(one).err(), Some(Full::PerClient));
        let _third = limits.admit(two).unwrap();
        let _fourth = limits.admit(three).unwrap();
        assert_eq!(limits.admit(two).err(), Some(Full::Total));
        assert_eq!(limits.count(), 4);
        drop(first);
        assert_eq!(limits.admit("2001:db8::2".parse().unwrap()).unwrap().client, network(three));
        let _again = limits.admit(one).unwrap();
        assert_eq!(limits.count(), 4);
        assert_eq!(limits.counts().by_client.len(), 3);
    }

    #[test]
    fn a_proxy_tells_the_client() {
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        assert_eq!(client(peer, Some(&name), &headers), peer);
        headers.append(&name, HeaderValue::from_static("6.6.6.6, 10.0.0.7"));
        assert_eq!(client(peer, Some(&name), &headers).to_string(), "10.0.0.7");
        headers.append(&name, HeaderValue::from_static("10.0.0.8"));
        assert_eq!(client(peer, Some(&name), &headers).to_string(), "10.0.0.8");
        assert_eq!(client(peer, None, &headers), peer);
        headers.insert(&name, HeaderValue::from_static("unknown"));
        assert_eq!(client(peer, Some(&name), &headers), peer);
    }
}
