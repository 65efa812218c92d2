//! Heads of requests that are too large, ambiguous or lies.

use crate::{Victim, statuses};

const LINE: &str = "GET /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn heads_above_all_bounds_are_refused() {
    let victim = Victim::start().await;
    for path in ["/api/v1/projects", "/api/v1/events/projects/x"] {
        let line = LINE.replace("/api/v1/projects", path);
        let one = format!("{line}X: {}\r\n\r\n", "x".repeat(10 << 20));
        let many = format!("{line}{}\r\n", "X: y\r\n".repeat(100_000));
        let long = format!("GET {path}?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(10 << 20));
        for head in [one, many, long] {
            let answer = victim.say(head.as_bytes()).await;
            let status = statuses(&answer);
            // Either it is said, or the connection is closed while the rest is still on its way.
            assert!(matches!(status[..], [] | [400 | 414 | 431]), "{status:?} {}", &head[..40]);
        }
    }
    victim.must_serve().await;
}

/// What two servers could read as different requests is read here as one, or refused: nothing that is hidden in a body is
/// taken for a request.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_hides_in_another() {
    const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Hidden: 1\r\n\r\n";
    let victim = Victim::start().await;
    let length = HIDDEN.len();
    let chunk = format!("{length:x}\r\n{HIDDEN}\r\n0\r\n\r\n");
    let post = "POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let tricks = [
        // The length ends before what is hidden, the chunks after it.
        format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
        format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{chunk}"),
        format!("{post}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{HIDDEN}"),
        format!("{post}Content-Length: 0, {length}\r\n\r\n{HIDDEN}"),
        format!("{post}Content-Length: +{length}\r\n\r\n{HIDDEN}"),
        format!("{post}Content-Length: -1\r\n\r\n{HIDDEN}"),
        format!("{post}Content-Length : {length}\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n{chunk}"),
        format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n{chunk}"),
        format!("{post}Transfer-Encoding : chunked\r\n\r\n{chunk}"),
        format!("{post}Transfer-Encoding:\r\n chunked\r\n\r\n{chunk}"),
        format!("{post}Transfer-Encoding: \x0bchunked\r\n\r\n{chunk}"),
        format!("{post}X: y\nTransfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\n-1\r\n{HIDDEN}"),
    ];
    for trick in tricks {
        let answer = victim.say(trick.as_bytes()).await;
        let status = statuses(&answer);
        assert!(matches!(status[..], [] | [400..=499]), "{status:?} to {trick}");
    }
    victim.must_serve().await;
}

/// Without a token a page of another site may not get through by a name of its own for this machine.
#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_is_a_host() {
    let victim = Victim::start().await;
    let ask = |head: &str| format!("GET /api/v1/projects HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    assert_eq!(statuses(&victim.say(ask("Host: localhost\r\n").as_bytes()).await), [200]);
    for lie in [
        "",
        "Host: evil.example\r\n",
        "Host: \r\n",
        "Host: localhost.evil.example\r\n",
        "Host: evil.example:localhost\r\n",
        "Host: localhost@evil.example\r\n",
        "Host: 0x7f.1\r\n",
        "Host: 2130706433\r\n",
        "Host: 169.254.169.254\r\n",
        "Host: [::1]evil.example\r\n",
        "Host: evil.example\r\nHost: localhost\r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: localhost\r\nOrigin: https://evil.example\r\n",
        "Host: localhost\r\nOrigin: null\r\n",
    ] {
        let status = statuses(&victim.say(ask(lie).as_bytes()).await);
        assert!(matches!(status[..], [400 | 403 | 421]), "{status:?} to {lie:?}");
    }
    let absolute =
        "GET http://evil.example/api/v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let status = statuses(&victim.say(absolute.as_bytes()).await);
    assert!(matches!(status[..], [400 | 403 | 421]), "{status:?}");
}
