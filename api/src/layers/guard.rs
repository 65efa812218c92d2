//! Who may ask.
//!
//! With a token, whoever bears it. Without one only this machine is listened to, and then pages of other sites in a
//! browser on this machine must be kept out: they come with their own origin, or, after rebinding a name of theirs to
//! this address, with their own host.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use source::settings::Secret;

use crate::{
    problem::{Code, Problem},
    settings::Settings,
    state::App,
};

/// Lets a request pass, or refuses it.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app.settings, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The headers that the answer to a request gets besides, or none if the request is to be refused: what the layers do, for
/// answers that do not pass them.
pub fn admit(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Option<HeaderMap> {
    check(settings, uri, headers).ok().map(|()| super::cors::headers(settings, headers))
}

fn check(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let path = uri.path();
    if matches!(path, "/healthz" | "/readyz") {
        return Ok(());
    }
    let Some(token) = &settings.token else { return check_neighbour(settings, uri, headers) };
    let is_about_us = matches!(path, "/metrics" | "/openapi.json" | "/docs") || path.starts_with("/docs/");
    if is_about_us && settings.listen.ip().to_canonical().is_loopback() {
        return check_neighbour(settings, uri, headers);
    }
    if bears(headers, token) {
        return Ok(());
    }
    let detail = "send the token of this server: Authorization: Bearer TOKEN";
    Err(Problem::new(Code::Unauthorized, detail))
}

/// Whether the request bears the token. Digests are compared, in a time that does not depend on what was guessed.
fn bears(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return false };
    let Some((scheme, given)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let (given, wanted) = (Sha256::digest(given.trim()), Sha256::digest(token.expose()));
    let differing = given.iter().zip(wanted.iter()).fold(0, |differing, (a, b)| differing | (a ^ b));
    scheme.eq_ignore_ascii_case("bearer") && differing == 0
}

/// Keeps to requests that this machine makes by itself.
fn check_neighbour(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
    let Some(host) = host.filter(|host| is_ours(host, settings.listen.ip())) else {
        let detail = "without a token this server answers to localhost only; the Host header names another";
        return Err(Problem::new(Code::ForeignOrigin, detail));
    };
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    if settings.allows_origin(origin) {
        return Ok(());
    }
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(Problem::new(Code::ForeignOrigin, "without a token this server answers no pages of other origins"))
}

/// Whether a Host header names this machine, or the address that is listened at. The port does not matter.
fn is_ours(host: &str, listen: IpAddr) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    name.parse::<IpAddr>().is_ok_and(|address| {
        let address = address.to_canonical();
        address.is_loopback() || address == listen.to_canonical()
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn code(settings: &Settings, path: &str, pairs: &[(HeaderName, &str)]) -> Option<Code> {
        check(settings, &path.parse().unwrap(), &headers(pairs)).err().map(|problem| problem.code())
    }

    #[test]
    fn without_a_token_only_this_machine_is_served() {
        let settings = Settings::default();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:1", "[::1]"] {
            assert_eq!(code(&settings, "/api/v1/projects", &[(header::HOST, host)]), None, "{host}");
        }
        let foreign = Some(Code::ForeignOrigin);
        for host in ["evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", ""] {
            assert_eq!(code(&settings, "/metrics", &[(header::HOST, host)]), foreign, "{host}");
        }
        assert_eq!(code(&settings, "/api/v1/projects", &[]), foreign);
        let from = |origin| [(header::HOST, "localhost:8080"), (header::ORIGIN, origin)];
        assert_eq!(code(&settings, "/api/v1/projects", &from("http://localhost:8080")), None);
        for origin in ["http://localhost:3000", "https://evil.example", "null", ""] {
            assert_eq!(code(&settings, "/api/v1/projects", &from(origin)), foreign, "{origin}");
        }
        assert_eq!(code(&settings, "/healthz", &[]), None);
    }

    #[test]
    fn pages_of_named_origins_may_ask() {
        let settings =
            Settings { cors_origins: vec!["https://app.example".to_owned()], ..Default::default() };
        let from = |origin| headers(&[(header::HOST, "localhost:8080"), (header::ORIGIN, origin)]);
        let admitted = |origin| admit(&settings, &"/api/v1/projects".parse().unwrap(), &from(origin));
        let more = admitted("https://app.example").unwrap();
        assert_eq!(more[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(more[header::VARY], "origin");
        assert!(
            !admitted("http://localhost:8080").unwrap().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        assert_eq!(admitted("https://app.example.evil"), None);
    }

    #[test]
    fn with_a_token_whoever_bears_it_is_served() {
        let open = Settings {
            token: Some(Secret::new("right")),
            listen: "0.0.0.0:80".parse().unwrap(),
            ..Default::default()
        };
        let here = Settings { listen: Settings::default().listen, ..open.clone() };
        let refused = Some(Code::Unauthorized);
        for path in
            ["/api/v1/projects", "/api/none", "/metrics", "/docs", "/docs/index.html", "/openapi.json"]
        {
            for wrong in ["Bearer wrong", "Bearer ", "Bearer right2", "Basic right", "right", "Bearer"] {
                assert_eq!(code(&open, path, &[(header::AUTHORIZATION, wrong)]), refused, "{path} {wrong}");
            }
            assert_eq!(code(&open, path, &[]), refused, "{path}");
            assert_eq!(code(&open, path, &[(header::AUTHORIZATION, "Bearer right")]), None, "{path}");
            assert_eq!(code(&open, path, &[(header::AUTHORIZATION, "bearer right")]), None, "{path}");
        }
        let local = [(header::HOST, "localhost")];
        assert_eq!(code(&here, "/metrics", &local), None);
        assert_eq!(code(&here, "/api/v1/projects", &local), refused);
        assert_eq!(code(&here, "/docsx", &local), refused);
        assert_eq!(code(&open, "/readyz", &[]), None);
    }
}
