//! The API's section of the settings. Every bound of it is here, with its unit and its default.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

use axum::http::HeaderName;
use entities::identity::{IdentityError, tickets::Signer};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use source::settings::Secret;

/// How long a key must be, in bytes.
const MIN_KEY_BYTES: usize = 32;

/// How the API is served (`[api]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Where requests are taken: an address and a port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Who is let in without showing who they are.
    pub access: Access,
    /// A token that does everything, for whoever runs the service (`Authorization: Bearer …`).
    pub token: Option<Secret>,
    /// A file that holds the token, in the place of `token`.
    pub token_file: Option<PathBuf>,
    /// What tickets for streams are signed with: at least 32 characters, the same in all processes of an installation.
    /// Without it each process takes tickets that it gave out itself.
    pub ticket_key: Option<Secret>,
    /// A file that holds it, in the place of `ticket_key`.
    pub ticket_key_file: Option<PathBuf>,
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
    /// The most requests in a minute of one user or token; 0 is no limit.
    pub requests_per_minute: u32,
    /// The most requests in a minute of one address; 0 is no limit.
    pub requests_per_minute_per_address: u32,
    /// The header in which a reverse proxy tells the address of the client, e.g. `x-forwarded-for` (the last address in
    /// it counts). Empty: whoever is connected is the client. Name one only behind a proxy that sets it.
    pub client_address_header: String,
}

/// Who is let in without showing who they are (`api.access`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// As with `open` where only this machine is listened to, the database is SQLite, and there is neither a user nor a
    /// token; otherwise as with `identity`.
    #[default]
    Auto,
    /// Whoever is on this machine, who then does everything. Only for addresses of this machine.
    Open,
    /// Nobody.
    Identity,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_080)),
            access: Access::Auto,
            token: None,
            token_file: None,
            ticket_key: None,
            ticket_key_file: None,
            cors_origins: Vec::new(),
            max_body_bytes: 64 << 10,
            page_limit_default: 50,
            page_limit_max: 500,
            request_timeout_seconds: 30,
            requests_per_minute: 6_000,
            requests_per_minute_per_address: 12_000,
            client_address_header: String::new(),
        }
    }
}

impl Settings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("max_body_bytes", self.max_body_bytes as u64, 1_024..=16_777_216),
            ("page_limit_default", self.page_limit_default, 1..=10_000),
            ("page_limit_max", self.page_limit_max, 1..=10_000),
            ("request_timeout_seconds", self.request_timeout_seconds, 1..=3_600),
            ("requests_per_minute", self.requests_per_minute.into(), 0..=10_000_000),
            ("requests_per_minute_per_address", self.requests_per_minute_per_address.into(), 0..=10_000_000),
        ]
    }

    /// Refuses settings that cannot be worked with.
    ///
    /// # Errors
    /// With the name of the setting, for the user.
    pub fn check(&self) -> Result<(), SettingsError> {
        if let Some(origin) = self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(SettingsError::Origin(origin.clone()));
        }
        if self.ticket_key.as_ref().is_some_and(|key| key.expose().len() < MIN_KEY_BYTES) {
            return Err(SettingsError::ShortKey);
        }
        self.client_header().map(|_| ())
    }

    /// What signs tickets for streams.
    ///
    /// # Errors
    /// If there is no key, and the operating system gives no random bytes.
    pub fn signer(&self) -> Result<Signer, IdentityError> {
        match &self.ticket_key {
            Some(key) => Ok(Signer::new(&Sha256::digest(key.expose()).into())),
            None => Signer::alone(),
        }
    }

    /// The header that tells the client's address, if one is to.
    pub(crate) fn client_header(&self) -> Result<Option<HeaderName>, SettingsError> {
        let name = self.client_address_header.trim();
        if name.is_empty() {
            return Ok(None);
        }
        name.parse().map(Some).map_err(|_| SettingsError::Header(name.to_owned()))
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

/// Why the settings are refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// That is no origin as browsers send it.
    #[error(
        "api.cors_origins: {0:?} is no origin; one reads https://app.example or http://localhost:5173, without a path"
    )]
    Origin(String),
    /// That is no name of a header.
    #[error("api.client_address_header: {0:?} is no name of a header")]
    Header(String),
    /// A key that could be guessed.
    #[error("api.ticket_key: at least 32 characters are needed, better from: openssl rand -hex 32")]
    ShortKey,
}

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
    /// Other machines would reach the API, and nobody could show who they are.
    #[error(
        "api.listen: {0} can be reached from other machines, and there is neither a user nor a token: make the first \
         user (project-sync user add NAME), or set api.token (PROJECT_SYNC__API__TOKEN in the \
         environment), or listen at 127.0.0.1"
    )]
    Unset(SocketAddr),
    /// Other machines would reach what is to be open.
    #[error(
        "api.listen: {0} can be reached from other machines, and api.access is \"open\": whoever comes would do \
         everything; set it to \"identity\", or listen at 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The token is there and empty.
    #[error("api.token is empty: set one (PROJECT_SYNC__API__TOKEN in the environment), or leave it out")]
    EmptyToken,
}

/// Refuses to serve other machines where nobody could show who they are, or need not.
///
/// # Errors
/// With the way out, for the user.
pub fn check_listen(settings: &Settings, has_users: bool) -> Result<(), ListenError> {
    let listen = settings.listen;
    if settings.token.as_ref().is_some_and(|token| token.expose().is_empty()) {
        return Err(ListenError::EmptyToken);
    }
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    match settings.access {
        Access::Open => Err(ListenError::Open(listen)),
        _ if settings.token.is_none() && !has_users => Err(ListenError::Unset(listen)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_must_show_who_they_are() {
        let token = Some(Secret::new("secret"));
        for (listen, is_far) in
            [("127.0.0.1:0", false), ("[::1]:80", false), ("0.0.0.0:80", true), ("10.1.2.3:80", true)]
        {
            let listen: SocketAddr = listen.parse().unwrap();
            for access in [Access::Auto, Access::Identity, Access::Open] {
                let plain = Settings { listen, access, ..Default::default() };
                let with_token = Settings { token: token.clone(), ..plain.clone() };
                let refused = |error| if is_far { Err(error) } else { Ok(()) };
                if access == Access::Open {
                    assert_eq!(check_listen(&plain, true), refused(ListenError::Open(listen)));
                    assert_eq!(check_listen(&with_token, true), refused(ListenError::Open(listen)));
                } else {
                    assert_eq!(check_listen(&plain, false), refused(ListenError::Unset(listen)));
                    assert_eq!(check_listen(&plain, true), Ok(()));
                    assert_eq!(check_listen(&with_token, false), Ok(()));
                }
            }
        }
        let unset = ListenError::Unset("0.0.0.0:80".parse().unwrap()).to_string();
        for way_out in ["user add", "PROJECT_SYNC__API__TOKEN", "127.0.0.1"] {
            assert!(unset.contains(way_out), "{unset}");
        }
        let empty = Settings { token: Some(Secret::new(" ")), ..Default::default() };
        assert_eq!(check_listen(&empty, true), Err(ListenError::EmptyToken));
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
        let odd = Settings { client_address_header: "no header".to_owned(), ..Default::default() };
        assert_eq!(odd.check(), Err(SettingsError::Header("no header".to_owned())));
        let short = Settings { ticket_key: Some(Secret::new(&"x".repeat(31))), ..Default::default() };
        assert_eq!(short.check(), Err(SettingsError::ShortKey));
    }

    #[test]
    fn the_token_is_not_shown() {
        let settings = Settings { token: Some(Secret::new("hush")), ..Default::default() };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
