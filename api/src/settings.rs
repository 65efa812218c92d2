//! The API's section of the settings. Every bound of it is here, with its unit and its default.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde::Deserialize;
use source::settings::Secret;

/// How the API is served (`[api]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Where requests are taken: an address and a port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// What requests must bear (`Authorization: Bearer …`). Without it only this machine is served.
    pub token: Option<Secret>,
    /// A file that holds the token, in the place of `token`.
    pub token_file: Option<PathBuf>,
    /// The largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// How many items a page holds if a request names no limit.
    pub page_limit_default: u64,
    /// The most items that a page holds.
    pub page_limit_max: u64,
    /// Seconds until a request is given up.
    pub request_timeout_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_080)),
            token: None,
            token_file: None,
            max_body_bytes: 64 << 10,
            page_limit_default: 50,
            page_limit_max: 500,
            request_timeout_seconds: 30,
        }
    }
}

impl Settings {
    /// Until when a request is given up.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds.max(1))
    }
}

/// Why an address is not listened at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ListenError {
    /// Other machines would reach the API, and anybody on them could use it.
    #[error(
        "api.listen: {0} can be reached from other machines, and no token is set: set api.token \
         (PROJECT_SYNC__API__TOKEN in the environment), or listen at 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The token is there and empty.
    #[error("api.token is empty: set one (PROJECT_SYNC__API__TOKEN in the environment), or leave it out")]
    EmptyToken,
}

/// Refuses to serve other machines without a token.
///
/// # Errors
/// With the way out, for the user.
pub fn check_listen(listen: SocketAddr, token: Option<&Secret>) -> Result<(), ListenError> {
    match token {
        Some(token) if token.expose().is_empty() => Err(ListenError::EmptyToken),
        None if !listen.ip().to_canonical().is_loopback() => Err(ListenError::Open(listen)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_served_with_a_token_only() {
        let token = Secret::new("secret");
        for (listen, is_open) in
            [("127.0.0.1:0", false), ("[::1]:80", false), ("0.0.0.0:80", true), ("10.1.2.3:80", true)]
        {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(check_listen(listen, Some(&token)), Ok(()));
            let expected = if is_open { Err(ListenError::Open(listen)) } else { Ok(()) };
            assert_eq!(check_listen(listen, None), expected);
        }
        let open = ListenError::Open("0.0.0.0:80".parse().unwrap()).to_string();
        assert!(open.contains("api.token") && open.contains("PROJECT_SYNC__API__TOKEN"), "{open}");
        let empty = Secret::new(" ");
        assert_eq!(check_listen(Settings::default().listen, Some(&empty)), Err(ListenError::EmptyToken));
    }

    #[test]
    fn the_token_is_not_shown() {
        let settings = Settings { token: Some(Secret::new("hush")), ..Default::default() };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
