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
    /// The origins whose pages may ask from other sites, such as `https://app.example`. Pages of this server always may.
    pub cors_origins: Vec<String>,
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
            cors_origins: Vec::new(),
            max_body_bytes: 64 << 10,
            page_limit_default: 50,
            page_limit_max: 500,
            request_timeout_seconds: 30,
        }
    }
}

impl Settings {
    /// Refuses settings that cannot be worked with.
    ///
    /// # Errors
    /// With the name of the setting, for the user.
    pub fn check(&self) -> Result<(), OriginError> {
        match self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(OriginError(origin.clone())),
            None => Ok(()),
        }
    }

    /// Whether pages of this origin may ask from other sites.
    pub(crate) fn allows_origin(&self, origin: &str) -> bool {
        self.cors_origins.iter().any(|allowed| allowed == origin)
    }

    /// Until when a request is given up.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds.max(1))
    }
}

/// That is no origin as browsers send it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "api.cors_origins: {0:?} is no origin; one reads https://app.example or http://localhost:5173, without a path"
)]
pub struct OriginError(String);

/// Whether browsers send this as the origin of a page.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<axum::http::Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_bare = uri.authority().is_some_and(|authority| text.ends_with(authority.as_str()));
    is_web && is_bare && !text.contains('@') && text == text.to_ascii_lowercase()
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
    fn origins_are_written_as_browsers_send_them() {
        let with = |origin: &str| Settings { cors_origins: vec![origin.to_owned()], ..Default::default() };
        for origin in ["https://app.example", "http://localhost:5173", "http://[::1]:80"] {
            assert_eq!(with(origin).check(), Ok(()), "{origin}");
        }
        for wrong in [
            "*",
            "app.example",
            "https://app.example/",
            "https://App.example",
            "null",
            "ftp://a",
            "https://a@b",
            "",
        ] {
            assert!(with(wrong).check().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_token_is_not_shown() {
        let settings = Settings { token: Some(Secret::new("hush")), ..Default::default() };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
