//! The gateway's section of the settings. Every bound of it is here, with its unit and its default.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    time::Duration,
};

use http::HeaderName;
use serde::Deserialize;

/// How events are streamed (`[gateway]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Where a gateway that runs alone takes requests: an address and a port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// The most streams at a time, in this process.
    pub max_streams: usize,
    /// The most streams at a time of one client, told by its address.
    pub streams_per_client: usize,
    /// The header in which a reverse proxy tells the address of the client, e.g. `x-forwarded-for` (the last address in
    /// it counts). Empty: whoever is connected is the client. Name one only behind a proxy that sets it.
    pub client_address_header: String,
    /// Seconds between two comments to a client that nothing else is sent to.
    pub heartbeat_seconds: u64,
    /// Seconds after which it is asked again whether somebody who showed who they are may go on reading: so soon does a
    /// stream end whose token was revoked.
    pub ask_again_seconds: u64,
    /// Milliseconds that clients are told to wait before they come again, on average: each is told another time.
    pub retry_milliseconds: u64,
    /// The most events that are replayed to a client that comes again; one that missed more gets the state instead.
    pub replay_events: u64,
    /// Seconds in which clients are sent away when the process is to end, a thousand a second if there are not too many.
    pub drain_seconds: u64,
    /// How much the kernel holds for a client that reads slowly, in bytes; it takes twice as much memory.
    pub send_buffer_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_081)),
            max_streams: 20_000,
            streams_per_client: 500,
            client_address_header: String::new(),
            heartbeat_seconds: 15,
            ask_again_seconds: 60,
            retry_milliseconds: 2_000,
            replay_events: 1_000,
            drain_seconds: 5,
            send_buffer_bytes: 32 << 10,
        }
    }
}

/// Why the settings are refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// A number is out of its bounds.
    #[error("gateway.{0} must be from {1} to {2}")]
    Number(&'static str, u64, u64),
    /// That is no name of a header.
    #[error("gateway.client_address_header: {0:?} is no name of a header")]
    Header(String),
}

impl Settings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("max_streams", self.max_streams as u64, 1..=10_000_000),
            ("streams_per_client", self.streams_per_client as u64, 1..=10_000_000),
            ("heartbeat_seconds", self.heartbeat_seconds, 1..=40),
            ("ask_again_seconds", self.ask_again_seconds, 1..=3_600),
            ("retry_milliseconds", self.retry_milliseconds, 1..=600_000),
            ("replay_events", self.replay_events, 1..=100_000),
            ("drain_seconds", self.drain_seconds, 0..=3_600),
            ("send_buffer_bytes", self.send_buffer_bytes as u64, 2_048..=16_777_216),
        ]
    }

    /// Refuses settings that cannot be worked with.
    ///
    /// # Errors
    /// With the name of the setting, for the user.
    pub fn check(&self) -> Result<(), SettingsError> {
        let numbers = self.numbers();
        if let Some((key, _, bounds)) = numbers.iter().find(|(_, value, bounds)| !bounds.contains(value)) {
            return Err(SettingsError::Number(key, *bounds.start(), *bounds.end()));
        }
        self.client_header().map(|_| ())
    }

    /// The header that tells the client's address, if one is to.
    pub(crate) fn client_header(&self) -> Result<Option<HeaderName>, SettingsError> {
        let name = self.client_address_header.trim();
        if name.is_empty() {
            return Ok(None);
        }
        name.parse().map(Some).map_err(|_| SettingsError::Header(name.to_owned()))
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds.max(1))
    }

    pub(crate) fn ask_again(&self) -> Duration {
        Duration::from_secs(self.ask_again_seconds)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_worked_with_are_refused_by_name() {
        assert_eq!(Settings::default().check(), Ok(()));
        let none = Settings { max_streams: 0, ..Default::default() };
        assert_eq!(none.check(), Err(SettingsError::Number("max_streams", 1, 10_000_000)));
        let odd = Settings { client_address_header: "no header".to_owned(), ..Default::default() };
        assert!(odd.check().unwrap_err().to_string().contains("client_address_header"));
        let real = Settings { client_address_header: "X-Forwarded-For".to_owned(), ..Default::default() };
        assert_eq!(real.client_header(), Ok(Some(HeaderName::from_static("x-forwarded-for"))));
    }
}
