//! Bodies and values that are too large, too deep or odd, at every route that takes some.

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::Victim;

/// `api.max_body_bytes`.
const MOST: usize = 64 << 10;

/// The length of a cursor that no line of a request has room for.
const LONG: usize = 60_000;

/// An id that nothing has.
const NOBODY: &str = "0190d3f0-0000-7000-8000-00000000dead";

/// All routes of the document: the method, the path with an id in the place of each parameter, and whether it takes a
/// body.
async fn routes(victim: &Victim) -> Vec<(Method, String, Value)> {
    let document = victim.service.client().must(Method::GET, "/openapi.json", None, &[200]).await;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part }).collect();
        for (method, operation) in operations.as_object().unwrap() {
            if let Ok(method) = method.to_uppercase().parse() {
                routes.push((method, path.join("/"), operation.clone()));
            }
        }
    }
    assert!(routes.len() > 20, "{}", routes.len());
    routes
}

struct Attacker<'a> {
    victim: &'a Victim,
    client: Client,
}

impl Attacker<'_> {
    fn new(victim: &Victim) -> Attacker<'_> {
        Attacker { victim, client: Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap() }
    }

    async fn send(&self, method: &Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
        self.try_send(method, path, headers, body).await.expect("nobody answers")
    }

    /// None if the connection was closed without an answer.
    async fn try_send(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Response> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.victim.service.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.ok()
    }
}

/// Refused as a problem of the client's.
async fn refused(response: Response, what: &str) -> Value {
    let status = response.status();
    assert!(status.is_client_error(), "{what}: {status}");
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{what}");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_takes_a_body_that_is_too_large_too_deep_or_packed() {
    let victim = Victim::start().await;
    let attacker = Attacker::new(&victim);
    let json = ("content-type", "application/json");
    let mut tried = 0;
    for (method, path, operation) in routes(&victim).await {
        if operation["requestBody"].is_null() {
            continue;
        }
        tried += 1;
        let what = format!("{method} {path}");
        for body in [vec![b' '; MOST + 1], vec![b'['; 100_000]] {
            // Whoever is refused early may still be sending when the connection is closed.
            let Some(answer) = attacker.try_send(&method, &path, &[json], body).await else { continue };
            let problem = refused(answer, &what).await;
            // Some look first whether there is what is asked for, and whether one may. What hosts send may be larger, and
            // is looked at only if it is signed.
            let is_hook = path.starts_with("/api/v1/webhooks/git");
            let wanted: &[u64] = if is_hook { &[401] } else { &[403, 404, 413] };
            assert!(problem["status"].as_u64().is_some_and(|it| wanted.contains(&it)), "{what}: {problem}");
        }
        let levels = MOST / 2 - 10;
        for deep in [
            vec![b'['; MOST - 1],
            [vec![b'['; levels], vec![b']'; levels]].concat(),
            format!("{{\"filter\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000)).into_bytes(),
        ] {
            if let Some(answer) = attacker.try_send(&method, &path, &[json], deep).await {
                refused(answer, &what).await;
            }
        }
        for coding in ["gzip", "br", "deflate", "zstd"] {
            let headers = [json, ("content-encoding", coding)];
            let answer =
                attacker.send(&method, &path, &headers, b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()).await;
            refused(answer, &format!("{what} {coding}")).await;
            // Not even where it would be taken as it is.
            let answer = attacker.send(&method, &path, &headers, b"{}".to_vec()).await;
            refused(answer, &format!("{what} {coding}")).await;
        }
    }
    assert!(tried >= 8, "{tried}");
    victim.must_serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_values_are_kept_as_they_are_or_refused() {
    let victim = Victim::start().await;
    let client = victim.service.client();
    let odd = [
        "\0",
        "a\0b",
        "\u{202e}gnp.exe",
        "\u{feff}",
        "\u{200b}",
        "👩‍👩‍👧‍👦",
        "ﷺ",
        "Ω≈ç√∫",
        "\r\nX: y",
        "\u{1b}[2J",
        "'; DROP TABLE projects; --",
        "${jndi:ldap://x}",
        "../../etc",
        "<script>alert(1)</script>",
        "%00",
        "\u{10ffff}",
        "\u{0301}",
    ];
    for (number, name) in odd.iter().enumerate() {
        let source = json!({ "kind": "github", "owner": "nobody", "name": format!("n{number}") });
        let body = json!({ "name": name, "source": source });
        let answer = client.ask(Method::POST, "/api/v1/projects", Some(&body)).await.unwrap();
        match answer.status {
            201 => assert_eq!(answer.body["name"].as_str().map(str::trim), Some(name.trim()), "{name:?}"),
            400 | 422 => {}
            other => panic!("{name:?}: {other} {}", answer.body),
        }
    }
    let long =
        json!({ "name": "ä".repeat(20_000), "source": { "kind": "github", "owner": "o", "name": "n" } });
    let answer = client.ask(Method::POST, "/api/v1/projects", Some(&long)).await.unwrap();
    assert_eq!(answer.status, 422, "{}", answer.body);
    victim.must_serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_larger_than_allowed_and_no_cursor_is_believed() {
    let victim = Victim::start().await;
    let attacker = Attacker::new(&victim);
    let mut tried = 0;
    for (method, path, operation) in routes(&victim).await {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let has = |name: &str| parameters.iter().any(|one| one["name"] == name && one["in"] == "query");
        if has("limit") {
            tried += 1;
            for limit in
                ["0", "-1", "501", "1e9", "18446744073709551615", "18446744073709551616", "NaN", "%00"]
            {
                let path = format!("{path}?limit={limit}");
                refused(attacker.send(&method, &path, &[], Vec::new()).await, &path).await;
            }
        }
        if has("cursor") {
            let long = "A".repeat(LONG);
            for cursor in ["x", "%00", "bnVsbA", "e30", "W1tbW1tbW1tb", "..%2f..", "%F0%9F%92%A9", &long] {
                let path = format!("{path}?cursor={cursor}");
                // The line of a request has its own bound. Whoever is refused by it may still be sending when the connection
                // is closed.
                let answer = match attacker.try_send(&method, &path, &[], Vec::new()).await {
                    Some(answer) if answer.status() == 414 || answer.status() == 431 => continue,
                    Some(answer) => answer,
                    None if cursor.len() == LONG => continue,
                    None => panic!("{path}: nobody answers"),
                };
                refused(answer, &path).await;
            }
        }
    }
    assert!(tried >= 5, "{tried}");
    victim.must_serve().await;
}
