//! The cookie of a session.

use axum::http::{HeaderMap, HeaderValue, header};
use entities::identity::{Issued, sessions};

use super::neighbour::names_this_machine;

/// What it is called.
const NAME: &str = "ps_session";

/// The longest Cookie header that is looked at, in bytes.
const MAX_COOKIES_BYTES: usize = 8_192;

/// The session's secret, as a browser sends it.
pub(crate) fn sent(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter(|value| value.len() <= MAX_COOKIES_BYTES);
    lines.filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == NAME).then(|| value.trim())
    })
}

/// What makes a browser send the secret from now on. Scripts never see it, and pages of other sites cannot make a browser
/// send it. It goes over TLS only, unless the browser is on this machine.
pub(crate) fn cookie(secret: &Issued, request: &HeaderMap) -> HeaderValue {
    line(secret.expose(), sessions::LONGEST.as_secs(), request)
}

/// What makes a browser forget it.
pub(crate) fn cleared(request: &HeaderMap) -> HeaderValue {
    line("", 0, request)
}

fn line(value: &str, seconds: u64, request: &HeaderMap) -> HeaderValue {
    let host = request.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secure = if names_this_machine(host) { "" } else { "; Secure" };
    let line = format!("{NAME}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    // Hexadecimal digits and words of ours: there is nothing that could fail.
    HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn it_is_found_among_others() {
        for (lines, found) in [
            (&["ps_session=abc"][..], Some("abc")),
            (&["theme=dark; ps_session=abc ;x=y"], Some("abc")),
            (&["theme=dark", "ps_session=abc"], Some("abc")),
            (&["xps_session=abc", "ps_session2=abc", "ps_session"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            assert_eq!(sent(&headers), found, "{lines:?}");
        }
    }

    #[test]
    fn it_leaves_this_machine_by_tls_only() {
        let here = cleared(&with(header::HOST, &["localhost:8080"]));
        assert_eq!(here, "ps_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
        for host in ["app.example", "10.0.0.1:80", "localhost.evil.example", ""] {
            let there = cleared(&with(header::HOST, &[host]));
            assert!(there.to_str().unwrap().ends_with("; Secure"), "{host}");
        }
    }
}
