//! The dashboard, as it is built, within the binary.
//!
//! `dashboard/dist` is committed, so nobody needs Node to build or run the program; a check compares it with what the
//! sources make. Addresses within the dashboard are not files: they all show its one page.

use std::{collections::HashMap, io::Write, sync::OnceLock};

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use rust_embed::RustEmbed;

/// The page of every address that is no file.
const PAGE: &str = "index.html";

/// Files whose names change with their content.
const HASHED: &str = "assets/";

/// What the page may load and do: nothing of other sites, no scripts in its text, and nobody may frame it. Styles are set
/// by scripts, for sizes that are known only then.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// What begins the paths that are not the dashboard's.
const OTHERS: [&str; 6] = ["/api", "/docs", "/metrics", "/healthz", "/readyz", "/openapi.json"];

#[derive(RustEmbed)]
#[folder = "dashboard/dist"]
struct Files;

/// A file as it is sent.
struct Sent {
    bytes: Vec<u8>,
    /// Compressed, where that makes it smaller.
    gzip: Option<Vec<u8>>,
    kind: &'static str,
    tag: HeaderValue,
}

/// The answer to a request for something of the dashboard. None if the request is for something else.
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Vec<u8>>> {
    let is_others = OTHERS
        .iter()
        .any(|begin| path.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if is_others || !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let name = path.trim_start_matches('/');
    let (name, file) = match files().get(name) {
        Some(file) => (name, file),
        // A file of another version of the dashboard is gone, and no page.
        None if name.starts_with(HASHED) => return None,
        None => (PAGE, files().get(PAGE)?),
    };
    Some(sent(name, file, headers))
}

fn sent(name: &str, file: &Sent, headers: &HeaderMap) -> Response<Vec<u8>> {
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| *tag == file.tag);
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzip = file.gzip.as_ref().filter(|_| accepted.is_some_and(takes_gzip));
    let body = match (is_known, gzip) {
        (true, _) => Vec::new(),
        (false, Some(gzip)) => gzip.clone(),
        (false, None) => file.bytes.clone(),
    };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let cache = match name.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        // A new version of the program has a new page.
        false => "no-cache",
    };
    let more = response.headers_mut();
    more.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    more.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    more.insert(header::ETAG, file.tag.clone());
    more.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    more.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    more.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    more.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    if gzip.is_some() && !is_known {
        more.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether a client takes gzip, by its `Accept-Encoding`.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

/// All files, compressed when the first one is asked for.
fn files() -> &'static HashMap<String, Sent> {
    static FILES: OnceLock<HashMap<String, Sent>> = OnceLock::new();
    FILES.get_or_init(|| Files::iter().filter_map(|name| Some((name.to_string(), load(&name)?))).collect())
}

fn load(name: &str) -> Option<Sent> {
    let file = Files::get(name)?;
    let digest: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let gzip = encoder.write_all(&file.data).and_then(|()| encoder.finish()).ok();
    Some(Sent {
        gzip: gzip.filter(|gzip| gzip.len() < file.data.len()),
        kind: kind(name),
        tag: HeaderValue::from_str(&format!("\"{digest}\"")).ok()?,
        bytes: file.data.into_owned(),
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Option<Response<Vec<u8>>> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        answer(&Method::GET, path, &headers)
    }

    #[test]
    fn every_address_of_the_dashboard_shows_its_page() {
        let page = get("/", &[]).unwrap();
        assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(
            page.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("frame-ancestors 'none'")
        );
        for path in ["/projects/7/history", "/index.html", "/apiary", "/../../etc/passwd"] {
            assert_eq!(get(path, &[]).unwrap().body(), page.body(), "{path}");
        }
        for path in ["/api", "/api/v1/nothing", "/docs/", "/metrics", "/openapi.json", "/assets/gone.js"] {
            assert!(get(path, &[]).is_none(), "{path}");
        }
        assert!(answer(&Method::POST, "/", &HeaderMap::new()).is_none());
        let tag = page.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(get("/", &[(header::IF_NONE_MATCH, &tag)]).unwrap().status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn the_page_and_what_it_loads_are_all_there_and_small() {
        let page = String::from_utf8(get("/", &[]).unwrap().into_body()).unwrap();
        let named: Vec<&str> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
        assert!(!named.is_empty());
        let mut scripts = 0;
        for path in named {
            let file = get(path, &[(header::ACCEPT_ENCODING, "br, gzip;q=0.5")]).unwrap();
            assert_eq!(file.headers()[header::CONTENT_ENCODING], "gzip", "{path}");
            assert!(file.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            if path.ends_with(".js") {
                scripts += file.body().len();
            }
        }
        assert!(scripts <= 120_000, "the first load is {scripts} bytes of script");
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (accepted, takes) in [
            ("gzip", true),
            ("br, GZIP ; q=1", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
            ("gzipx", false),
        ] {
            assert_eq!(takes_gzip(accepted), takes, "{accepted}");
        }
    }
}
