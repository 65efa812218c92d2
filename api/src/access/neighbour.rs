//! Requests of this machine itself.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};

use crate::{
    problem::{Code, Problem},
    settings::Settings,
};

/// Keeps to requests that this machine makes by itself.
pub(crate) fn check_neighbour(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = host(uri, headers).filter(|host| is_ours(host, settings.listen.ip())) else {
        let detail = "without a token this server answers to localhost only; the Host header names another";
        return Err(Problem::new(Code::ForeignOrigin, detail));
    };
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    if settings.allows_origin(origin) || is_of_host(origin, host) {
        return Ok(());
    }
    Err(Problem::new(Code::ForeignOrigin, "without a token this server answers no pages of other origins"))
}

/// The host that a request is for. None if it names two: who stands before us may have looked at the other one.
pub(super) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    let authority = uri.authority().map(|authority| authority.as_str());
    match (named.next(), named.next()) {
        (Some(host), None) => {
            let host = host.to_str().ok()?;
            authority.is_none_or(|authority| authority.eq_ignore_ascii_case(host)).then_some(host)
        }
        (Some(_), Some(_)) => None,
        (None, _) => authority,
    }
}

/// Whether an origin is a page of this host.
pub(super) fn is_of_host(origin: &str, host: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Whether a Host header names this machine.
pub(crate) fn names_this_machine(host: &str) -> bool {
    let name = name_of(host);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a Host header names this machine, or the address that is listened at. The port does not matter.
fn is_ours(host: &str, listen: IpAddr) -> bool {
    let is_address =
        |address: IpAddr| address.to_canonical() == listen.to_canonical() && !listen.is_unspecified();
    names_this_machine(host) || name_of(host).parse::<IpAddr>().is_ok_and(is_address)
}

/// A host without its port, which is digits or nothing: what goes before another sign is no host to a browser, which
/// would take `[::1]:@other` for a user of another one.
fn name_of(host: &str) -> &str {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.rfind(':').unwrap_or(host.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.is_empty() || port.starts_with(':');
    if is_port && digits.bytes().all(|byte| byte.is_ascii_digit()) { name } else { "" }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn code(settings: &Settings, pairs: &[(HeaderName, &str)]) -> Option<Code> {
        let headers =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        let uri = "/api/v1/projects".parse().unwrap();
        check_neighbour(settings, &uri, &headers).err().map(|problem| problem.code())
    }

    #[test]
    fn only_this_machine_is_near() {
        let settings = Settings::default();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:1", "[::1]"] {
            assert_eq!(code(&settings, &[(header::HOST, host)]), None, "{host}");
        }
        let foreign = Some(Code::ForeignOrigin);
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "localhost:@evil.example",
            "[::1]:@evil.example",
            "[::1]x",
            "10.0.0.1",
            "0.0.0.0",
            "",
        ] {
            assert_eq!(code(&settings, &[(header::HOST, host)]), foreign, "{host}");
        }
        assert_eq!(code(&settings, &[]), foreign);
        let everywhere = Settings { listen: "0.0.0.0:80".parse().unwrap(), ..Settings::default() };
        assert_eq!(code(&everywhere, &[(header::HOST, "0.0.0.0")]), foreign);
        let from = |origin| [(header::HOST, "localhost:8080"), (header::ORIGIN, origin)];
        assert_eq!(code(&settings, &from("http://localhost:8080")), None);
        for origin in ["http://localhost:3000", "https://evil.example", "null", ""] {
            assert_eq!(code(&settings, &from(origin)), foreign, "{origin}");
        }
        let named = Settings { cors_origins: vec!["https://app.example".to_owned()], ..Settings::default() };
        assert_eq!(code(&named, &from("https://app.example")), None);
        assert_eq!(code(&named, &from("https://app.example.evil")), foreign);
    }
}
