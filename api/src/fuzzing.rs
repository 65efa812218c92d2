//! What must hold for any bytes that a request has where text is expected. For the fuzzer (`fuzz/`) only; all of it
//! panics where something does not hold.

use std::fmt::Debug;

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    access::{names_this_machine, sent_cookie},
    cursor,
    extract::{checked_text, parse},
    model::{
        BulkRequest, DeadBulkRequest, LoginRequest, MemberRequest, NewProject, PasswordRequest, PauseRequest,
        RestoreRequest, ResumeRequest, RoleRequest, SetUpRequest, StartRequest, SwitchRequest, TenantRequest,
        TicketRequest, TokenRequest,
    },
    problem::Problem,
};

/// The first byte says what the rest is: a cursor, a query, a text or the body of a route.
pub fn requests(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    match kind % 20 {
        0 => body::<NewProject>(rest),
        1 => body::<StartRequest>(rest),
        2 => body::<RestoreRequest>(rest),
        3 => body::<BulkRequest>(rest),
        4 => body::<DeadBulkRequest>(rest),
        5 => body::<PauseRequest>(rest),
        6 => body::<ResumeRequest>(rest),
        7 => cursors(rest),
        8 => text(rest),
        10 => body::<LoginRequest>(rest),
        11 => body::<SetUpRequest>(rest),
        12 => body::<SwitchRequest>(rest),
        13 => body::<PasswordRequest>(rest),
        14 => body::<TokenRequest>(rest),
        15 => body::<MemberRequest>(rest),
        16 => body::<RoleRequest>(rest),
        17 => body::<TicketRequest>(rest),
        18 => body::<TenantRequest>(rest),
        19 => headers(rest),
        _ => address(rest),
    }
}

/// Whatever is refused is told as a problem of the client's, in bounds.
fn refused(problem: &Problem, bytes: usize) {
    let status = problem.code().status().as_u16();
    assert!((400..500).contains(&status), "{status}");
    // What is wrong is quoted, at worst each byte of it escaped.
    let told = problem.to_string().len() + problem.wrong_field().map_or(0, str::len);
    assert!(told <= 2_000 + 12 * bytes, "{told} bytes tell of {bytes}");
}

fn body<T: DeserializeOwned>(bytes: &[u8]) {
    if let Err(problem) = parse::<T>(bytes) {
        refused(&problem, bytes.len());
    }
}

fn cursors(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    cursor_of::<entities::SyncId>(text);
    cursor_of::<String>(text);
    cursor_of::<(u32, String, Option<i64>)>(text);
}

fn cursor_of<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) {
    match cursor::decode::<T>(Some(text)) {
        Ok(Some(position)) => {
            let Ok(written) = cursor::encode(&position) else { panic!("{position:?} cannot be written") };
            assert_eq!(cursor::decode::<T>(Some(&written)).ok().flatten().as_ref(), Some(&position));
        }
        Ok(None) => panic!("a cursor that is none"),
        Err(problem) => refused(&problem, text.len()),
    }
}

fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match checked_text("search", Some(text.to_owned())) {
        Ok(checked) => assert!(checked.is_none_or(|checked| checked == text && !checked.contains('\0'))),
        Err(problem) => refused(&problem, bytes.len()),
    }
    assert!(cursor::from_bytes(text).len() <= text.len());
}

fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(uri) = text.parse::<Uri>() else { return };
    let _ = axum::extract::Query::<std::collections::BTreeMap<String, String>>::try_from_uri(&uri);
}

/// A cookie and a host. What is taken for the session's secret stands there as such; and whatever is taken for this
/// machine is an address or a name that only it has.
fn headers(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let text = value.to_str().unwrap_or_default().to_owned();
    let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
    if let Some(secret) = sent_cookie(&headers) {
        assert!(text.contains(secret) && text.contains("ps_session"));
        assert!(!secret.contains(';'));
    }
    if names_this_machine(&text) {
        // A browser would reach no other machine by this name.
        let Ok(url) = text.parse::<Uri>() else { return };
        let host = url.host().unwrap_or(&text).trim_matches(['[', ']']);
        let is_ours = host.parse::<std::net::IpAddr>().is_ok_and(|one| one.to_canonical().is_loopback());
        assert!(is_ours || host.eq_ignore_ascii_case("localhost"), "{text}");
    }
}
